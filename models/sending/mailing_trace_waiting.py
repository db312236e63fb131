from odoo import api, fields, models
from odoo.fields import Domain


class MailingTrace(models.Model):
    """Why a mailing's email to somebody is not sent yet.

    Marketing users may not read emails, but may know this of their mailings.
    """

    _inherit = "mailing.trace"

    mailjet_waiting = fields.Selection(
        "_mailjet_waiting_selection",
        "Why it waits",
        compute="_compute_mailjet_waiting",
        search="_search_mailjet_waiting",
        compute_sudo=True,
    )
    mailjet_next_try = fields.Datetime(
        "Next try", compute="_compute_mailjet_waiting", compute_sudo=True
    )
    mailjet_last_answer = fields.Text(
        "Last answer", compute="_compute_mailjet_waiting", compute_sudo=True
    )

    @api.model
    def _mailjet_waiting_selection(self):
        return list(self.env["mail.mail"]._mailjet_reasons().items())

    @api.depends("mail_mail_id.state", "mail_mail_id.mailjet_waits_for")
    @api.depends_context("lang")
    def _compute_mailjet_waiting(self):
        for trace in self:
            mail = trace.mail_mail_id.exists()
            reason = mail and mail._mailjet_reason_name()
            trace.mailjet_waiting = reason
            has_time = reason in ("queue", "retry", "limit", "pause")
            trace.mailjet_next_try = has_time and mail.scheduled_date
            answer = mail.failure_reason if mail else False
            trace.mailjet_last_answer = self.env["mailjet.words"]._translate_text(
                answer
            )

    def _search_mailjet_waiting(self, operator, reasons):
        if operator != "in":
            return NotImplemented
        mails = self.env["mail.mail"].sudo()
        domain = Domain.OR(
            mails._mailjet_reason_domain(reason) for reason in reasons if reason
        )
        return Domain("mail_mail_id", "in", mails._search(domain))
