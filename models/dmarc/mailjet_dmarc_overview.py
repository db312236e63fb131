from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL, formatLang

from ...tools.dmarc.next_record import next_record
from ...tools.dmarc.readiness import (
    NEXT_POLICY,
    PERIOD_DAYS,
    Evidence,
    Sender,
    judge,
)
from ...tools.dmarc.source import MAILJET
from ...tools.dmarc.source_class import OURS
from ...tools.words import Words
from .mailjet_domain_report_address import KIND as REPORT_CARD

CHART_DAYS = 90
# A forger's sources are many; the list of sources shows them all
MOST_SOURCES = 50
# How mail of a class is counted in the chart, besides mail that passes
FAILING = ("ours", "forwarder", "unknown", "not_ours")


class MailjetDmarcOverview(models.AbstractModel):
    """What the screen "Who sends in my name" shows of one domain.

    It reads nothing but daily sums and sources, with the rights of the user, and asks
    neither DNS nor Mailjet.
    """

    _name = "mailjet.dmarc.overview"
    _inherit = ["mailjet.words"]
    _description = "Who sends in my name"

    @api.model
    def read_overview(self, domain_id=False):
        """Return everything that the screen shows.

        :param domain_id: id of a domain; by default the one with most emails
        :return: a dict for JSON
        """
        self.env["mailjet.dmarc.source"].check_access("read")
        domains = self._domains()
        domain = domains.filtered(lambda one: one.id == domain_id) or domains[:1]
        data = {
            "domains": [
                {"id": one.id, "name": one.display_name}
                for one in domains.sorted("display_name")
            ],
            "domain_id": domain.id,
            "is_admin": domain.has_access("write") if domain else False,
        }
        if not domain:
            return data
        sources = domain.dmarc_source_ids.filtered("messages").sorted(
            lambda source: (-source.messages, source.id)
        )
        figures = self._figures(domain, sources)
        return {
            **data,
            "name": domain.display_name,
            "policy": domain.dmarc_policy or "",
            "period": PERIOD_DAYS,
            "has_sums": bool(domain.dmarc_source_ids),
            "steps": self._steps(domain),
            "figures": figures,
            "lost": self._lost(sources),
            "days": self._days(domain),
            "sources": [self._source(one) for one in sources[:MOST_SOURCES]],
            "more_sources": max(0, len(sources) - MOST_SOURCES),
            "more_messages": sum(sources[MOST_SOURCES:].mapped("messages")),
            "readiness": self._readiness(domain, sources, figures),
        }

    @api.model
    def _domains(self):
        """Return the domains of the user's accounts, the one with most emails first."""
        domains = self.env["mailjet.domain"].search(
            [
                (
                    "server_id",
                    "in",
                    self.env["ir.mail_server"]._mailjet_of_companies().ids,
                )
            ]
        )
        sums = dict(
            self.env["mailjet.dmarc.source"]._read_group(
                [("domain_id", "in", domains.ids)], ["domain_id"], ["messages:sum"]
            )
        )
        return domains.sorted(lambda one: (-(sums.get(one) or 0), one.name))

    # ------------------------------------------------------------------
    # Figures
    # ------------------------------------------------------------------

    @api.model
    def _figures(self, domain, sources):
        return {
            "messages": sum(sources.mapped("messages")),
            "passing": sum(sources.mapped("passing")),
            "sources": len(sources),
            **self._reported(domain),
        }

    @api.model
    def _reported(self, domain):
        """Return how many days and receivers the reports of the period come from."""
        self.env.cr.execute(
            SQL(
                """
                SELECT count(DISTINCT day), count(DISTINCT receiver)
                  FROM mailjet_dmarc_statistic
                 WHERE domain_id = %s AND day >= %s
                """,
                domain.id,
                _start(PERIOD_DAYS),
            )
        )
        days, receivers = self.env.cr.fetchone()
        return {"days": days, "receivers": receivers}

    @api.model
    def _lost(self, sources):
        """Return whose emails fail, which a stricter policy would have hit."""
        lost = dict.fromkeys(FAILING, 0)
        for source in sources:
            lost[_kind(source)] += source.messages - source.passing
        return {
            **lost,
            "failing": sum(lost.values()),
            "quarantined": sum(sources.mapped("quarantined")),
            "rejected": sum(sources.mapped("rejected")),
        }

    @api.model
    def _days(self, domain):
        """Return the counts of each day of the chart, zero for days without any."""
        self.env["mailjet.dmarc.source"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                SELECT sums.day, source.source_class, source.decision,
                       sum(sums.messages), sum(sums.passing)
                  FROM mailjet_dmarc_statistic AS sums
                  JOIN mailjet_dmarc_source AS source ON source.id = sums.source_id
                 WHERE sums.domain_id = %s AND sums.day >= %s
              GROUP BY 1, 2, 3
                """,
                domain.id,
                _start(CHART_DAYS),
            )
        )
        empty = dict.fromkeys(("passing", *FAILING), 0)
        days = {}
        for day, source_class, decision, messages, passing in self.env.cr.fetchall():
            counts = days.setdefault(day, dict(empty))
            counts["passing"] += int(passing)
            counts[_kind_of(source_class, decision)] += int(messages - passing)
        if not days:
            return []
        first, last = min(days), max(fields.Date.today(), *days)
        return [
            {"date": fields.Date.to_string(day), **days.get(day, empty)}
            for day in (
                first + timedelta(days=n) for n in range((last - first).days + 1)
            )
        ]

    @api.model
    def _source(self, source):
        labels = source._fields["evidence"]._description_selection(self.env)
        return {
            "id": source.id,
            "name": source.display_name,
            "evidence": dict(labels).get(source.evidence) or "",
            "class": source.source_class,
            "decision": source.decision or "",
            "can_decide": source.key != MAILJET,
            "messages": source.messages,
            "passing": source.passing,
            "share": source.share,
            "spf_aligned": source.spf_aligned,
            "dkim_aligned": source.dkim_aligned,
            "quarantined": source.quarantined,
            "rejected": source.rejected,
            "receivers": source.receivers,
            "first_day": _text(source.first_day),
            "last_day": _text(source.last_day),
            "advice": source._advice(),
        }

    # ------------------------------------------------------------------
    # Ready for a stricter policy?
    # ------------------------------------------------------------------

    @api.model
    def _readiness(self, domain, sources, figures):
        answer = judge(
            Evidence(
                fields.Date.today(),
                domain.dmarc_policy or "",
                domain.dmarc_policy_since or None,
                figures["days"],
                figures["receivers"],
                self._sent(domain),
                [_sender(source) for source in sources],
            )
        )
        return {
            "verdict": answer.verdict,
            "next_policy": answer.next_policy,
            "criteria": [
                {
                    "code": one.code,
                    "is_met": one.is_met,
                    "rule": self._say(one.rule),
                    "figures": self._say(one.figures),
                }
                for one in answer.criteria
            ],
            "record": self._record(domain, answer),
        }

    @api.model
    def _say(self, words):
        """Return `Words` in the user's language, its numbers as well; "" for None."""
        if not words:
            return ""
        values = {
            name: formatLang(self.env, value, digits=int(isinstance(value, float)))
            if isinstance(value, int | float)
            else value
            for name, value in words.values.items()
        }
        text = self._translate_words(Words(words.source, values))
        return text.replace(" %", "\N{NO-BREAK SPACE}%")

    @api.model
    def _record(self, domain, answer):
        """Return the record to publish next, and whether it differs from today's."""
        card = _card(domain, "dmarc")
        found = (card.found_values or "").splitlines()
        text = found[0] if len(found) == 1 else ""
        is_ready = answer.verdict == "ready" and text
        policy = (domain.dmarc_policy if text else "") or "none"
        proposed = NEXT_POLICY[policy] if is_ready else policy
        value = next_record(text, proposed, domain._dmarc_report_address())
        return {
            "host": card.found_host or f"_dmarc.{domain.name}",
            "found": text,
            "value": value,
            "is_new": is_ready or next_record(text, policy) != value or not text,
        }

    @api.model
    def _sent(self, domain):
        """Return how many emails of the domain Odoo sent in the period, or None."""
        [[delivered]] = (
            self.env["mailjet.statistic"]
            .sudo()
            ._read_group(
                [
                    ("server_id", "=", domain.server_id.id),
                    ("date", ">=", _start(PERIOD_DAYS)),
                    "|",
                    ("sender_domain", "=", domain.name),
                    ("sender_domain", "=like", f"%.{domain.name}"),
                ],
                [],
                ["delivered:sum"],
            )
        )
        return delivered or None

    # ------------------------------------------------------------------
    # Getting reports
    # ------------------------------------------------------------------

    @api.model
    def _steps(self, domain):
        """Return what it takes for reports to arrive, and what is missing."""
        card = _card(domain, "dmarc")
        address = domain._dmarc_report_address()
        found = (card.found_values or "").lower()
        outside = _card(domain, REPORT_CARD)
        return {
            "address": address or "",
            "alias_domain": domain._dmarc_alias_domain().name or "",
            "has_mailbox": self._has_mailbox(),
            "is_requested": bool(address and f"mailto:{address}".lower() in found),
            "has_rua": "rua=" in found.replace(" ", ""),
            "outside_host": outside.host or "",
            "outside_value": outside.expected_value or "",
            "outside_state": outside.state or "",
        }

    @api.model
    def _has_mailbox(self):
        """Return whether Odoo fetches mail; a mail server may also hand it on."""
        servers = self.env["fetchmail.server"].sudo()
        return bool(servers.search_count([("state", "=", "done")], limit=1))


def _start(days):
    return fields.Date.today() - timedelta(days=days)


def _card(domain, kind):
    return domain.record_ids.filtered(lambda record: record.kind == kind)


def _text(day):
    return day and fields.Date.to_string(day)


def _kind(source):
    return _kind_of(source.source_class, source.decision)


def _kind_of(source_class, decision):
    """Return whose emails these are, one of FAILING."""
    if source_class in OURS:
        return "ours"
    if source_class == "forwarder":
        return "forwarder"
    return "not_ours" if decision == "not_ours" else "unknown"


def _sender(source):
    failing = source.messages - source.passing - source.forwarded_failing
    return Sender(
        source.display_name,
        source.source_class,
        source.messages,
        source.passing,
        max(failing, 0),
        source.dkim_aligned,
        source.first_day,
        bool(source.decision),
    )
