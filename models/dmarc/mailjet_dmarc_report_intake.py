import gzip

from odoo import api, fields, models

from ...tools.dmarc.errors import too_large
from ...tools.dmarc.unpack import MAX_PACKED
from ...tools.words import Words, _lt

SERVERS_PARAMETER = "mail_mailjet.dmarc_mail_servers"


class MailjetDmarcReport(models.Model):
    """Storing the files, from mail and uploads. Nothing here looks into them."""

    _inherit = "mailjet.dmarc.report"

    @api.model
    def message_new(self, msg_dict, custom_values=None):
        """Store the files of a mail, a record for each; return the first one.

        `custom_values` is what `message_route` of mail.thread found in the mail.
        """
        self.check_access("create")
        found = custom_values or {}
        shared = {
            "authentication": found.get("authentication", "not_checked"),
            "mail_from": msg_dict.get("email_from"),
        }
        subject = msg_dict.get("subject")
        reports = self._receive(found.get("files", []), subject, **shared)
        if found.get("more"):
            words = Words(
                _lt("%(count)s more files of this email were not read."),
                {"count": found["more"]},
            )
            reports += self._create_refused(subject, words, **shared)
        # The file would be stored once more, with the message
        msg_dict.update(attachments=[], body="")
        return reports[:1]

    @api.model
    def _receive(self, files, subject=None, **shared):
        """Create a record for each file, to be read soon.

        :param files: pairs of a name and bytes, or None instead of those that are too
            large
        :param str subject: of their mail, for files without a name
        :param shared: values for all records
        """
        # A chatter would only repeat what the record says
        quiet = self.with_context(mail_create_nolog=True, mail_create_nosubscribe=True)
        reports = self.browse()
        for file_name, data in files:
            name = (file_name or subject or self.env._("DMARC report"))[:200]
            if data is None or len(data) > MAX_PACKED:
                reports += self._create_refused(
                    name, too_large(MAX_PACKED).words, **shared
                )
                continue
            report = quiet.create({"name": name, **shared})
            report.attachment_id = report._attach(name, data)
            reports += report
        self._wake_cron()
        return reports

    @api.model
    def _create_refused(self, name, words, **shared):
        """Create a record that only says why there is no file."""
        return self.create(
            {
                "name": name or self.env._("DMARC report"),
                "state": "refused",
                "reason_words": [words.to_json()],
                **shared,
            }
        )

    def _attach(self, name, data):
        """Store a file whose type is not for a browser to guess; return it."""
        return self.env["ir.attachment"].create(
            {
                "name": name,
                "raw": data,
                "mimetype": "application/octet-stream",
                "res_model": self._name,
                "res_id": self.id,
            }
        )

    def _receive_siblings(self, files):
        """Create a record for each further report in this one's archive.

        :param list files: all of the archive; this record keeps only the first, so that
            reading it again does not store the others again
        """
        packed = [(file.name, gzip.compress(file.data, mtime=0)) for file in files]
        if len(packed) < 2:
            return self.browse()
        self.attachment_id.raw = packed.pop(0)[1]
        return self._receive(
            packed, authentication=self.authentication, mail_from=self.mail_from
        )

    @api.model
    def _own_mail_servers(self):
        """Return the names with which our mail servers sign what they checked."""
        names = self.env["ir.config_parameter"].sudo().get_param(SERVERS_PARAMETER)
        return (names or "").replace(",", " ").split()

    @api.model
    def _wake_cron(self):
        """Have the files read once this transaction is committed."""
        cron = self.env.ref("mail_mailjet.ir_cron_read_dmarc_reports")
        cron.sudo()._trigger(fields.Datetime.now())
