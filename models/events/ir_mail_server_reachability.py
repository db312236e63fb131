from urllib.parse import urlsplit

from odoo import fields, models
from odoo.exceptions import UserError

from ...tools.mailjet.event_address import try_address


class IrMail_Server(models.Model):
    """Whether Mailjet can reach this Odoo's address for events."""

    _inherit = "ir.mail_server"

    mailjet_event_problem = fields.Text(
        "Why Mailjet cannot reach it", readonly=True, copy=False
    )
    mailjet_event_checked_on = fields.Datetime(
        "Address tested on", readonly=True, copy=False
    )

    def action_mailjet_try_address(self):
        """Test whether the event address answers, and store the result."""
        self.check_access("write")
        for server in self:
            problem = server._mailjet_event_base_problem()
            problem = problem or server._mailjet_address_problem()
            server.write(
                {
                    "mailjet_event_problem": problem,
                    "mailjet_event_checked_on": fields.Datetime.now(),
                }
            )

    def _mailjet_check_address(self):
        """Raise a UserError if Mailjet could not reach this Odoo."""
        problem = self._mailjet_event_base_problem() or self._mailjet_address_problem()
        if problem:
            raise UserError(problem)

    def _mailjet_event_base_problem(self):
        """Return why the address is unusable, whatever answers there, or False."""
        base = self._mailjet_event_base()
        parts = urlsplit(base)
        is_local = parts.hostname in ("localhost", "127.0.0.1", "::1")
        if is_local and self._is_mailjet_public():
            return self.env._(
                "Mailjet cannot reach %(url)s: it is a local address. Set the system "
                "parameter web.base.url to Odoo's public address.",
                url=base,
            )
        if parts.scheme != "https" and not is_local:
            return self.env._(
                "Mailjet would post to %(url)s without encryption. Serve Odoo over "
                "https and set the system parameter web.base.url to that address.",
                url=base,
            )
        return False

    def _mailjet_address_problem(self):
        """Return why Mailjet could not reach this Odoo, or False."""
        tag, _key = self._mailjet_custom_id_keys()
        words = try_address(
            self._mailjet_private_event_url(), tag, is_public=self._is_mailjet_public()
        )
        return words and self.env["mailjet.words"]._translate_words(words)

    def _is_mailjet_public(self):
        """Return whether the API is the real one, not a local stand-in."""
        return urlsplit(self.mailjet_api_url or "").scheme == "https"
