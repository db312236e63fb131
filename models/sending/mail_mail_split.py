from odoo import models
from odoo.tools import SQL
from odoo.tools.mail import email_normalize_all

from .claims import OUTGOING, addresses_in
from .limits import pack
from .results import Failure, Verdict

# Bytes of attachments that one mail has in memory, where each recipient gets a copy
MOST_BYTES = 64 << 20
# The parts are still to be sent, whatever became of earlier ones
MOVED = Verdict("waiting")


class MailMail(models.Model):
    """Split mails with more recipients than any limit, or the memory, allows."""

    _inherit = "mail.mail"

    def _mailjet_split_to_fit(self, server):
        """Split these mails into parts that fit; what cannot be split fails.

        :param server: a Mailjet server with limits
        """
        largest = server._mailjet_largest() if self else None
        if largest is None:
            return
        # Nothing of what `send` may have in hand is about these mails
        for mail in self._mailjet_locked().with_context(mailjet_outcome=False):
            mail._mailjet_split(largest)
        # The parts take their turn like all mail
        self._mailjet_trigger_senders()

    def _mailjet_is_bulky(self):
        """Whether what its recipients get is too much to be in memory at once."""
        copies = len(self.recipient_ids) + bool(self.email_to or self.email_cc)
        return copies > 1 and copies > self._mailjet_most_copies()

    def _mailjet_most_copies(self):
        size = sum(self.attachment_ids.sudo().mapped("file_size"))
        return max(MOST_BYTES // max(size, 1), 1)

    def _mailjet_split_bulky(self):
        """Split these mails, so that each part fits into memory."""
        for mail in self._mailjet_locked().with_context(mailjet_outcome=False):
            bare = email_normalize_all(f"{mail.email_to or ''},{mail.email_cc or ''}")
            counts = [count for _unit, count in mail._mailjet_units()]
            mail._mailjet_split(max(mail._mailjet_most_copies(), len(bare), *counts))
        self._mailjet_trigger_senders()

    def _mailjet_locked(self):
        """Lock and return those that are outgoing and not in another's hands."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                SELECT id FROM mail_mail
                 WHERE id = ANY(%s) AND state = %s
              ORDER BY id
                   FOR UPDATE SKIP LOCKED
                """,
                self.ids,
                OUTGOING,
            )
        )
        return self.browse(mail_id for [mail_id] in self.env.cr.fetchall())

    def _mailjet_split(self, largest):
        """Split one mail; a partner stays whole, as each gets a mail of its own."""
        parts = pack(self._mailjet_units(), largest)
        mails = [self]
        for recipients, _count in parts[1:]:
            mails.append(self._mailjet_part(MOVED, recipients, divided=set()))
        self.browse([mail.id for mail in mails]).write(
            {"scheduled_date": False, "mailjet_waits_for": False}
        )
        for mail, (_recipients, count) in zip(mails, parts, strict=True):
            if count > largest:
                mail._mailjet_keep_failed(self._mailjet_too_large(count, largest))

    def _mailjet_units(self):
        """Return what can be moved by itself: ((partner id, [addresses]), count)."""
        bare = email_normalize_all(f"{self.email_to or ''},{self.email_cc or ''}")
        units = [((0, [email]), 1) for email in dict.fromkeys(bare)]
        for partner in self.recipient_ids:
            units.append(((partner.id, []), max(len(addresses_in(partner.email)), 1)))
        return units

    def _mailjet_too_large(self, count, largest):
        reason = self.env._(
            "This recipient has %(count)s addresses, and the mail server's limits "
            "allow an email to %(limit)s at the most. Remove some of the addresses, or "
            "raise the limit, and try again.",
            count=count,
            limit=largest,
        )
        return Failure("unknown", reason)
