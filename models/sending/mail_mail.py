from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools.mailjet.custom_id import CustomId, write_custom_id
from .claims import IN_FLIGHT

# Mailjet's own tracking off or on, whatever the account's setting; none: as that is.
# https://dev.mailjet.com/smtp-relay/custom-headers/
TRACKING = {"odoo": "0", "mailjet": "1"}


class MailMail(models.Model):
    """A mail through Mailjet: its state in flight, and the headers for Mailjet.

    In flight is a state of its own, so that nobody else sends such a mail, with or
    without this module.
    """

    _inherit = "mail.mail"

    state = fields.Selection(
        selection_add=[(IN_FLIGHT, "Being handed over")],
        ondelete={IN_FLIGHT: lambda mails: mails._mailjet_leave_in_doubt()},
    )
    mailjet_server_id = fields.Many2one(
        "ir.mail_server",
        "Mailjet server",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="The Mailjet server that this email waits for, or that it was handed to.",
    )
    mailjet_claim = fields.Char(
        "Claimed by",
        readonly=True,
        copy=False,
        help="The sender that has this email in hand.",
    )
    mailjet_claimed_on = fields.Datetime("Claimed on", readonly=True, copy=False)
    mailjet_next_look = fields.Datetime(
        "Next look",
        readonly=True,
        copy=False,
        help="When Mailjet is asked again whether it has this email.",
    )
    mailjet_uncertain_on = fields.Datetime(
        "Uncertain since",
        readonly=True,
        copy=False,
        help="Mailjet can no longer have taken this email after that.",
    )
    mailjet_is_undecided = fields.Boolean(
        "To be decided",
        readonly=True,
        copy=False,
        help="Whether Mailjet has this email could not be found out.",
    )
    mailjet_custom_ids = fields.Json(
        "CustomIDs",
        readonly=True,
        copy=False,
        help="What Mailjet's events and lists call this email, for each recipient.",
    )

    # In the order of claims, so that one reads no more mails than it takes
    _mailjet_outgoing = models.Index(
        "((mailing_id IS NOT NULL), id) WHERE state = 'outgoing'"
    )
    _mailjet_over_quota = models.Index(
        "(mailjet_server_id, scheduled_date, id) "
        "WHERE state = 'outgoing' AND mailjet_waits_for = 'limit'"
    )
    _mailjet_in_flight = models.Index(
        f"(mailjet_claimed_on) WHERE state = '{IN_FLIGHT}'"
    )
    _mailjet_undecided = models.Index("(id) WHERE mailjet_is_undecided")

    # ------------------------------------------------------------------
    # In flight: nobody else's business
    # ------------------------------------------------------------------

    def _mailjet_leave_in_doubt(self):
        """Uninstalling: whether Mailjet has these mails can no longer be found out."""
        self.write(
            {
                "state": "exception",
                "failure_reason": self.env._(
                    "Mailjet was uninstalled while this email was being handed over. "
                    "Look for it in Mailjet before you send it again."
                ),
            }
        )

    def _mailjet_not_in_flight(self):
        return self.filtered(lambda mail: mail.state != IN_FLIGHT)

    def mark_outgoing(self):
        """Send again at once, but never what is sent or being handed over."""
        through_mailjet = self.filtered("mailjet_server_id")
        again = through_mailjet.filtered(
            lambda mail: mail.state in ("outgoing", "exception", "cancel")
        )
        undecided = again.filtered("mailjet_is_undecided")
        undecided.mailing_trace_ids.mailjet_sent_again = True
        again.write({**self._mailjet_nothing_to_wait_for(), "scheduled_date": False})
        again._mailjet_reopen_traces()
        others = (self - through_mailjet)._mailjet_not_in_flight()
        return super(MailMail, again + others).mark_outgoing()

    def _mailjet_reopen_traces(self):
        """Have the traces of mails that are tried again wait with them."""
        traces = self.sudo().mailing_trace_ids.filtered(
            lambda trace: trace.trace_status in ("error", "cancel")
        )
        traces.write(
            {
                "trace_status": "outgoing",
                "failure_type": False,
                "failure_reason": False,
            }
        )

    def _mailjet_parts_of_others(self):
        """Return those of these failed mails that cannot be made again.

        They were split off, and the other parts are sent, waiting or in flight; or
        Mailjet may have them, and drops them if they come with the same CustomID.
        """
        by_message = self.grouped("mail_message_id")
        siblings = self.search(
            [
                ("mail_message_id", "in", self.mail_message_id.ids),
                ("state", "!=", "exception"),
            ]
        ).mail_message_id
        parts = self.filtered("mailjet_is_undecided")
        for message, mails in by_message.items():
            if message in siblings or not mails.mailing_trace_ids:
                parts |= mails
        return parts

    def cancel(self):
        """Cancel what can still be stopped."""
        return super(MailMail, self._mailjet_not_in_flight()).cancel()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_in_flight(self):
        # Mails in this very transaction's hands are no longer in flight
        if any(mail.state == IN_FLIGHT for mail in self):
            raise UserError(
                self.env._(
                    "An email that is being handed over to Mailjet cannot be deleted. "
                    "Try again when it is sent."
                )
            )

    @api.model
    def _mailjet_nothing_to_wait_for(self):
        return {
            "mailjet_claim": False,
            "mailjet_claimed_on": False,
            "mailjet_uncertain_on": False,
            "mailjet_next_look": False,
            "mailjet_is_undecided": False,
            "mailjet_needs_smtp": False,
            "mailjet_waits_for": False,
            "mailjet_tries": 0,
            "mailjet_first_try": False,
        }

    # ------------------------------------------------------------------
    # Headers
    # ------------------------------------------------------------------

    def _prepare_outgoing_list(self, mail_server=False, doc_to_followers=None):
        """Give each mail through Mailjet what ties its events to it."""
        email_list = super()._prepare_outgoing_list(
            mail_server=mail_server, doc_to_followers=doc_to_followers
        )
        # Known since the connection was made; to ask here would be a query a mail
        outcome = self._mailjet_outcome()
        server = outcome.server
        if not server:
            return email_list
        outcome.left = len(email_list)
        outcome.is_mailing = bool(self.mailing_id)
        common = self._mailjet_headers(server)
        for values in email_list:
            headers = {
                "X-MJ-CustomID": self._mailjet_custom_id(values["partner_id"]),
                **common,
            }
            # A copy, as all recipients share one dict; somebody's own header stays
            given = {name.lower() for name in values["headers"]}
            values["headers"] = {
                **values["headers"],
                **{n: text for n, text in headers.items() if n.lower() not in given},
            }
        return email_list

    def _mailjet_headers(self, server):
        """Return the headers that are the same for all recipients."""
        headers = {}
        tracking = TRACKING.get(server.mailjet_tracking or "odoo")
        if tracking:
            headers["X-Mailjet-TrackOpen"] = tracking
            headers["X-Mailjet-TrackClick"] = tracking
        if self.mailing_id:
            headers["X-Mailjet-Campaign"] = self.mailing_id._mailjet_campaign_name()
            # A mail that is sent again after a break is dropped if Mailjet has it
            headers["X-Mailjet-DeduplicateCampaign"] = "1"
        return headers

    def _mailjet_custom_id(self, partner):
        """Return X-MJ-CustomID of the mail to a partner, or to its bare addresses.

        A mail that is sent again keeps the one that it had.
        """
        used = self.mailjet_custom_ids or {}
        return used.get(entry_key(partner)) or self._mailjet_new_custom_id(partner)

    def _mailjet_all_custom_ids(self):
        """Return the CustomID of each recipient, by `entry_key`."""
        entries = list(self.recipient_ids)
        if self.email_to or self.email_cc:
            entries.append(self.env["res.partner"])
        return {
            entry_key(partner): self._mailjet_custom_id(partner) for partner in entries
        }

    def _mailjet_new_custom_id(self, partner):
        trace = self.mailing_trace_ids[:1]
        if trace:
            custom_id = CustomId(trace_id=trace.id)
        else:
            custom_id = CustomId(
                message_id=self.mail_message_id.id,
                partner_id=partner.id if partner else 0,
            )
        outcome = self._mailjet_outcome()
        if not outcome.custom_id_keys:
            keys = self.env["ir.mail_server"]._mailjet_custom_id_keys()
            outcome.custom_id_keys = keys
        return write_custom_id(custom_id, *outcome.custom_id_keys)


def entry_key(partner):
    """Return what stands for a partner, or for the bare addresses, in a JSON object."""
    return str(partner.id) if partner else ""
