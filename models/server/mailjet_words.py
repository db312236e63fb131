from odoo import api, models


class MailjetWords(models.AbstractModel):
    """Sentences of `tools/`: kept as written, translated when they are read."""

    _name = "mailjet.words"
    _description = "Sentences in the reader's language"

    @api.model
    def _in_words(self, words):
        """Return a sentence, kept as [source, values], in the user's language."""
        if not words:
            return False
        source, values = words
        # pylint: disable-next=translation-not-lazy
        return self.env._(source) % values

    @api.model
    def _words_of(self, sentence):
        """Return a `Words` in the user's language."""
        return self._in_words([sentence.source, dict(sentence.values)])

    @api.model
    def _kept_words(self, **sentences):
        """Return `Words` as JSON: name -> [source, values], without empty ones."""
        return {
            name: [sentence.source, dict(sentence.values)]
            for name, sentence in sentences.items()
            if sentence
        }
