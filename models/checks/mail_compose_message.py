from odoo import api, models


class MailsMade(Exception):
    """The mails for a check are made, and nothing else may happen to them.

    :ivar mails: with superuser rights
    """

    def __init__(self, mails):
        super().__init__()
        self.mails = mails


class MailComposeMessage(models.TransientModel):
    """For a check, stop once the mails are made."""

    _inherit = "mail.compose.message"

    def _action_send_mail(self, auto_commit=False):
        """For a check, neither send nor commit: the check rolls everything back.

        :raise MailsMade: for a check; core's next step would be to commit
        """
        if not self.env.context.get("mailjet_check"):
            return super()._action_send_mail(auto_commit=auto_commit)
        self.force_send = False
        mails, _messages = super()._action_send_mail(auto_commit=False)
        raise MailsMade(mails)

    @api.model
    def _render_template(
        self,
        template_src,
        model,
        res_ids,
        engine="inline_template",
        add_context=None,
        options=None,
    ):
        """Fill in fields with the rights of the user who reads the message, if given.

        Core's test mail does the same; the mailing renders it, too.
        """
        reader = self.env.context.get("mailjet_check_reader")
        if not reader:
            return super()._render_template(
                template_src, model, res_ids, engine, add_context, options
            )
        # What the superuser has read would be shown without a check of rights
        self.env.invalidate_all()
        mailings = self.env["mailing.mailing"].with_user(reader)
        return mailings._render_template(
            template_src, model, res_ids, engine, add_context, options
        )
