from odoo import api, models


class MailjetWords(models.AbstractModel):
    """Translate the sentences of `tools/` when they are read, see `tools/words.py`."""

    _name = "mailjet.words"
    _description = "Sentences in the reader's language"

    @api.model
    def _translate_words(self, words):
        """Return `Words` in the user's language."""
        return self._translate_json(words.to_json())

    @api.model
    def _translate_text(self, text):
        """Return a stored text in the user's language, line by line.

        Crons store our sentences in English. A line that was stored in another language
        or is a server's answer has no translation, and stays as it is.
        """
        lines = (text or "").split("\n")
        # pylint: disable-next=translation-not-lazy
        return "\n".join(line and self.env._(line) for line in lines)

    @api.model
    def _translate_json(self, stored):
        """Return what `Words.to_json` gave, in the user's language, or False."""
        if not stored:
            return False
        source, values = stored
        values = {
            name: self._translate_json(value) if isinstance(value, list) else value
            for name, value in values.items()
        }
        # pylint: disable-next=translation-not-lazy
        return self.env._(source) % values
