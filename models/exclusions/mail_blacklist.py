from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import html2plaintext


class MailBlacklist(models.Model):
    """When and why an address was blocked or unblocked, for the sync with Mailjet."""

    _inherit = "mail.blacklist"

    # write_date also changes with feedback or an import
    mailjet_changed_on = fields.Datetime(
        "Blocked or unblocked on", readonly=True, copy=False
    )

    @api.model_create_multi
    def create(self, vals_list):
        now = fields.Datetime.now()
        return super().create(
            [{**vals, "mailjet_changed_on": now} for vals in vals_list]
        )

    def write(self, vals):
        if "active" in vals:
            changed = self.filtered(lambda entry: entry.active != bool(vals["active"]))
            changed.mailjet_changed_on = fields.Datetime.now()
        return super().write(vals)

    def _mailjet_since(self):
        """Return when the address was last (un)blocked; None for an empty recordset."""
        dates = [entry.mailjet_changed_on or entry.write_date for entry in self]
        return max(dates).replace(microsecond=0) if dates else None

    @api.model
    def _mailjet_set(self, is_blocked, reasons):
        """Block or unblock addresses in one go, with the reason in each chatter.

        :param bool is_blocked: whether to block or unblock them
        :param dict reasons: `address_key` -> text
        :return: their entries, one for each spelling; those of unblocked addresses are
            archived, as in Odoo
        """
        entries = self.union(*self._mailjet_by_key(reasons).values())
        for entry in entries:
            entry._track_set_log_message(_paragraph(reasons[entry.mailjet_key]))
        entries.active = is_blocked
        spellings = set().union(*self._mailjet_spellings(reasons).values())
        missing = sorted(spellings - set(entries.mapped("email")))
        created = self.with_context(tracking_disable=True).create(
            [{"email": email, "active": is_blocked} for email in missing]
        )
        created._message_log_batch(
            {entry.id: _paragraph(reasons[entry.mailjet_key]) for entry in created}
        )
        return entries + created

    def _mailjet_reasons(self):
        """Return the known reasons for which these were blocked or unblocked.

        :return dict: id -> text, from the feedback or the last note since the change
        """
        notes = self.env["mail.message"].search_fetch(
            [("model", "=", self._name), ("res_id", "in", self.ids)],
            ["body", "date", "res_id"],
            order="id",
        )
        reasons = {}
        for note in notes:
            entry = self.browse(note.res_id)
            text = " ".join(html2plaintext(note.body or "").split())
            is_reason = text and text != entry._creation_message()
            if is_reason and note.date >= entry._mailjet_since():
                reasons[entry.id] = text
        for entry in self:
            if entry.active and entry.opt_out_reason_id:
                reasons[entry.id] = entry.opt_out_reason_id.name
        return reasons


def _paragraph(text):
    return Markup("<p>%s</p>") % text
