"""A message as a browser may show it: nothing runs, nothing is counted."""

import copy

import lxml.html

from ..mailjet.link import without_values
from .sample import Sample, is_pixel

# Elements that load, run or send something
_REMOVED = (
    *("script", "iframe", "object", "embed", "applet", "base", "link", "meta"),
    *("frame", "frameset", "audio", "video", "source", "template", "noscript"),
)
_FORM = ("form", "input", "button", "select", "textarea")
_URLS = ("href", "action", "formaction", "ping", "xlink:href", "background", "srcset")

# The document may show images and styles, and nothing else
POLICY = (
    "default-src 'none'; img-src https: http: data:; style-src 'unsafe-inline'; "
    "font-src https:; form-action 'none'; base-uri 'none'"
)
_HEAD = (
    '<meta charset="utf-8"/>'
    f'<meta http-equiv="Content-Security-Policy" content="{POLICY}"/>'
    '<meta name="viewport" content="width=device-width"/>'
    '<meta name="referrer" content="no-referrer"/>'
)


def preview_html(sample: Sample) -> str:
    """Return a document for a sandboxed iframe.

    Links lead nowhere and say where they would; images stay, but for tracking pixels.
    """
    if sample.root is None:
        return f"<html><head>{_HEAD}</head><body></body></html>"
    root = copy.deepcopy(sample.root)
    for element in list(root.iter()):
        if not isinstance(element.tag, str):
            _drop(element)  # comments, some of which are for Outlook
        elif element.tag in _REMOVED or (element.tag == "img" and is_pixel(element)):
            _drop(element)
        else:
            _disarm(element, sample)
    head = root.find("head")
    if head is None:
        head = lxml.html.Element("head")
        root.insert(0, head)
    for number, element in enumerate(lxml.html.fragments_fromstring(_HEAD)):
        head.insert(number, element)
    return lxml.html.tostring(root, encoding="unicode", doctype="<!DOCTYPE html>")


def _disarm(element, sample: Sample) -> None:
    if element.tag in _FORM:
        element.tag = "div"
    href = element.get("href") if element.tag == "a" else None
    for name in list(element.attrib):
        is_url = name in _URLS or (name == "src" and element.tag != "img")
        if is_url or name.startswith("on"):
            del element.attrib[name]
    if href is not None:
        target = sample.targets.get(href, href)
        # Links to Odoo hold the recipient's token
        element.set(
            "title", without_values(target) if sample.is_own(target) else target
        )
        style = element.get("style") or ""
        element.set("style", f"cursor: default; {style}")
        if "color" not in style:
            element.set("style", f"color: #0a58ca; {element.get('style')}")


def _drop(element) -> None:
    """Remove an element, and not the text after it."""
    parent = element.getparent()
    if parent is None:
        return
    if isinstance(element.tag, str):
        element.drop_tree()
        return
    previous = element.getprevious()
    if element.tail:
        if previous is not None:
            previous.tail = (previous.tail or "") + element.tail
        else:
            parent.text = (parent.text or "") + element.tail
    parent.remove(element)
