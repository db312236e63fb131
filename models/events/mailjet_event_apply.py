import logging
from datetime import timedelta
from functools import lru_cache

import psycopg2

from odoo import api, fields, models
from odoo.tools import SQL, email_domain_extract

from ...tools.address import address_key, domain_key
from ...tools.mailjet.custom_id import read_custom_id
from ...tools.mailjet.event_summary import EventFacts, summarize
from ..bulk_write import update_by_id
from ..locking import CONFLICTS, try_lock

_logger = logging.getLogger(__name__)

BATCH = 1000
# Consecutive conflicts before leaving it to the next run
MOST_CONFLICTS = 5
# How long the record of one of our CustomIDs may be missing: the transaction that sent
# the email may still be open
MISSING_FOR = timedelta(days=1)
READ = ("server_id", "event", "date", "email", "custom_id", "has_effect", "received_on")
FACTS = (
    "id",
    "event",
    "date",
    "agent",
    "bounce_type",
    "error_related_to",
    "error",
    "comment",
    "mailjet_message_id",
)
LINKS = ("trace_id", "mailing_id", "mail_message_id", "partner_id", "sender_domain")


class MailjetEvent(models.Model):
    """Applying events: link each to its record, and update that record.

    An email's status is always derived from all its events, so their order and repeats
    make no difference.
    """

    _inherit = "mailjet.event"

    @api.model
    def _cron_apply(self):
        """Apply all new events in order, a batch at a time; never raise."""
        skipped, conflicts = [], 0
        commit_progress = self.env["ir.cron"]._commit_progress
        due = [
            ("state", "=", "new"),
            "|",
            ("retry_on", "=", False),
            ("retry_on", "<=", fields.Datetime.now()),
        ]
        seconds_left = commit_progress(remaining=self.search_count(due))
        while seconds_left and conflicts < MOST_CONFLICTS:
            domain = [*due, ("id", "not in", skipped)]
            batch = self.search_fetch(domain, READ, order="date, id", limit=BATCH)
            if not batch:
                break
            try:
                done = batch._apply_or_park()
            except CONFLICTS:
                # A new transaction sees what the other one changed
                self.env.cr.rollback()
                conflicts += 1
                continue
            conflicts = 0
            # Their emails are being sent right now
            skipped += (batch - done).ids
            seconds_left = commit_progress(len(done))
        if skipped:
            # Or Odoo would warn that nothing was done
            commit_progress(remaining=0)
        if not seconds_left:
            # Odoo would wait up to a minute to resume a partially done job
            self._wake_cron()
        self._wake_cron_again(is_soon=bool(skipped or conflicts))

    @api.model
    def _wake_cron_again(self, is_soon):
        """Have the cron retry what had to be left, in a minute at the earliest."""
        soon = fields.Datetime.add(fields.Datetime.now(), minutes=1)
        waiting = self.search(
            [("state", "=", "new"), ("retry_on", "!=", False)],
            order="retry_on",
            limit=1,
        )
        if is_soon or waiting:
            moment = soon if is_soon else max(soon, waiting.retry_on)
            self.env.ref("mail_mailjet.ir_cron_apply_events")._trigger(moment)

    def _apply_or_park(self):
        """Apply these events; return those that are dealt with.

        If that fails, apply each half on its own, down to the single event that cannot
        be applied: it is parked with its error.

        :raise psycopg2.OperationalError: on a conflict with another transaction, which
            is one of `CONFLICTS`, or without a connection
        """
        try:
            with self.env.cr.savepoint():
                return self._apply()
        except psycopg2.OperationalError:
            raise
        except Exception as error:
            if len(self) == 1:
                _logger.exception("Mailjet: event %s cannot be applied", self.id)
                problem = f"{type(error).__name__}: {error}".strip()
                self.write({"state": "parked", "problem": problem})
                return self
        middle = len(self) // 2
        return self[:middle]._apply_or_park() + self[middle:]._apply_or_park()

    def _apply(self):
        """Apply these events; return them without those that have to be left.

        Their emails are being sent right now, or their records are missing.
        """
        events = try_lock(self)
        vague = events._remove_vague_clicks()
        links = (events - vague)._links()
        events = self.browse(links)
        if not events:
            return vague
        rows = [{"id": event_id, **vals} for event_id, vals in links.items()]
        update_by_id(self, rows)
        applied = self.browse(
            event_id for event_id, vals in links.items() if vals["state"] == "applied"
        )
        self._apply_to_traces({vals["trace_id"] for vals in links.values()} - {None})
        self._apply_to_messages(
            {vals["mail_message_id"] for vals in links.values()} - {None}
        )
        applied._apply_effects()
        applied._adopt_imported()
        events._note_days()
        return events | vague

    def _adopt_imported(self):
        """Let imported events of the same emails know their recipients."""
        rows = self.read(
            ["server_id", "mailjet_message_id", "custom_id", "email"], None
        )
        for server_id in {row["server_id"] for row in rows}:
            mails = {
                row["mailjet_message_id"]: {**row, "key": row["mailjet_message_id"]}
                for row in rows
                if row["server_id"] == server_id and row["mailjet_message_id"]
            }
            self._adopt(server_id, list(mails.values()))

    def _note_days(self):
        """Have the daily sums of these events and their emails renewed."""
        statistics = self.env["mailjet.statistic"]
        for server, events in self.grouped("server_id").items():
            moments = SQL(
                "(SELECT mailjet_message_id, date FROM mailjet_event WHERE id IN %s)",
                tuple(events.ids),
            )
            self.env.cr.execute(statistics._note_statement(server.id, moments))

    def _remove_vague_clicks(self):
        """Delete clicks without a link that are known with it; return those of these.

        Mailjet's history of an email, which is read after an outage, names no link.
        """
        clicks = self.filtered(lambda event: event.event == "click")
        if not clicks:
            return self.browse()
        self.flush_model()
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM mailjet_event AS vague
                 USING mailjet_event AS batch, mailjet_event AS exact
                 WHERE batch.id IN %s
                   AND exact.mailjet_message_id = batch.mailjet_message_id
                   AND exact.server_id = batch.server_id
                   AND exact.event = 'click' AND exact.date = batch.date
                   AND exact.url IS NOT NULL
                   AND vague.mailjet_message_id = batch.mailjet_message_id
                   AND vague.server_id = batch.server_id
                   AND vague.event = 'click' AND vague.date = batch.date
                   AND vague.url IS NULL
             RETURNING vague.id
                """,
                tuple(clicks.ids),
            )
        )
        removed = {event_id for [event_id] in self.env.cr.fetchall()}
        if removed:
            self.invalidate_model()
        return self.filtered(lambda event: event.id in removed)

    # ------------------------------------------------------------------
    # Links to records
    # ------------------------------------------------------------------

    def _links(self):
        """Return the links of each event to a trace or a message: event id -> values.

        Events whose trace or notification is locked are left out. Sending locks both
        first, so that nobody changes them between the hand-over and the commit: that
        would make the commit fail, and the email would be sent again. Events of records
        that do not exist yet are left out, too.
        """
        tag, key = self.env["ir.mail_server"]._mailjet_custom_id_keys()
        names = ["custom_id", "email", "mailjet_message_id", "server_id"]
        rows = self.read(names, load=None)
        ids = {row["id"]: read_custom_id(row["custom_id"], tag, key) for row in rows}
        ids |= self._custom_ids_by_message_id(rows)
        known = [custom_id for custom_id in ids.values() if custom_id]
        traces, traces_in_use = self._lock_traces({one.trace_id for one in known})
        messages, messages_in_use = self._lock_messages(
            {one.message_id for one in known}
        )
        partners = self._partners_of(
            [(ids[row["id"]], row["email"]) for row in rows if ids[row["id"]]]
        )
        links, missing = {}, self.browse()
        for row in rows:
            custom_id = ids[row["id"]]
            vals = None
            if custom_id:
                if custom_id.trace_id in traces_in_use:
                    continue
                if custom_id.message_id in messages_in_use:
                    continue
                vals = _link(
                    custom_id,
                    traces.get(custom_id.trace_id),
                    messages.get(custom_id.message_id),
                    partners.get((custom_id, row["email"])),
                )
                if vals is None and self.browse(row["id"])._may_wait():
                    missing += self.browse(row["id"])
                    continue
            state = "foreign" if vals is None else "applied"
            links[row["id"]] = {
                **dict.fromkeys(LINKS),
                **(vals or {}),
                "state": state,
                "retry_on": None,
            }
        missing._wait_for_record()
        return links

    def _seen_on(self):
        """Return when the event happened, by Mailjet's clock or ours: the earlier."""
        return min(self.date, self.received_on or self.date)

    def _may_wait(self):
        """Return whether the record of its email may still appear."""
        return fields.Datetime.now() - self._seen_on() < MISSING_FOR

    def _wait_for_record(self):
        """Retry these later, after a quarter of the time that has passed."""
        now = fields.Datetime.now()
        rows = []
        for event in self:
            seen_on = event._seen_on()
            retry_on = min(now + (now - seen_on) / 4, seen_on + MISSING_FOR)
            rows.append({"id": event.id, "retry_on": retry_on.replace(microsecond=0)})
        update_by_id(self, rows)

    @api.model
    def _partners_of(self, recipients):
        """Return the contacts that CustomIDs name, even if they were merged since.

        :param list recipients: (`CustomId`, `address_key`)
        :return dict: (`CustomId`, `address_key`) -> partner id
        """
        recipients = [pair for pair in recipients if pair[0].partner_id]
        ids = {custom_id.partner_id for custom_id, _email in recipients}
        known = set(self.env["res.partner"].browse(ids).exists().ids)
        found = {
            pair: pair[0].partner_id
            for pair in recipients
            if pair[0].partner_id in known
        }
        gone = [pair for pair in recipients if pair not in found]
        if not gone:
            return found
        notifications = self.env["mail.notification"].search(
            [
                ("mail_message_id", "in", [one.message_id for one, _email in gone]),
                ("notification_type", "=", "email"),
                ("res_partner_id", "!=", False),
            ]
        )
        by_id, by_email = {}, {}
        for one in notifications:
            message_id, partner = one.mail_message_id.id, one.res_partner_id
            by_id[message_id, one.mailjet_former_partner_id] = partner.id
            by_email[message_id, address_key(partner.email_normalized or "")] = (
                partner.id
            )
        for custom_id, email in gone:
            partner_id = by_id.get((custom_id.message_id, custom_id.partner_id))
            partner_id = partner_id or by_email.get((custom_id.message_id, email))
            found[custom_id, email] = partner_id
        return found

    @api.model
    def _lock_traces(self, trace_ids):
        """Return the traces as dicts by id, and the ids of those locked by others."""
        traces = self.env["mailing.trace"].browse(trace_ids - {0}).exists()
        locked = try_lock(traces)
        rows = locked.read(["mass_mailing_id"], load=None)
        mailings = self.env["mailing.mailing"].browse(
            {row["mass_mailing_id"] for row in rows} - {False}
        )
        domains = {one.id: _domain_of(one.email_from) for one in mailings}
        for row in rows:
            row["sender_domain"] = domains.get(row["mass_mailing_id"])
        return {row["id"]: row for row in rows}, set((traces - locked).ids)

    @api.model
    def _lock_messages(self, message_ids):
        """Return the messages as dicts by id, and the ids of those locked by others."""
        messages = self.env["mail.message"].browse(message_ids - {0}).exists()
        if not messages:
            return {}, set()
        notifications = self.env["mail.notification"].search(
            [
                ("mail_message_id", "in", messages.ids),
                ("notification_type", "=", "email"),
            ]
        )
        in_use = notifications - try_lock(notifications)
        rows = messages.read(["email_from"], load=None)
        return {row["id"]: row for row in rows}, set(in_use.mail_message_id.ids)

    # ------------------------------------------------------------------
    # Status of each email
    # ------------------------------------------------------------------

    @api.model
    def _apply_to_traces(self, trace_ids):
        again = self.env["mailing.trace"].search(
            [("id", "in", list(trace_ids)), ("mailjet_sent_again", "=", True)]
        )
        summaries = self._summaries("trace_id", trace_ids, set(again.ids))
        self.env["mailing.trace"]._mailjet_apply(
            {trace_id: summaries[trace_id, None] for trace_id in trace_ids}
        )

    @api.model
    def _apply_to_messages(self, message_ids):
        self.env["mail.message"].browse(message_ids)._mailjet_apply(
            self._summaries("mail_message_id", message_ids)
        )

    @api.model
    def _apply_again(self, name, records):
        """Bring traces or messages to what their events say, where there are any.

        :param str name: "trace_id" or "mail_message_id"
        """
        if not records:
            return
        domain = [(name, "in", records.ids), ("state", "=", "applied")]
        ids = {record.id for [record] in self._read_group(domain, [name])}
        if name == "trace_id":
            self._apply_to_traces(ids)
        else:
            self._apply_to_messages(ids)

    @api.model
    def _summaries(self, name, ids, again=()):
        """Return the `Summary` of all applied events of each email.

        :param str name: "trace_id" or "mail_message_id"
        :param again: ids of what was sent again, as if Mailjet did not have it
        :return dict: (record id, recipient) -> `Summary`; the recipient is None for a
            trace, and a partner's id or else an address for a message
        """
        if not ids:
            return {}
        is_trace = name == "trace_id"
        own = self._addresses_of_traces(ids) if is_trace else {}
        self.env.cr.execute(
            SQL(
                "SELECT %s FROM mailjet_event WHERE %s IN %s AND state = 'applied'",
                SQL(", ").join(
                    map(SQL.identifier, [name, "partner_id", "email", *FACTS])
                ),
                SQL.identifier(name),
                tuple(ids),
            )
        )
        facts = {(trace_id, None): [] for trace_id in own}
        for record_id, partner_id, email, *columns in self.env.cr.fetchall():
            # The email may have gone to further addresses of the same contact
            if is_trace and email and own[record_id] not in ("", email):
                continue
            recipient = None if is_trace else partner_id or email
            facts.setdefault((record_id, recipient), []).append(facts_of(columns))
        summaries = {
            key: summarize(events, is_sent_again=key[0] in again)
            for key, events in facts.items()
        }
        automatic = [i for one in summaries.values() for i in one.automatic_ids]
        if automatic:
            self.browse(automatic).is_automatic = True
        return summaries

    @api.model
    def _addresses_of_traces(self, trace_ids):
        """Return the address that each trace is about: trace id -> `address_key`."""
        traces = self.env["mailing.trace"].browse(trace_ids)
        return {trace.id: address_key(trace.email or "") for trace in traces}


