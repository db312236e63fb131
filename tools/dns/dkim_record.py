"""Read a DKIM key record: its tags and the key in it."""

import base64
import re
from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from .tag_list import WHITE_SPACE, TagList, parse_tag_list
from .txt import as_text

# Matches botched keys, too: wrong case, quotes, a missing semicolon.
# The base64 of an RSA key begins with MII or MIG.
_LIKE_A_KEY = re.compile(
    rb'\W*(v\s*=\W*DKIM|k\s*=|p\s*=|MI[GI][A-Za-z0-9+/]{40})|.*[;"]\s*p\s*=',
    re.IGNORECASE | re.DOTALL,
)
_BASE64 = re.compile("[A-Za-z0-9+/]*={0,2}")
_OTHER_KIND = re.compile(rb"\W*v\s*=\W*(spf|dmarc)", re.IGNORECASE)


@dataclass(frozen=True)
class DkimRecord:
    """The tags of a record and its key, base64 without white space as in p=."""

    tags: TagList
    base64: str

    @property
    def key(self):
        """The bytes of the key, or nothing if it is not base64."""
        return decode_key(self.base64)


def parse_dkim_record(value):
    """Return the `DkimRecord` of the bytes of a TXT record, whatever they are."""
    tags = parse_tag_list(as_text(value))
    return DkimRecord(tags, re.sub(f"[{WHITE_SPACE}]", "", tags.get("p")))


def looks_like_key(value):
    """Whether the bytes of a TXT record were meant as a DKIM key."""
    return bool(_LIKE_A_KEY.match(value) and not _OTHER_KIND.match(value))


def decode_key(text):
    """Return the bytes of base64, or nothing if any of it is wrong.

    Decoders differ in what they ignore, above all foreign characters and padding. A key
    that only some receivers can read is a broken key.
    """
    is_strict = _BASE64.fullmatch(text) and len(text) % 4 == 0
    return base64.b64decode(text) if is_strict else b""


def rsa_bits(key):
    """Return the size of an RSA key in bits, None if the bytes are no RSA key.

    :param bytes key: in DER, either a SubjectPublicKeyInfo, which is what p= holds in
        practice, or an RSAPublicKey (PKCS#1), which RFC 6376 3.6.1 describes
    """
    public_key = _rsa_key(key)
    return public_key.key_size if public_key else None


def is_same_key(key, other):
    """Whether the bytes are the same key, in the same form or in the other one."""
    if key == other:
        return True
    keys = [_rsa_key(key), _rsa_key(other)]
    return all(keys) and keys[0].public_numbers() == keys[1].public_numbers()


def _rsa_key(key):
    try:
        public_key = load_der_public_key(key)
    except (ValueError, UnsupportedAlgorithm):
        return None
    return public_key if isinstance(public_key, RSAPublicKey) else None
