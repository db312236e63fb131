from markupsafe import Markup

from odoo import models

from ...tools.mailjet.delivery_failure import Kind, explain_failure
from ...tools.words import Words, _lt

# Unsubscribed at Mailjet, or complained: it delivers nothing more
_COMPLAINED = Words(_lt("The recipient has reported an email of yours as spam."))
_UNSUBSCRIBED = Words(_lt("The recipient has unsubscribed at Mailjet."))
_ASK_FIRST = Words(
    _lt(
        "Write to it again only if its owner asks you to, and lift the block at "
        "Mailjet first."
    )
)


class MailjetEvent(models.Model):
    """What an event changes once: counters, lists, and who is suppressed.

    It is marked on the event in the same transaction, so that nothing is counted twice,
    however often an event comes or is applied.
    """

    _inherit = "mailjet.event"

    def _have_effect(self):
        effects = {
            "bounce": self._count_bounce,
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
            suppressions._end(self._last_deliveries() | suppressing._later_deliveries())

    def _without_repeats(self):
        """Return these without those that only repeat another one at another time.

        Mailjet was seen to send the same unsubscription twice, hours apart.
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

    def _failure(self):
        """Return the `Failure` in a bounce or a block; a bounce may be none."""
        return explain_failure(
            self.error_related_to or "", self.error or "", self._is_hard()
        )

    def _failure_text(self):
        """Return why in plain words, with the other server's own below."""
        failure = self._failure()
        words = [failure.reason, *filter(None, [failure.cure])]
        lines = [" ".join(map(self._translate_words, words)), self.comment]
        return "\n".join(filter(None, lines))

    def _count_bounce(self, event):
        """Hand a hard bounce to core, which counts it wherever the address is known."""
        failure = event._failure()
        if failure.kind in (Kind.SOFT, Kind.DEFERRED) or not event.email:
            return
        trace = event.trace_id
        message = event.mail_message_id
        partner = event.partner_id
        if trace:
            message = message.search([("message_id", "=", trace.message_id)], limit=1)
        if trace.model == "res.partner":
            partner = partner.browse(trace.res_id).exists()
        self.env["mail.thread"].sudo()._routing_handle_bounce(
            None,
            {
                "bounced_email": event.email,
                "bounced_partner": partner,
                "bounced_message": message,
                # The trace is dealt with; others may share its Message-Id
                "bounced_msg_ids": [],
                "body": event._failure_text(),
                "email_from": event.email,
                "to": "",
                "message_id": event.mailjet_message_id or "",
            },
        )

    def _blacklist(self, event):
        """Write to nobody again who has complained."""
        if event.email:
            reason = self.env._("Reported an email as spam, as Mailjet tells.")
            self.env["mail.blacklist"].sudo()._add(
                event.email, message=Markup("<p>%s</p>") % reason
            )

    def _opt_out(self, event):
        """Take the address off the mailing's lists; block it if there are none.

        Who unsubscribes from a newsletter still gets invoices: an unsubscription from a
        mail that is no mailing changes nothing in Odoo.
        """
        mailing = event.mailing_id
        if not (event.trace_id and mailing and event.email):
            return
        reason = self.env._("Unsubscribed at Mailjet.")
        if mailing.mailing_on_mailing_list:
            mailing.contact_list_ids.sudo()._update_subscription_from_email(
                event.email, opt_out=True, force_message=reason
            )
        else:
            self.env["mail.blacklist"].sudo()._add(
                event.email, message=Markup("<p>%s</p>") % reason
            )

    def _suppression_words(self):
        """Return reason and cure if Mailjet holds back further mail, else None."""
        if self.event == "spam":
            return _COMPLAINED, _ASK_FIRST
        if self.event == "unsub":
            return _UNSUBSCRIBED, _ASK_FIRST
        failure = self._failure()
        if self.is_blocked or failure.kind is Kind.SUPPRESSED:
            return failure.reason, failure.cure or _ASK_FIRST
        return None

    def _note_suppressions(self):
        """Keep whom Mailjet suppresses; return the events that say so."""
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
        """Return the last deliveries to these addresses that were applied before."""
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
