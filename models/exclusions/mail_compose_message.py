from odoo import models

from ...tools.address import address_key, has_spellings


class MailComposeMessage(models.TransientModel):
    """A mailing through Mailjet spares a blocked mailbox in any spelling."""

    _inherit = "mail.compose.message"

    def _get_blacklist_record_ids(self, mail_values_dict, recipients_info=None):
        found = super()._get_blacklist_record_ids(mail_values_dict, recipients_info)
        is_mailing = self.use_exclusion_list and self.composition_mode == "mass_mail"
        if not is_mailing or not self._is_mailjet_mailing():
            return found
        emails = self._mailjet_odd_emails(mail_values_dict, recipients_info)
        asked = set().union(*emails.values())
        if not asked:
            return found
        blocked = self.env["mail.blacklist"].sudo()._mailjet_blocked(asked)
        return found | {res_id for res_id, some in emails.items() if some & blocked}

    def _is_mailjet_mailing(self):
        return bool(self.mass_mailing_id.sudo().mail_server_id._filter_mailjet())

    def _mailjet_odd_emails(self, mail_values_dict, recipients_info):
        """Return those addresses of records that can be spelled in several ways.

        :return dict: record id -> set of normalized addresses
        """
        records = self.env[self.model].browse(mail_values_dict)
        if isinstance(records, self.pool["mail.thread.blacklist"]):
            emails = {one.id: {one.email_normalized or ""} for one in records}
        else:
            emails = {
                res_id: set(info["mail_to_normalized"])
                for res_id, info in (recipients_info or {}).items()
            }
        return {
            res_id: {one for one in some if has_spellings(address_key(one))}
            for res_id, some in emails.items()
        }
