"""Odoo's names for the encryption of a mail server, and what they are made of.

A name is "none", or a security ("starttls", or "ssl" for TLS from the first byte) with
"_strict" behind it where the certificate is verified.
"""

SECURITIES = ("starttls", "ssl")
_STRICT = "_strict"


def security_of(encryption):
    """Return "starttls" or "ssl", or None for any other name."""
    security = (encryption or "").removesuffix(_STRICT)
    return security if security in SECURITIES else None


def is_strict(encryption):
    """Return whether the certificate is verified."""
    return (encryption or "").endswith(_STRICT)


def strict_encryption(security):
    """Return the name of a security whose certificate is verified."""
    return f"{security}{_STRICT}"
