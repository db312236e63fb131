"""The documentation: up to date, valid, and without dead links."""

import re
import runpy
from pathlib import Path

import docutils.core
import docutils.utils
import pytest

ROOT = Path(__file__).resolve().parents[2]
GENERATOR = runpy.run_path(str(ROOT / "dev" / "readme.py"))
PAGES = [ROOT / "README.rst", *sorted((ROOT / "docs").glob("*.rst"))]
MARKDOWN = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "readme").glob("*.md")),
]


def name(path):
    return str(path.relative_to(ROOT))


def relative_links(path):
    """Yield the files that a page links to, relative to the page.

    A fragment becomes part of README.rst, so its links count from the root.
    """
    folder = ROOT if path.parent.name == "readme" else path.parent
    markdown = r"\]\(([^)#\s]+)\)"
    rest = r"<([^<>\s]+)>`__?|\.\. image:: (\S+)"
    pattern = markdown if path.suffix == ".md" else rest
    for found in re.finditer(pattern, path.read_text()):
        target = next(filter(None, found.groups()))
        if not re.match(r"[a-z]+:", target):
            yield target, folder / target


def test_readme_is_made_from_its_fragments():
    made = GENERATOR["make"]()
    assert (ROOT / "README.rst").read_text() == made, "run python3 dev/readme.py"


def test_each_fragment_is_used():
    named = {f"{fragment}.md" for fragment, _title in GENERATOR["FRAGMENTS"]}
    assert {path.name for path in (ROOT / "readme").iterdir()} == named


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_a_page_is_valid(path):
    docutils.core.publish_doctree(
        path.read_text(),
        source_path=str(path),
        settings_overrides={"halt_level": docutils.utils.Reporter.INFO_LEVEL},
    )


@pytest.mark.parametrize("path", [*PAGES, *MARKDOWN], ids=name)
def test_links_lead_somewhere(path):
    missing = [link for link, target in relative_links(path) if not target.exists()]
    assert not missing


def test_each_page_is_in_the_readme():
    linked = {target.resolve() for _link, target in relative_links(PAGES[0])}
    docs = {path.resolve() for path in (ROOT / "docs").iterdir()}
    assert docs <= linked
