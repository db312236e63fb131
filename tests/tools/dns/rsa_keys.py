"""RSA keys of any size, as in p= of a DKIM record."""

import base64
import functools

from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_SMALLEST = 1024


@functools.cache
def public_key(bits, number=0):
    """Return the SubjectPublicKeyInfo of a key in base64; `number` tells keys apart.

    Keys below 1024 bits can no longer be generated; the front of the modulus of a
    longer one makes a public key of that size, which is all that a record has.
    """
    key = rsa.generate_private_key(65537, max(bits, _SMALLEST)).public_key()
    if bits < _SMALLEST:
        modulus = key.public_numbers().n >> (_SMALLEST - bits) | 1
        key = rsa.RSAPublicNumbers(65537, modulus).public_key()
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


@functools.cache
def ed25519_key():
    """Return the 32 bytes of an Ed25519 key in base64 (RFC 8463)."""
    key = ed25519.Ed25519PrivateKey.generate().public_key()
    return base64.b64encode(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
