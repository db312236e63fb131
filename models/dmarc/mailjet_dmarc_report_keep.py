from hashlib import sha256
from itertools import islice

from odoo import api, models
from odoo.tools import SQL

from ...tools.dmarc.owner import Owners
from ...tools.dmarc.values import MAX_COUNT
from ...tools.words import Words, _lt
from ..bulk_write import copy_in

# Rows inserted in one statement
BATCH = 2000
# Fields that are attributes of `Report` by the same names
COPIED = (
    "policy_domain",
    "org_name",
    "org_email",
    "report_id",
    "schema",
    "p",
    "sp",
    "adkim",
    "aspf",
    "pct",
    "testing",
    "record_error",
    "xml_hash",
)
TRUST = ("failed", "not_checked", "authenticated")


class MailjetDmarcReport(models.Model):
    """Keeping what a file says: whose report it is, whether it is new, and its rows."""

    _inherit = "mailjet.dmarc.report"

    _kept_unique = models.UniqueIndex("(key) WHERE state IN ('done', 'partial')")

    def _keep(self, report):
        """Store a report in this record.

        :param Report report: what the file says
        """
        owners = self._owners()
        domain_id = owners.of_policy(report.policy_domain)
        vals = self._values_of(report)
        if domain_id is None:
            words = Words(
                _lt(
                    "%(domain)s is not one of your domains at Mailjet. If you add it, "
                    "Odoo reads this report within the hour."
                ),
                {"domain": report.policy_domain},
            )
            vals.update(
                state="foreign", domain_id=False, reason_words=[words.to_json()]
            )
            self.write(vals)
            return
        self.write({**vals, "domain_id": domain_id})
        self._lock_key()
        first = self._find_first()
        if first and first.xml_hash == self.xml_hash:
            self._keep_copy(first)
            return
        self._insert_rows(report, owners)
        self.reason_words = [words.to_json() for words in report.notes]
        if first and not self._replaces(first):
            self._become_duplicate(first)
            return
        if first:
            first._become_duplicate(self)
        self.state = "partial" if report.is_partial else "done"

    def _values_of(self, report):
        """Return the values of all that a report says about itself."""
        period = report.period
        # Kept apart, so that no forged copy can take the place of the real one
        parts = [report.key, *(["failed"] if self.authentication == "failed" else [])]
        return {
            **{name: getattr(report, name) or False for name in COPIED},
            "name": " · ".join(
                (report.org_name, report.policy_domain, period.days[0].isoformat())
            ),
            "date_begin": period.begin,
            "date_end": period.end,
            "day_count": len(period.days),
            # An index has no room for the longest of them
            "key": sha256("|".join(parts).encode()).hexdigest(),
        }

    # ----------------------------------------------------------------------------------
    # Whose it is
    # ----------------------------------------------------------------------------------

    @api.model
    def _owners(self):
        """Return the domains of all accounts as `Owners` of their ids."""
        domains = self.env["mailjet.domain"].sudo()
        found = {}
        for domain in domains.search([("server_id.active", "=", True)], order="id"):
            found.setdefault(domain.name, domain.id)
        return Owners(found)

    # ----------------------------------------------------------------------------------
    # Whether it is new
    # ----------------------------------------------------------------------------------

    def _lock_key(self):
        """Make other workers that read a copy of this report wait."""
        self.env.cr.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [self.key]
        )

    def _find_first(self):
        """Return the record already kept for the same report."""
        return self.search(
            [
                ("key", "=", self.key),
                ("state", "in", ("done", "partial")),
                ("id", "!=", self.id),
            ]
        )

    def _replaces(self, first):
        """Return whether this version of a report is the one to keep.

        The versions overlap and cannot be merged. A proven author outweighs larger
        numbers.
        """

        def rank(report):
            return TRUST.index(report.authentication), report.message_count

        return rank(self) > rank(first)

    def _keep_copy(self, first):
        """Note that the same file has arrived again."""
        if TRUST.index(self.authentication) > TRUST.index(first.authentication):
            first.authentication = self.authentication
        self._note_duplicate(first)
        words = Words(_lt("This report has already been read."))
        self.reason_words = [words.to_json()]

    def _become_duplicate(self, kept):
        """Drop this version of a report in favor of another with other numbers."""
        self._delete_rows()
        self._note_duplicate(kept)
        dropped = Words(_lt("Another version of this report is kept instead."))
        other = Words(
            _lt(
                "The receiver sent several versions of this report. Only the one with "
                "the most emails counts."
            )
        )
        self.reason_words = [dropped.to_json()]
        kept.reason_words = [*(kept.reason_words or []), other.to_json()]

    def _note_duplicate(self, kept):
        kept.duplicate_count += self.duplicate_count + 1
        self.write(
            {"state": "duplicate", "duplicate_of_id": kept.id, "duplicate_count": 0}
        )
        # The index on keys must not see both as kept
        self.flush_recordset()

    # ----------------------------------------------------------------------------------
    # Its rows
    # ----------------------------------------------------------------------------------

    def _insert_rows(self, report, owners):
        """Replace this record's rows by those of a report, in bounded memory."""
        self._delete_rows()
        shared = {
            "report_id": self.id,
            "is_split": report.period.is_split,
            "counted": report.period.is_credible and self.authentication != "failed",
        }
        lines = self.env["mailjet.dmarc.row"].sudo()
        rows = (
            {
                **row._asdict(),
                "passes": row.passes,
                **shared,
                "position": number,
                "day": day,
                "count": count,
                "domain_id": owners.of_author(row.header_from) or self.domain_id.id,
            }
            for number, day, count, row in report.rows()
        )
        row_count = message_count = 0
        days = set()
        while batch := list(islice(rows, BATCH)):
            copy_in(lines, batch)
            days.update((row["domain_id"], row["day"]) for row in batch)
            row_count += len(batch)
            message_count += sum(row["count"] for row in batch)
        self.env["mailjet.dmarc.statistic.stale"]._note_days(days)
        self.write(
            {
                "row_count": row_count,
                "message_count": min(message_count, MAX_COUNT),
                "skipped_count": report.skipped_count,
            }
        )

    @api.ondelete(at_uninstall=False)
    def _note_rows_stale(self):
        """Have the days of these reports summed up without them."""
        condition = SQL("report_id = ANY(%s)", self.ids)
        self.env["mailjet.dmarc.statistic.stale"]._note_rows(condition)

    def _delete_rows(self):
        self._note_rows_stale()
        self.env.cr.execute(
            SQL("DELETE FROM mailjet_dmarc_row WHERE report_id = %s", self.id)
        )
        self.env["mailjet.dmarc.row"].invalidate_model()
