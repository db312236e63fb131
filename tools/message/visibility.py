"""Which parts of a message's HTML nobody sees, judging by its own styles."""

import re

_MEDIA = re.compile(r"@media[^{}]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", re.IGNORECASE)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_SELECTOR = re.compile(r"(?:[a-z][a-z0-9]*)?([.#])([-\w]+)", re.IGNORECASE)
_NUMBER = re.compile(r"(-?\d*\.?\d+)\s*(px|pt|em|rem|%)?")
_HEX = re.compile(r"#([0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)
_RGB = re.compile(r"rgba?\(\s*(\d+)[\s,]+(\d+)[\s,]+(\d+)[^)]*\)")
_NAMED = {"white": (255, 255, 255), "black": (0, 0, 0)}
# Far enough to be off any screen
_OFF_SCREEN = -500
# Below this ratio nobody reads the text, whatever the light
_INVISIBLE = 1.15


def declarations(style: str | None) -> dict[str, str]:
    """Return the properties of a style -> their values, in small letters."""
    pairs = (part.partition(":") for part in (style or "").lower().split(";"))
    return {
        name.strip(): value.replace("!important", "").strip()
        for name, colon, value in pairs
        if colon
    }


def hides(style: dict[str, str]) -> bool:
    """Whether an element with these properties is hidden with all that is in it."""
    return (
        style.get("display") == "none"
        or style.get("visibility") in ("hidden", "collapse")
        or _size(style, "opacity") == 0
        or (
            style.get("overflow") == "hidden"
            and 0 in (_size(style, "height"), _size(style, "max-height"))
        )
        or any(
            (_size(style, name) or 0) <= _OFF_SCREEN
            for name in ("left", "top", "margin-left", "margin-top", "text-indent")
        )
    )


def hiding_selectors(css: str) -> frozenset[str]:
    """Return the plain selectors (".name", "#name") that hide elements.

    Those for some screens only are left out, as are those made of several.
    """
    css = _MEDIA.sub(" ", _COMMENT.sub(" ", css))
    found = set()
    for selectors, style in _RULE.findall(css):
        if hides(declarations(style)):
            for selector in selectors.split(","):
                plain = _SELECTOR.fullmatch(selector.strip())
                if plain:
                    found.add(plain[1] + plain[2])
    return frozenset(found)


def is_hidden(element, selectors: frozenset[str] = frozenset()) -> bool:
    """Whether an element itself hides its content."""
    if "hidden" in element.attrib or hides(declarations(element.get("style"))):
        return True
    names = [f".{name}" for name in (element.get("class") or "").split()]
    return not selectors.isdisjoint([*names, f"#{element.get('id')}"])


def is_seen(element, selectors: frozenset[str] = frozenset()) -> bool:
    """Whether people see the text of an element, by it and all it is in."""
    chain = [element, *element.iterancestors()]
    if any(is_hidden(one, selectors) for one in chain):
        return False
    styles = [declarations(one.get("style")) for one in chain]
    sizes = (_size(style, "font-size") for style in styles)
    size = next((one for one in sizes if one is not None), None)
    return (size is None or size > 0) and not _is_camouflaged(chain, styles)


def _is_camouflaged(chain, styles) -> bool:
    """Whether text has the color of its background; False where that is not known."""
    color = next((style["color"] for style in styles if "color" in style), "")
    grounds = (
        style.get("background-color") or style.get("background") or one.get("bgcolor")
        for one, style in zip(chain, styles, strict=True)
    )
    ground = next((one for one in grounds if one and one != "transparent"), "")
    if not ground and not any(one.get("class") for one in chain):
        ground = "white"
    first, second = parse_color(color), parse_color(ground)
    return None not in (first, second) and contrast(first, second) < _INVISIBLE


def parse_color(text: str) -> tuple[int, int, int] | None:
    """Return red, green and blue, 0 to 255; None if it is another notation."""
    text = text.strip().lower()
    found = _HEX.fullmatch(text)
    if found:
        digits = found[1] if len(found[1]) == 6 else "".join(d * 2 for d in found[1])
        return tuple(int(digits[place : place + 2], 16) for place in (0, 2, 4))
    found = _RGB.fullmatch(text)
    if found:
        return tuple(min(int(part), 255) for part in found.groups())
    return _NAMED.get(text)


def contrast(first: tuple[int, int, int], second: tuple[int, int, int]) -> float:
    """Return how much two colors differ, 1 to 21 (WCAG 2.2)."""
    bright, dark = sorted(map(_luminance, (first, second)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(color):
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (value / 255 for value in color)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _size(style, name):
    """Return the number of a property, whatever its unit; None without one."""
    found = _NUMBER.fullmatch(style.get(name, ""))
    return float(found[1]) if found else None
