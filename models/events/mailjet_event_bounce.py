from odoo import models

from ...tools.address import address_key


class MailjetEvent(models.Model):
    """Counting bounces as core does, for all spellings of the address."""

    _inherit = "mailjet.event"

    def _count_bounce(self):
        """Hand a bounce to core if it is the address's fault.

        Core counts it on all records that spell the address in one way; the records
        with other spellings follow.
        """
        failure = self._explain_failure()
        if not (failure.counts and self.email):
            return
        blacklist = self.env["mail.blacklist"].sudo()
        was_blocked = blacklist._mailjet_blocked([self.email])
        partner, message = self._bounced_recipient()
        spellings = blacklist._mailjet_spellings([self.email])[self.email]
        own = {partner.email_normalized, self.trace_id.email} & spellings
        email = min(own or spellings)
        self._count_bounce_elsewhere(spellings - {email}, partner, message)
        threads = self.env["mail.thread"].sudo()
        threads.with_context(mailjet_bounced=tuple(spellings))._routing_handle_bounce(
            None,
            {
                "bounced_email": email,
                "bounced_partner": partner,
                "bounced_message": message,
                # The trace is already updated; others may share its Message-Id
                "bounced_msg_ids": [],
                "body": self._failure_text(),
                "email_from": email,
                "to": "",
                "message_id": self.mailjet_message_id or "",
            },
        )
        if len(spellings) > 1 and not was_blocked:
            self._block_as_core_did(email)

    def _bounced_recipient(self):
        """Return partner and message, as far as the bounced address is theirs."""
        partner, message = self.partner_id, self.mail_message_id
        trace = self.trace_id
        if trace and address_key(trace.email or "") == self.email:
            message = message.search([("message_id", "=", trace.message_id)], limit=1)
        if trace.model == "res.partner":
            partner = partner.browse(trace.res_id).exists()
        if address_key(partner.email_normalized or "") != self.email:
            partner = partner.browse()
        return partner, message

    def _count_bounce_elsewhere(self, emails, partner, message):
        """Count the bounce on records that spell the address in these ways.

        Core counts it on the record of the message in any case.
        """
        if not emails:
            return
        for model in self.env["mail.blacklist"]._mailjet_models():
            records = model.search([("email_normalized", "in", list(emails))])
            if model._name == message.model:
                records -= model.browse(message.res_id)
            records._message_receive_bounce(self.email, partner)

    def _block_as_core_did(self, email):
        """Block all spellings if core has just blocked one after too many bounces."""
        blacklist = self.env["mail.blacklist"].sudo()
        if blacklist.search_count([("email", "=", email)]):
            reason = self.env._("Blocked in another spelling after too many bounces.")
            blacklist._mailjet_block(self.email, reason)
