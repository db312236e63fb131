"""Odoo's command line, with every test run after all modules are loaded.

Odoo runs an at_install test as soon as the module it belongs to is loaded. The modules
that come later, this add-on among them, are not there yet, so those tests would say
nothing about it.
"""

from odoo.cli import main
from odoo.tests import loader

make_suite = loader.make_suite


def make_late_suite(module_names, position="at_install"):
    """Return no test at installation and both kinds afterwards."""
    if position == "at_install":
        return loader.OdooSuite()
    suite = make_suite(module_names, "at_install")
    suite.addTests(make_suite(module_names, "post_install"))
    return suite


loader.make_suite = make_late_suite
main()
