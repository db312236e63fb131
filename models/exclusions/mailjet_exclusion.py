import json

from odoo import api, fields, models
from odoo.tools import SQL, email_normalize

from ...tools.mailjet.exclusion_merge import Agreed, Side, merge, resume
from ...tools.words import Words, _lt, words_to_json

STATES = [("excluded", "Blocked"), ("allowed", "Not blocked")]
# What Mailjet refused is offered to it again after so long
REFUSED_FOR = {"days": 1}

EXCLUDED_THERE = Words(_lt("Excluded at Mailjet."))
COMPLAINED_THERE = Words(_lt("Reported an email as spam, as Mailjet tells."))
INCLUDED_THERE = Words(_lt("The exclusion was lifted at Mailjet."))
BLOCKED_HERE = Words(_lt("Blocked in Odoo."))
UNBLOCKED_HERE = Words(_lt("Unblocked in Odoo."))
THE_SAME = Words(_lt("It was the same on both sides."))
REFUSED = Words(_lt("Mailjet refuses this address: %(error)s"))
HELD = {
    "only_odoo": Words(
        _lt("Blocked in Odoo only: the direction you chose does not pass that on.")
    ),
    "only_mailjet": Words(
        _lt("Excluded at Mailjet only: the direction you chose does not pass that on.")
    ),
    "elsewhere": Words(
        _lt("No longer excluded here, but another Mailjet account still excludes it.")
    ),
    "forgotten": Words(
        _lt("Mailjet no longer knows this address. It stays blocked in Odoo.")
    ),
}


