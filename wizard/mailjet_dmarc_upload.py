from odoo import fields, models
from odoo.exceptions import UserError

# Files read at once; the scheduled action reads the rest
MAX_AT_ONCE = 20
MAX_BYTES = 5 * 2**20


class MailjetDmarcUpload(models.TransientModel):
    """Read DMARC reports that somebody has as files."""

    _name = "mailjet.dmarc.upload"
    _description = "Upload DMARC reports"

    file_ids = fields.Many2many(
        "ir.attachment",
        "mailjet_dmarc_upload_attachment_rel",
        string="Files",
        help="As they came by email: .zip, .gz or .xml.",
    )

    def action_upload(self):
        """Read the files, and show what became of each."""
        self.ensure_one()
        self.check_access("write")
        if not self.file_ids:
            raise UserError(self.env._("Choose at least one file."))
        files = [(file.name, file.raw or b"") for file in self.file_ids]
        # Nobody creates reports but by a file
        reports = self.env["mailjet.dmarc.report"].sudo()
        last = reports.search([], order="id desc", limit=1).id
        size = 0
        for report in reports._receive(files)[:MAX_AT_ONCE]:
            size += report.attachment_id.file_size
            if report.state == "received" and size <= MAX_BYTES:
                report._read()
        self.file_ids.unlink()
        # Those in one archive become several
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "mail_mailjet.mailjet_dmarc_report_action"
        )
        mine = [("id", ">", last), ("create_uid", "=", self.env.uid)]
        return {**action, "domain": mine, "context": {}, "target": "main"}