def _link(custom_id, trace, message, partner_id):
    """Return the values that link an event to its trace or message, or None.

    :param CustomId custom_id: of this database
    :param trace, message: dicts, or None
    """
    if custom_id.test:
        return {}
    if message:
        return {
            "mail_message_id": message["id"],
            "partner_id": partner_id,
            "sender_domain": _domain_of(message["email_from"]),
        }
    if not trace:
        return None
    return {
        "trace_id": trace["id"],
        "mailing_id": trace["mass_mailing_id"] or None,
        "sender_domain": trace["sender_domain"],
    }


@lru_cache(maxsize=1000)
def _domain_of(email_from):
    """Return the domain of an address, or None; cached because senders are few."""
    return domain_key(email_domain_extract(email_from or "") or "") or None


def facts_of(values):
    """Return the `EventFacts` in the values of the fields `FACTS`."""
    row = dict(zip(FACTS, values, strict=True))
    return EventFacts(
        id=row["id"],
        event=row["event"],
        date=row["date"],
        agent=row["agent"] or "",
        is_hard={"hard": True, "soft": False}.get(row["bounce_type"]),
        error_related_to=row["error_related_to"] or "",
        error=row["error"] or "",
        comment=row["comment"] or "",
        message_id=row["mailjet_message_id"] or "",
    )
