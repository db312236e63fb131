from odoo.http import Controller, request, route


class MailMailjet(Controller):
    @route(
        "/<string(length=32):token>.txt",
        type="http",
        auth="public",
        methods=["GET", "HEAD"],
        sitemap=False,
        save_session=False,
    )
    def ownership_file(self, token):
        """Serve the empty file by which Mailjet recognises the owner of a domain.

        Only while a domain waits for it; any other name is not found, as in stock.
        """
        sender = (
            request.env["mailjet.sender"]
            .sudo()
            .search(
                [("filename", "=", f"{token}.txt"), ("status", "=", "inactive")],
                limit=1,
            )
        )
        if not sender:
            raise request.not_found()
        return request.make_response("", [("Content-Type", "text/plain")])
