"""Odoo's blacklist and Mailjet's exclusion list, over real HTTP with the stand-in."""

from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from ...tools.mailjet.resources import MailjetApi
from ..server.test_neutralize import NeutralizeCommon
from .common import ANNA, BERT, CARA, OTHER_KEY, OTHER_SECRET, MailjetExclusionCommon


@tagged("post_install", "-at_install")
class TestMailjetExclusion(MailjetExclusionCommon):
    def test_off_by_default_and_nothing_is_asked(self):
        self.assertEqual(self.create_server().mailjet_exclusion_direction, "off")
        self.server.mailjet_exclusion_direction = "off"
        self.exclude(ANNA)
        self.block(BERT)
        self.sync()
        self.assertFalse(self.rest.requests)
        self.assertFalse(self.env["mailjet.exclusion"].search([]))

    def test_both_ways(self):
        self.exclude(ANNA)
        self.block(BERT, reason="He has asked for it.")
        self.sync()
        self.assert_both(ANNA, BERT)
        anna, bert = self.exclusion(ANNA), self.exclusion(BERT)
        self.assertEqual((anna.state, anna.origin), ("excluded", "mailjet"))
        self.assertEqual(anna.reason, "Excluded at Mailjet.")
        self.assertEqual((bert.state, bert.origin), ("excluded", "odoo"))
        self.assertEqual(bert.reason, "He has asked for it.")
        self.assertEqual(bert.changed_on - anna.changed_on, timedelta(minutes=1))
        self.assertIn("Excluded at Mailjet.", self.notes(ANNA))
        self.assert_settled()

    def test_from_mailjet_only(self):
        self.server.mailjet_exclusion_direction = "from_mailjet"
        self.exclude(ANNA)
        self.block(BERT)
        self.assertFalse(self.sync())
        self.assertEqual(self.in_odoo(), {ANNA, BERT})
        self.assertEqual(self.excluded(), {ANNA})
        self.assertFalse(self.exclusion(BERT))
        self.unblock(ANNA)
        for _hour in range(2):
            self.assertFalse(self.sync())
        self.assertEqual(self.in_odoo(), {BERT}, "unblocked by a person")
        self.assertIn("Excluded at Mailjet only", self.exclusion(ANNA).difference)
        self.include(ANNA)
        self.exclude(ANNA)
        self.sync()
        self.assertEqual(self.in_odoo(), {ANNA, BERT}, "excluded again, and later")
        self.include(ANNA)
        self.sync()
        self.assertEqual(self.in_odoo(), {BERT})
        self.assert_settled()

    def test_to_mailjet_only(self):
        self.server.mailjet_exclusion_direction = "to_mailjet"
        self.exclude(ANNA)
        self.block(BERT)
        self.sync()
        self.assertEqual(self.in_odoo(), {BERT})
        self.assertEqual(self.excluded(), {ANNA, BERT})
        self.include(BERT)
        for _hour in range(2):
            self.assertFalse(self.sync())
        self.assertEqual(self.in_odoo(), {BERT})
        self.assertEqual(self.excluded(), {ANNA})
        self.assertIn("Blocked in Odoo only", self.exclusion(BERT).difference)
        self.unblock(BERT)
        self.block(BERT)
        self.sync()
        self.assertEqual(self.excluded(), {ANNA, BERT}, "blocked again, and later")
        self.unblock(BERT)
        self.sync()
        self.assertEqual(self.excluded(), {ANNA})
        self.assert_settled()

    def test_what_was_left_different_follows_when_the_way_is_opened(self):
        self.server.mailjet_exclusion_direction = "to_mailjet"
        self.exclude(ANNA)
        self.sync()
        self.assertFalse(self.in_odoo())
        self.server.mailjet_exclusion_direction = "both"
        self.sync()
        self.assert_both(ANNA)
        self.assertFalse(self.exclusion(ANNA).is_different)

    def test_an_address_unblocked_later_stays_unblocked(self):
        self.block(ANNA)
        self.exclude(ANNA, BERT)
        self.unblock(ANNA)
        self.block(CARA)
        self.exclude(CARA)
        self.include(CARA)
        self.sync()
        self.assert_both(BERT)
        self.assertEqual(self.exclusion(ANNA).origin, "odoo")
        self.assertEqual(self.exclusion(CARA).origin, "mailjet")
        self.assert_settled()

    def test_an_address_unblocked_earlier_is_blocked(self):
        self.exclude(ANNA)
        self.include(ANNA)
        self.block(ANNA, BERT)
        self.unblock(BERT)
        self.exclude(BERT)
        self.sync()
        self.assert_both(ANNA, BERT)

    def test_later_changes_reach_the_other_side(self):
        self.block(ANNA, BERT)
        self.sync()
        self.unblock(ANNA, reason="She has called.")
        self.include(BERT)
        self.sync()
        self.assert_both()
        self.assertEqual(self.exclusion(ANNA).reason, "She has called.")
        self.assertIn("lifted at Mailjet", self.exclusion(BERT).reason)
        self.assertIn("lifted at Mailjet", self.notes(BERT))
        self.assertEqual(self.exclusion(BERT).state, "allowed")
        self.assert_settled()

    def test_a_deleted_entry_is_an_unblocked_address(self):
        self.block(ANNA)
        self.sync()
        self.env["mail.blacklist"].search([]).unlink()
        self.sync()
        self.assert_both()
        self.assert_settled()

    def test_both_have_changed_and_the_later_one_wins(self):
        for later_in_odoo in (True, False):
            self.exclude(ANNA)
            self.sync()
            self.assert_both(ANNA)
            if later_in_odoo:
                self.include(ANNA)
                self.unblock(ANNA)
                self.block(ANNA)
            else:
                self.unblock(ANNA)
                self.include(ANNA)
                self.exclude(ANNA)
            self.sync()
            self.assert_both(ANNA)
            origin = self.exclusion(ANNA).origin
            self.assertEqual(origin, "odoo" if later_in_odoo else "mailjet")
            self.include(ANNA)
            self.sync()

    def test_a_feedback_afterwards_blocks_nobody_again(self):
        self.block(ANNA)
        self.sync()
        self.include(ANNA)
        self.tick()
        reason = self.env["mailing.subscription.optout"].create({"name": "Too many"})
        self.env["mail.blacklist"].search([]).opt_out_reason_id = reason
        self.sync()
        self.assert_both()

    def test_the_reason_given_goes_with_it(self):
        self.block(ANNA)
        reason = self.env["mailing.subscription.optout"].create({"name": "Too many"})
        self.env["mail.blacklist"].search([]).opt_out_reason_id = reason
        self.block(BERT)
        self.sync()
        self.assertEqual(self.exclusion(ANNA).reason, "Too many")
        self.assertEqual(self.exclusion(BERT).reason, "Blocked in Odoo.")
        # An old note does not explain a later change
        self.unblock(ANNA, BERT)
        self.sync()
        self.assertEqual(self.exclusion(ANNA).reason, "Unblocked in Odoo.")

    def test_a_complaint_is_the_reason(self):
        self.exclude(ANNA)
        [contact_id] = self.contact_ids(ANNA)
        self.statistics.change_contact(contact_id, IsSpamComplaining=True)
        self.sync()
        self.assertIn("as spam", self.exclusion(ANNA).reason)
        self.assertIn("as spam", self.notes(ANNA))

    def test_entries_older_than_the_add_on(self):
        self.block(ANNA, BERT)
        self.env.flush_all()
        self.env.cr.execute("UPDATE mail_blacklist SET mailjet_changed_on = NULL")
        self.env.invalidate_all()
        self.sync()
        self.assert_both(ANNA, BERT)
        self.assert_settled()

    # -- Addresses ---------------------------------------------------------------------

    def test_addresses_in_any_case_are_one(self):
        self.statistics.add_contact("Anna@Example.COM", is_excluded=True)
        self.block("BERT@example.com")
        self.sync()
        self.assertEqual(self.in_odoo(), {ANNA, BERT})
        self.include(ANNA)
        self.sync()
        self.assertEqual(self.in_odoo(), {BERT})

    def test_erased_contacts_are_left_alone(self):
        self.exclude(ANNA, BERT)
        self.sync()
        for contact_id in self.contact_ids(ANNA, BERT):
            self.statistics.erase_contact(contact_id)
        for _hour in range(2):
            self.assertFalse(self.sync())
        self.assertEqual(self.in_odoo(), {ANNA, BERT})
        self.assertIn("no longer knows", self.exclusion(ANNA).difference)
        self.rest.clear_requests()
        self.sync()
        asked = [one.path for one in self.rest.requests if "@" in one.path]
        self.assertFalse(asked, "Mailjet is not asked about them every hour")
        self.unblock(ANNA)
        self.sync()
        self.assertEqual(self.exclusion(ANNA).state, "allowed")
        self.block(ANNA)
        self.sync()
        self.assertEqual(self.excluded(), {ANNA}, "blocked again by a person")
        self.assertFalse(
            self.env["mailjet.exclusion"].search([("email", "like", "domain.invalid")])
        )

    def test_another_contact_of_the_same_address_frees_nobody(self):
        """A contact that is deleted and created again was never excluded."""
        self.exclude(ANNA)
        self.sync()
        self.statistics.delete_contact(self.contact_ids(ANNA)[0])
        self.statistics.add_contact(ANNA)
        self.sync()
        self.assert_both(ANNA)
        self.assert_settled()

    def test_another_account_behind_the_server_frees_nobody(self):
        self.exclude(ANNA, BERT)
        self.sync()
        self.with_clock(self.store.add_key(OTHER_KEY, OTHER_SECRET))
        self.server.write({"smtp_user": OTHER_KEY, "smtp_pass": OTHER_SECRET})
        self.store.account(OTHER_KEY).statistics.add_contact(BERT)
        self.sync()
        self.assert_both(ANNA, BERT)

    def test_a_refused_address_is_explained_and_retried_a_day_later(self):
        odd = "anna@example"  # which Odoo accepts
        self.block(odd, BERT)
        refuse = self.refuse_contact(odd)
        with refuse:
            self.sync()
            self.assertEqual(self.excluded(), {BERT})
            exclusion = self.exclusion(odd)
            self.assertIn("refuses this address", exclusion.difference)
            self.assertIn("MJ08", exclusion.difference)
            self.sync()
            self.assertFalse([one for one in self.rest.requests if odd in one.path])
        self.tick(days=1)
        self.sync()
        self.assertEqual(self.excluded(), {odd, BERT})
        self.assertFalse(self.exclusion(odd).is_different)

    @contextmanager
    def refuse_contact(self, email):
        answer = self.rest.answer

        def refuse(method, url, login, body):
            if method == "POST" and email.encode() in body:
                body = b'{"Email": "no address"}'
            return answer(method, url, login, body)

        with patch.object(self.rest, "answer", refuse):
            yield

    def test_a_contact_that_somebody_makes_meanwhile(self):
        self.block(ANNA)
        create = MailjetApi.create_contact

        def create_late(client, email, is_excluded):
            self.statistics.add_contact(email)
            return create(client, email, is_excluded)

        with patch.object(MailjetApi, "create_contact", create_late):
            self.sync()
        self.assert_both(ANNA)
        self.assert_settled()

    # -- On the server -----------------------------------------------------------------

    def test_the_server_shows_what_was_done(self):
        self.exclude(ANNA)
        self.block(BERT, CARA)
        self.sync()
        server = self.server
        self.assertEqual(server.mailjet_exclusion_sync_stage, "idle")
        self.assertEqual(server.mailjet_exclusion_synced_on, self.now)
        self.assertEqual(server.mailjet_to_odoo_count, 1)
        self.assertEqual(server.mailjet_to_mailjet_count, 2)
        self.assertEqual(server.mailjet_excluded_count, 3)
        self.assertEqual(server.mailjet_exclusion_difference_count, 0)
        action = server.action_mailjet_exclusions()
        self.assertEqual(action["context"], {"search_default_server_id": server.id})

    def test_sync_now(self):
        self.sync()
        self.block(ANNA)
        with self.enter_registry_test_mode():
            self.cron.method_direct_trigger()
        self.env.invalidate_all()
        self.assertFalse(self.excluded(), "not before the hour is over")
        self.server.action_mailjet_sync_exclusions()
        self.assertTrue(
            self.env["ir.cron.trigger"].search(
                [("cron_id", "=", self.cron.id), ("call_at", "<=", self.now)]
            )
        )
        with self.enter_registry_test_mode():
            self.cron.method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(self.excluded(), {ANNA})

    def test_access_rights(self):
        self.block(ANNA)
        self.sync()
        marketing = new_test_user(
            self.env, "marketing", "mass_mailing.group_mass_mailing_user"
        )
        internal = new_test_user(self.env, "internal", "base.group_user")
        admin = new_test_user(self.env, "system", "base.group_system")
        exclusion = self.exclusion(ANNA)
        self.assertEqual(exclusion.with_user(marketing).email, ANNA)
        for act in (
            lambda: exclusion.with_user(internal).read(["email"]),
            lambda: exclusion.with_user(marketing).unlink(),
            lambda: exclusion.with_user(admin).write({"state": False}),
            lambda: self.progress().with_user(marketing).read(["stage"]),
            lambda: self.progress().with_user(admin).write({"stage": "idle"}),
            self.server.with_user(marketing).action_mailjet_sync_exclusions,
        ):
            with self.assertRaises(AccessError):
                act()
        self.server.with_user(admin).action_mailjet_sync_exclusions()
        exclusion.with_user(admin).unlink()


@tagged("post_install", "-at_install")
class TestMailjetExclusionNeutralized(MailjetExclusionCommon, NeutralizeCommon):
    def test_a_copy_syncs_nothing(self):
        self.exclude(ANNA)
        self.block(BERT)
        self.env["ir.config_parameter"].set_param("database.is_neutralized", True)
        self.sync()
        self.assertFalse(self.rest.requests)
        self.assertEqual(self.in_odoo(), {BERT})

    def test_a_copy_is_switched_off(self):
        self.neutralize()
        self.assertEqual(self.server.mailjet_exclusion_direction, "off")
        self.assertFalse(self.cron.active)
