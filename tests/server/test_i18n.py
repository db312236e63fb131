import re

import polib

from odoo.tests import TransactionCase, tagged
from odoo.tools.misc import file_path
from odoo.tools.translate import TranslationModuleReader

MODULE = "mail_mailjet"
PLACEHOLDER = re.compile(r"%\(\w+\)s|%s|%d")


@tagged("post_install", "-at_install")
class TestI18n(TransactionCase):
    def read_terms(self, name):
        return polib.pofile(file_path(f"{MODULE}/i18n/{name}"))

    def test_the_template_is_current(self):
        """To fix: `dev/odoo i18n export -d DATABASE -o i18n/mail_mailjet.pot ...`."""
        rows = TranslationModuleReader(self.env.cr, [MODULE])
        terms = {source for _module, _type, _name, _id, source, *_rest in rows}
        template = {entry.msgid for entry in self.read_terms(f"{MODULE}.pot")}
        self.assertEqual(template, terms)

    def test_french_is_complete(self):
        template = {entry.msgid for entry in self.read_terms(f"{MODULE}.pot")}
        french = self.read_terms("fr.po")
        self.assertEqual({entry.msgid for entry in french}, template)
        for entry in french:
            with self.subTest(term=entry.msgid):
                self.assertTrue(entry.msgstr)
                self.assertFalse(entry.fuzzy)
                self.assertEqual(
                    sorted(PLACEHOLDER.findall(entry.msgstr)),
                    sorted(PLACEHOLDER.findall(entry.msgid)),
                )
