from odoo.http import HttpDispatcher


class RawDispatcher(HttpDispatcher):
    """Serve routes that read the body themselves, whatever its content type says.

    Odoo would parse a form, which uses up the body.
    """

    routing_type = "mailjet_raw"

    def dispatch(self, endpoint, args):
        self.request.params = dict(args)
        return self.request.registry["ir.http"]._dispatch(endpoint)
