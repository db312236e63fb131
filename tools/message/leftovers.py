"""Merge fields and notes that were left in a message."""

import re
from urllib.parse import unquote

from ..words import Words, _lt
from .finding import Certainty, Finding, Level
from .sample import Sample
from .thresholds import OURS

# Of Odoo, Mailjet, Mailchimp and others; `t-out` where QWeb did not see it
_FIELD = re.compile(
    r"\{\{.{0,80}?\}\}|\$\{.{1,80}?\}|\[\[.{1,80}?\]\]|\*\|.{1,80}?\|\*"
    r"|</?t[ >][^>]*>|\bt-(?:out|esc|field|raw|if|foreach)\s*=|\{%.{1,80}?%\}"
)
_PERCENT_FIELD = re.compile(r"%[A-Za-z][A-Za-z_]{1,30}%|\[(?:FIRST|LAST)?_?NAME\]")
_EMPTY_VALUE = re.compile(r"\b(?:False|None|undefined|NaN)\b")
# In Spanish, TODO is a word, and one that advertising shouts
_DRAFT = re.compile(
    r"\blorem ipsum\b|\bTODO\b(?=\s*(?:[:(\[]|$))|\bFIXME\b|\bXXX+\b|\bTBD\b",
    re.IGNORECASE,
)
_DRAFT_CASED = re.compile(r"TODO|FIXME|XXX|TBD|[Ll]orem|LOREM")
# The comma follows at once where there is a name; some languages put a blank before "!"
_NAMELESS = re.compile(
    r"\b(?:dear|hello|hi|bonjour|ch[eè]re?|hallo|liebe[rs]?|hola|ciao|beste)\s+,",
    re.IGNORECASE,
)


def check_merge_fields(sample: Sample):
    """Yield findings for merge fields that nobody filled in."""
    found = [match[0] for text in _texts(sample) for match in _FIELD.finditer(text)]
    found += [
        f"{name}={value}"
        for element in sample.elements()
        for name, value in element.attrib.items()
        if name.startswith("t-")
    ]
    if found:
        yield Finding(
            "merge_field",
            Level.ERROR,
            Words(_lt("Some merge fields are not filled in.")),
            Words(
                _lt(
                    "Recipients see them as they stand here. Odoo fills in {{ … }} in "
                    "the subject and preview, and t-out in the body, not the other way "
                    "round; other syntaxes mean nothing to it."
                )
            ),
            Words(_lt("Insert the field again with Odoo's dynamic placeholder.")),
            source=OURS,
            examples=tuple(found),
        )
    likely = [
        match[0] for text in _texts(sample) for match in _PERCENT_FIELD.finditer(text)
    ]
    if likely:
        yield Finding(
            "percent_field",
            Level.WARNING,
            Words(_lt("Some words look like merge fields of another program.")),
            Words(_lt("Recipients see them exactly as shown here.")),
            Words(_lt("Insert the field again with Odoo's dynamic placeholder.")),
            Certainty.LIKELY,
            OURS,
            tuple(likely),
        )


def check_empty_values(sample: Sample):
    """Yield findings for fields that were filled in with nothing."""
    texts = _texts(sample, links=False)
    # "None of our roses" is the author's own
    own = set(_EMPTY_VALUE.findall(sample.written))
    found = [word for text in texts for word in _EMPTY_VALUE.findall(text)]
    found = [word for word in found if word not in own]
    if found:
        yield Finding(
            "empty_value",
            Level.WARNING,
            Words(
                _lt("The text says %(words)s."),
                {"words": ", ".join(dict.fromkeys(found))},
            ),
            Words(_lt("That is what an empty field becomes in some templates.")),
            Words(_lt("Give the merge field a default value.")),
            Certainty.POSSIBLE,
            OURS,
            (sample.recipient,) if sample.recipient else (),
        )
    nameless = [match[0] for text in texts for match in _NAMELESS.finditer(text)]
    if nameless:
        yield Finding(
            "nameless",
            Level.WARNING,
            Words(
                _lt("A greeting has no name: “%(greeting)s”"), {"greeting": nameless[0]}
            ),
            Words(_lt("The field is empty for this recipient, and maybe for others.")),
            Words(_lt("Give the merge field a default value.")),
            Certainty.LIKELY,
            OURS,
            (sample.recipient,) if sample.recipient else (),
        )


def check_drafts(sample: Sample):
    """Yield a finding for notes and dummy text."""
    found = [
        match[0]
        for text in _texts(sample, links=False)
        for match in _DRAFT.finditer(text)
        if _DRAFT_CASED.match(match[0])
    ]
    if found:
        yield Finding(
            "draft",
            Level.WARNING,
            Words(
                _lt("The text contains a note or dummy text: %(words)s."),
                {"words": ", ".join(dict.fromkeys(found))},
            ),
            Words(_lt("It looks unfinished.")),
            Words(_lt("Finish or remove it.")),
            Certainty.LIKELY,
            OURS,
        )


def _texts(sample, links=True):
    """Return where recipients would see a leftover, or follow it."""
    texts = [sample.subject, sample.hidden_preheader, sample.words]
    if links:
        # Without their %-codes, which would pass for merge fields
        texts += [unquote(link.target) for link in sample.links]
    return texts
