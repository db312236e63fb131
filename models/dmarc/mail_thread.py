import logging

from odoo import api, models
from odoo.tools import email_split

from ...tools.dmarc.mail_author import judge_author
from ...tools.dmarc.mail_copy import decodable, without_content
from ...tools.dmarc.mail_files import report_files

_logger = logging.getLogger(__name__)

REPORT = "mailjet.dmarc.report"


class MailThread(models.AbstractModel):
    """Take the files of DMARC reports from the mail as it arrived.

    Core decodes parts of a mail as text, which destroys a report that is declared as
    such, and fails for an encoding that does not exist.
    """

    _inherit = "mail.thread"

    def _message_parse_extract_payload(
        self, message, message_dict, save_original=False
    ):
        """Leave the content of mail to the alias of DMARC reports alone."""
        targets = set()
        if not message_dict.get("is_bounce"):
            targets = self._mailjet_dmarc_targets(message_dict)
        if targets == {REPORT}:
            message = without_content(message)
        elif REPORT in targets:
            message = decodable(message)
        return super()._message_parse_extract_payload(
            message, message_dict, save_original=save_original
        )

    @api.model
    def message_route(
        self, message, message_dict, model=None, thread_id=None, custom_values=None
    ):
        """Hand the files of a mail to the reports; drop their route if it has none."""
        routes = super().message_route(
            message, message_dict, model, thread_id, custom_values
        )
        reports = [route for route in routes if route[0] == REPORT]
        if not reports:
            return routes
        others = [route for route in routes if route[0] != REPORT]
        files, more = report_files(message)
        if not files:
            _logger.info(
                "Mailjet: ignored mail with Message-Id %s to the address of DMARC "
                "reports: it holds no report",
                message_dict["message_id"],
            )
            return others
        values = {
            "files": files,
            "more": more,
            "authentication": judge_author(
                message.raw_items(), self.env[REPORT]._own_mail_servers()
            ),
        }
        # One route, however many of the aliases the mail is for, and the last one, as
        # `message_new` drops the attachments and body that the other records get
        _model, _thread_id, _values, user_id, alias = reports[0]
        return [*others, (REPORT, 0, values, user_id, alias)]

    @api.model
    def _mailjet_dmarc_targets(self, message_dict):
        """Return the models of a mail's aliases, if reports have any.

        Without an alias, return that of the records its incoming mail server creates.
        """
        Alias = self.env["mail.alias"].sudo()
        report_model = self.env["ir.model"]._get_id(REPORT)
        server = self.env["fetchmail.server"].sudo()
        server = server.browse(self.env.context.get("default_fetchmail_server_id"))
        # Callers that only want a part read may leave the recipients out
        recipients = message_dict.get("recipients") or ""
        addresses = [one.lower() for one in email_split(recipients)]
        is_ours = [("alias_model_id", "=", report_model)]
        if server.object_id.id != report_model and not Alias.search_count(
            is_ours, limit=1
        ):
            return set()
        aliases = Alias.search(
            [
                "|",
                ("alias_full_name", "in", addresses),
                "&",
                ("alias_name", "in", [one.partition("@")[0] for one in addresses]),
                ("alias_incoming_local", "=", True),
            ]
        )
        targets = set(aliases.alias_model_id.mapped("model"))
        return targets or set(server.object_id.mapped("model"))
