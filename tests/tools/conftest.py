"""Lets `mail_mailjet.tools` be imported without Odoo and without a database.

The repository root is the package, and its own `__init__` imports Odoo's models; these
stubs have its path but not its code.
"""

import sys
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]

for name, folder in (("mail_mailjet", ROOT), ("mail_mailjet.tests", ROOT / "tests")):
    package = ModuleType(name)
    package.__path__ = [str(folder)]
    sys.modules[name] = package
