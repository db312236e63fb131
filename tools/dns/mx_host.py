"""Know mail servers that nobody can send mail to."""

import ipaddress
import re

# They accept mail only from their own customers, who log in. Mailjet's parse hosts do
# receive: https://dev.mailjet.com/email/guides/parse-api/
_RELAYS = re.compile(
    r"(?:.+\.)?mailjet\.com"
    r"|smtp(?:-relay)?\.gmail\.com"  # support.google.com/a/answer/176600
    r"|smtp\.office365\.com|smtp-mail\.outlook\.com"
    r"|smtp\.sendgrid\.net|smtp(?:\.eu)?\.mailgun\.org"
    r"|smtp\.postmarkapp\.com|smtp\.mandrillapp\.com|smtp-relay\.brevo\.com"
    r"|email-smtp\.[a-z0-9-]+\.amazonaws\.com"
)
# RFC 1918, RFC 1122 3.2.1.3, RFC 3927, RFC 4193, RFC 4291
_UNREACHABLE = [
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "::/127",
        "fc00::/7",
        "fe80::/10",
    )
]


def is_relay(name):
    """Whether a host is known to send mail only, and to receive none."""
    return bool(_RELAYS.fullmatch(name)) and not name.startswith("parse")


def is_unreachable(address):
    """Whether an address, as text, is not on the Internet."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(ip.version == n.version and ip in n for n in _UNREACHABLE)
