from odoo import api, fields, models
from odoo.tools import format_datetime, formatLang

# From good to bad; a card has the worst light of its lines
LIGHTS = ("ok", "unknown", "warning", "error")
# As many names as a line has room for
MOST_NAMES = 2
# A part of a limit that calls for attention
NEARLY = 0.8
# Reasons for waiting that time alone does not end
STUCK = ("uncertain", "failed")


class IrMail_Server(models.Model):
    """How things are with an account: a light, a sentence and the next step for each.

    The same card stands in the settings, on the dashboard and on the server. It shows
    what is stored, and asks nobody.
    """

    _inherit = "ir.mail_server"

    mailjet_status = fields.Json("Status", compute="_compute_mailjet_status")

    @api.depends_context("lang", "uid")
    def _compute_mailjet_status(self):
        for server in self:
            saved = server._origin
            card = saved._filter_mailjet() and saved._mailjet_status_card()
            server.mailjet_status = card or False

    def _mailjet_status_card(self):
        """Return the card as a dict for JSON.

        Its `lines` have a `light` of `LIGHTS`, a `label`, `words` and `next`: the label
        of a button that calls `action_mailjet_next_step`, or False.
        """
        self.ensure_one()
        server = self.sudo()
        lines = [
            {
                "key": key,
                "label": label,
                **getattr(server, f"_mailjet_status_of_{key}")(),
            }
            for key, label in self._mailjet_status_labels().items()
        ]
        if not self.has_access("write"):
            for line in lines:
                line["next"] = False
        return {
            "id": self.id,
            "name": server.name,
            "light": max((line["light"] for line in lines), key=LIGHTS.index),
            "lines": lines,
        }

    @api.model
    def _mailjet_status_labels(self):
        """Return the lines of a card in their order: key -> label."""
        return {
            "account": self.env._("Account"),
            "keys": self.env._("Keys"),
            "domains": self.env._("Domains"),
            "senders": self.env._("Senders"),
            "events": self.env._("Events"),
            "dmarc": self.env._("DMARC"),
            "queue": self.env._("Queue"),
            "plan": self.env._("Plan"),
        }

    # ------------------------------------------------------------------
    # Lines
    # ------------------------------------------------------------------

    def _mailjet_status_of_account(self):
        if self.mailjet_setup_unfinished:
            words = self.env._("The set-up is not finished; nothing is sent yet.")
            return _line("warning", words, self.env._("Continue the set-up"))
        if not self.active:
            words = self.env._("Archived: nothing is sent through this server.")
            return _line("unknown", words, self.env._("Open"))
        if self.mailjet_purpose == "all":
            return _line("ok", self.env._("Used for all outgoing email."))
        if self.mailjet_dedicated_server_id != self:
            words = self.env._("For mass mailing, but new mailings do not use it.")
            return _line("warning", words, self.env._("Use it for mailings"))
        return _line("ok", self.env._("Used for mass mailing."))

    def _mailjet_status_of_keys(self):
        test = self.env._("Test the connection")
        if not (self.smtp_user and self.smtp_pass):
            words = self.env._("The keys are missing.")
            return _line("error", words, self.env._("Enter the keys"))
        if self.mailjet_state == "failing":
            reason = (self.mailjet_failure or "").partition("\n")[0]
            return _line("error", reason or self.env._("The last test failed."), test)
        if self.mailjet_state != "working":
            return _line("unknown", self.env._("Not tested yet."), test)
        tested_on = self._mailjet_moment(self.mailjet_tested_on)
        return _line(
            "ok", self.env._("Accepted by Mailjet on %(date)s.", date=tested_on)
        )

    def _mailjet_status_of_domains(self):
        domains = self.mailjet_domain_ids
        if not domains:
            words = self.env._("No domain is known at Mailjet.")
            return _line("warning", words, self.env._("Add your domain"))
        unchecked = domains.filtered(lambda domain: domain.dkim_state == "not_checked")
        wrong = domains.filtered(
            lambda domain: (
                {domain.ownership_state, domain.spf_state, domain.dkim_state}
                & {"error", "missing"}
            )
        )
        if wrong:
            words = self.env._(
                "Records are missing or wrong: %(names)s.", names=_names(wrong)
            )
            return _line("error", words, self.env._("Show the records"))
        if unchecked:
            words = self.env._("Not checked yet: %(names)s.", names=_names(unchecked))
            return _line("unknown", words, self.env._("Check the records"))
        return _line(
            "ok", self.env._("Records in order: %(names)s.", names=_names(domains))
        )

    def _mailjet_status_of_senders(self):
        show = self.env._("Show the senders")
        if not self.mailjet_refreshed_on:
            words = self.env._("Not read from Mailjet yet.")
            return _line("unknown", words, self.env._("Read from Mailjet"))
        active = self.mailjet_sender_ids.filtered(lambda one: one.status == "active")
        waiting = self.mailjet_sender_ids.filtered(lambda one: one.status == "inactive")
        if not active:
            words = self.env._("Mailjet accepts no address yet.")
            return _line("error", words, show)
        if waiting:
            words = self.env._(
                "Waiting for activation: %(names)s.", names=_names(waiting)
            )
            return _line("warning", words, show)
        return _line("ok", self.env._("Accepted: %(names)s.", names=_names(active)))

    def _mailjet_status_of_events(self):
        show = self.env._("Show the events")
        if self.mailjet_events_suspended:
            words = self.env._("Mailjet has stopped posting to this Odoo.")
            return _line("error", words, show)
        if not self.mailjet_gets_events:
            words = self.env._(
                "Not posted to this Odoo: deliveries and bounces stay unknown."
            )
            return _line("warning", words, self.env._("Receive events"))
        if self.mailjet_misses_events:
            words = self.env._("Some event types are not posted to this Odoo.")
            return _line("warning", words, self.env._("Receive events"))
        if self._is_mailjet_silent():
            words = self.env._("None for a day, although email was sent.")
            return _line("error", words, show)
        if not self.mailjet_last_event_on:
            return _line("ok", self.env._("Registered; none received yet."))
        last = self._mailjet_moment(self.mailjet_last_event_on)
        return _line("ok", self.env._("Last received on %(date)s.", date=last))

    def _mailjet_status_of_dmarc(self):
        domains = self.mailjet_domain_ids
        wrong = domains.filtered(lambda one: one.dmarc_state in ("error", "missing"))
        if wrong:
            words = self.env._("No valid record: %(names)s.", names=_names(wrong))
            return _line("warning", words, self.env._("Show the records"))
        checked = domains.filtered(lambda one: one.dmarc_state != "not_checked")
        if not checked:
            return _line("unknown", self.env._("Not checked yet."))
        return _line("ok", self.env._("Published: %(names)s.", names=_names(checked)))

    def _mailjet_status_of_queue(self):
        if self.mailjet_is_paused:
            reason = (self.mailjet_pause_reason or "").partition("\n")[0]
            words = self.env._("Paused. %(reason)s", reason=reason)
            return _line("error", words, self.env._("Show the queue"))
        queue = self.mailjet_queue or []
        stuck = [one for one in queue if one["reason"] in STUCK]
        waiting = sum(one["count"] for one in queue if one not in stuck)
        if stuck:
            words = ", ".join(
                self._mailjet_counted(one["name"], one["count"]) for one in stuck
            )
            return _line("warning", words, self.env._("Show the queue"))
        if waiting:
            words = self._mailjet_counted(self.env._("Waiting"), waiting)
            return _line("ok", words, self.env._("Show the queue"))
        return _line("ok", self.env._("Nothing is waiting."))

    def _mailjet_status_of_plan(self):
        plans = (
            (self.mailjet_used_today, self.mailjet_daily_limit, self.env._("today")),
            (
                self.mailjet_used_month,
                self.mailjet_monthly_limit,
                self.env._("this month"),
            ),
        )
        known = [plan for plan in plans if plan[1]]
        if not known:
            return _line(
                "unknown",
                self.env._("No limit is entered."),
                self.env._("Enter limits"),
            )
        used, most, period = max(known, key=lambda plan: plan[0] / plan[1])
        words = self.env._(
            "%(used)s of %(most)s used %(period)s.",
            used=self._mailjet_number(used),
            most=self._mailjet_number(most),
            period=period,
        )
        if used >= most:
            return _line("error", words, self.env._("Show the limits"))
        return _line("warning" if used >= NEARLY * most else "ok", words)

    def _mailjet_counted(self, name, count):
        return self.env._(
            "%(name)s: %(count)s", name=name, count=self._mailjet_number(count)
        )

    def _mailjet_moment(self, moment):
        return format_datetime(self.env, moment, dt_format="short")

    def _mailjet_number(self, number):
        return formatLang(self.env, number, digits=0)


def _line(light, words, next_step=False):
    return {"light": light, "words": words, "next": next_step}


def _names(records):
    """Return the first names, and how many more there are."""
    names = ", ".join(records[:MOST_NAMES].mapped("display_name"))
    more = len(records) - MOST_NAMES
    return f"{names} (+{more})" if more > 0 else names
