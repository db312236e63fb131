from pathlib import Path

from odoo.tests import BaseCase, tagged

from ... import tests

ROOT = Path(tests.__file__).parent


@tagged("post_install", "-at_install")
class TestTestsLoaded(BaseCase):
    """Odoo runs only the modules that `tests` imports."""

    def test_every_test_file_is_loaded(self):
        # Those of tools/ and of the stand-ins are pytest's
        on_disk = {
            path
            for path in ROOT.rglob("test_*.py")
            if path.relative_to(ROOT).parts[0] != "tools"
        }
        loaded = {
            Path(module.__file__)
            for name, module in vars(tests).items()
            if name.startswith("test_")
        }
        self.assertTrue(on_disk)
        self.assertEqual(on_disk, loaded)
