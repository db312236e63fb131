"""Read and show the values of TXT records, which are bytes."""

# What fits into a sentence
_EXCERPT_LENGTH = 40


def as_text(value):
    """Return the bytes as text, one character a byte, so that nothing can fail."""
    return value.decode("latin-1")


def show(value):
    """Return the bytes as text for people: \\ddd outside of printable ASCII."""
    return "".join(chr(byte) if 32 <= byte < 127 else f"\\{byte:03d}" for byte in value)


def shown(values):
    """Return the values for people, in an order that is always the same."""
    return tuple(sorted(show(value) for value in values))


def excerpt(text):
    """Return a part that `as_text` gave in a form that fits into a sentence."""
    text = show(text.encode("latin-1"))
    return text if len(text) <= _EXCERPT_LENGTH else f"{text[:_EXCERPT_LENGTH]}..."
