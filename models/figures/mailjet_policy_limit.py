from odoo import api, fields, models
from odoo.tools.misc import formatLang

from ... import const
from ..server.ir_mail_server_alert import ALERT
from .mailjet_rates_mixin import RATES

# How bad a state is; the others are no reason to do anything
RANKS = {"half": 1, "over": 2}
# Where an administrator has resumed, the same excess pauses no more for so long
ACCEPTED_FOR = {"hours": 24}


class MailjetPolicyLimit(models.Model):
    """One of the limits of Mailjet's sending policy, and how near an account is to it.

    Who exceeds one is first asked to explain and then suspended:
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
        ],
        "Limit of",
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
        "Of these", readonly=True, help="Bounced, unsubscribed and so on."
    )
    whole = fields.Integer(
        "Part of",
        readonly=True,
        help="The emails that the rate is a part of: those that were handed over, or "
        "delivered.",
    )
    rate = fields.Float("Rate (%)", compute="_compute_rate", digits=(16, 3))
    limit = fields.Float("Limit (%)", compute="_compute_limit", digits=(16, 2))
    used = fields.Float(
        "Part of the limit (%)", compute="_compute_rate", digits=(16, 1)
    )
    words = fields.Text("In plain words", compute="_compute_words")
    cure = fields.Text("What to do", compute="_compute_words")
    accepted_on = fields.Datetime(
        "Accepted on",
        readonly=True,
        help="When somebody resumed sending in spite of this excess.",
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

    @api.depends("kind")
    def _compute_limit(self):
        for limit in self:
            limit.limit = const.LIMITS.get(limit.kind)

    @api.depends("part", "whole", "limit")
    def _compute_rate(self):
        for limit in self:
            limit.rate = 100 * limit.part / limit.whole if limit.whole else 0
            limit.used = 100 * limit.rate / limit.limit if limit.limit else 0

    # ------------------------------------------------------------------
    # Judging
    # ------------------------------------------------------------------

    @api.model
    def _judge(self, server, days):
        """Hold what became of an account's emails against its limits.

        :param list days: dicts of counts, see `tools.report.row.read_counter`
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
                for name in {part, whole, "processed"}
            }
            limit = known.get(kind)
            if not limit:
                limit = limits.create({"server_id": server.id, "kind": kind})
            limit._note(sums["processed"], sums[part], sums[whole])

    def _note(self, processed, part, whole):
        """Keep the counts, and tell whoever is responsible if that is a change."""
        before = RANKS.get(self.state, 0)
        self.write({"processed": processed, "part": part, "whole": whole})
        self.state = self._judged_state()
        after = RANKS.get(self.state, 0)
        if after > before:
            self.server_id._mailjet_alert(self, _alert_text)
        elif before and not after:
            self.activity_feedback(
                [ALERT], feedback=self.env._("It is below half of the limit again.")
            )

    def _judged_state(self):
        if self.processed < const.LIMITS_FROM_MAILS or not self.whole:
            return "few"
        # Not by the field, which is rounded
        rate = 100 * self.part / self.whole
        if rate > self.limit:
            return "over"
        return "half" if rate >= self.limit / 2 else "fine"

    def _is_accepted(self):
        """Tell whether somebody has resumed in spite of this excess lately."""
        recently = fields.Datetime.subtract(fields.Datetime.now(), **ACCEPTED_FOR)
        return bool(self.accepted_on and self.accepted_on > recently)

    def action_read(self):
        """Read the figures of these limits' accounts; of all where none is chosen."""
        servers = self.server_id or self.env["ir.mail_server"]._mailjet_in_use()
        servers.sudo(False).action_mailjet_read_policy_limits()

    # ------------------------------------------------------------------
    # In plain words
    # ------------------------------------------------------------------

    @api.depends("kind", "state", "processed", "part", "whole")
    @api.depends_context("lang")
    def _compute_words(self):
        for limit in self:
            limit.words = limit._describe()
            limit.cure = limit.state in RANKS and limit._cure()

    def _describe(self):
        if self.state == "few":
            return self.env._(
                "Mailjet judges from %(least)s emails in 30 days on; there were "
                "%(count)s.",
                least=self._number(const.LIMITS_FROM_MAILS),
                count=self._number(self.processed),
            )
        values = {
            "part": self._number(self.part),
            "whole": self._number(self.whole),
            "rate": self._number(self.rate),
            "limit": self._number(self.limit),
        }
        if self.kind == "bounced":
            return self.env._(
                "%(part)s of %(whole)s emails of the last 30 days bounced. That is "
                "%(rate)s %%; Mailjet allows %(limit)s %%.",
                **values,
            )
        if self.kind == "blocked":
            return self.env._(
                "%(part)s of %(whole)s emails of the last 30 days were blocked. That "
                "is %(rate)s %%; Mailjet allows %(limit)s %%.",
                **values,
            )
        if self.kind == "unsubscribed":
            return self.env._(
                "%(part)s of %(whole)s recipients of the last 30 days unsubscribed. "
                "That is %(rate)s %%; Mailjet allows %(limit)s %%.",
                **values,
            )
        return self.env._(
            "%(part)s of %(whole)s recipients of the last 30 days reported the email "
            "as spam. That is %(rate)s %%; Mailjet allows %(limit)s %%.",
            **values,
        )

    def _cure(self):
        """Return what to do, for Mailjet may suspend the account over a limit."""
        if self.kind == "bounced":
            return self.env._(
                "Look at the bounce reasons, take addresses that bounced out of your "
                "lists, and do not write to old or bought ones: over the limit Mailjet "
                "may suspend the account."
            )
        if self.kind == "blocked":
            return self.env._(
                "Mailjet does not try addresses that bounced, unsubscribed or "
                "complained before. Take them out of your lists: over the limit "
                "Mailjet may suspend the account."
            )
        if self.kind == "unsubscribed":
            return self.env._(
                "Write only to people who asked for it, less often, and what they "
                "expect: over the limit Mailjet may suspend the account."
            )
        return self.env._(
            "Write only to people who asked for it, and let them find the link to "
            "unsubscribe at once: over the limit Mailjet may suspend the account."
        )

    def _number(self, value):
        """Return a number as the reader writes it, with the decimals that it needs."""
        text = f"{value:.3f}" if value < 0.1 else f"{value:.2f}"
        decimals = len(text.rstrip("0").partition(".")[2])
        return formatLang(self.env, value, digits=decimals)


def _alert_text(limit):
    states = dict(limit._fields["state"]._description_selection(limit.env))
    # Shown beside the name of the limit
    return states[limit.state], f"{limit.words} {limit.cure}"
