"""The login mechanisms of the stand-in relay, as conversations.

Each is a generator: it yields a challenge, is sent the client's answer (both decoded)
and returns what the client claims. PLAIN is RFC 4616, AUTH is RFC 4954, CRAM-MD5 is
RFC 2195.
"""

import hmac
import secrets
from collections.abc import Callable, Generator
from dataclasses import dataclass

from .store import Store


class MalformedLogin(ValueError):
    """The client's answer is not what the mechanism asks for."""


@dataclass(frozen=True)
class Claim:
    """A key and the proof of its secret; `expected(secret)` is the right proof."""

    api_key: str
    proof: bytes
    expected: Callable[[bytes], bytes] = bytes

    def holds(self, store: Store) -> bool:
        """Check the proof, in the same time for known and unknown keys."""
        secret = store.secret_of(self.api_key)
        right = secrets.token_bytes(32) if secret is None else secret.encode()
        return hmac.compare_digest(self.expected(right), self.proof)


Conversation = Generator[bytes, bytes, Claim]


def _plain(initial: bytes | None) -> Conversation:
    answer = (yield b"") if initial is None else initial
    pieces = answer.split(b"\0")
    if len(pieces) != 3:
        raise MalformedLogin
    return Claim(pieces[1].decode(errors="replace"), pieces[2])


def _login(initial: bytes | None) -> Conversation:
    user = (yield b"Username:") if initial is None else initial
    password = yield b"Password:"
    return Claim(user.decode(errors="replace"), password)


def _cram_md5(initial: bytes | None) -> Conversation:
    challenge = f"<{secrets.token_hex(16)}@in.mailjet.com>".encode()
    user, _space, digest = (yield challenge).rpartition(b" ")

    def expected(secret: bytes) -> bytes:
        return hmac.new(secret, challenge, "md5").hexdigest().encode()

    return Claim(user.decode(errors="replace"), digest, expected)


# DIGEST-MD5 is announced, as by Mailjet, but not implemented
MECHANISMS: dict[str, Callable[[bytes | None], Conversation]] = {
    "PLAIN": _plain,
    "LOGIN": _login,
    "CRAM-MD5": _cram_md5,
}
