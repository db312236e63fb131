from contextlib import contextmanager
from unittest.mock import patch

from odoo.tests import tagged

from ...models.exclusions import (
    mailjet_exclusion_sync,
    mailjet_exclusion_sync_compare,
)
from ...tools.mailjet.resources import MailjetApi
from .common import ANNA, BERT, MailjetExclusionCommon


@tagged("post_install", "-at_install")
class TestMailjetExclusionPages(MailjetExclusionCommon):
    """Mailjet's list is read a page at a time while others change it."""

    def small_pages(self):
        page = MailjetApi.excluded_contact_page
        self.enterContext(patch.object(mailjet_exclusion_sync, "API_PAGE_SIZE", 3))
        self.enterContext(
            patch.object(
                MailjetApi,
                "excluded_contact_page",
                lambda client, offset: page(client, offset, limit=3),
            )
        )
        self.enterContext(patch.object(mailjet_exclusion_sync_compare, "STEP", 2))

    def test_page_by_page(self):
        self.small_pages()
        emails = [f"{number}@example.com" for number in range(10)]
        self.exclude(*emails[:8])
        self.block(*emails[8:])
        self.statistics.erase_contact(self.contact_ids(emails[0])[0])
        self.sync()
        self.assert_both(*emails[1:])
        self.assertEqual(self.progress().readings, 1)

    @contextmanager
    def after_the_first_page(self, act):
        """Run an action once while the list is being read."""
        page, acts = MailjetApi.excluded_contact_page, [act]

        def page_and_act(client, offset):
            contacts = page(client, offset)
            if acts:
                acts.pop()()
            return contacts

        with patch.object(MailjetApi, "excluded_contact_page", page_and_act):
            yield

    def test_a_contact_that_comes_while_the_list_is_read(self):
        self.small_pages()
        self.statistics.add_contact(ANNA)
        emails = [f"{number}@example.com" for number in range(9)]
        self.exclude(*emails)
        with self.after_the_first_page(lambda: self.exclude(ANNA)):
            self.sync()
        self.assertEqual(self.progress().readings, 2, "the list is read again")
        self.assert_both(ANNA, *emails)

    def test_a_contact_that_moves_to_a_page_that_was_read(self):
        """The count matches, though one contact was missed and another one is gone."""
        self.small_pages()
        emails = [f"{number}@example.com" for number in range(9)]
        self.exclude(*emails)
        self.sync()
        with self.after_the_first_page(lambda: self.include(emails[0])):
            self.sync()
        self.assertEqual(self.progress().readings, 1)
        self.assertLessEqual(set(emails[1:]), self.in_odoo(), "nobody is unblocked")
        self.sync()
        self.assert_both(*emails[1:])
        self.assert_settled()

    def test_a_list_whose_count_never_matches_unblocks_nobody(self):
        self.exclude(ANNA, BERT)
        self.sync()
        page = MailjetApi.excluded_contact_page
        with patch.object(
            MailjetApi,
            "excluded_contact_page",
            lambda client, offset: page(client, offset)[1:],
        ):
            self.assertFalse(self.sync())
        self.assertEqual(self.progress().readings, 3)
        self.assert_both(ANNA, BERT)

    def test_the_same_page_again_is_an_error(self):
        self.small_pages()
        self.exclude(*(f"{number}@example.com" for number in range(5)))
        page = MailjetApi.excluded_contact_page
        with patch.object(
            MailjetApi, "excluded_contact_page", lambda client, offset: page(client, 0)
        ):
            self.sync()
        self.assertIn("same page", self.progress().problem)
        self.assertFalse(self.in_odoo())
