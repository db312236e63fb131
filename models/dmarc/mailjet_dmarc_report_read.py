import logging

import psycopg2

from odoo import api, fields, models

from ...tools.dmarc.errors import DmarcFileError, NoReportError
from ...tools.dmarc.report import Report
from ...tools.dmarc.unpack import unpack
from ...tools.words import Words, _lt
from ..locking import CONFLICTS, begin, try_lock

_logger = logging.getLogger(__name__)

# How often a file may end the worker that reads it
MAX_ATTEMPTS = 3


class MailjetDmarcReport(models.Model):
    """Reading the files: each in a transaction that stores all of its rows or none."""

    _inherit = "mailjet.dmarc.report"

    _received = models.Index("(id) WHERE state = 'received'")

    @api.model
    def _cron_read(self):
        """Read all files that have arrived, oldest first, and have them summed up."""
        self._take_in_foreign()
        left, commit_progress = [], self.env["ir.cron"]._commit_progress
        seconds_left = commit_progress(
            remaining=self.search_count([("state", "=", "received")])
        )
        while seconds_left:
            domain = [("state", "=", "received"), ("id", "not in", left)]
            report = self.search(domain, order="id", limit=1)
            if not report:
                break
            try:
                is_done = report._read_alone()
            except CONFLICTS:
                self.env.cr.rollback()
                is_done = False
            if not is_done:
                # Another worker has it
                left.append(report.id)
            seconds_left = commit_progress(int(is_done))
        if left:
            # Or Odoo would warn that nothing was done
            commit_progress(remaining=0)
        if not seconds_left:
            self._wake_cron()
        self.env.ref("mail_mailjet.ir_cron_dmarc_refresh")._trigger()

    def _read_alone(self):
        """Read this file unless another worker does; return whether it is read."""
        begin(self.env)
        if not self._take():
            return False
        if self.attempts >= MAX_ATTEMPTS:
            self._refuse(
                Words(
                    _lt("Odoo was interrupted %(count)s times while reading the file."),
                    {"count": self.attempts},
                )
            )
            return True
        self.attempts += 1
        # Counts even if the file ends this worker
        begin(self.env)
        if not self._take():
            return False
        self._read()
        return True

    def _take(self):
        """Lock this record; return whether it is still to be read."""
        return bool(try_lock(self)) and self.state == "received"

    def _read(self):
        """Read this record's file.

        :raise psycopg2.OperationalError: on a conflict with another transaction, which
            is one of `CONFLICTS`, or without a connection
        """
        try:
            with self.env.cr.savepoint():
                unpacked = unpack(self.name, self.attachment_id.raw or b"")
                self._receive_siblings(unpacked.files)
            with self.env.cr.savepoint():
                report = Report(unpacked.files[0], fields.Datetime.now())
                if unpacked.skipped:
                    report.notes.append(_skipped(unpacked.skipped))
                self._keep(report)
        except DmarcFileError as error:
            state = "ignored" if isinstance(error, NoReportError) else "refused"
            self._refuse(error.words, state)
        except psycopg2.errors.UniqueViolation:
            # Another worker has just read a copy that this transaction cannot see
            self._wake_cron()
        except psycopg2.OperationalError:
            raise
        except Exception as error:
            _logger.exception("Mailjet: DMARC report %s cannot be read", self.id)
            self._refuse(
                Words(
                    _lt("Odoo could not read the file: %(error)s"),
                    {"error": type(error).__name__},
                )
            )

    def _refuse(self, words, state="refused"):
        """Keep this record without rows, with the reason."""
        self.write({"state": state, "reason_words": [words.to_json()]})

    @api.model
    def _take_in_foreign(self):
        """Have reports read again whose domain has become ours."""
        owners = self._owners()
        foreign = self.search(
            [("state", "=", "foreign"), ("attachment_id", "!=", False)]
        )
        ours = foreign.filtered(
            lambda report: owners.of_policy(report.policy_domain) is not None
        )
        ours.write({"state": "received", "attempts": 0})


def _skipped(names):
    """Return a sentence about entries of an archive that are no reports."""
    shown = ", ".join(name[:100] for name in names[:10])
    return Words(
        _lt("%(count)s entries of the archive hold no report: %(names)s"),
        {"count": len(names), "names": shown},
    )
