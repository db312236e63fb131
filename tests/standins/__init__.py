"""A stand-in Mailjet for tests and for a sandbox; see README.md."""

from .certificates import Certificate, TestAuthority, write_bundle
from .control import Control, ControlClient
from .delivery import delivered
from .dns import DnsStandin
from .events import EventPoster
from .message import Message
from .message_events import events_of
from .process import StandinProcess
from .reporting.statistics import Statistics, StoredEvent
from .rest import RestStandin
from .smtp import SmtpStandin
from .smtp_connections import Connection
from .smtp_faults import HANG_UP, HANG_UP_AFTER, LOSE_ANSWER
from .smtp_options import REFUSE
from .store import Account, Store

__all__ = [
    "HANG_UP",
    "HANG_UP_AFTER",
    "LOSE_ANSWER",
    "REFUSE",
    "Account",
    "Certificate",
    "Connection",
    "Control",
    "ControlClient",
    "DnsStandin",
    "EventPoster",
    "Message",
    "RestStandin",
    "SmtpStandin",
    "StandinProcess",
    "Statistics",
    "Store",
    "StoredEvent",
    "TestAuthority",
    "delivered",
    "events_of",
    "write_bundle",
]
