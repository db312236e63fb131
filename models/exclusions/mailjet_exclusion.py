from odoo import api, fields, models
from odoo.tools import SQL, email_normalize

from ...tools.mailjet.exclusion_merge import Agreed, Side, merge, resume
from ...tools.words import Words, _lt, words_to_json
from ..bulk_write import upsert

STATES = [("excluded", "Blocked"), ("allowed", "Not blocked")]
# Delay before retrying an address that Mailjet refused
REFUSED_FOR = {"days": 1}
READ_FROM_MAILJET = (
    "mailjet_id",
    "is_excluded",
    "excluded_changed_on",
    "is_complaining",
    "is_unknown",
    "reading",
)

EXCLUDED_THERE = Words(_lt("Excluded at Mailjet."))
COMPLAINED_THERE = Words(_lt("Reported an email as spam, according to Mailjet."))
INCLUDED_THERE = Words(_lt("The exclusion was lifted at Mailjet."))
BLOCKED_HERE = Words(_lt("Blocked in Odoo."))
UNBLOCKED_HERE = Words(_lt("Unblocked in Odoo."))
THE_SAME = Words(_lt("Already the same."))
REFUSED = Words(_lt("Mailjet refuses this address: %(error)s"))
HELD = {
    "only_odoo": Words(
        _lt("Blocked in Odoo only: the direction you chose does not sync this.")
    ),
    "only_mailjet": Words(
        _lt("Excluded at Mailjet only: the direction you chose does not sync this.")
    ),
    "elsewhere": Words(
        _lt("No longer excluded here, but another Mailjet account still excludes it.")
    ),
    "forgotten": Words(
        _lt("Mailjet no longer knows this address. It stays blocked in Odoo.")
    ),
}


