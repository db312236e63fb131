import re
from pathlib import Path

import polib

from odoo.tests import TransactionCase, tagged
from odoo.tools.misc import file_path
from odoo.tools.translate import TranslationModuleReader

MODULE = "mail_mailjet"
I18N = Path(__file__).parents[2] / "i18n"
PLACEHOLDER = re.compile(r"%\(\w+\)s|%[sd%]|\{\{.*?\}\}")
TAG = re.compile(r"</?[a-z]+\b")


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

    def test_every_language_is_complete(self):
        template = {entry.msgid for entry in self.read_terms(f"{MODULE}.pot")}
        languages = sorted(path.name for path in I18N.glob("*.po"))
        self.assertLessEqual({"es.po", "fr.po"}, set(languages))
        for language in languages:
            terms = self.read_terms(language)
            with self.subTest(language=language):
                self.assertEqual({entry.msgid for entry in terms}, template)
            for entry in terms:
                with self.subTest(language=language, term=entry.msgid):
                    self.assertTrue(entry.msgstr)
                    self.assertFalse(entry.fuzzy)
                    for pattern in (PLACEHOLDER, TAG):
                        self.assertEqual(
                            sorted(pattern.findall(entry.msgstr)),
                            sorted(pattern.findall(entry.msgid)),
                        )
