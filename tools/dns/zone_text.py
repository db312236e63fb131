"""Write a record as a line of a zone file."""

# Each string of a TXT record has one byte for its length (RFC 1035, 3.3)
LONGEST_STRING = 255


def zone_line(host, record_type, value):
    """Return a line for a zone file, names absolute, one hour to live.

    :param str host: the full name, with or without the last dot
    :param str record_type: TXT, or a type whose value is a name, such as CNAME
    :param str value: the text of a TXT record in one piece, or the name
    """
    if record_type == "TXT":
        shown = " ".join(_quoted(piece) for piece in _pieces(value.encode()))
    else:
        shown = f"{value.rstrip('.')}."
    return f"{host.rstrip('.')}. 3600 IN {record_type} {shown}"


def _pieces(data):
    return [
        data[at : at + LONGEST_STRING] for at in range(0, len(data), LONGEST_STRING)
    ]


def _quoted(data):
    """RFC 1035, 5.1: a quote and a backslash are escaped, other odd bytes as \\ddd."""
    text = "".join(
        f"\\{chr(byte)}"
        if byte in b'"\\'
        else chr(byte)
        if 32 <= byte < 127
        else f"\\{byte:03}"
        for byte in data
    )
    return f'"{text}"'
