from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

# The emails of so many seconds say how fast a mailing is being sent
RATE_SECONDS = 30
# How long after the last email the result is shown as just finished
SHOWN_FOR = timedelta(minutes=10)


class MailingMailing(models.Model):
    """How far a mailing is, for whoever watches it.

    Marketing users may not read emails, so these are counted with superuser rights.
    """

    _inherit = "mailing.mailing"

    mailjet_progress = fields.Json("Progress", compute="_compute_mailjet_progress")
    mailjet_can_pause = fields.Boolean(compute="_compute_mailjet_progress")

    def _compute_mailjet_progress(self):
        for mailing in self:
            progress = mailing._origin._mailjet_progress()
            mailing.mailjet_progress = progress
            mailing.mailjet_can_pause = bool(
                progress and progress["left"] and not mailing.mailjet_is_paused
            )

    def _mailjet_progress(self):
        """Return how far this mailing is, or False if nothing is to be seen.

        :return: `sent`, `failed` and `total` emails; `left`: those that are on their
            way or may go now; `rate`: emails a second, of late; `waiting`: a list of
            reasons with their names and counts; `is_paused`; `news_after`: the id of
            the last notification that these figures contain
        """
        if self.mailing_type != "mail" or self.state in (False, "draft"):
            return False
        # First: what is sent after this moment may come twice, but is not lost
        news_after = self.env["bus.bus"].sudo()._bus_last_id()
        traces = self._mailjet_count_traces()
        counts = self._mailjet_waiting_counts()
        if not self._mailjet_is_watched(traces, counts):
            return False
        total = traces["total"]
        if self.state in ("in_queue", "sending"):
            total = max(total, self.total)  # emails are still being made
        counts.pop("failed", None)
        delayed = sum(counts.values()) - counts.get("queue", 0)
        delayed -= counts.get("in_flight", 0)
        done = traces["sent"] + traces["failed"]
        names = self.env["mail.mail"]._mailjet_reasons()
        return {
            "sent": traces["sent"],
            "failed": traces["failed"],
            "total": total,
            "left": max(total - done - delayed, 0),
            "rate": traces["rate"],
            "is_paused": self.mailjet_is_paused,
            "waiting": [
                {"reason": reason, "name": names[reason], "count": count}
                for reason, count in counts.items()
            ],
            "news_after": news_after,
        }

    def _mailjet_is_watched(self, traces, counts):
        """Whether this mailing goes through Mailjet and is being sent, or just was."""
        server = self.mail_server_id._filter_mailjet()
        if not server:
            domain = [("mailing_id", "=", self.id), ("mailjet_server_id", "!=", False)]
            mails = self.env["mail.mail"].sudo()
            if not counts or not mails.search_count(domain, limit=1):
                return False
        is_waiting = bool(set(counts) - {"failed"})
        just_sent = traces["last"] and (
            traces["last"] > fields.Datetime.now() - SHOWN_FOR
        )
        return is_waiting or self.state == "sending" or bool(just_sent)

    def _mailjet_waiting_counts(self):
        """Return the emails that are not sent yet: reason -> number."""
        return self.env["mail.mail"]._mailjet_count_reasons(
            [("mailing_id", "=", self.id)]
        )

    def _mailjet_count_traces(self):
        """Return how many emails were made, sent and refused; the last and the rate."""
        self.env["mailing.trace"].flush_model()
        since = fields.Datetime.now() - timedelta(seconds=RATE_SECONDS)
        self.env.cr.execute(
            SQL(
                """
                SELECT count(*) AS total,
                       count(sent_datetime) AS sent,
                       count(*) FILTER (WHERE trace_status = 'error'
                                          AND sent_datetime IS NULL) AS failed,
                       max(sent_datetime) AS last,
                       count(*) FILTER (WHERE sent_datetime >= %(since)s) AS recent,
                       min(sent_datetime) FILTER (WHERE sent_datetime >= %(since)s)
                           AS first_recent
                  FROM mailing_trace
                 WHERE mass_mailing_id = %(mailing)s AND trace_status != 'cancel'
                """,
                since=since,
                mailing=self.id,
            )
        )
        [counts] = self.env.cr.dictfetchall()
        counts["rate"] = 0
        if counts["recent"]:
            elapsed = fields.Datetime.now() - counts.pop("first_recent")
            counts["rate"] = counts["recent"] / max(elapsed.total_seconds(), 1)
        return counts

    # ------------------------------------------------------------------
    # News
    # ------------------------------------------------------------------

    @api.model
    def _mailjet_publish(self, news):
        """Notify whoever watches a mailing of what was sent.

        :param dict news: mailing id -> emails `sent`, `failed` and `delayed` since the
            last time
        """
        bus = self.env["bus.bus"]
        for mailing_id, counts in news.items():
            # _sendone: the channel is a record, which is given to those who may read it
            news = {"id": mailing_id, **counts}
            bus._sendone(self.browse(mailing_id), "mailjet_progress", news)

    def _mailjet_publish_change(self):
        """Have whoever watches these mailings read their state again."""
        self._mailjet_publish(dict.fromkeys(self.ids, {"is_changed": True}))

    def action_mailjet_waiting(self, reason):
        """Open the list of this mailing's emails that wait for a reason."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "mail_mailjet.mailing_trace_waiting_action"
        )
        action["domain"] = [
            ("mass_mailing_id", "=", self.id),
            ("mailjet_waiting", "=", reason),
        ]
        name = self.env["mail.mail"]._mailjet_reasons()[reason]
        action["name"] = action["display_name"] = name
        return action
