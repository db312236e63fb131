from odoo import api, fields, models
from odoo.tools import float_round
from odoo.tools.misc import format_date, formatLang

from ... import const
from ...tools.report import figures
from ..server.ir_mail_server_alert import ALERT
from .mailjet_rates_mixin import RATES

# States that call for action, in order of severity
RANKS = {"half": 1, "over": 2}
HALF = 0.5
# Complaints of a single day count for this long: Mailjet slows an account down for a
# week, https://documentation.mailjet.com/hc/en-us/articles/360043101633
PEAK_DAYS = 7
# After an administrator resumes sending, the same limit does not pause it for this long
ACCEPTED_FOR = {"hours": 24}


class MailjetPolicyLimit(models.Model):
    """A limit of Mailjet's sending policy, and how close an account is to it.

    Mailjet asks accounts that exceed one to explain, and then suspends them:
    https://www.mailjet.com/legal/anti-spam-policy/
    """

    _name = "mailjet.policy.limit"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _description = "Limit of Mailjet's sending policy"
    _order = "server_id, id"
    _rec_name = "kind"

    server_id = fields.Many2one(
        "ir.mail_server",
        "Mailjet server",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    kind = fields.Selection(
        [
            ("bounced", "Bounces"),
            ("unsubscribed", "Unsubscriptions"),
            ("blocked", "Blocked emails"),
            ("complained", "Complaints"),
            ("contacts", "Contacts"),
        ],
        "Limit on",
        required=True,
        readonly=True,
    )
    state = fields.Selection(
        [
            ("few", "Too few emails to judge"),
            ("fine", "Well below the limit"),
            ("half", "Half of the limit reached"),
            ("over", "Over the limit"),
        ],
        required=True,
        readonly=True,
        default="few",
        tracking=True,
    )
    processed = fields.Integer("Emails", readonly=True, help="In the last 30 days.")
    part = fields.Integer(
        "Counted", readonly=True, help="Emails that bounced, were blocked and so on."
    )
    whole = fields.Integer(
        "Out of",
        readonly=True,
        help="What the rate refers to: all processed or all delivered emails, or the "
        "contacts of the plan.",
    )
    clicked = fields.Integer("Clicks", readonly=True, help="Counts each message once.")
    peak = fields.Integer(
        "Most in a day", readonly=True, help="Complaints, in the last week."
    )
    peak_date = fields.Date("On", readonly=True)
    rate = fields.Float("Rate (%)", compute="_compute_rate", digits=(16, 3))
    limit = fields.Float("Limit (%)", compute="_compute_limit", digits=(16, 2))
    used = fields.Float("Share of limit (%)", compute="_compute_rate", digits=(16, 1))
    words = fields.Text("Explanation", compute="_compute_words")
    cure = fields.Text("What to do", compute="_compute_words")
    accepted_on = fields.Datetime(
        "Accepted on",
        readonly=True,
        help="When somebody resumed sending although this limit was exceeded.",
    )
    read_on = fields.Datetime(related="server_id.mailjet_policy_read_on")
    outage_since = fields.Datetime(related="server_id.mailjet_policy_outage_since")

    _kind_unique = models.UniqueIndex("(server_id, kind)")

    @api.depends("kind")
    @api.depends_context("lang")
    def _compute_display_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for limit in self:
            limit.display_name = labels.get(limit.kind)

    @api.depends("kind", "part", "clicked")
    def _compute_limit(self):
        for limit in self:
            limit.limit = limit._allowed()

    def _allowed(self):
        """Return the limit in percent."""
        if self.kind == "contacts":
            return 100
        if self.kind == "unsubscribed" and self.part > self.clicked:
            return const.UNSUBSCRIBED_LIMIT_ABOVE_CLICKS
        return const.LIMITS.get(self.kind)

    @api.depends("part", "whole", "limit", "peak")
    def _compute_rate(self):
        for limit in self:
            limit.rate = limit._exact_rate()
            limit.used = 100 * limit._share_used()

    def _exact_rate(self):
        """Return the rate in percent; that of the field is rounded already."""
        return 100 * self.part / self.whole if self.whole else 0

    def _share_used(self):
        """Return how much of the limit is used up: 1 is all of it."""
        peak, allowed = self._share_of_peak(), self._allowed()
        if self._are_few() and peak >= HALF:
            return peak  # the number of a day counts even then
        # Not from the fields, which are rounded
        share = 100 * self.part / self.whole / allowed if self.whole and allowed else 0
        return max(share, peak)

    def _share_of_peak(self):
        return self.peak / const.COMPLAINTS_A_DAY

    def _is_peak_decisive(self):
        """Return whether a single day counts for more than the rate."""
        return 0 < self._share_of_peak() == self._share_used()

    # ------------------------------------------------------------------
    # Judging
    # ------------------------------------------------------------------

    @api.model
    def _judge(self, server, days):
        """Check an account's figures against the limits.

        :param list days: dicts of counts, see `tools.report.daily_counter`
        """
        limits = self.sudo()
        known = {
            limit.kind: limit
            for limit in limits.search([("server_id", "=", server.id)])
        }
        for kind in const.LIMITS:
            part, whole = RATES[f"{kind}_rate"]
            sums = {
                name: sum(day[name] for day in days)
                for name in {part, whole, "processed", "clicked"}
            }
            limit = known.get(kind)
            if not limit:
                limit = limits.create({"server_id": server.id, "kind": kind})
            limit._note(
                processed=sums["processed"],
                part=sums[part],
                whole=sums[whole],
                clicked=sums["clicked"],
                **_peak_of(days) if kind == "complained" else {},
            )

    @api.model
    def _judge_contacts(self, server, count):
        """Check the number of an account's contacts against its plan.

        :param count: None if the plan has no limit
        """
        domain = [("server_id", "=", server.id), ("kind", "=", "contacts")]
        limit = self.sudo().search(domain)
        if count is None:
            limit.unlink()
            return
        if not limit:
            limit = limit.create({"server_id": server.id, "kind": "contacts"})
        limit._note(part=count, whole=server.mailjet_contact_limit)

    def _note(self, **counts):
        """Store the counts, and alert the responsible user if the state got worse."""
        before = RANKS.get(self.state, 0)
        self.write(counts)
        self.state = self._judged_state()
        after = RANKS.get(self.state, 0)
        if after > before:
            self.server_id._mailjet_alert(self, _alert_text)
        elif before and not after:
            self.activity_feedback(
                [ALERT],
                feedback=self.env._("The rate is below half of the limit again."),
            )

    def _judged_state(self):
        if self._are_few() and self._share_of_peak() < HALF:
            return "few"
        share = self._share_used()
        if share > 1:
            return "over"
        return "half" if share >= HALF else "fine"

    def _are_few(self):
        """Return whether there are too few emails for Mailjet to apply its rates."""
        if self.kind == "contacts":
            return False
        return self.processed < const.LIMITS_FROM_MAILS or not self.whole

    def _is_accepted(self):
        """Return whether somebody recently resumed sending despite this limit."""
        recently = fields.Datetime.subtract(fields.Datetime.now(), **ACCEPTED_FOR)
        return bool(self.accepted_on and self.accepted_on > recently)

    def action_read(self):
        """Read the figures of these limits' accounts, or of all if none is selected."""
        servers = self.server_id or self.env["ir.mail_server"]._mailjet_of_companies()
        servers.sudo(False).action_mailjet_read_policy_limits()

    # ------------------------------------------------------------------
    # Explanation
    # ------------------------------------------------------------------

    @api.depends("kind", "state", "processed", "part", "whole", "clicked", "peak")
    @api.depends_context("lang")
    def _compute_words(self):
        for limit in self:
            limit.words = limit._describe()
            limit.cure = limit.state in RANKS and limit._cure()

    def _describe(self):
        if self.state == "few":
            return self.env._(
                "Mailjet applies its limits from %(least)s emails in 30 days; you sent "
                "%(count)s.",
                least=self._number(const.LIMITS_FROM_MAILS),
                count=self._number(self.processed),
            )
        if self.kind == "contacts":
            return self.env._(
                "Mailjet has %(count)s contacts; your plan allows %(limit)s.",
                count=self._number(self.part),
                limit=self._number(self.whole),
            )
        if self._is_peak_decisive():
            return self.env._(
                "Complaints about the emails of %(day)s: %(count)s. Mailjet allows "
                "%(limit)s in a day.",
                count=self._number(self.peak),
                day=format_date(self.env, self.peak_date),
                limit=self._number(const.COMPLAINTS_A_DAY),
            )
        values = {
            "part": self._number(self.part),
            "whole": self._number(self.whole),
            "rate": self._number(self._exact_rate()),
            "limit": self._number(self.limit),
        }
        if self.kind == "bounced":
            return self.env._(
                "Bounces in the last 30 days: %(part)s of %(whole)s emails. That is "
                "%(rate)s %%; Mailjet allows %(limit)s %%.",
                **values,
            )
        if self.kind == "blocked":
            return self.env._(
                "Blocked in the last 30 days: %(part)s of %(whole)s emails. That is "
                "%(rate)s %%; Mailjet allows %(limit)s %%.",
                **values,
            )
        if self.kind == "unsubscribed" and self.part > self.clicked:
            return self.env._(
                "Unsubscribed in the last 30 days: %(part)s of %(whole)s recipients. "
                "That is %(rate)s %%; as only %(clicked)s clicked, Mailjet allows "
                "%(limit)s %%.",
                clicked=self._number(self.clicked),
                **values,
            )
        if self.kind == "unsubscribed":
            return self.env._(
                "Unsubscribed in the last 30 days: %(part)s of %(whole)s recipients. "
                "That is %(rate)s %%; Mailjet allows %(limit)s %%.",
                **values,
            )
        return self.env._(
            "Complaints in the last 30 days: %(part)s of %(whole)s recipients. That is "
            "%(rate)s %%; Mailjet allows %(limit)s %%.",
            **values,
        )

    def _cure(self):
        """Return what to do before Mailjet suspends the account."""
        if self.kind == "bounced":
            return self.env._(
                "Check the bounce reasons, remove addresses that bounced from your "
                "lists, and do not use old or purchased ones. Mailjet may suspend "
                "accounts over the limit."
            )
        if self.kind == "blocked":
            return self.env._(
                "Mailjet blocks emails to addresses that bounced, unsubscribed or "
                "complained before. Remove them from your lists. Mailjet may suspend "
                "accounts over the limit."
            )
        if self.kind == "unsubscribed":
            return self.env._(
                "Email only people who asked for it, less often, and with content they "
                "expect. Mailjet may suspend accounts over the limit."
            )
        if self.kind == "contacts":
            return self.env._(
                "Delete contacts at Mailjet that you no longer email, or choose a "
                "larger plan."
            )
        return self.env._(
            "Email only people who asked for it, and make the unsubscribe link easy to "
            "find. Mailjet may suspend accounts over the limit, or for more than one "
            "spam trap, which it does not report."
        )

    def _limit_text(self):
        """Return the limit with its unit."""
        if self.kind == "contacts":
            return self._number(self.whole)
        if self._is_peak_decisive():
            return self._number(const.COMPLAINTS_A_DAY)
        return f"{self._number(self.limit)}\N{NO-BREAK SPACE}%"

    def _value_text(self):
        """Return what is compared with the limit, with its unit."""
        if self.kind == "contacts":
            return self._number(self.part)
        if self._is_peak_decisive():
            return self._number(self.peak)
        return f"{self._number(self._exact_rate())}\N{NO-BREAK SPACE}%"

    def _number(self, value):
        """Return a number in the user's format, with no more decimals than needed."""
        most = figures.decimals(value)
        value = float_round(value, precision_digits=most)
        decimals = len(f"{value:.{most}f}".rstrip("0").partition(".")[2])
        return formatLang(self.env, value, digits=decimals)


def _peak_of(days):
    """Return the most complaints that a day of the last week has caused."""
    recently = fields.Datetime.subtract(fields.Datetime.now(), days=PEAK_DAYS)
    recent = [day for day in days if day["date"] and day["date"] >= recently]
    day = max(recent, key=lambda one: one["complained"], default=None)
    if not day:
        return {"peak": 0, "peak_date": False}
    return {"peak": day["complained"], "peak_date": day["date"].date()}


def _alert_text(limit):
    states = dict(limit._fields["state"]._description_selection(limit.env))
    # Shown beside the name of the limit
    return states[limit.state], f"{limit.words} {limit.cure}"
