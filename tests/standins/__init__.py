"""A stand-in Mailjet for tests and for a sandbox; see README.md."""

from .certificates import Certificate, TestAuthority, write_bundle
from .smtp import Connection, SmtpStandin
from .store import Message, Store

__all__ = [
    "Certificate",
    "Connection",
    "Message",
    "SmtpStandin",
    "Store",
    "TestAuthority",
    "write_bundle",
]
