"""Find the activation link in the email that Mailjet sends to a new sender."""

import html
import re
from urllib.parse import urlsplit

# A link in text or in an attribute; it ends at a quote or a space
_LINK = re.compile(r"https://[^\s\"'<>\\^`{|}]+")


def find_activation_link(body, hosts):
    """Return the first link in an email that leads to one of the hosts, or None.

    :param str body: the email's text, HTML or plain
    :param hosts: allowed host names; compared as a whole, over https only
    """
    for match in _LINK.finditer(html.unescape(body)):
        link = match[0].rstrip(".,;)")
        try:
            parts = urlsplit(link)
            is_plain = parts.port in (None, 443) and "@" not in parts.netloc
        except ValueError:
            continue  # brackets or a port that make the URL invalid
        if is_plain and parts.hostname in hosts and parts.path.strip("/"):
            return link
    return None
