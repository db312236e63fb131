from odoo import models
from odoo.exceptions import UserError

# The form of the server, open on the page that a line is about
FORMS = {
    "events": "mail_mailjet.ir_mail_server_view_form_on_events",
    "queue": "mail_mailjet.ir_mail_server_view_form_on_queue",
    "plan": "mail_mailjet.ir_mail_server_view_form_on_usage",
}


class IrMail_Server(models.Model):
    """What a button on the status card does."""

    _inherit = "ir.mail_server"

    def action_mailjet_next_step(self, key):
        """Do what the status card proposes for one of its lines.

        :param str key: of `_mailjet_status_labels`
        :return: an action
        """
        self.ensure_one()
        self.check_access("write")
        if key not in self._mailjet_status_labels():
            raise UserError(self.env._("There is no such line: %(key)s", key=key))
        step = getattr(self, f"_mailjet_next_step_of_{key}", None)
        return step() if step else self._mailjet_open_form(FORMS.get(key))

    def _mailjet_next_step_of_account(self):
        if self.mailjet_setup_unfinished:
            return self.action_mailjet_setup()
        if self.active and self.mailjet_purpose == "mass_mailing":
            self.action_mailjet_make_dedicated()
            return {"type": "ir.actions.client", "tag": "soft_reload"}
        return self._mailjet_open_form()

    def _mailjet_next_step_of_keys(self):
        if not (self.smtp_user and self.sudo().smtp_pass):
            return self.action_mailjet_setup()
        return self.test_smtp_connection()

    def _mailjet_next_step_of_domains(self):
        if not self.mailjet_domain_ids:
            return self.env["ir.actions.act_window"]._for_xml_id(
                "mail_mailjet.mailjet_sender_add_action"
            )
        return self._mailjet_open_domains()

    def _mailjet_next_step_of_dmarc(self):
        return self._mailjet_open_domains()

    def _mailjet_next_step_of_senders(self):
        if not self.mailjet_refreshed_on:
            self._mailjet_refresh()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "mail_mailjet.mailjet_sender_action"
        )
        return {**action, "domain": [("server_id", "=", self.id)]}

    def _mailjet_open_domains(self):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "mail_mailjet.mailjet_domain_action"
        )
        domains = self.mailjet_domain_ids
        if len(domains) == 1:
            return {**action, "res_id": domains.id, "views": [(False, "form")]}
        return {**action, "domain": [("server_id", "=", self.id)]}

    def _mailjet_open_form(self, view=None):
        """Open the server's form.

        :param str view: external id of the form to use
        """
        view_id = self.env.ref(view).id if view else False
        return {
            "type": "ir.actions.act_window",
            "name": self.name,
            "res_model": "ir.mail_server",
            "res_id": self.id,
            "views": [(view_id, "form")],
        }
