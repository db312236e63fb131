"""Colors of badges and bars, by WCAG 2.2: https://www.w3.org/TR/WCAG22/#contrast-minimum"""

import re
from pathlib import Path

import pytest

STATIC = Path(__file__).resolve().parents[2] / "static" / "src"
WHITE = "#ffffff"
TRACK = "#e9ecef"  # Bootstrap's $progress-bg
DARK = "#262a36"  # Odoo's page in the dark theme
BADGES = ("good", "news", "warning", "bad")
BARS = ("good", "warning", "bad", "neutral")


def named(path):
    """Return the colors of a style sheet: name -> color."""
    text = (STATIC / path).read_text()
    found = re.findall(r'(?:\$o-mailjet-|")([a-z_]+)"?: (#[0-9a-f]{6})', text)
    assert found
    return dict(found)


COLORS = named("colors/colors.scss")
PARTS = named("delivery_bar/delivery_bar.scss")


def luminance(color):
    parts = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    darker, lighter = sorted(map(luminance, (one, other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_known_ratios():
    assert contrast("#000000", WHITE) == pytest.approx(21)
    assert contrast("#28a745", WHITE) == pytest.approx(3.13, abs=0.01)


@pytest.mark.parametrize("name", BADGES)
def test_text_of_badges(name):
    assert contrast(COLORS[name], COLORS["text"]) >= 4.5


@pytest.mark.parametrize("name", BARS)
def test_bars_on_their_track(name):
    assert contrast(COLORS[name], TRACK) >= 3


@pytest.mark.parametrize("name", PARTS)
def test_parts_of_the_delivery_bar(name):
    assert contrast(PARTS[name], WHITE) >= 3
    assert contrast(PARTS[name], DARK) >= 3


def test_no_component_has_the_pale_colors():
    pale = re.compile(r'"text-bg-(?:success|warning|danger|info)"|progress-bar bg-')
    found = [
        str(path.relative_to(STATIC))
        for path in STATIC.rglob("*")
        if path.suffix in (".js", ".xml") and pale.search(path.read_text())
    ]
    assert not found
