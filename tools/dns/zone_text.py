"""Write a record as a line of a zone file."""

# The length of a string in a TXT record is one byte (RFC 1035 3.3)
LONGEST_STRING = 255


def zone_line(host, record_type, value):
    """Return a line of a zone file with absolute names and a TTL of one hour.

    :param str host: the full name, with or without the trailing dot
    :param str record_type: TXT, or a type whose value is a name, such as CNAME
    :param str value: the whole text of a TXT record, or the name
    """
    if record_type == "TXT":
        shown = quoted_pieces(value)
    else:
        shown = f"{value.rstrip('.')}."
    return f"{host.rstrip('.')}. 3600 IN {record_type} {shown}"


def quoted_pieces(value):
    """Return the text of a TXT record as "…" "…", each of at most 255 bytes."""
    return " ".join(_quoted(piece) for piece in _pieces(value.encode()))


def _pieces(data):
    return [
        data[at : at + LONGEST_STRING] for at in range(0, len(data), LONGEST_STRING)
    ]


def _quoted(data):
    """RFC 1035 5.1: escape quotes and backslashes; other odd bytes become \\ddd."""
    text = "".join(
        f"\\{chr(byte)}"
        if byte in b'"\\'
        else chr(byte)
        if 32 <= byte < 127
        else f"\\{byte:03}"
        for byte in data
    )
    return f'"{text}"'
