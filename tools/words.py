"""Sentences for people: written next to the facts, translated for each reader.

The vocabulary, from the place that knows the fact to the screen:

* `_lt("...")` marks an English sentence for the export of terms;
* `Words` is such a sentence with the values to fill in;
* `Words.to_json` and, for several by name, `words_to_json` give what a Json field can
  store;
* the model `mailjet.words` translates both into the reader's language, with
  `_translate_words` and `_translate_json`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


def _lt(source):
    """Mark a sentence for the export of terms; it is translated when shown."""
    return source


@dataclass(frozen=True)
class Words:
    """An English sentence, marked with `_lt` where it is written, and its values.

    `str()` gives the English text. For a translation, translate `source` first and fill
    in `values` with the % operator. A value may be a sentence itself, as `Words`.
    """

    source: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self):
        return self.source % self.values

    def to_json(self):
        """Return what a Json field can store; a list among the values is a sentence."""
        values = {
            name: value.to_json() if isinstance(value, Words) else value
            for name, value in self.values.items()
        }
        return [self.source, values]


def words_to_json(**sentences):
    """Return a dict that a Json field can store: name -> `to_json()`; no empty ones."""
    return {name: words.to_json() for name, words in sentences.items() if words}
