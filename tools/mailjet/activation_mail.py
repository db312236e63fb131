"""Find the activation link in a mail that Mailjet has sent to a new sender."""

import html
import re
from urllib.parse import urlsplit

# A link in a text part or in an attribute; what follows a quote or a blank is no part
_LINK = re.compile(r"https://[^\s\"'<>\\^`{|}]+")


def find_activation_link(body, hosts):
    """Return the first link of a mail that leads to one of the hosts, or None.

    :param str body: the mail's text, HTML or plain
    :param hosts: host names that may be opened; compared whole and over https only
    """
    for match in _LINK.finditer(html.unescape(body)):
        link = match[0].rstrip(".,;)")
        try:
            parts = urlsplit(link)
            is_plain = parts.port in (None, 443) and "@" not in parts.netloc
        except ValueError:
            continue  # brackets or a port that make no address
        if is_plain and parts.hostname in hosts and parts.path.strip("/"):
            return link
    return None
