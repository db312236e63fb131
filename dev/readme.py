"""Make README.rst from readme/*.md: `python3 dev/readme.py`.

The fragments have the names and the order that OCA's tools give them. OCA's own
generator needs pandoc and adds banners of OCA's repositories; this one needs only
Python. It knows the Markdown that the fragments use: headings (## and deeper),
paragraphs, lists, code blocks, images, links, emphasis and code.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FRAGMENTS = (
    # Name of the file, title of its section
    ("DESCRIPTION", None),
    ("INSTALL", "Installation"),
    ("CONFIGURE", "Configuration"),
    ("USAGE", "Usage"),
    ("ROADMAP", "Known issues / Roadmap"),
    ("DEVELOP", "Development"),
    ("HISTORY", "Changelog"),
    ("CONTRIBUTORS", "Contributors"),
)
COMMENT = """\
.. Made from readme/*.md by dev/readme.py: change those.

"""
CONTENTS = """\
**Table of contents**

.. contents::
   :local:

"""
UNDERLINES = "=-~"


def inline(text):
    """Return one paragraph's Markdown as reStructuredText."""
    text = re.sub(r"`([^`]+)`", r"``\1``", text)
    text = re.sub(r"(?<!!)\[([^\]]+)\]\(([^)]+)\)", r"`\1 <\2>`__", text)
    # *emphasis* and **strong** are written alike; _emphasis_ is not used
    return text


def convert(markdown):
    """Yield the lines of a fragment as reStructuredText."""
    is_code = False
    for line in markdown.splitlines():
        heading = re.match(r"(#+) (.*)", line)
        image = re.fullmatch(r"!\[([^\]]*)\]\(([^)]+)\)", line)
        if line.startswith("```"):
            is_code = not is_code
            yield from (["::", ""] if is_code else [""])
        elif is_code:
            yield f"    {line}".rstrip()
        elif heading:
            title = inline(heading[2])
            yield title
            yield UNDERLINES[len(heading[1]) - 1] * len(title)
        elif image:
            yield f".. image:: {image[2]}"
            yield f"   :alt: {image[1]}"
        else:
            yield inline(line)


def section(title, markdown):
    """Return a section of the page, or its top if there is no title."""
    lines = list(convert(markdown.strip() + "\n"))
    head = [title, "=" * len(title), ""] if title else []
    return "\n".join([*head, *lines, ""]) + "\n"


def make(root=ROOT):
    """Return the text of README.rst."""
    name = re.search(r'"name": "(.+?)"', (root / "__manifest__.py").read_text())[1]
    rule = "=" * len(name)
    page = f"{COMMENT}{rule}\n{name}\n{rule}\n\n"
    for fragment, title in FRAGMENTS:
        page += section(title, (root / "readme" / f"{fragment}.md").read_text())
        if not title:
            page += CONTENTS
    return re.sub(r"\n{3,}", "\n\n", page).strip() + "\n"


if __name__ == "__main__":
    (ROOT / "README.rst").write_text(make())
    sys.exit(0)
