"""Record an SMTP conversation without its secrets."""

import base64
import itertools
import re
import string
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

MASK = "***"
LONGEST_LINE = 500
# The rest of a longer line is dropped without searching it for secrets
LONGEST_READ = 4 * LONGEST_LINE
CONTENT_LINES = 12
# A shorter piece of base64 reveals nothing and would mask innocent text
SHORTEST_PIECE = 6

SENT, RECEIVED, REMARK = ">", "<", "*"


class Masker:
    """Masks secrets in text, in every encoding that carries them over the wire.

    :param secrets: strings; empty values (None, False) are ignored
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._tokens: set[str] = set()
        known = [secret for secret in secrets if secret]
        self.add(*known)
        for first, second in itertools.permutations(known, 2):
            # RFC 4616: [authzid] NUL authcid NUL passwd
            self.add(f"\0{first}\0{second}", f"{first}\0{first}\0{second}")

    def add(self, *secrets: str) -> None:
        """Mask these too from now on."""
        for secret in secrets:
            self._tokens.update(map(_lower, _encodings(secret)))

    def mask(self, text: str, cut: bool = False) -> str:
        """Return the text without the secrets.

        :param bool cut: the text is the start of a longer one and may end within a
            secret
        """
        if cut and self._tokens:
            text = text[: -max(map(len, self._tokens)) * len("%00")]
        shown, position = [], 0
        for start, end in _joined(self._spans(_lower(text))):
            shown += [text[position:start], MASK]
            position = end
        return "".join(shown) + text[position:]

    def _spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Find every secret, including overlapping ones."""
        for token in self._tokens:
            start = text.find(token)
            while start >= 0:
                yield start, start + len(token)
                start = text.find(token, start + 1)
        if "%" in text:
            for token in self._tokens:
                for match in re.finditer(_percent_encoded(token), text):
                    yield match.span(1)


def mask(text: str, secrets: Iterable[str]) -> str:
    """Return the text without the secrets: `Masker` for a single use."""
    return Masker(secrets).mask(text)


def _joined(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Put spans in order and join those that overlap or touch."""
    start = end = None
    for next_start, next_end in sorted(spans):
        if end is not None and next_start <= end:
            end = max(end, next_end)
            continue
        if end is not None:
            yield start, end
        start, end = next_start, next_end
    if end is not None:
        yield start, end


_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def _lower(text: str) -> str:
    """Lower ASCII letters only, so that the text keeps its length."""
    return text.translate(_LOWER)


def _percent_encoded(token: str) -> str:
    """Return a pattern for a lower-case token with any characters percent-encoded.

    It is a lookahead, so that it also finds overlapping matches.
    """
    characters = []
    for character in token:
        codes = {_percents(character), _percents(character.upper())}
        characters.append(f"(?:{'|'.join([re.escape(character), *codes])})")
    return f"(?=({''.join(characters)}))"


def _percents(text: str) -> str:
    return "".join(f"%{byte:02x}" for byte in text.encode("utf-8", "replace"))


def _encodings(secret: str) -> Iterator[str]:
    """Yield all forms of a secret in a conversation or in an exception."""
    data = secret.encode("utf-8", "replace")
    yield secret
    yield repr(secret)[1:-1]
    yield repr(data)[2:-1]
    yield data.hex()
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(data).decode()
        yield encode(data).decode().rstrip("=")
        yield from _base64_pieces(data, encode)


def _base64_pieces(data: bytes, encode) -> Iterator[str]:
    """Yield the trace of the data in the base64 of any longer text around it.

    Three bytes make four characters, so the position of the data counts modulo three.
    Characters at either end also depend on their neighbours and are left out.
    """
    for shift in range(3):
        encoded = encode(bytes(shift) + data).decode()
        first = -(-shift * 8 // 6)
        last = (shift + len(data)) * 8 // 6
        if last - first >= SHORTEST_PIECE:
            yield encoded[first:last]


@dataclass(frozen=True)
class Line:
    """One line of a conversation; `direction` is `SENT`, `RECEIVED` or `REMARK`."""

    seconds: float
    direction: str
    text: str

    def __str__(self) -> str:
        return f"{self.seconds:7.3f} {self.direction} {self.text}"


class Transcript:
    """The lines of one conversation, masked as they are recorded.

    One thread may read `lines` or `str()` while another one writes.

    :param secrets: strings that must not be shown
    :param clock: a function that returns seconds, for the times of the lines
    """

    def __init__(self, secrets: Iterable[str] = (), clock=time.monotonic) -> None:
        self._masker = Masker(secrets)
        self._clock = clock
        self._began = clock()
        self._lines: list[Line] = []

    @property
    def lines(self) -> tuple[Line, ...]:
        """The lines so far."""
        return tuple(self._lines)

    def __str__(self) -> str:
        return "\n".join(map(str, self.lines))

    def hide(self, *secrets: str) -> None:
        """Mask these too, from the next line on."""
        self._masker.add(*secrets)

    def mask(self, text: str) -> str:
        """Return the text without secrets, shortened, with visible control characters.

        Line ends stay.
        """
        cut = len(text) > LONGEST_READ
        shown = self._masker.mask(text[:LONGEST_READ], cut=cut)
        return "\n".join(map(_visible, shown.split("\n")))

    def remark(self, text: str) -> None:
        """Record something that happened outside the conversation."""
        self._write(REMARK, text)

    def sent(self, data: bytes) -> None:
        """Record a command."""
        self._write(SENT, _text(data))

    def sent_login(self, data: bytes) -> None:
        """Record a step of a login: the mechanism of AUTH, and nothing else."""
        words = _text(data).split(" ")
        shown = words[:2] if words[0].upper() == "AUTH" else []
        self._write(SENT, " ".join(shown + [MASK] * (len(words) > len(shown))))

    def sent_content(self, data: bytes) -> None:
        """Record the first lines of a message and how much was left out."""
        lines = data.split(b"\n", CONTENT_LINES)
        for line in lines[:CONTENT_LINES]:
            if line:
                self._write(SENT, _text(line))
        hidden = sum(map(len, lines[CONTENT_LINES:]))
        if hidden:
            self._write(SENT, f"… {hidden} bytes not shown")

    def received(self, data: bytes, cut: bool = False) -> None:
        """Record a line of a reply.

        :param bool cut: the line was longer; its end was not read
        """
        self._write(RECEIVED, _text(data), cut=cut)

    def _write(self, direction: str, text: str, cut: bool = False) -> None:
        cut = cut or len(text) > LONGEST_READ
        # Mask before shortening: half a secret would not be recognized
        shown = _visible(self._masker.mask(text[:LONGEST_READ], cut=cut))
        if cut or len(shown) > LONGEST_LINE:
            shown = shown[:LONGEST_LINE] + " … cut"
        seconds = self._clock() - self._began
        self._lines.append(Line(seconds, direction, shown))


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace").rstrip("\r\n")


def _visible(text: str) -> str:
    """Show control characters, line ends among them, as escapes such as `\\x00`."""
    return "".join(
        character if character.isprintable() else ascii(character)[1:-1]
        for character in text
    )
