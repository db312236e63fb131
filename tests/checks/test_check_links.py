# pylint: disable=translation-required
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.sql_db import Cursor
from odoo.tests import tagged

from ...models.checks import mailjet_check_links
from ...tools.message import link_check
from ...tools.message.link_check import Page
from ..common import MailjetRestCommon
from .common import BASE_URL, BODY, CheckCommon

PUBLIC = "93.184.215.14"


@tagged("post_install", "-at_install")
class TestCheckLinks(CheckCommon, MailjetRestCommon):
    """Dead links are looked for when somebody asks, and at public addresses only."""

    def setUp(self):
        super().setUp()
        self.asked = []
        self.pages = {}
        self.enterContext(patch.object(link_check, "fetch_page", self.fetch))
        self.env["mailjet.recipient.domain"]._note({"roses.org": True})

    async def fetch(self, address, parts, method):
        self.asked.append((address, parts.geturl()))
        return self.pages.get(parts.geturl(), Page(200))

    def check_links(self, *hrefs):
        links = "".join(f'<a href="{href}">Look</a>' for href in hrefs)
        before = len(self.dns.queries)
        check = self.check(body_html=BODY + links)
        self.assertFalse(self.asked)
        self.assertEqual(len(self.dns.queries), before)
        check.with_user(self.marketing).action_check_links()
        self.env.invalidate_all()
        return check

    def test_links_are_asked_at_their_targets(self):
        for host in ("roses.acme-shop.com", "tulips.org"):
            self.dns.set(host, "A", [PUBLIC])
        self.pages["https://tulips.org/gone"] = Page(404)
        check = self.check_links("https://tulips.org/gone")
        self.assertCountEqual(
            self.asked,
            [
                (PUBLIC, "https://roses.acme-shop.com/?to=1"),
                (PUBLIC, "https://tulips.org/gone"),
                (PUBLIC, "https://tulips.org/gone"),
            ],
        )
        self.assertEqual(self.levels(check), {"dead_link": "error"})
        self.assertIn("https://tulips.org/gone", check.finding_ids.examples)
        self.assertTrue(check.links_checked_on)

    def test_no_token_of_a_recipient_is_kept(self):
        for host in ("roses.acme-shop.com", "tulips.org"):
            self.dns.set(host, "A", [PUBLIC])
        url = "https://tulips.org/gone?key=secret"
        self.pages[url] = Page(404)
        check = self.check_links(url)
        self.assertIn((PUBLIC, url), self.asked)
        kept = f"{check.read()} {check.finding_ids.read()}"
        self.assertIn("https://tulips.org/gone", kept)
        self.assertNotIn("secret", kept)

    def test_internal_addresses_are_not_asked(self):
        self.dns.set("roses.acme-shop.com", "A", [PUBLIC])
        self.dns.set("inside.org", "A", ["127.0.0.1"])
        self.dns.set("outside.org", "A", [PUBLIC])
        self.pages["https://outside.org/"] = Page(302, "http://inside.org/admin")
        check = self.check_links(
            "https://inside.org/", "https://outside.org/", "http://127.0.0.1:8069/web"
        )
        self.assertFalse([url for _address, url in self.asked if "inside" in url])
        [finding] = check.finding_ids.filtered(lambda f: f.code == "internal_link")
        self.assertEqual(len(finding.examples.splitlines()), 3)

    def test_links_that_act_are_not_asked(self):
        self.dns.set("roses.acme-shop.com", "A", [PUBLIC])
        self.dns.set("odoo.acme-shop.com", "A", [PUBLIC])
        self.check_links("/view", f"{BASE_URL}/mailing/1/view", "mailto:a@roses.org")
        self.assertEqual(
            {url for _address, url in self.asked}, {"https://roses.acme-shop.com/?to=1"}
        )

    def test_findings_last_until_the_links_change(self):
        check = self.check_links("https://gone.org/")
        self.assertIn("dead_link", self.levels(check))
        self.assertIn("dead_link", self.levels(self.check(subject="Other")))
        check = self.check(body_html=BODY)
        self.assertNotIn("dead_link", self.levels(check))
        self.assertFalse(check.links_checked_on)

    def test_domains_are_looked_up_with_them(self):
        self.create_contacts("a@silent.org")
        check = self.check_links()
        self.assertEqual(self.levels(check)["without_mail"], "warning")

    def test_a_copy_of_the_database_asks_nobody(self):
        check = self.check()
        self.env["ir.config_parameter"].set_param("database.is_neutralized", "True")
        with self.assertRaises(UserError):
            check.action_check_links()
        self.assertFalse(self.asked)

    def test_nothing_is_written_before_others_are_asked(self):
        """So that nothing is locked meanwhile."""
        check = self.check()
        self.env.flush_all()
        execute, written, ever_written = Cursor.execute, [], []

        def note(cursor, query, *args, **kwargs):
            if "ROLLBACK TO SAVEPOINT" in str(query):
                written.clear()
            if any(word in str(query) for word in ("INSERT ", "UPDATE ", "DELETE ")):
                written.append(query)
                ever_written.append(query)
            return execute(cursor, query, *args, **kwargs)

        def ask(_urls, _servers):
            self.assertFalse(written)
            return []

        with (
            patch.object(Cursor, "execute", note),
            patch.object(mailjet_check_links, "check_links", ask),
        ):
            check.with_user(self.marketing).action_check_links()
            self.env.flush_all()
        self.assertTrue(ever_written and check.links_checked_on)
