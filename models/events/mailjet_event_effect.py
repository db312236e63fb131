from odoo import models

from ...tools.mailjet.delivery_failure import Kind
from ...tools.words import Words, _lt

# After either, Mailjet delivers no further mail
_COMPLAINED = Words(_lt("The recipient has reported one of your emails as spam."))
_UNSUBSCRIBED = Words(_lt("The recipient has unsubscribed at Mailjet."))
_ASK_FIRST = Words(
    _lt(
        "Only write to this address again if its owner asks you to, and unblock it at "
        "Mailjet first."
    )
)


class MailjetEvent(models.Model):
    """One-time effects of an event: bounce counters, opt-outs and suppressions.

    The event is marked in the same transaction, so nothing is counted twice, however
    often an event is posted or applied.
    """

    _inherit = "mailjet.event"

    def _apply_effects(self):
        effects = {
            "bounce": lambda event: event._count_bounce(),
            "blocked": lambda event: None,
            "spam": self._blacklist,
            "unsub": self._opt_out,
        }
        pending = self.filtered(
            lambda event: event.event in effects and not event.has_effect
        )._without_repeats()
        for event in pending:
            effects[event.event](event)
        suppressing = pending._note_suppressions()
        pending.has_effect = True
        suppressions = self.env["mailjet.suppression"]
        if suppressions.search_count([], limit=1):
            suppressions._lift(
                self._last_deliveries() | suppressing._later_deliveries()
            )

    def _without_repeats(self):
        """Return these without repeats of the same fact at another time.

        Mailjet has been seen to send an unsubscription twice, hours apart.
        """
        ids = [event.mailjet_message_id for event in self if event.mailjet_message_id]
        seen = {
            event._fact()
            for event in self.search(
                [("mailjet_message_id", "in", ids), ("has_effect", "=", True)]
            )
        }
        firsts = self.browse()
        for event in self.sorted("date"):
            fact = event._fact()
            if not event.mailjet_message_id or fact not in seen:
                seen.add(fact)
                firsts += event
        return firsts

    def _fact(self):
        # A soft bounce may be followed by a hard one
        return (
            self.server_id,
            self.mailjet_message_id,
            self.email,
            self.event,
            self.bounce_type,
        )

    def _blacklist(self, event):
        """Blacklist the address after a complaint."""
        if event.email:
            reason = self.env._("Reported an email as spam, according to Mailjet.")
            self.env["mail.blacklist"].sudo()._mailjet_block(event.email, reason)

    def _opt_out(self, event):
        """Opt the address out of the mailing's lists, or blacklist it if it has none.

        Unsubscribing from an email that is not a mailing changes nothing in Odoo:
        people who unsubscribe from a newsletter still receive invoices.
        """
        mailing = event.mailing_id
        if not (event.trace_id and mailing and event.email):
            return
        reason = self.env._("Unsubscribed at Mailjet.")
        blacklist = self.env["mail.blacklist"].sudo()
        if not mailing.mailing_on_mailing_list:
            blacklist._mailjet_block(event.email, reason)
            return
        for email in blacklist._mailjet_spellings([event.email])[event.email]:
            mailing.contact_list_ids.sudo()._update_subscription_from_email(
                email, opt_out=True, force_message=reason
            )

    def _suppression_words(self):
        """Return reason and cure if Mailjet suppresses the address, else None."""
        if self.event == "spam":
            return _COMPLAINED, _ASK_FIRST
        if self.event == "unsub":
            return _UNSUBSCRIBED, _ASK_FIRST
        failure = self._explain_failure()
        # Mailjet did not even try to deliver to an address that it knows to be bad
        is_known = self.event == "blocked" and failure.kind is Kind.HARD
        if self.is_blocked or is_known or failure.kind is Kind.SUPPRESSED:
            return failure.reason, failure.cure or _ASK_FIRST
        return None

    def _note_suppressions(self):
        """Record suppressed addresses; return the events that report them."""
        suppressing, rows = self.browse(), []
        for event in self.filtered("email"):
            words = event._suppression_words()
            if words:
                suppressing += event
                rows.append(
                    {
                        "server_id": event.server_id.id,
                        "email": event.email,
                        "date": event.date,
                        "reason": words[0],
                        "cure": words[1],
                    }
                )
        self.env["mailjet.suppression"]._note(rows)
        return suppressing

    def _last_deliveries(self):
        """Return the last delivery among these: (server id, address) -> datetime."""
        deliveries = {}
        for event in self:
            if event.event == "sent" and event.email:
                key = event.server_id.id, event.email
                deliveries[key] = max(event.date, deliveries.get(key, event.date))
        return deliveries

    def _later_deliveries(self):
        """Return the last deliveries to these addresses among applied events."""
        if not self:
            return {}
        groups = self._read_group(
            [
                ("event", "=", "sent"),
                ("state", "=", "applied"),
                ("date", ">", min(self.mapped("date"))),
                ("email", "in", self.mapped("email")),
            ],
            ["server_id", "email"],
            ["date:max"],
        )
        return {(server.id, email): date for server, email, date in groups}
