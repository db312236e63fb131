from odoo import api, fields, models

from ...tools.words import words_to_json

LEVELS = [("error", "Error"), ("warning", "Warning"), ("note", "Note")]
CERTAINTIES = [("certain", "Certain"), ("likely", "Likely"), ("possible", "Possible")]


class MailjetCheckFinding(models.Model):
    """One thing that a check has found: what, why, what to do, how certain."""

    _name = "mailjet.check.finding"
    _inherit = ["mailjet.words"]
    _description = "Finding of a check before sending"
    _order = "rank, id"
    _rec_name = "code"

    check_id = fields.Many2one(
        "mailjet.check", required=True, readonly=True, index=True, ondelete="cascade"
    )
    part = fields.Char(readonly=True)
    code = fields.Char(required=True, readonly=True)
    level = fields.Selection(LEVELS, required=True, readonly=True)
    rank = fields.Integer(readonly=True)
    certainty = fields.Selection(CERTAINTIES, required=True, readonly=True)
    words = fields.Json(readonly=True)
    what = fields.Char("Finding", compute="_compute_words")
    why = fields.Char("Why it matters", compute="_compute_words")
    cure = fields.Char("What to do", compute="_compute_words")
    source = fields.Char(compute="_compute_words")
    examples = fields.Text("Found", readonly=True)

    @api.depends("words")
    @api.depends_context("lang")
    def _compute_words(self):
        for finding in self:
            words = finding.words or {}
            for name in ("what", "why", "cure", "source"):
                finding[name] = self._translate_json(words.get(name))

    @api.model
    def _vals_of(self, finding, part):
        """Return the values of a `Finding` of `tools/message/`."""
        ranks = [level for level, _label in LEVELS]
        return {
            "part": part,
            "code": finding.code,
            "level": finding.level.value,
            "rank": ranks.index(finding.level.value),
            "certainty": finding.certainty.value,
            "words": words_to_json(
                what=finding.what,
                why=finding.why,
                cure=finding.cure,
                source=finding.source,
            ),
            "examples": "\n".join(filter(None, finding.examples)) or False,
        }