class MailjetExclusion(models.Model):
    """An address in Odoo's blacklist or in Mailjet's exclusion list, or once in one.

    It keeps what both agreed on at the last exchange, since when each side said so, and
    what Mailjet has said last. What is decided from that is in
    `tools/mailjet/exclusion_merge.py`.
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
        help="What Odoo and Mailjet agreed on last; empty: on nothing yet.",
    )
    origin = fields.Selection(
        [
            ("odoo", "From Odoo to Mailjet"),
            ("mailjet", "From Mailjet to Odoo"),
            ("same", "Both alike"),
        ],
        "Direction",
        readonly=True,
    )
    changed_on = fields.Datetime("Changed on", readonly=True)
    words = fields.Json(readonly=True)
    reason = fields.Char("Why", compute="_compute_words")
    is_different = fields.Boolean("Different", readonly=True)
    difference = fields.Char("Why they differ", compute="_compute_words")

    # Since when each side says what was agreed on
    odoo_agreed_on = fields.Datetime(readonly=True)
    mailjet_agreed_on = fields.Datetime(readonly=True)

    # Mailjet, as it was last read
    mailjet_id = fields.Char("Mailjet ID", readonly=True)
    is_unknown = fields.Boolean("Unknown to Mailjet", readonly=True)
    is_excluded = fields.Boolean("Excluded at Mailjet", readonly=True)
    excluded_changed_on = fields.Datetime("Changed at Mailjet", readonly=True)
    is_complaining = fields.Boolean("Has complained", readonly=True)
    reading = fields.Integer(readonly=True)

    # What is about to be written to Mailjet: kept before, taken out with the answer
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
    # What Mailjet says
    # ------------------------------------------------------------------

    @api.model
    def _note_excluded(self, server, contacts, reading):
        """Keep a page of contacts that Mailjet excludes.

        A contact with another id is another one, with which nothing was agreed.

        :param list contacts: `Contact`s
        :param int reading: number of the reading that they belong to
        :return int: how many of them can be kept: not who is forgotten, and no address
            that Odoo cannot block
        """
        rows = {
            email: {
                "email": email,
                "mailjet_id": contact.id,
                "excluded_changed_on": _written(contact.excluded_changed_at),
                "is_complaining": contact.is_complaining,
            }
            for contact in contacts
            if not contact.is_anonymized and (email := email_normalize(contact.email))
        }
        self.flush_model()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO mailjet_exclusion AS old (
                            server_id, email, mailjet_id, excluded_changed_on,
                            is_complaining, is_excluded, is_unknown, is_different,
                            reading,
                            create_uid, create_date, write_uid, write_date
                )
                SELECT %(server)s, email, mailjet_id, excluded_changed_on,
                       is_complaining, TRUE, FALSE, FALSE,
                       %(reading)s,
                       %(uid)s, now() AT TIME ZONE 'UTC',
                       %(uid)s, now() AT TIME ZONE 'UTC'
                  FROM jsonb_to_recordset(%(rows)s::jsonb)
                       AS row (email varchar, mailjet_id varchar,
                               excluded_changed_on timestamp, is_complaining boolean)
                    ON CONFLICT (server_id, email) DO UPDATE
                   SET mailjet_id = EXCLUDED.mailjet_id,
                       excluded_changed_on = EXCLUDED.excluded_changed_on,
                       is_complaining = EXCLUDED.is_complaining,
                       is_excluded = TRUE,
                       is_unknown = FALSE,
                       reading = EXCLUDED.reading,
                       state = CASE WHEN old.mailjet_id <> EXCLUDED.mailjet_id
                                    THEN NULL ELSE old.state END
                """,
                server=server.id,
                reading=reading,
                uid=self.env.uid,
                rows=json.dumps(list(rows.values())),
            )
        )
        self.invalidate_model(flush=False)
        return len(rows)

    def _note_contact(self, contact):
        """Keep what Mailjet says of one address.

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
        """Tell whether Mailjet has to be asked about this address alone.

        Not if it was in the list of those excluded; nor if it was left different before
        and free at Mailjet, or it would be asked about every hour.
        """
        if self.begun:
            return True
        is_known_as_free = self.is_different and not self.is_excluded
        return self.reading != reading and not is_known_as_free

    @api.model
    def _next_emails(self, server, reading, after, with_blocked, limit):
        """Return the next addresses about which something may have to be done.

        :param int reading: number of the last reading of Mailjet's list
        :param str after: the last address of those before
        :param bool with_blocked: whether those blocked in Odoo count, of which Mailjet
            was never told
        """
        now = fields.Datetime.now()
        self.flush_model()
        self.env["mail.blacklist"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                (SELECT exclusion.email
                   FROM mailjet_exclusion AS exclusion
              LEFT JOIN mail_blacklist AS entry ON entry.email = exclusion.email
                  WHERE exclusion.server_id = %(server)s
                    AND exclusion.email > %(after)s
                    AND NOT (%(is_settled)s)
                    AND COALESCE(exclusion.refused_on, %(long_ago)s) <= %(long_ago)s
               ORDER BY exclusion.email LIMIT %(limit)s)
                  UNION
                (SELECT entry.email
                   FROM mail_blacklist AS entry
                  WHERE entry.active AND %(with_blocked)s
                    AND entry.email > %(after)s
                    AND NOT EXISTS (SELECT FROM mailjet_exclusion AS exclusion
                                     WHERE exclusion.server_id = %(server)s
                                       AND exclusion.email = entry.email)
               ORDER BY entry.email LIMIT %(limit)s)
               ORDER BY email LIMIT %(limit)s
                """,
                server=server.id,
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
        """Return what holds where nothing has changed since both sides agreed.

        Nor has it where Mailjet has forgotten an address that stays blocked.
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
                    AND exclusion.odoo_agreed_on IS NOT DISTINCT FROM COALESCE(
                        entry.mailjet_changed_on, date_trunc('second', entry.write_date)
                    )
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
    # What is to be done
    # ------------------------------------------------------------------

    def _decide(self, entry, direction, elsewhere):
        """Return the `Decision` about this address.

        :param entry: its `mail.blacklist`, empty if there is none
        :param str direction: the server's setting
        :param bool elsewhere: whether another account excludes it
        """
        odoo = Side(entry.active, entry._mailjet_since())
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
        """Keep that both sides say the same from now on."""
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

    def _settle_alike(self, is_excluded, entry):
        """Keep that both sides were found to say the same."""
        is_news = self.state != _state(is_excluded)
        self._agree(is_excluded, entry._mailjet_since())
        if is_news:
            dates = [self.odoo_agreed_on, self.mailjet_agreed_on]
            self._tell("same", max(filter(None, dates), default=False), THE_SAME)

    def _settle_from_mailjet(self, is_excluded, entry):
        """Keep that Odoo says the same as Mailjet now."""
        self._agree(is_excluded, entry._mailjet_since())
        self._tell("mailjet", self.excluded_changed_on, self._reason_at_mailjet())

    def _settle_from_odoo(self, contact, changed_on, text):
        """Keep that Mailjet says the same as Odoo now.

        :param Contact contact: what Mailjet answered; None if nothing had to change
        :param datetime changed_on: of the blacklist's entry
        :param str text: why, or None if nobody said
        """
        is_excluded = self.begun == "excluded"
        if contact:
            self._note_contact(contact)
        else:
            self.write({"is_excluded": is_excluded, "is_unknown": False})
        self._agree(is_excluded, changed_on)
        words = BLOCKED_HERE if is_excluded else UNBLOCKED_HERE
        self._tell("odoo", changed_on, words, text)

    def _reason_at_mailjet(self):
        """Return why Mailjet has the address in its list or no more, as `Words`."""
        if not self.is_excluded:
            return INCLUDED_THERE
        return COMPLAINED_THERE if self.is_complaining else EXCLUDED_THERE

    def _tell(self, origin, changed_on, words, text=None):
        """Keep for people where the last change came from, when and why."""
        self.write(
            {
                "origin": origin,
                "changed_on": changed_on or fields.Datetime.now(),
                "words": {"text": text} if text else words_to_json(reason=words),
            }
        )

    def _leave_held(self, held_by):
        """Keep why the two sides stay different; `held_by` as in `Decision`."""
        if held_by == "direction":
            held_by = "only_mailjet" if self.is_excluded else "only_odoo"
        self._leave_different(HELD[held_by])

    def _leave_different(self, sentence):
        """Keep why the two sides stay different.

        :param Words sentence: the reason
        """
        words = {**(self.words or {}), **words_to_json(difference=sentence)}
        self.write({"is_different": True, "begun": False, "words": words})

    def _leave_refused(self, error):
        """Keep that Mailjet does not take this address."""
        self._leave_different(Words(REFUSED.source, {"error": str(error)}))
        self.refused_on = fields.Datetime.now()


def _written(moment):
    return moment and moment.isoformat()


def _state(is_excluded):
    return "excluded" if is_excluded else "allowed"
