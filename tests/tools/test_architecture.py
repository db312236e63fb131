"""The layers hold, and ARCHITECTURE.md names what is there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "ARCHITECTURE.md").read_text()
PYTHON = [
    path
    for folder in ("controllers", "models", "tools", "wizard")
    for path in (ROOT / folder).rglob("*.py")
]
DEFINED = {
    node.name
    for path in PYTHON
    for node in ast.walk(ast.parse(path.read_text()))
    if isinstance(node, ast.FunctionDef | ast.ClassDef)
}
# Core's own
CORE = {"send", "_send"}


def imports(path):
    """Yield the modules that a file imports, relative ones from the repository root."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *filter(None, [node.module])])
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize(
    ("folder", "forbidden"),
    [
        ("tools", ("odoo", "models", "wizard", "controllers")),
        ("tools/mailjet", ("tools.report",)),
        ("models", ("requests", "dns", "wizard", "controllers")),
        ("wizard", ("requests", "dns", "controllers")),
        ("controllers", ("requests", "dns")),
    ],
)
def test_a_layer_imports_only_what_is_below(folder, forbidden):
    wrong = [
        (str(path.relative_to(ROOT)), name)
        for path in (ROOT / folder).rglob("*.py")
        for name in imports(path)
        if any(name == word or name.startswith(f"{word}.") for word in forbidden)
    ]
    assert not wrong


def test_the_page_names_files_that_exist():
    named = set(re.findall(r"`([\w/]+/(?:[\w.]+)?)`", PAGE))
    named = {name for name in named if not name.startswith(("server", "sending"))}
    folders = ("", "models", "tools", "tools/mailjet")
    missing = {
        name
        for name in named
        if not any((ROOT / folder / name).exists() for folder in folders)
    }
    assert named and not missing


def test_the_page_names_functions_that_exist():
    named = {name.split(".")[-1] for name in re.findall(r"`([\w.]+)\(\)`", PAGE)}
    assert named and not named - DEFINED - CORE
