"""Recognise typing errors in an SPF record, and write down what was meant."""

import re
from dataclasses import dataclass

from ..words import Words, _lt
from .spf_characters import decoded, plain_text
from .spf_record import is_spf
from .spf_terms import correct_term, is_name, split_glued
from .txt import show

# Also without the equals sign, after quotes, or with the wrong version. "spf2.0" is
# Sender ID (RFC 4406), which nobody reads and which is no typing error.
_VERSION = re.compile(r"\W*(?:v\s*[=:]?\s*)?spf\s*1(?:\.?0)?(?![0-9])\W?", re.I)
_LIKE_SPF = re.compile(rb"\W*v?\s*[=:]?\s*spf\s*1|.*v=spf1", re.I | re.S)
_ANOTHER = re.compile(r"(?<=\s)v=spf1(?=\s)", re.IGNORECASE)
# Not inside of a macro, where commas may separate, as in %{d,}
_COMMA = re.compile(r"[,;](?![^{}]*\})")
_OTHER_MODIFIER = re.compile(r"(?P<name>[a-z][a-z0-9._-]*)=", re.IGNORECASE)
_SIGN = re.compile(r"[-+~?]")

_SPACE_MISSING = _lt("A space is missing in “%(before)s”: it should read “%(after)s”.")
_SPACE_TOO_MANY = _lt(
    "There is an extra space in “%(before)s”: it should read “%(after)s”."
)
_COMMAS = _lt(
    "SPF separates terms with spaces, not with commas or semicolons: write “%(after)s” "
    "instead of “%(before)s”."
)
_MISSPELLED = _lt("“%(before)s” looks like a typing error: it should read “%(after)s”.")
_IGNORED = _lt(
    "Receivers ignore “%(before)s”, which is probably a typing error for “%(after)s”."
)
_CHARACTERS = _lt(
    "“%(before)s” contains characters that receivers cannot read, such as those that a "
    "word processor inserts: it should read “%(after)s”."
)
_TWO_IN_ONE = _lt("One TXT record contains two SPF records.")


@dataclass(frozen=True)
class Repaired:
    """The SPF record that was meant, as bytes, and a sentence for each typing error.

    There is more than one record if several were run together.
    """

    records: tuple[bytes, ...]
    slips: tuple[Words, ...] = ()


def looks_like_spf(data):
    """Whether the bytes of a TXT record were meant as an SPF record."""
    return bool(_LIKE_SPF.match(data))


def is_half(data):
    """Whether the bytes of a TXT record are the rest of an SPF record.

    Some panels cut a long value into records instead of strings.
    """
    words = plain_text(data).split()
    if looks_like_spf(data) or not words:
        return False
    terms = [correct_term(word) for word in words]
    telling = [
        t for t in terms if re.match(r"[-+~?]?(include|ip4|ip6|a|mx):.|[-~?+]all$", t)
    ]
    return bool(telling) and all(is_name(term) for term in terms)


def repair(data, is_bold=True):
    """Return the `Repaired` record; without typing errors, it is the same.

    :param bytes data: a record that looks like SPF, or the rest of one
    :param bool is_bold: also turn modifiers called like a mechanism, which receivers
        ignore, into that mechanism
    """
    slips = []
    text = plain_text(data)
    if text.encode() != data:
        slips += _changed_words(decoded(data))
    text = _without_version(text)
    parts = _ANOTHER.split(text)
    if len(parts) > 1:
        slips.append(Words(_TWO_IN_ONE))
    records = []
    for part in parts:
        words = _repair_words(part.split(), slips, is_bold)
        records.append(" ".join(["v=spf1", *words]).encode())
    if not slips and is_spf(data):
        return Repaired((data,))
    return Repaired(tuple(records), tuple(slips))


def _without_version(text):
    match = _VERSION.match(text)
    if not match:
        return text
    # The sign of the first term may be what follows
    sign = match[0][-1] if _SIGN.match(match[0][-1]) else ""
    return sign + text[match.end() :]


def _changed_words(before):
    """Return a slip for each word with characters that have an equal in ASCII."""
    words = [(word, plain_text(word.encode())) for word in before.split(" ")]
    return [_slip(_CHARACTERS, _visible(o), n) for o, n in words if o != n]


def _visible(text):
    return "".join(char if char.isprintable() else show(char.encode()) for char in text)


def _slip(source, before, after):
    return Words(source, {"before": before, "after": after})


def _repair_words(words, slips, is_bold):
    repaired = []
    for word in _join(words, slips):
        if _is_other_modifier(word):
            repaired.append(word)
            continue
        for piece in _split_commas(word, slips):
            whole = split_glued(piece)
            if len(whole) > 1:
                slips.append(_slip(_SPACE_MISSING, piece, " ".join(whole)))
            repaired += [_correct(term, slips, is_bold) for term in whole]
    return repaired


def _correct(term, slips, is_bold):
    right = correct_term(term)
    if right == term or not (is_bold or not _OTHER_MODIFIER.match(term)):
        return term
    is_ignored = "=" in term and right.replace(":", "=", 1) == term
    slips.append(_slip(_IGNORED if is_ignored else _MISSPELLED, term, right))
    return right


def _is_other_modifier(word):
    """Whether it is a modifier whose name means nothing here, such as foo=bar."""
    match = _OTHER_MODIFIER.match(word)
    return bool(match and correct_term(word) == word and not is_name(match["name"]))


def _join(words, slips):
    """Yield the words, with those put together that a blank took apart."""
    words = list(words)
    while words:
        word = words.pop(0)
        if words and _is_list(word, words[0]):
            words[0] = word + words[0]
        elif words and _belong_together(word, words[0]):
            after = word + words.pop(0)
            before = f"{word} {after[len(word) :]}"
            slips.append(_slip(_SPACE_TOO_MANY, before, after))
            words.insert(0, after)
        else:
            yield word


def _is_list(word, following):
    """Whether a bare name follows a comma, as in "include:a.test, b.test"."""
    bare = following.rstrip(",;")
    is_bare = not is_name(bare) and correct_term(bare) == bare
    return word[-1] in ",;" and ":" in word and is_bare


def _belong_together(word, following):
    if word in ("-", "+", "~", "?"):
        return bool(re.match("[a-z]", following, re.IGNORECASE))
    if re.match("[:=/][^ ]", following):
        return is_name(word)
    if word[-1] in ":=" and is_name(word[:-1]):
        return bool(re.search("[.:]", following)) and not is_name(following)
    return False


def _split_commas(word, slips):
    """Return the terms of a list; a bare name or address is of the kind before it."""
    pieces = [piece for piece in _COMMA.split(word) if piece]
    if pieces == [word]:
        return pieces
    terms = []
    for piece in pieces:
        kind = terms[-1].partition(":")[0] if terms and ":" in terms[-1] else ""
        right = correct_term(piece)
        is_bare = kind and not is_name(piece) and right == piece
        terms.append(f"{kind}:{piece}" if is_bare else right)
    slips.append(_slip(_COMMAS, word, " ".join(terms)))
    return terms
