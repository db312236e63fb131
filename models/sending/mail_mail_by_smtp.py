import logging

from odoo import api, fields, models

_logger = logging.getLogger(__name__)


class MailMail(models.Model):
    """Mails of a server with the Send API that this cannot carry: they go by SMTP."""

    _inherit = "mail.mail"

    mailjet_by_smtp = fields.Json(readonly=True, copy=False)
    mailjet_by_smtp_reason = fields.Char(
        "Why it goes by SMTP", compute="_compute_mailjet_by_smtp_reason"
    )
    mailjet_needs_smtp = fields.Boolean(
        "Refused by the Send API",
        readonly=True,
        copy=False,
        help="The Send API said that it cannot carry this email: it goes by SMTP.",
    )

    @api.depends("mailjet_by_smtp")
    @api.depends_context("lang")
    def _compute_mailjet_by_smtp_reason(self):
        translate = self.env["mailjet.words"]._translate_json
        for mail in self:
            mail.mailjet_by_smtp_reason = translate(mail.mailjet_by_smtp)

    def _mailjet_note_by_smtp(self, words, must=False):
        """Keep why these mails go by SMTP and not by the Send API.

        :param Words words: the reason; None: they go the way that was chosen
        :param must: whether the Send API has refused them, and is not asked again
        """
        if must:
            _logger.info("Mailjet: emails %s will go by SMTP: %s", self.ids, words)
        reason = words and words.to_json()
        self.write({"mailjet_by_smtp": reason, "mailjet_needs_smtp": must})
