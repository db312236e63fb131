"""Make `mail_mailjet.tools` importable without Odoo or a database.

The repository root is the package, and its `__init__` imports Odoo's models; these
stubs have its path but not its code.
"""

import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]

for name, folder in (("mail_mailjet", ROOT), ("mail_mailjet.tests", ROOT / "tests")):
    package = ModuleType(name)
    package.__path__ = [str(folder)]
    sys.modules[name] = package


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    """Reach the stand-ins directly, whatever proxy the environment sets."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
