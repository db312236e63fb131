from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import SQL

from ...tools.dmarc.readiness import STABLE_DAYS
from ...tools.dmarc.source import MAILJET
from ...tools.dmarc.source_class import share

# A new source that sends less is no news: forgers try once and move on
NEWS_FROM_MESSAGES = 100
# More activities on one day would only be noise; the list shows them all
MOST_ALERTS = 5
# Alignment falls if the last week is this many points below the three weeks before
RECENT_DAYS = 7
FALL = 5.0
# With fewer emails a share says nothing
FALL_FROM_MESSAGES = 50


class MailjetDmarcSource(models.Model):
    """Tell the administrator what is new about senders: once for each finding."""

    _inherit = "mailjet.dmarc.source"

    @api.model
    def _report_findings(self, domain):
        """Schedule activities for new sources, and if Mailjet's alignment falls."""
        for source in self._news(domain):
            source.is_reported = True
            domain.server_id._mailjet_alert(source, _new_source_text)
        mailjet = self.search([("domain_id", "=", domain.id), ("key", "=", MAILJET)])
        if mailjet:
            mailjet._report_fall()

    @api.model
    def _news(self, domain):
        return self.search(
            [
                ("domain_id", "=", domain.id),
                ("decision", "=", False),
                ("is_reported", "=", False),
                ("source_class", "in", ("unknown_failing", "unknown_passing")),
                ("messages", ">=", NEWS_FROM_MESSAGES),
                ("first_day", ">", fields.Date.today() - timedelta(days=STABLE_DAYS)),
            ],
            limit=MOST_ALERTS,
        )

    def _report_fall(self):
        """Report that alignment has fallen; again only after it has recovered."""
        self.ensure_one()
        recent, before = self._alignment()
        if None in (recent, before):
            return
        has_fallen = recent <= before - FALL
        if has_fallen and not self.is_reported:
            self.domain_id.server_id._mailjet_alert(
                self, lambda source: _fall_text(source, recent, before)
            )
        if not has_fallen and self.is_reported:
            self.activity_ids.unlink()
        self.is_reported = has_fallen

    def _alignment(self):
        """Return the DKIM alignment of the last week and of the three weeks before.

        In percent, None with too few emails.
        """
        middle = fields.Date.today() - timedelta(days=RECENT_DAYS)
        start = middle - timedelta(days=3 * RECENT_DAYS)
        self.env["mailjet.dmarc.statistic"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                SELECT day > %(middle)s, sum(dkim_aligned), sum(messages)
                  FROM mailjet_dmarc_statistic
                 WHERE source_id = %(source)s AND day > %(start)s
              GROUP BY 1
                """,
                middle=middle,
                start=start,
                source=self.id,
            )
        )
        shares = {
            is_recent: share(aligned, messages)
            for is_recent, aligned, messages in self.env.cr.fetchall()
            if messages >= FALL_FROM_MESSAGES
        }
        return shares.get(True), shares.get(False)


def _new_source_text(source):
    env = source.env
    summary = env._(
        "%(sender)s sends email in the name of %(domain)s",
        sender=source.display_name,
        domain=source.domain_id.name,
    )
    note = env._(
        "%(count)s emails in the last weeks, of which %(share)s %% pass DMARC. Decide "
        "whether this source is yours.",
        count=source.messages,
        share=round(source.pass_rate),
    )
    return summary, Markup("<p>%s</p>") % note


def _fall_text(source, recent, before):
    env = source.env
    summary = env._(
        "DKIM passes for fewer of Mailjet's emails from %(domain)s",
        domain=source.domain_id.name,
    )
    note = env._(
        "%(recent)s %% in the last week, down from %(before)s %%. Check the DKIM "
        "record; if only one receiver reports failures, mail to it may only have "
        "been delayed.",
        recent=round(recent),
        before=round(before),
    )
    return summary, Markup("<p>%s</p>") % note
