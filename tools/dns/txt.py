"""Read and show the values of TXT records, which are bytes."""

# What fits in a sentence
_EXCERPT_LENGTH = 40


def as_text(value):
    """Return the bytes as text, one character per byte; never fails."""
    return value.decode("latin-1")


def show(value):
    """Return the bytes as text for people; all but printable ASCII becomes \\ddd."""
    return "".join(chr(byte) if 32 <= byte < 127 else f"\\{byte:03d}" for byte in value)


def shown(values):
    """Return the values as text for people, sorted."""
    return tuple(sorted(show(value) for value in values))


def excerpt(text):
    """Return text from `as_text` in a form that fits in a sentence."""
    text = show(text.encode("latin-1"))
    return text if len(text) <= _EXCERPT_LENGTH else f"{text[:_EXCERPT_LENGTH]}..."
