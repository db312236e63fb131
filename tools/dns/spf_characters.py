"""Write an SPF record in plain ASCII, as far as it can be known what was meant."""

import re
import unicodedata

# What word processors, web pages and translation programs put in the place of ASCII
_LOOK_ALIKES = {
    **dict.fromkeys("‐‑‒–—―−﹘﹣－", "-"),
    **dict.fromkeys("˜∼～", "~"),
    **dict.fromkeys("：∶", ":"),
    **dict.fromkeys("，、", ","),
    **dict.fromkeys("“”„«»‘’‚‹›", '"'),
}
_TABLE = str.maketrans(_LOOK_ALIKES)


def decoded(data):
    """Return the bytes as text, in the encoding that they are probably in."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")  # Windows


def plain_text(data):
    """Return the bytes of a record as text: plain blanks, dashes and no quotes.

    What has no equal in ASCII stays as it is.
    """
    text = unicodedata.normalize("NFKC", decoded(data).translate(_TABLE))
    text = "".join(_readable(char) for char in text)
    # A zone file joins "strings" "like these" with nothing between
    text = re.sub(r'\\?"\s+\\?"', "", text)
    return re.sub(r'\\?"', "", text)


def _readable(char):
    category = unicodedata.category(char)
    if category == "Cf":  # invisible, such as a zero-width space
        return ""
    return " " if category in ("Zs", "Zl", "Zp", "Cc") else char
