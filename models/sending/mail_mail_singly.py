# Sending is committed step by step: bytes that have left cannot be rolled back
# pylint: disable=invalid-commit
import logging

from odoo import api, fields, models

from ...tools.smtp.retry_schedule import next_try
from ..foreign import foreign_modules
from .budget import Budget
from .claims import OUTGOING, Claims

_logger = logging.getLogger(__name__)


class MailMail(models.Model):
    """Send mail by mail, as other modules that take part in it expect."""

    _inherit = "mail.mail"

    @api.model
    def _mailjet_run_singly(self, server, ids, callback, budget=None):
        """Send in core's way what other modules take part in.

        Each mail is claimed all the same: a worker that dies leaves it in flight.

        :return: whether mails may be left that could go now
        """
        self.env.cr.commit()
        budget = budget or Budget()
        left = None if ids is None else list(ids)
        mails = self
        with Claims(self.env) as claims:
            while left is None or left:
                if budget.is_over():
                    return True
                wanted = None if left is None else [left.pop(0)]
                taken = claims.take(server, 1, wanted)
                self.env.cr.commit()
                self.browse(taken.too_large)._mailjet_split_to_fit(server)
                self.env.cr.commit()
                if taken.chosen:
                    mail = mails.browse(taken.chosen)
                    mail._mailjet_send_claimed(server, claims)
                    if mail.exists().mailjet_waits_for == "sender":
                        if not mail._mailjet_ask_about_sender(server):
                            break
                        mails = self.with_context(mailjet_is_asked=True)
                        left = left if left is None else taken.chosen + left
                    if callback:
                        callback(taken.chosen)
                if server._is_mailjet_paused() or (taken.is_empty and left is None):
                    break
        return False

    def _mailjet_send_claimed(self, server, claims):
        """Send one claimed mail in core's way."""
        claims.note({self.id: self._mailjet_all_custom_ids()})
        self.env.cr.commit()
        # Seen by this transaction only; for others the mail is in flight until the end
        self.state = OUTGOING
        reserved = {self.id: claims.reservations.pop(self.id)}
        try:
            self.with_context(mailjet_reserved=reserved).send(auto_commit=False)
            self.env.cr.commit()
        except Exception:
            self.env.cr.rollback()
            _logger.exception("Mailjet: email %s stays in flight", self.id)

    def _mailjet_ask_about_sender(self, server):
        """Have Mailjet's senders read; without an answer try this mail again later.

        :return: whether Mailjet has answered
        """
        has_answered = server._mailjet_read_senders()
        if not has_answered:
            self._mailjet_wait("retry", server, next_try(1, fields.Datetime.now()))
        self.env.cr.commit()
        return has_answered

    @api.model
    def _mailjet_foreign_senders(self):
        """Return the modules that change how mail is sent, other than those known."""
        servers = self.env["ir.mail_server"]
        methods = ("send_email", "_connect__", "_smtp_login__")
        return foreign_modules(
            (self, "_send"), *((servers, method) for method in methods)
        )
