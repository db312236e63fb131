from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models

from ...tools.mailjet.delivery_failure import DEFERRED_CODES
from ...tools.report import figures
from .mailjet_rates_mixin import MEASURES

DAYS = 30
# An hour with fewer emails says nothing about its open rate
MIN_PER_HOUR = 100
MAX_ROWS = 5
# By which factor Mailjet's count may exceed ours: events may be late or on another day
TOLERANCE = 1.1
# What is read for each day
COUNTS = (*MEASURES, "unfollowed")
# In the order shown
FIGURES = (
    "processed",
    "delivered",
    "opened",
    "clicked",
    "bounced",
    "blocked",
    "complained",
    "unsubscribed",
)


class MailjetDashboard(models.AbstractModel):
    """The figures that the dashboard shows for one account.

    They come from the database alone, never from Mailjet, and are read with the access
    rights of the user.
    """

    _name = "mailjet.dashboard"
    _description = "Mailjet dashboard"

    @api.model
    def read_dashboard(self, server_id=False):
        """Return everything that the dashboard shows.

        :param server_id: id of a Mailjet server; by default the first one, servers for
            mass mailing before others
        :return: a dict for JSON; its `source` says where the figures come from:
            "events" (posted or imported), "counters" (Mailjet's own) or False (none)
        """
        self.env["mailjet.deliverability"].check_access("read")
        servers = self.env["ir.mail_server"]._mailjet_of_companies()
        servers = servers.sorted(lambda one: one.mailjet_purpose != "mass_mailing")
        server = servers.filtered(lambda one: one.id == server_id) or servers[:1]
        data = {
            "servers": [{"id": one.id, "name": one.name} for one in servers],
            "server_id": server.id,
            "is_admin": self.env["mailjet.report"].has_access("create"),
        }
        if not server:
            return data
        source, days = self._days(server)
        sums = {name: sum(day[name] for day in days) for name in COUNTS}
        has_rates = figures.knows_deliveries(sums)
        reasons = self._reasons(server)
        return {
            **data,
            "pause_reason": server.mailjet_is_paused and server.mailjet_pause_reason,
            "source": source,
            "days": days,
            "figures": self._figures(sums, has_rates),
            "rates_known": has_rates,
            # Mailjet counts opens, rather than Odoo alone
            "counts_opens": server.mailjet_tracking != "odoo" or bool(sums["opened"]),
            "has_events": any(
                callback.state == "ours" for callback in server.mailjet_callback_ids
            ),
            "limits": self._limits(server),
            "limits_read_on": _text(server.mailjet_policy_read_on),
            "limits_outage_since": _text(server.mailjet_policy_outage_since),
            "hours": self._hours(server),
            "reasons": reasons[:MAX_ROWS],
            "reasons_known": sum(one["count"] for one in reasons),
            "reasons_imported": self._has_imported_reasons(server),
            "reasons_wanted": sums["bounced"] + sums["blocked"],
        }

    @api.model
    def _days(self, server):
        """Return where the figures come from, and a dict of counts for each day.

        Events have more detail, so they are preferred unless they are incomplete:
        because events were registered only recently, or only bounces were imported.
        """
        # Not "-30d", which leaves out the start of the first day for datetimes
        start = fields.Date.today() - timedelta(days=DAYS)
        domain = [("server_id", "=", server.id), ("date", ">=", start)]
        events = self._counts_by_day("mailjet.deliverability", domain)
        counters = self._counts_by_day(
            "mailjet.counter",
            [
                *domain,
                ("source", "=", "APIKey"),
                ("timing", "=", "Message"),
                ("resolution", "=", "Day"),
            ],
        )
        is_part = _processed(counters) > TOLERANCE * _processed(events)
        if counters and (is_part or not events):
            return "counters", self._filled(counters)
        return bool(events) and "events", self._filled(events)

    @api.model
    def _counts_by_day(self, model_name, domain):
        # Days are in UTC for both, whatever the time zone of the user
        model = self.env[model_name].with_context(tz="UTC")
        names = [name for name in COUNTS if name in model._fields]
        aggregates = [f"{name}:sum" for name in names]
        counts = {}
        for date, *sums in model._read_group(domain, ["date:day"], aggregates):
            found = zip(names, [one or 0 for one in sums], strict=True)
            day = fields.Date.to_date(date)
            counts[day] = {**dict.fromkeys(COUNTS, 0), **dict(found)}
        return counts

    @api.model
    def _filled(self, counts):
        """Return the counts of each day, with zeros for days without any."""
        if not counts:
            return []
        last = max(*counts, fields.Date.today())
        days = [last - timedelta(days=number) for number in range(DAYS, -1, -1)]
        days = sorted({*days, *counts})
        empty = dict.fromkeys(COUNTS, 0)
        return [
            {"date": fields.Date.to_string(day), **counts.get(day, empty)}
            for day in days
        ]

    @api.model
    def _figures(self, sums, has_rates):
        """Return each figure with its rate in percent, None if it has none."""
        return [
            {
                "name": name,
                "count": sums[name],
                "rate": figures.rate(name, sums)
                if has_rates and name in figures.WHOLES
                else None,
            }
            for name in FIGURES
        ]

    @api.model
    def _limits(self, server):
        limits = self.env["mailjet.policy.limit"].search(
            [("server_id", "=", server.id)]
        )
        kinds = dict(limits._fields["kind"]._description_selection(self.env))
        states = dict(limits._fields["state"]._description_selection(self.env))
        return [
            {
                "id": limit.id,
                "kind": limit.kind,
                "label": kinds[limit.kind],
                "state": limit.state,
                "state_label": states[limit.state],
                "rate": limit._value_text(),
                "limit": limit._limit_text(),
                "used": limit.used,
                "words": limit.words,
                "cure": limit.cure or "",
            }
            for limit in limits
        ]

    @api.model
    def _hours(self, server):
        """Return the best hours, or None if no hourly counters have been imported."""
        hours = self.env["mailjet.sending.hour"]
        domain = [("server_id", "=", server.id)]
        groups = hours._read_group(
            domain,
            ["weekday", "hour"],
            ["opened_rate:avg", "delivered:sum"],
            having=[("delivered:sum", ">=", MIN_PER_HOUR)],
            order="opened_rate:avg DESC, weekday, hour",
            limit=MAX_ROWS,
        )
        if not groups and not hours.search_count(domain, limit=1):
            return None
        labels = dict(hours._fields["weekday"]._description_selection(self.env))
        return [
            {
                "weekday": weekday,
                "label": labels[weekday],
                "hour": hour,
                "rate": rate,
                "delivered": delivered,
            }
            for weekday, hour, rate, delivered in groups
            if rate
        ]

    @api.model
    def _has_imported_reasons(self, server):
        """Return whether all bounces that Mailjet lists have been read."""
        domain = [
            ("server_id", "=", server.id),
            ("report", "=", "bounce"),
            ("filter_type", "=", "all"),
            ("state", "=", "done"),
        ]
        return bool(self.env["mailjet.report"].sudo().search_count(domain, limit=1))

    @api.model
    def _reasons(self, server):
        """Return the reasons for failure, the most frequent first.

        Greylisting is none: Mailjet goes on trying.
        """
        events = self.env["mailjet.event"]
        groups = events._read_group(
            [
                ("server_id", "=", server.id),
                ("event", "in", ("bounce", "blocked")),
                ("date", ">=", f"-{DAYS}d"),
                "|",
                ("failure_reason", "not in", DEFERRED_CODES),
                ("bounce_type", "=", "hard"),
            ],
            ["failure_reason"],
            ["__count"],
        )
        labels = dict(events._fields["failure_reason"]._description_selection(self.env))
        counts = defaultdict(int)
        for reason, count in groups:
            counts[reason or "none"] += count
        reasons = sorted(counts, key=lambda reason: (-counts[reason], reason))
        return [
            {"reason": reason, "label": labels[reason], "count": counts[reason]}
            for reason in reasons
        ]


def _processed(days):
    return sum(counts["processed"] for counts in days.values())


def _text(moment):
    return moment and fields.Datetime.to_string(moment)
