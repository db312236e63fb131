from collections import defaultdict

from odoo import api, fields, models
from odoo.tools import SQL

from ...tools.dmarc.source import Known, Row, find_source
from ...tools.dmarc.values import MAX_COUNT
from ..bulk_write import upsert
from ..locking import worker_lock
from .mailjet_dmarc_source import SUMS

LOCK = "mail_mailjet dmarc"
# Receivers that one row of sums tells apart; a name is a claim, and may be long
RECEIVER_LENGTH = 100


class MailjetDmarcStatistic(models.Model):
    """What a source sent on one day, as one receiver reports it.

    Always rebuilt from the rows of the reports, never incremented. Screens that have to
    be fast read these sums instead of the rows.
    """

    _name = "mailjet.dmarc.statistic"
    _description = "Daily sums of DMARC reports"
    _log_access = False

    domain_id = fields.Many2one("mailjet.domain", required=True, ondelete="cascade")
    source_id = fields.Many2one(
        "mailjet.dmarc.source", required=True, index=True, ondelete="cascade"
    )
    day = fields.Date(required=True, help="In UTC.")
    receiver = fields.Char()
    messages = fields.Integer()
    passing = fields.Integer()
    spf_aligned = fields.Integer()
    dkim_aligned = fields.Integer()
    forwarded = fields.Integer()
    forwarded_failing = fields.Integer()
    own = fields.Integer()
    quarantined = fields.Integer()
    rejected = fields.Integer()

    # Two transactions that rebuild the same day cannot both succeed
    _key_unique = models.UniqueIndex("(domain_id, day, source_id, receiver)")

    @api.model
    def _cron_refresh(self):
        """Sum up the days whose rows have changed, and refresh the sources."""
        self._refresh()

    @api.model
    def _refresh(self):
        """Sum up all days that need it, committing each; return whether that is all."""
        with worker_lock(self.env, LOCK) as is_free:
            return is_free and self._refresh_locked()

    @api.model
    def _refresh_locked(self):
        commit_progress = self.env["ir.cron"]._commit_progress
        # A new transaction sees what the last refresh has committed
        commit_progress()
        stale = self.env["mailjet.dmarc.statistic.stale"]
        self.env["mailjet.domain"]._refresh_dmarc_accounts()
        days = stale._to_rebuild()
        known, done = {}, self.env["mailjet.domain"]
        for number, (domain_id, day) in enumerate(days):
            domain = done.browse(domain_id)
            if domain not in known:
                known[domain] = domain._dmarc_known()
            if not self._is_final(domain, day):
                self._rebuild_day(domain, day, known[domain])
            stale._settle(domain_id, day)
            done |= domain
            left = len(days) - number - 1
            if not commit_progress(1, remaining=left) and left:
                done._refresh_dmarc_sources()
                commit_progress()
                # After a partial run Odoo waits up to a minute
                self.env.ref("mail_mailjet.ir_cron_dmarc_refresh")._trigger()
                return False
        (done | done._dmarc_due_sources())._refresh_dmarc_sources()
        commit_progress()
        return True

    # ------------------------------------------------------------------
    # The sums of a day
    # ------------------------------------------------------------------

    @api.model
    def _is_final(self, domain, day):
        """Return whether rows have lost their reports and addresses: the sums stay."""
        self.env.cr.execute(
            SQL(
                """
                SELECT EXISTS (SELECT FROM mailjet_dmarc_row
                                WHERE domain_id = %(domain)s AND day = %(day)s
                                  AND report_id IS NULL)
                   AND EXISTS (SELECT FROM mailjet_dmarc_statistic
                                WHERE domain_id = %(domain)s AND day = %(day)s)
                """,
                domain=domain.id,
                day=day,
            )
        )
        return self.env.cr.fetchone()[0]

    @api.model
    def _rebuild_day(self, domain, day, known):
        """Rebuild the sums of one day of a domain.

        :param Known known: what names its sources, but for the names of addresses
        """
        rows = self._rows_of_day(domain, day)
        hosts = self.env["mailjet.dmarc.host"]
        named = hosts._names(domain, [row["source_ip"] for row in rows])
        known = Known(known.domain, known.mailjet, known.terms, named, known.accounts)
        sources, sums, unnamed = {}, defaultdict(lambda: [0] * len(SUMS)), {}
        for row in rows:
            facts, figures = _facts(row), _figures(row)
            source = find_source(facts, known)
            sources.setdefault(source.key, source)
            if facts.is_forwarded:
                figures["forwarded"] = row["messages"]
                figures["forwarded_failing"] = row["messages"] - row["passing"]
            if source.is_own_network:
                figures["own"] = row["messages"]
            if source.evidence == "network" and facts.source_ip:
                unnamed[facts.source_ip] = (
                    unnamed.get(facts.source_ip, 0) + row["messages"]
                )
            total = sums[source.key, row["receiver"]]
            for place, name in enumerate(SUMS):
                total[place] += figures[name]
        hosts._await(domain, unnamed)
        self._replace(domain, day, self._source_ids(domain, sources), sums)

    @api.model
    def _rows_of_day(self, domain, day):
        """Return the rows of a day, those that say the same added up."""
        group = (
            "row.source_ip, row.dkim_aligned, row.spf_aligned, row.dkim_domain,"
            " row.dkim_selector, row.dkim_result, row.spf_domain, row.spf_result,"
            " row.reason_types"
        )
        self.env.cr.execute(
            SQL(
                f"""
                SELECT {group},
                       left(COALESCE(report.org_name, ''), %(length)s) AS receiver,
                       bool_or(row.reason_comments ILIKE '%%arc=pass%%') AS is_sealed,
                       sum(row.count)::bigint AS messages,
                       COALESCE(sum(row.count) FILTER (WHERE row.passes), 0)::bigint
                           AS passing,
                       COALESCE(sum(row.count) FILTER (
                           WHERE row.disposition = 'quarantine'), 0)::bigint
                           AS quarantined,
                       COALESCE(sum(row.count) FILTER (
                           WHERE row.disposition = 'reject'), 0)::bigint AS rejected
                  FROM mailjet_dmarc_row AS row
             LEFT JOIN mailjet_dmarc_report AS report ON report.id = row.report_id
                 WHERE row.domain_id = %(domain)s AND row.day = %(day)s AND row.counted
              GROUP BY {group}, receiver, row.reason_comments ILIKE '%%arc=pass%%'
                """,
                domain=domain.id,
                day=day,
                length=RECEIVER_LENGTH,
            )
        )
        return self.env.cr.dictfetchall()

    @api.model
    def _source_ids(self, domain, sources):
        """Create the sources that are new, and update the others: key -> id."""
        model = self.env["mailjet.dmarc.source"]
        upsert(
            model,
            [
                {
                    "key": source.key,
                    "name": source.name,
                    "evidence": source.evidence,
                    "is_forwarder": source.is_forwarder,
                }
                for source in sources.values()
            ],
            ("domain_id", "key"),
            shared={"domain_id": domain.id, "server_id": domain.server_id.id},
        )
        found = model.search_fetch(
            [("domain_id", "=", domain.id), ("key", "in", list(sources))], ["key"]
        )
        return {source.key: source.id for source in found}

    @api.model
    def _replace(self, domain, day, source_ids, sums):
        self.flush_model()
        self.env.cr.execute(
            SQL(
                "DELETE FROM mailjet_dmarc_statistic WHERE domain_id = %s AND day = %s",
                domain.id,
                day,
            )
        )
        self.invalidate_model(flush=False)
        # Counts are what anybody claims, and the columns have 32 bits
        rows = [
            {
                "source_id": source_ids[key],
                "receiver": receiver,
                **{n: min(v, MAX_COUNT) for n, v in zip(SUMS, total, strict=True)},
            }
            for (key, receiver), total in sums.items()
        ]
        key = ("domain_id", "day", "source_id", "receiver")
        upsert(self, rows, key, shared={"domain_id": domain.id, "day": day})


def _facts(row):
    """Return the `Row` in a row of the database, where nothing is NULL."""
    names = ("dkim_domain", "dkim_selector", "dkim_result", "spf_domain", "spf_result")
    return Row(
        row["source_ip"] or "",
        bool(row["dkim_aligned"]),
        bool(row["spf_aligned"]),
        **{name: (row[name] or "").lower() for name in names},
        reasons=row["reason_types"] or "",
        comments="arc=pass" if row["is_sealed"] else "",
    )


def _figures(row):
    """Return the sums of a row; those that depend on the source follow."""
    messages = row["messages"]
    return {
        "messages": messages,
        "passing": row["passing"],
        "spf_aligned": messages if row["spf_aligned"] else 0,
        "dkim_aligned": messages if row["dkim_aligned"] else 0,
        "forwarded": 0,
        "forwarded_failing": 0,
        "own": 0,
        "quarantined": row["quarantined"],
        "rejected": row["rejected"],
    }