class MailjetExclusion(models.Model):
    """An address that is, or once was, in Odoo's blacklist or Mailjet's exclusion list.

    It stores the state both sides agreed on at the last sync, since when each side has
    had it, and Mailjet's last answer. `tools/mailjet/exclusion_merge.py` decides what
    follows from them.
    """

    _name = "mailjet.exclusion"
    _inherit = ["mailjet.words"]
    _description = "Address blocked in Odoo or excluded at Mailjet"
    _order = "changed_on desc, id desc"
    _rec_name = "email"

    server_id = fields.Many2one(
        "ir.mail_server",
        "Mailjet server",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    email = fields.Char("Address", required=True, readonly=True)
    state = fields.Selection(
        STATES,
        readonly=True,
        help="The last state that Odoo and Mailjet agreed on; empty if none yet.",
    )
    origin = fields.Selection(
        [
            ("odoo", "From Odoo to Mailjet"),
            ("mailjet", "From Mailjet to Odoo"),
            ("same", "Same on both sides"),
        ],
        "Direction",
        readonly=True,
    )
    changed_on = fields.Datetime("Changed on", readonly=True)
    words = fields.Json(readonly=True)
    reason = fields.Char(compute="_compute_words")
    is_different = fields.Boolean("Different", readonly=True)
    difference = fields.Char(compute="_compute_words")

    # Since when each side has had the agreed state
    odoo_agreed_on = fields.Datetime(readonly=True)
    mailjet_agreed_on = fields.Datetime(readonly=True)

    # Mailjet's side, as last read
    mailjet_id = fields.Char("Mailjet ID", readonly=True)
    is_unknown = fields.Boolean("Unknown to Mailjet", readonly=True)
    is_excluded = fields.Boolean("Excluded at Mailjet", readonly=True)
    excluded_changed_on = fields.Datetime("Changed at Mailjet", readonly=True)
    is_complaining = fields.Boolean("Has complained", readonly=True)
    reading = fields.Integer(readonly=True)

    # What is about to be written to Mailjet: set before, cleared with the answer
    begun = fields.Selection(STATES, readonly=True)
    refused_on = fields.Datetime("Refused on", readonly=True)

    _email_unique = models.UniqueIndex("(server_id, email)")

    @api.depends("words", "is_different")
    @api.depends_context("lang")
    def _compute_words(self):
        for exclusion in self:
            words = exclusion.words or {}
            exclusion.reason = words.get("text") or self._translate_json(
                words.get("reason")
            )
            exclusion.difference = exclusion.is_different and self._translate_json(
                words.get("difference")
            )

    # ------------------------------------------------------------------
    # Mailjet's side
    # ------------------------------------------------------------------

    @api.model
    def _note_excluded(self, server, contacts, reading):
        """Store a page of contacts that Mailjet excludes.

        A contact with another id is a new one, on which nothing was agreed.

        :param list contacts: `Contact` objects
        :param int reading: number of the reading that they belong to
        :return int: how many of them were stored; anonymized contacts and invalid
            addresses are left out
        """
        rows = {
            contact.email: {
                "email": contact.email,
                "mailjet_id": contact.id,
                "excluded_changed_on": contact.excluded_changed_at,
                "is_complaining": contact.is_complaining,
            }
            for contact in contacts
            if not contact.is_anonymized and email_normalize(contact.email)
        }
        upsert(
            self,
            list(rows.values()),
            ("server_id", "email"),
            shared={
                "server_id": server.id,
                "is_excluded": True,
                "is_unknown": False,
                "is_different": False,
                "reading": reading,
            },
            update=READ_FROM_MAILJET,
            assign={
                "state": SQL(
                    "CASE WHEN old.mailjet_id <> EXCLUDED.mailjet_id"
                    " THEN NULL ELSE old.state END"
                )
            },
        )
        return len(rows)

    def _note_contact(self, contact):
        """Store what Mailjet says about one address.

        :param Contact contact: None if Mailjet does not know it
        """
        if contact is None or contact.is_anonymized:
            self.write(
                {
                    "is_unknown": True,
                    "is_excluded": False,
                    "excluded_changed_on": False,
                    "is_complaining": False,
                }
            )
            return
        vals = {
            "mailjet_id": contact.id,
            "is_unknown": False,
            "is_excluded": contact.is_excluded,
            "excluded_changed_on": contact.excluded_changed_at,
            "is_complaining": contact.is_complaining,
        }
        if self.mailjet_id and self.mailjet_id != contact.id:
            vals["state"] = False
        self.write(vals)

    def _has_to_be_looked_up(self, reading):
        """Return whether Mailjet must be asked about this address individually.

        Not if the list just read contains it, nor if it is a known difference that is
        not excluded at Mailjet: that would be a request every hour.
        """
        if self.begun:
            return True
        is_known_as_free = self.is_different and not self.is_excluded
        return self.reading != reading and not is_known_as_free

    @api.model
    def _next_emails(self, server, reading, after, with_blocked, limit):
        """Return the next addresses that may need an action.

        :param int reading: number of the last reading of Mailjet's list
        :param str after: the last address already handled
        :param bool with_blocked: whether to include addresses blocked in Odoo that
            were never synced
        """
        now = fields.Datetime.now()
        self.flush_model()
        self.env["mail.blacklist"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                (SELECT exclusion.email
                   FROM mailjet_exclusion AS exclusion
     CROSS JOIN LATERAL (
                        SELECT bool_or(active) AS active, max(%(since)s) AS since
                          FROM mail_blacklist
                         WHERE mailjet_key = exclusion.email) AS entry
                  WHERE exclusion.server_id = %(server)s
                    AND exclusion.email > %(after)s
                    AND NOT (%(is_settled)s)
                    AND COALESCE(exclusion.refused_on, %(long_ago)s) <= %(long_ago)s
               ORDER BY exclusion.email LIMIT %(limit)s)
                  UNION
                (SELECT entry.mailjet_key
                   FROM mail_blacklist AS entry
                  WHERE entry.active AND %(with_blocked)s
                    AND entry.mailjet_key > %(after)s
                    AND NOT EXISTS (SELECT FROM mailjet_exclusion AS exclusion
                                     WHERE exclusion.server_id = %(server)s
                                       AND exclusion.email = entry.mailjet_key)
               ORDER BY entry.mailjet_key LIMIT %(limit)s)
               ORDER BY email LIMIT %(limit)s
                """,
                server=server.id,
                since=SQL(
                    "COALESCE(mailjet_changed_on, date_trunc('second', write_date))"
                ),
                after=after or "",
                is_settled=self._is_settled_condition(reading),
                long_ago=fields.Datetime.subtract(now, **REFUSED_FOR),
                with_blocked=with_blocked,
                limit=limit,
            )
        )
        return [email for (email,) in self.env.cr.fetchall()]

    @api.model
    def _is_settled_condition(self, reading):
        """Return the SQL condition for addresses unchanged since both sides agreed.

        That includes blocked addresses that Mailjet has since forgotten.
        """
        return SQL(
            """
            exclusion.begun IS NULL AND exclusion.state IS NOT NULL
            AND (exclusion.state = 'excluded') = COALESCE(entry.active, FALSE)
            AND (
                (
                    NOT exclusion.is_different
                    AND (exclusion.state = 'excluded') = exclusion.is_excluded
                    AND (exclusion.reading IS NOT DISTINCT FROM %(reading)s)
                        = exclusion.is_excluded
                    AND exclusion.odoo_agreed_on IS NOT DISTINCT FROM entry.since
                    AND exclusion.mailjet_agreed_on
                        IS NOT DISTINCT FROM exclusion.excluded_changed_on
                ) OR (
                    exclusion.is_different AND exclusion.is_unknown
                    AND exclusion.state = 'excluded'
                )
            )
            """,
            reading=reading,
        )

    # ------------------------------------------------------------------
    # Decision and outcome
    # ------------------------------------------------------------------

    def _decide(self, entries, direction, elsewhere):
        """Return the `Decision` about this address.

        :param entries: its `mail.blacklist` records, one for each spelling
        :param str direction: the server's setting
        :param bool elsewhere: whether another account excludes it
        """
        odoo = Side(any(entries.mapped("active")), entries._mailjet_since())
        mailjet = None
        if not self.is_unknown:
            mailjet = Side(self.is_excluded, self.excluded_changed_on or None)
        agreed = None
        if self.state:
            agreed = Agreed(
                self.state == "excluded",
                self.odoo_agreed_on or None,
                self.mailjet_agreed_on or None,
            )
        if self.begun:
            before = agreed
            agreed = resume(before, self.begun == "excluded", odoo, mailjet)
            if agreed is not before:
                self._agree(agreed.is_excluded, agreed.odoo_changed_on)
            self.begun = False
        return merge(agreed, odoo, mailjet, direction, elsewhere=elsewhere)

    def _agree(self, is_excluded, odoo_changed_on):
        """Store the state that both sides have from now on."""
        self.write(
            {
                "state": _state(is_excluded),
                "odoo_agreed_on": odoo_changed_on,
                "mailjet_agreed_on": self.excluded_changed_on,
                "begun": False,
                "is_different": False,
                "refused_on": False,
            }
        )

    def _settle_alike(self, is_excluded, entries):
        """Store the state that both sides turned out to have."""
        is_new = self.state != _state(is_excluded)
        self._agree(is_excluded, entries._mailjet_since())
        if is_new:
            dates = [self.odoo_agreed_on, self.mailjet_agreed_on]
            self._log_change("same", max(filter(None, dates), default=False), THE_SAME)

    def _settle_from_mailjet(self, is_excluded, entries):
        """Store that Odoo now follows Mailjet."""
        self._agree(is_excluded, entries._mailjet_since())
        self._log_change("mailjet", self.excluded_changed_on, self._reason_at_mailjet())

    def _settle_from_odoo(self, contact, changed_on, text):
        """Store that Mailjet now follows Odoo.

        :param Contact contact: what Mailjet answered; None if nothing had to change
        :param datetime changed_on: when the blacklist entry changed
        :param str text: the reason, or None if unknown
        """
        is_excluded = self.begun == "excluded"
        if contact:
            self._note_contact(contact)
        else:
            self.write({"is_excluded": is_excluded, "is_unknown": False})
        self._agree(is_excluded, changed_on)
        words = BLOCKED_HERE if is_excluded else UNBLOCKED_HERE
        self._log_change("odoo", changed_on, words, text)

    def _reason_at_mailjet(self):
        """Return as `Words` why Mailjet excludes or no longer excludes the address."""
        if not self.is_excluded:
            return INCLUDED_THERE
        return COMPLAINED_THERE if self.is_complaining else EXCLUDED_THERE

    def _log_change(self, origin, changed_on, words, text=None):
        """Record for the user where the last change came from, when and why."""
        self.write(
            {
                "origin": origin,
                "changed_on": changed_on or fields.Datetime.now(),
                "words": {"text": text} if text else words_to_json(reason=words),
            }
        )

    def _leave_held(self, held_by):
        """Record why the two sides stay different; `held_by` as in `Decision`."""
        if held_by == "direction":
            held_by = "only_mailjet" if self.is_excluded else "only_odoo"
        self._leave_different(HELD[held_by])

    def _leave_different(self, sentence):
        """Record why the two sides stay different.

        :param Words sentence: the reason
        """
        words = {**(self.words or {}), **words_to_json(difference=sentence)}
        self.write({"is_different": True, "begun": False, "words": words})

    def _leave_refused(self, error):
        """Record that Mailjet does not accept this address."""
        self._leave_different(Words(REFUSED.source, {"error": str(error)}))
        self.refused_on = fields.Datetime.now()


def _state(is_excluded):
    return "excluded" if is_excluded else "allowed"
