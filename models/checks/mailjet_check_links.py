from odoo import fields, models
from odoo.exceptions import UserError

from ...tools.message.link_check import check_links
from ...tools.message.link_findings import link_findings, links_to_ask
from ...tools.message.recipient_findings import recipient_findings
from .mailjet_recipient_domain import AT_ONCE


class MailjetCheck(models.Model):
    """Look at the network, because somebody asks for it: links and domains."""

    _inherit = "mailjet.check"

    def action_check_links(self):
        """Ask the mailing's links whether they are there, and DNS about domains.

        Each takes ten seconds at the most, and nothing is locked meanwhile: what is
        found is written at the end. The links are read from messages that are built
        again, as they may hold tokens that nobody should keep.
        """
        self.ensure_one()
        self.check_access("read")
        self.mailing_id.check_access("write")
        if self.sudo().server_id._is_mailjet_neutralized():
            raise UserError(
                self.env._(
                    "This database is a neutralized copy, so links and domains are not "
                    "checked."
                )
            )
        check, domains = self.sudo(), self.env["mailjet.recipient.domain"].sudo()
        waiting = domains.search([("state", "=", "waiting")], limit=AT_ONCE, order="id")
        names = waiting.mapped("name")
        samples = self._visible(check.sample_ids or []).ids
        built = check.mailing_id._mailjet_build(check.server_id, samples)
        links = links_to_ask(each.sample for each in built if each.sample)
        results = check_links(links, domains._dns_servers())
        known = domains._look_up(names) if names else {}
        check._keep(
            "links", link_findings(results), links_checked_on=fields.Datetime.now()
        )
        domains._note(known)
        recipients, _reachable, _candidates = check._count_recipients(self._visible)
        check._keep("recipients", recipient_findings(recipients))
        check._keep("replies", check._reply_findings())
