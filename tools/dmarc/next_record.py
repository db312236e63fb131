"""Write the DMARC record to publish next; Odoo never publishes it."""

from ..dns.dmarc_record import parse_dmarc_record

# RFC 9989 drops pct=, and t=y would only test the policy
_DROPPED = ("pct", "t")


def next_record(found, policy, rua=None):
    """Return the text of a record with another policy; every other tag stays.

    :param str found: the text of the present record; nothing if there is none
    :param str policy: none, quarantine or reject
    :param str rua: an address that has to receive reports, too
    """
    record = parse_dmarc_record(found.encode("ascii", "replace")) if found else None
    pairs = record.tags.pairs if record else ()
    kept = {}
    for name, value in pairs:
        if name not in ("v", "p", *_DROPPED):
            kept.setdefault(name, value)
    kept["rua"] = with_address(kept.get("rua", ""), rua)
    tags = {"v": "DMARC1", "p": policy, **kept}
    return "; ".join(f"{name}={value}" for name, value in tags.items() if value)


def with_address(uris, address):
    """Return the value of rua= with an address in it."""
    if not address:
        return uris
    uri = f"mailto:{address}"
    if uri.lower() in uris.lower():
        return uris
    return f"{uris},{uri}" if uris else uri
