from odoo import api, models


class MailsMade(Exception):
    """The mails for a check are made, and nothing else shall happen to them.

    :ivar mails: with superuser rights
    """

    def __init__(self, mails):
        super().__init__()
        self.mails = mails


class MailComposeMessage(models.TransientModel):
    """Stop where the mails are made, if a check is all that they are for."""

    _inherit = "mail.compose.message"

    def _action_send_mail(self, auto_commit=False):
        """Neither send nor commit for a check; whoever checks takes all back.

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
        """Fill in fields with the rights of whoever reads the message, if given.

        So does core's test mail, which is rendered by the mailing, too.
        """
        reader = self.env.context.get("mailjet_check_reader")
        if not reader:
            return super()._render_template(
                template_src, model, res_ids, engine, add_context, options
            )
        # What the superuser has read would be given out without asking for rights
        self.env.invalidate_all()
        mailings = self.env["mailing.mailing"].with_user(reader)
        return mailings._render_template(
            template_src, model, res_ids, engine, add_context, options
        )
