# pylint: disable=translation-required
import threading
import time
from contextlib import closing
from unittest.mock import patch

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tests import tagged

from ...models.sending.run import Run
from .test_mail_refused import MailRefusedCommon


@tagged("post_install", "-at_install")
class TestQuotaShared(MailRefusedCommon):
    """Workers that send at the same time, each with a connection of its own."""

    def setUp(self):
        super().setUp()
        # Odoo holds the lock while it runs the tests
        self.enterContext(patch.object(Registry, "_lock", threading.RLock()))
        self.env_of_all = self.open_env()
        self.server = self.create_standin_server_for_all()
        self.addCleanup(self.delete_all)

    def open_env(self):
        cr = self.enterContext(closing(self.registry.cursor()))
        return api.Environment(cr, SUPERUSER_ID, {})

    def create_standin_server_for_all(self):
        with patch.object(type(self), "MailServer", self.env_of_all["ir.mail_server"]):
            server = self.create_standin_server()
        server.env.cr.commit()
        return server

    def create_mails_for_all(self, count, **vals):
        with patch.object(self, "env", self.env_of_all):
            mails = self.create_mails(count, **vals)
        self.env_of_all.cr.commit()
        self.messages |= mails.mail_message_id
        return mails

    @property
    def messages(self):
        return self.__dict__.get("_messages", self.env_of_all["mail.message"])

    @messages.setter
    def messages(self, messages):
        self.__dict__["_messages"] = messages

    def delete_all(self):
        env = self.env_of_all
        env.cr.rollback()
        env.cr.execute(
            "UPDATE mail_mail SET state = 'cancel' WHERE mail_message_id = ANY(%s)",
            [self.messages.ids],
        )
        env.invalidate_all()
        env["mail.mail"].search([("mail_message_id", "in", self.messages.ids)]).unlink()
        self.messages.exists().unlink()
        self.server.unlink()
        env.cr.commit()

    def side_by_side(self, count, work):
        """Call a function in threads, each with an environment, at the same time."""
        barrier = threading.Barrier(count)
        errors = []

        def run(number):
            try:
                with closing(self.registry.cursor()) as cr:
                    env = api.Environment(cr, SUPERUSER_ID, {})
                    # The transaction's view of the database begins here
                    cr.execute("SELECT 1 FROM mail_mail LIMIT 1")
                    barrier.wait(10)
                    work(env, number)
                    cr.commit()  # pylint: disable=invalid-commit
            except Exception as error:
                errors.append(error)

        threads = [
            threading.Thread(target=run, args=[number]) for number in range(count)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        self.assertFalse(errors)
        self.env_of_all.cr.rollback()
        self.env_of_all.invalidate_all()

    def slow_reading(self):
        """Have a worker read what is left well before it reserves."""
        model = type(self.env["ir.mail_server"])
        read = model._mailjet_limits

        def read_slowly(server):
            limits = read(server)
            time.sleep(0.5)
            return limits

        return patch.object(model, "_mailjet_limits", read_slowly)

    def set_limit(self, **limits):
        self.server.write(limits)
        self.env_of_all.cr.commit()

    def test_runs_share_what_is_left(self):
        self.set_limit(mailjet_daily_limit=10)
        mails = self.create_mails_for_all(40)

        def work(env, number):
            server = env["ir.mail_server"].browse(self.server.id)
            Run(env, server).send(ids=mails.ids[number::2])

        with self.slow_reading():
            self.side_by_side(2, work)
        self.assertEqual(len(self.arrived()), 10)
        self.assertEqual(self.server.mailjet_used_today, 10)
        self.assertEqual(len(mails.filtered(lambda m: m.state == "sent")), 10)
        waiting = mails.filtered(lambda mail: mail.state == "outgoing")
        self.assertEqual(set(waiting.mapped("mailjet_waits_for")), {"limit"})

    def test_cores_way_shares_what_is_left(self):
        self.set_limit(mailjet_hourly_limit=10)
        mails = self.create_mails_for_all(20)

        def work(env, number):
            env["mail.mail"].browse(mails.ids[number::2]).send()

        with self.slow_reading():
            self.side_by_side(2, work)
        self.assertEqual(len(self.arrived()), 10)
        self.assertEqual(self.server.mailjet_used_hour, 10)
        self.assertEqual(len(mails.filtered(lambda m: m.state == "sent")), 10)

    def test_a_run_goes_on_behind_what_waits_and_splits(self):
        self.set_limit(mailjet_daily_limit=5)
        many = ", ".join(f"m{number}@example.org" for number in range(7))
        self.create_mails_for_all(2)
        four = ", ".join(f"f{number}@example.org" for number in range(4))
        large = self.create_mails_for_all(1, email_to=four)
        split = self.create_mails_for_all(1, email_to=many)
        small = self.create_mails_for_all(5)

        def work(env, _number):
            Run(env, env["ir.mail_server"].browse(self.server.id)).send()

        self.side_by_side(1, work)
        self.assertEqual(len(self.arrived()), 5)
        self.assertEqual(large.state, "outgoing")
        self.assertEqual(self.server.mailjet_used_today, 5)
        parts = self.env_of_all["mail.mail"].search(
            [("mail_message_id", "=", split.mail_message_id.id)]
        )
        self.assertEqual(len(parts), 2)
        waiting = large + parts + small
        waiting = waiting.filtered(lambda mail: mail.state == "outgoing")
        self.assertEqual(set(waiting.mapped("mailjet_waits_for")), {"limit"})

    def test_a_run_gives_back_what_is_refused_or_cancelled(self):
        self.set_limit(mailjet_daily_limit=10)
        self.mailjet.faults.add("RCPT", "550 5.1.1 User unknown", after=1)
        mails = self.create_mails_for_all(5)
        mail_model = type(self.env["mail.mail"])

        def decide(mails, _server):
            return mails[1:]

        def work(env, _number):
            Run(env, env["ir.mail_server"].browse(self.server.id)).send(mails.ids)

        with patch.object(mail_model, "_mailjet_decide", decide):
            self.side_by_side(1, work)
        self.assertEqual(len(self.arrived()), 3)
        self.assertEqual(self.server.mailjet_used_today, 3)

    def test_one_by_one_reserves_once(self):
        """In core's way for the sake of another module, which is claimed, too."""
        self.set_limit(mailjet_daily_limit=4)
        two = "a@example.org, b@example.org"
        mails = self.create_mails_for_all(1)
        mails += self.create_mails_for_all(1, email_to=f"{two}, {two}")
        mails += self.create_mails_for_all(
            1, email_to=", ".join(f"m{number}@example.org" for number in range(3))
        )
        mails += self.create_mails_for_all(2)

        def work(env, _number):
            server = env["ir.mail_server"].browse(self.server.id)
            env["mail.mail"]._mailjet_run_singly(server, None, None)

        self.side_by_side(1, work)
        self.assertEqual(len(self.arrived()), 4)
        self.assertEqual(self.server.mailjet_used_today, 4)
        self.assertEqual(
            mails.mapped("state"), ["sent", "sent", "outgoing", "sent", "outgoing"]
        )
