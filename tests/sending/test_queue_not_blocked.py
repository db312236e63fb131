# pylint: disable=translation-required
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...models.sending import mail_mail_split, run
from ...models.sending.budget import RUN_SECONDS, Budget
from ...models.sending.run import Run
from ...tools.smtp.sessions import Sessions
from ..standins import HANG_UP
from .fates_common import FatesCommon


@tagged("post_install", "-at_install")
class TestQueueNotBlocked(FatesCommon):
    """What is wrong with one mail, mailing or server holds up nothing else."""

    def test_an_archived_server_keeps_no_other_mail(self):
        stopped = self.create_standin_server(name="Archived")
        mails = self.create_mails(2)
        mails[0].mail_server_id = stopped
        stopped.active = False
        self.in_queue("send", mails.ids, auto_commit=True)
        self.assertEqual(mails[1].state, "sent")
        self.assertEqual(mails[0].state, "exception")
        self.assertIn("archived", mails[0].failure_reason)

    def test_a_mailing_that_cannot_be_decided_on(self):
        broken = self.make_mails(self.create_mailing("a@example.org", "b@example.org"))
        good = self.create_mails(1)
        mailings = self.env.registry["mailing.mailing"]
        with (
            patch.object(mailings, "_mailjet_opted_out", side_effect=KeyError("gone")),
            mute_logger("odoo.addons.mail_mailjet.models.sending.run"),
        ):
            self.in_queue("_cron_mailjet_send")
        self.assertEqual(good.state, "sent")
        self.assertEqual(set(broken.mapped("state")), {"exception"})
        self.assertIn("gone", broken[0].failure_reason)

    def test_a_mail_that_takes_too_much_memory(self):
        large, good = self.create_mails(2)
        servers = self.env.registry["ir.mail_server"]
        build = servers._build_email__

        def fail(records, *args, **options):
            if "to0@example.org" in options["email_to"]:
                raise MemoryError
            return build(records, *args, **options)

        with (
            patch.object(servers, "_build_email__", fail),
            mute_logger("odoo.addons.mail_mailjet.models.sending.run"),
        ):
            self.in_queue("_cron_mailjet_send")
        self.assertEqual((large.state, good.state), ("exception", "sent"))

    def test_a_server_that_cannot_be_used_keeps_no_other_server(self):
        stopped = self.create_standin_server(name="Without a host")
        mails = self.create_mails(2)
        mails[0].mail_server_id = stopped
        servers = self.env.registry["ir.mail_server"]
        connect = servers._connect__

        def refuse(records, *args, **options):
            if options.get("mail_server_id") == stopped.id:
                raise UserError("Missing SMTP Server")
            return connect(records, *args, **options)

        with patch.object(servers, "_connect__", refuse):
            self.in_queue("_cron_mailjet_send")
            self.assertEqual(mails[1].state, "sent")
            self.in_queue("send", mails[0].ids, auto_commit=True)
        self.assertEqual(mails[0].state, "exception")

    def test_the_servers_share_the_time_of_a_run(self):
        servers = self.server
        for number in range(3):
            servers += self.create_standin_server(name=f"No. {number}")
        mails = self.create_mails(len(servers))
        for mail, server in zip(mails, servers, strict=True):
            mail.mail_server_id = server
        ends = []
        send = Run.send

        def watch(worker, *args, **options):
            ends.append(worker.budget.seconds_left())
            return send(worker, *args, **options)

        with patch.object(Run, "send", watch):
            self.in_queue("_cron_mailjet_send")
        self.assertEqual(len(ends), 4)
        self.assertEqual(set(mails.mapped("state")), {"sent"})
        self.assertLess(ends[0], RUN_SECONDS / 4 + 1)

    def test_core_s_way_ends_in_time_as_well(self):
        mails = self.create_mails(3)
        model = self.env.registry["mail.mail"]
        with (
            patch.object(model, "_mailjet_foreign_senders", lambda mails: {"other"}),
            patch.object(Budget, "is_over", lambda budget: bool(self.arrived())),
        ):
            self.in_queue("_cron_mailjet_send")
            self.assertEqual(len(self.arrived()), 1)
        cron = self.env.ref("mail_mailjet.ir_cron_mailjet_send_1")
        self.assertTrue(self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)]))
        self.assertEqual(mails.mapped("state").count("outgoing"), 2)

    def test_a_mail_that_makes_the_server_hang_up_pauses_nothing(self):
        bad = self.create_mails(1, email_to="bad@example.org")
        self.mailjet.faults.add("RCPT", HANG_UP, address="bad@example.org", times=None)
        self.in_queue("_cron_mailjet_send")
        self.assertEqual((bad.mailjet_waits_for, bad.mailjet_tries), ("retry", 1))
        self.assertFalse(self.server.mailjet_is_paused)

    def test_a_large_attachment_for_many_is_in_memory_a_few_times_only(self):
        emails = [f"to{number}@example.org" for number in range(7)]
        file = {"name": "a.bin", "raw": b"x" * 100_000}
        mail = self.create_mails(
            1,
            email_to="a@example.org, b@example.org",
            recipient_ids=self.create_partners(*emails).ids,
            attachment_ids=self.env["ir.attachment"].create(file).ids,
        )
        sizes = []
        put = Sessions.put

        def watch(sessions, envelopes):
            sizes.append(sum(len(envelope.content) for envelope in envelopes))
            return put(sessions, envelopes)

        with (
            patch.object(mail_mail_split, "MOST_BYTES", 250_000),
            patch.object(run, "PARCEL_BYTES", 200_000),
            patch.object(Sessions, "put", watch),
        ):
            self.in_queue("_cron_mailjet_send")
        expected = sorted(["a@example.org", "b@example.org", *emails])
        self.assertEqual(self.arrived(), expected)
        self.assertEqual(set(self.parts(mail).mapped("state")), {"sent"})
        self.assertLess(max(sizes), 500_000)
