import logging
from contextlib import ExitStack
from datetime import timedelta
from hashlib import blake2b

import psycopg2

from odoo import api, fields, models

from ...const import API_PAGE_SIZE
from ...tools.mailjet.answer import SAME_PAGE
from ...tools.mailjet.errors import MailjetApiError, UnexpectedAnswerError
from ...tools.smtp.retry_schedule import next_try

_logger = logging.getLogger(__name__)

# Slightly less than the hour of the cron, which may run a little early
EVERY = timedelta(minutes=55)
# Contacts added or removed meanwhile shift between pages: if the count does not match,
# the list is read again
MOST_READINGS = 3
# Consecutive conflicts before leaving it to the next run
MOST_CONFLICTS = 5


class MailjetExclusionSync(models.Model):
    """The progress of syncing blocked addresses with one Mailjet account.

    First Mailjet's list of excluded contacts is read, a page at a time, then all
    addresses are compared in steps. Each step is committed with its progress and can be
    repeated: after an interruption, the next run continues there.

    Each account is synced on its own, but Odoo has one blacklist for all of them:
    exclusions of one account reach the others through Odoo. An address is unblocked in
    Odoo only once no account that writes to Odoo excludes it any longer.
    """

    _name = "mailjet.exclusion.sync"
    _description = "Sync of blocked addresses with Mailjet"
    _rec_name = "server_id"

    server_id = fields.Many2one(
        "ir.mail_server", required=True, readonly=True, ondelete="cascade"
    )
    account = fields.Char(readonly=True)
    stage = fields.Selection(
        [
            ("idle", "Waiting for the next sync"),
            ("read", "Reading Mailjet's list"),
            ("compare", "Comparing"),
        ],
        required=True,
        readonly=True,
        default="idle",
    )
    next_on = fields.Datetime("Next sync", readonly=True)
    started_on = fields.Datetime(readonly=True)
    ended_on = fields.Datetime("Last sync", readonly=True)
    problem = fields.Text(readonly=True)
    tries = fields.Integer(readonly=True)

    # Reading the pages of the list
    reading = fields.Integer(readonly=True, help="Increases with each reading.")
    readings = fields.Integer(readonly=True, help="In this sync.")
    offset = fields.Integer(readonly=True)
    kept_count = fields.Integer(readonly=True)
    first_id = fields.Char(readonly=True)
    # Comparing the addresses in order
    after = fields.Char(readonly=True)
    to_odoo_count = fields.Integer("Addresses changed in Odoo", readonly=True)
    to_mailjet_count = fields.Integer("Addresses changed at Mailjet", readonly=True)

    _server_unique = models.UniqueIndex("(server_id)")

    # ------------------------------------------------------------------
    # The cron
    # ------------------------------------------------------------------

    @api.model
    def _cron_sync(self):
        """Continue all due syncs, one step of each in turn; never raise.

        A neutralized database neither reads nor writes.
        """
        if self.env["ir.mail_server"]._is_mailjet_neutralized():
            return
        self._make_missing()
        commit_progress = self.env["ir.cron"]._commit_progress
        commit_progress(remaining=len(self._due()))
        conflicts = 0
        with ExitStack() as stack:
            clients = {}
            while due := self._due():
                for sync in due:
                    if sync._step(clients, stack):
                        conflicts = 0
                    else:
                        conflicts += 1
                    if conflicts == MOST_CONFLICTS:
                        sync._pause(next_try(1, fields.Datetime.now()))
                    if not commit_progress(1, remaining=len(self._due())):
                        return

    @api.model
    def _make_missing(self):
        servers = self.env["ir.mail_server"]._mailjet_with_exclusions()
        self.create(
            [
                {"server_id": server.id, "next_on": fields.Datetime.now()}
                for server in servers - self.search([]).server_id
            ]
        )

    @api.model
    def _due(self):
        """Return the syncs that are due now."""
        servers = self.env["ir.mail_server"]._mailjet_with_exclusions()
        return self.search(
            [
                ("server_id", "in", servers.ids),
                ("next_on", "<=", fields.Datetime.now()),
            ]
        )

    @api.model
    def _wake(self, at=None):
        self.env.ref("mail_mailjet.ir_cron_sync_exclusions")._trigger(at)

    def _step(self, clients, stack):
        """Do one step, and store the progress.

        :param dict clients: server id -> client, kept open between steps
        :param ExitStack stack: closes them
        :return bool: False after a conflict, when the step must be repeated
        """
        server = self.server_id
        try:
            try:
                if server.id not in clients:
                    clients[server.id] = stack.enter_context(server._mailjet_client())
                self._go_on(clients[server.id])
            except MailjetApiError as error:
                self._wait(error)
            self.env.flush_all()
        except (psycopg2.OperationalError, psycopg2.IntegrityError) as error:
            # A new transaction sees what somebody else changed
            _logger.info("Mailjet: exclusions of %s: %s", server.id, error)
            self.env.cr.rollback()
            return False
        return True

    def _go_on(self, client):
        if self.stage == "idle":
            self._begin()
            return
        if self.stage == "read":
            self._read_page(client)
        else:
            self._compare_some(client)
        self.write({"tries": 0, "problem": False})

    def _wait(self, error):
        """Store the error and when to continue."""
        _logger.info("Mailjet: exclusions of %s: %s", self.server_id.name, error)
        now, tries = fields.Datetime.now(), self.tries + 1
        wait = getattr(error, "retry_after", None)
        self.write(
            {
                "problem": self.server_id._mailjet_explain_api_error(error),
                "tries": tries,
            }
        )
        self._pause(now + timedelta(seconds=wait) if wait else next_try(tries, now))

    def _pause(self, until):
        self.next_on = until
        self._wake(until)

    def _begin_soon(self):
        """Start or continue these syncs now."""
        now = fields.Datetime.now()
        self.filtered(lambda sync: sync.next_on > now).next_on = now
        self._wake()

    # ------------------------------------------------------------------
    # Begin and end
    # ------------------------------------------------------------------

    def _begin(self):
        account = self._account_tag()
        if self.account != account:
            # Nothing was agreed with another account
            self._exclusions().unlink()
        self.write(
            {
                "account": account,
                "started_on": fields.Datetime.now(),
                "readings": 0,
                "to_odoo_count": 0,
                "to_mailjet_count": 0,
            }
        )
        self._begin_reading()

    def _account_tag(self):
        """Return a hash that identifies the account without revealing its key."""
        key = self.server_id.sudo().smtp_user or ""
        return blake2b(key.encode(), digest_size=8).hexdigest()

    def _exclusions(self):
        return self.env["mailjet.exclusion"].search(
            [("server_id", "=", self.server_id.id)]
        )

    def _end(self):
        self.write(
            {
                "stage": "idle",
                "ended_on": fields.Datetime.now(),
                "next_on": self.started_on + EVERY,
            }
        )

    # ------------------------------------------------------------------
    # Reading
    # ------------------------------------------------------------------

    def _begin_reading(self):
        self.write(
            {
                "stage": "read",
                "reading": self.reading + 1,
                "readings": self.readings + 1,
                "offset": 0,
                "kept_count": 0,
                "first_id": False,
            }
        )

    def _read_page(self, client):
        """Read a page of Mailjet's list; after the last one, check the count."""
        contacts = client.excluded_contact_page(self.offset)
        first_id = contacts[0].id if contacts else False
        if self.offset and first_id and first_id == self.first_id:
            raise UnexpectedAnswerError(SAME_PAGE)
        is_last = len(contacts) < API_PAGE_SIZE
        count = client.excluded_contact_count() if is_last else None
        kept = self.env["mailjet.exclusion"]._note_excluded(
            self.server_id, contacts, self.reading
        )
        self.write(
            {
                "offset": self.offset + len(contacts),
                "kept_count": self.kept_count + kept,
                "first_id": first_id,
            }
        )
        if is_last:
            self._end_reading(count)

    def _end_reading(self, count):
        """Start comparing, or read again if contacts were added or removed meanwhile.

        Contacts missing nevertheless are looked up one by one before any action.
        """
        left_out = self.offset - self.kept_count
        found = self.env["mailjet.exclusion"].search_count(
            [("server_id", "=", self.server_id.id), ("reading", "=", self.reading)]
        )
        if count != found + left_out and self.readings < MOST_READINGS:
            self._begin_reading()
        else:
            self.write({"stage": "compare", "after": False})
