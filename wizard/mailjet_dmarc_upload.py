from odoo import fields, models
from odoo.exceptions import UserError

# Files read at once; the scheduled action reads the rest
MAX_AT_ONCE = 20
MAX_BYTES = 5 * 2**20


class MailjetDmarcUpload(models.TransientModel):
    """Upload DMARC reports as files, and read them."""

    _name = "mailjet.dmarc.upload"
    _description = "Upload DMARC reports"

    file_ids = fields.Many2many(
        "ir.attachment",
        "mailjet_dmarc_upload_attachment_rel",
        string="Add files",
        help="As received by email: .zip, .gz or .xml.",
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
        last = reports.search([], order="id desc", limit=1).id or 0
        mine = [("id", ">", last), ("create_uid", "=", self.env.uid)]
        reports._receive(files)
        self._read_first(mine)
        self.file_ids.unlink()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "mail_mailjet.mailjet_dmarc_report_action"
        )
        return {**action, "domain": mine, "context": {}, "target": "main"}

    def _read_first(self, mine):
        """Read what can be read while somebody waits; an archive becomes several."""
        reports = self.env["mailjet.dmarc.report"].sudo()
        size = 0
        for _number in range(MAX_AT_ONCE):
            waiting = [*mine, ("state", "=", "received")]
            report = reports.search(waiting, order="id", limit=1)
            size += report.attachment_id.file_size
            if not report or size > MAX_BYTES:
                return
            report._read()
