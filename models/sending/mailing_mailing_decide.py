from odoo import fields, models

# Core's list of opt-outs, which can also be asked about a few addresses only
KNOWN_OPT_OUTS = {"mass_mailing"}


class MailingMailing(models.Model):
    """Who must not get a mailing any more, and mailings that are called off."""

    _inherit = "mailing.mailing"

    mailjet_cancelled_on = fields.Datetime(
        "Waiting emails cancelled on",
        readonly=True,
        copy=False,
        help="Emails made before that are not sent.",
    )

    mailjet_retry_count = fields.Integer(
        "Emails that can be sent again", compute="_compute_mailjet_retry_count"
    )

    # ------------------------------------------------------------------
    # Who must not get it
    # ------------------------------------------------------------------

    def _mailjet_blocked(self, emails):
        """Return which of these addresses are on Odoo's block list."""
        self.ensure_one()
        if not self.use_exclusion_list or not emails:
            return set()
        return self.env["mail.blacklist"]._mailjet_blocked(emails)

    def _mailjet_opted_out(self, emails, outcome):
        """Return which of these addresses have opted out of the mailing.

        :param Outcome outcome: remembers long lists for the run
        """
        self.ensure_one()
        if not emails:
            return set()
        if self._mailjet_is_to_lists():
            return self._mailjet_opted_out_of_lists(emails)
        opted_out = outcome.opted_out
        if self.id not in opted_out:
            opted_out[self.id] = set(self._get_opt_out_list())
        return emails & opted_out[self.id]

    def _mailjet_is_to_lists(self):
        """Whether core's own rule for mailing lists says who has opted out."""
        model = self.env[self.mailing_model_name]
        hook = "_mailing_get_opt_out_list"
        return (
            self.mailing_model_name == "mailing.list"
            and {cls._module for cls in type(model).mro() if hook in vars(cls)}
            == KNOWN_OPT_OUTS
        )

    def _mailjet_opted_out_of_lists(self, emails):
        """Return who has opted out of each of the mailing's lists that they are on.

        Core reads the subscriptions of all contacts for that.
        """
        groups = self.env["mailing.subscription"]._read_group(
            [
                ("list_id", "in", self.contact_list_ids.ids),
                ("contact_id.email_normalized", "in", list(emails)),
            ],
            ["contact_id"],
            ["opt_out:bool_and"],
        )
        out, still_in = set(), set()
        for contact, has_opted_out in groups:
            (out if has_opted_out else still_in).add(contact.email_normalized)
        return out - still_in

    # ------------------------------------------------------------------
    # Calling it off
    # ------------------------------------------------------------------

    def _mailjet_waiting_mails(self):
        """Lock and return the mails that have not left and go through Mailjet."""
        # Mails may wait for one that has been archived
        servers = self.env["ir.mail_server"].sudo().with_context(active_test=False)
        servers = servers.search([])._filter_mailjet()  # pylint: disable=no-search-all
        if not servers:
            return self.env["mail.mail"]
        self.env.flush_all()
        # Locked, so that none of them is claimed meanwhile
        self.env.cr.execute(
            """
            SELECT mail.id, COALESCE(mail.mailjet_server_id, message.mail_server_id)
              FROM mail_mail mail
              JOIN mail_message message ON message.id = mail.mail_message_id
             WHERE mail.state = 'outgoing' AND mail.mailing_id = ANY(%s)
               FOR UPDATE OF mail
            """,
            [self.ids],
        )
        named, routed = [], []
        for mail_id, server_id in self.env.cr.fetchall():
            if not server_id:
                routed.append(mail_id)
            elif server_id in servers.ids:
                named.append(mail_id)
        mails = self.env["mail.mail"].sudo()
        return mails.browse(named) + mails.browse(routed)._mailjet_routed()

    def action_mailjet_cancel_waiting(self):
        """Cancel what has not been sent of these mailings."""
        self.check_access("write")
        mails = self._mailjet_call_off()
        return self.env["ir.mail_server"]._mailjet_notification(
            self.env._("Emails cancelled: %(count)s.", count=len(mails))
        )

    def _mailjet_call_off(self):
        """Cancel and return the mails that wait; those in flight follow if they can."""
        mails = self._mailjet_waiting_mails()
        mails._mailjet_cancel(False, self.env._("The mailing has been cancelled."))
        self.mailjet_cancelled_on = fields.Datetime.now()
        return mails

    def action_cancel(self):
        """Take the mails along that wait already."""
        self.check_access("write")
        self._mailjet_call_off()
        return super().action_cancel()

    def unlink(self):
        """Take the mails along that wait, which would go without their mailing."""
        self.check_access("unlink")
        mails = self._mailjet_waiting_mails()
        mails._mailjet_cancel(False, self.env._("Its mailing has been deleted."))
        return super().unlink()

    # ------------------------------------------------------------------
    # Trying again
    # ------------------------------------------------------------------

    def _compute_mailjet_retry_count(self):
        """Count what `action_retry_failed` sends: the mails that have failed."""
        counted = self.filtered("mailjet_campaign")
        counts = {}
        if counted:
            groups = (
                self.env["mail.mail"]
                .sudo()
                ._read_group(
                    [("mailing_id", "in", counted.ids), ("state", "=", "exception")],
                    ["mailing_id"],
                    ["__count"],
                )
            )
            counts = {mailing.id: count for mailing, count in groups}
        for mailing in counted:
            mailing.mailjet_retry_count = counts.get(mailing.id, 0)
        for mailing in self - counted:
            mailing.mailjet_retry_count = mailing.failed

    def action_retry_failed(self):
        """Retry also the parts of mails of which other parts are on their way.

        Core deletes what failed and makes it again for the records without a trace;
        for a mail to several addresses that would be for all or for none of them.
        """
        self.check_access("write")
        failed = (
            self.env["mail.mail"]
            .sudo()
            .search(
                [
                    ("mailing_id", "in", self.ids),
                    ("state", "=", "exception"),
                    ("mailjet_server_id", "!=", False),
                ]
            )
        )
        parts = failed._mailjet_parts_of_others()
        parts.mark_outgoing()
        if parts:
            parts._mailjet_trigger_queue(fields.Datetime.now())
        return super().action_retry_failed()
