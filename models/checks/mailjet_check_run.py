import hashlib
import json
from contextlib import closing
from datetime import timedelta

from odoo import SUPERUSER_ID, fields, models
from odoo.tools import SQL, email_normalize

from ... import const
from ...tools.address import domain_key, spellings
from ...tools.message.content import check_content
from ...tools.message.delivery_findings import (
    SenderDomain,
    build_finding,
    limit_findings,
    policy_finding,
    refusal_finding,
    sender_findings,
    unseen_finding,
    volume_finding,
)
from ...tools.message.imprint import imprint_finding
from ...tools.message.last_mailing import last_mailing_findings
from ...tools.message.link_findings import links_to_ask
from ...tools.message.recipient_findings import recipient_findings
from ...tools.message.sender import check_replaced_sender, reply_finding
from ...tools.report import figures
from ..sending.limits import ends_after
from .recipients import RecipientTable

SAMPLES = 5
# Characters; core takes some 20 s to make a single message of 5 MB
HUGE_BODY = 500_000
# A shorter mailing says nothing about the rate
FEWEST = 50
VOLUME_DAYS = 30
# An older mailing says little about a list
LATELY = timedelta(days=365)


class MailjetCheck(models.Model):
    """Run a check: recipients, messages, account. Nobody on the network is asked."""

    _inherit = "mailjet.check"

    def _run(self):
        """Check the mailing as it is now, and keep what is found.

        The user's rights decide whose messages may be looked at; what is counted are
        all recipients, as when the mailing is sent.
        """
        self.ensure_one()
        check = self.sudo()
        mailing, server = check.mailing_id, check.server_id
        recipients, reachable, candidates = check._count_recipients(self._visible)
        is_huge = len(mailing.body_html or "") > HUGE_BODY
        samples = spread(self._visible(candidates).ids, 1 if is_huge else SAMPLES)
        built = mailing._mailjet_build(server, samples) if samples else []
        messages = [each.sample for each in built if each.sample]
        rate = check._rate()
        content = self._content_findings(built, messages, recipients)
        check._keep("content", content)
        check._keep("recipients", recipient_findings(recipients))
        check._keep("replies", check._reply_findings())
        check._keep("delivery", check._delivery_findings(reachable))
        links_key = _key_of(links_to_ask(messages))
        if links_key != check.links_key:
            check._keep("links", [], links_checked_on=False)
        check.write(
            {
                "checked_on": fields.Datetime.now(),
                "content_key": mailing._mailjet_content_key(),
                "sample_ids": [each.res_id for each in built],
                "links_key": links_key,
                "recipient_count": recipients.total,
                "reachable_count": reachable,
                "seconds": round(reachable / rate) if rate else 0,
                "ends_on": check._ends_on(reachable),
            }
        )

    def _count_recipients(self, visible):
        """Return the `Recipients`, how many get the mailing, and some of them.

        :param visible: as for `RecipientTable.counts`
        """
        domains = self.env["mailjet.recipient.domain"]
        with closing(self.env.cr.savepoint()):
            # As the scheduled action sees them
            root = self.env(user=SUPERUSER_ID, context={"mailjet_check": True})
            mailing = self.mailing_id.with_env(root)
            table = RecipientTable(
                mailing, self.server_id, mailing._get_remaining_recipients()
            )
            recipients = table.counts(domains, visible)
            reachable, candidates = table.reachable_count(), table.candidates()
            names = list(table.domains)
        domains._enqueue([*filter(None, [self._reply_domain()]), *names])
        return recipients, reachable, candidates

    # ------------------------------------------------------------------
    # Content
    # ------------------------------------------------------------------

    def _content_findings(self, built, messages, recipients):
        mailing = self.sudo().mailing_id
        findings = check_content(messages)
        for message in messages[:1]:
            findings += check_replaced_sender(message, mailing.email_from or "")
            imprint = imprint_finding(
                message, recipients.imprint_countries, recipients.total
            )
            findings += [imprint] if imprint else []
        refused = [each.reason for each in built if each.is_refused]
        failed = [each for each in built if each.reason and not each.is_refused]
        if refused:
            findings.append(refusal_finding(refused[0]))
        if failed:
            names = tuple(each.name for each in failed)
            findings.append(build_finding(failed[0].reason, names))
        if not built:
            findings.append(unseen_finding())
        return findings

    def _reply_domain(self):
        """Return the domain to which people reply; empty if replies go to Odoo."""
        mailing = self.mailing_id
        if mailing.reply_to_mode != "new":
            return ""
        email = mailing.reply_to or mailing.email_from or ""
        return domain_key((email_normalize(email) or "").rpartition("@")[2])

    def _reply_findings(self):
        domain = self._reply_domain()
        known = self.env["mailjet.recipient.domain"]._known([domain])
        finding = reply_finding(domain, known.get(domain))
        return [finding] if finding else []

    # ------------------------------------------------------------------
    # Account
    # ------------------------------------------------------------------

    def _delivery_findings(self, count):
        """Return what the account and the sender's domain mean for so many."""
        server = self.server_id
        limits = server._mailjet_limits()
        findings = [
            *sender_findings(self._sender_domain(), count),
            *limit_findings(
                count,
                any(count > limit.left for limit in limits),
                server.mailjet_contact_limit,
            ),
            volume_finding(count, self._largest_day()),
            policy_finding(self._policy_rates()),
            *self._last_mailing_findings(),
        ]
        return [finding for finding in findings if finding]

    def _sender_domain(self):
        """Return what is known of the domain in the From."""
        email = email_normalize(self.mailing_id.email_from or "") or ""
        name = email.rpartition("@")[2]
        domain = self.env["mailjet.domain"].search(
            [("server_id", "=", self.server_id.id), ("name", "in", spellings(name))],
            limit=1,
        )
        if not domain:
            is_read = bool(self.server_id.mailjet_refreshed_on)
            return SenderDomain(name, is_known=False, is_read=is_read)
        return SenderDomain(
            domain.display_name,
            spf=domain.spf_state,
            dkim=domain.dkim_state,
            dmarc=domain.dmarc_state,
        )

    def _last_mailing_findings(self):
        """Return what the last mailing to these lists, or this model, warns of."""
        mailing = self.mailing_id
        to_the_same = (
            [("contact_list_ids", "in", mailing.contact_list_ids.ids)]
            if mailing.mailing_on_mailing_list
            else [("mailing_model_id", "=", mailing.mailing_model_id.id)]
        )
        last = mailing.search(
            [
                *to_the_same,
                ("id", "!=", mailing.id),
                ("mailjet_campaign", "!=", False),
                ("state", "=", "done"),
                ("sent_date", ">=", fields.Datetime.now() - LATELY),
            ],
            order="sent_date desc, id desc",
            limit=1,
        )
        counts = last._mailjet_counts().get(last.id)
        if not counts or last.mailjet_no_rates or counts["processed"] < FEWEST:
            return []
        rates = {name: figures.rate(name, counts) or 0 for name in const.LIMITS}
        return last_mailing_findings(last.subject, rates)

    def _policy_rates(self):
        limits = self.env["mailjet.policy.limit"].search(
            [("server_id", "=", self.server_id.id), ("state", "in", ("half", "over"))]
        )
        return [(limit.display_name, limit.state == "over") for limit in limits]

    def _largest_day(self):
        """Return how many recipients the largest of the last days had."""
        self.env["mailjet.sending"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                SELECT COALESCE(max(total), 0) FROM (
                    SELECT sum(count) AS total FROM mailjet_sending
                     WHERE server_id = %s AND date >= %s GROUP BY date::date
                ) AS days
                """,
                self.server_id.id,
                fields.Datetime.now() - timedelta(days=VOLUME_DAYS),
            )
        )
        return self.env.cr.fetchone()[0]

    def _ends_on(self, count):
        """Return when the limits let the last of so many go; False without a wait."""
        limits = self.server_id._mailjet_limits()
        plan = self.server_id._mailjet_warm_up_plan()
        ends = ends_after(limits, count, plan, fields.Datetime.now())
        return ends or False

    def _rate(self):
        """Return how many emails a second the last mailing was sent at; 0: unknown."""
        mailing = self.env["mailing.mailing"].search(
            [
                ("mail_server_id", "=", self.server_id.id),
                ("state", "=", "done"),
                ("sent_date", "!=", False),
            ],
            order="sent_date desc, id desc",
            limit=1,
        )
        self.env.cr.execute(
            SQL(
                """
                SELECT count(*), extract(
                           epoch FROM max(sent_datetime) - min(sent_datetime)
                       )
                  FROM mailing_trace
                 WHERE mass_mailing_id = %s AND sent_datetime IS NOT NULL
                """,
                mailing.id or 0,
            )
        )
        count, seconds = self.env.cr.fetchone()
        return count / max(float(seconds), 1) if count >= FEWEST else 0


def _key_of(links):
    return hashlib.sha256(json.dumps(links).encode()).hexdigest()


def spread(ids, count):
    """Return so many of some ids, the first and the last among them."""
    if len(ids) <= count:
        return ids
    if count == 1:
        return ids[:1]
    return [ids[number * (len(ids) - 1) // (count - 1)] for number in range(count)]
