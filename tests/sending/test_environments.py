import gc
from unittest.mock import patch

from odoo.tests import tagged

from ...models.sending import run
from .fates_common import FatesCommon
from .send_api_common import SendApiMixin


@tagged("post_install", "-at_install")
class TestEnvironments(FatesCommon):
    """A mail's own environment does not stay, except the first one of a run.

    Odoo looks through all of them whenever it needs one, so each slows down the run.
    """

    def setUp(self):
        super().setUp()
        self.env["res.company"].search([]).alias_domain_id = False
        # Those in cycles are freed whenever Python looks for them
        gc.disable()
        self.addCleanup(gc.enable)

    def assert_none_stays(self, mails):
        """Send mails, and count their environments after each."""
        self.assertFalse(mails.record_alias_domain_id)
        prepare, counts = run.Run._prepare_mail, []

        def counted(this, *args):
            prepared = prepare(this, *args)
            envs = list(this.env.transaction.envs)
            counts.append(sum("send_validated_to" in env.context for env in envs))
            return prepared

        with patch.object(run.Run, "_prepare_mail", counted):
            self.send(mails, "engine")
        self.assertEqual(len(self.arrived()), len(mails))
        self.assertEqual(len(counts), len(mails))
        self.assertLessEqual(max(counts), 1, counts)

    def test_company_without_alias_domain(self):
        self.assert_none_stays(self.create_mails(5))

    def test_international_domain(self):
        mails = self.create_mails(5)
        for number, mail in enumerate(mails):
            mail.email_to = f"to{number}@bücher.example"
        self.assert_none_stays(mails)


@tagged("post_install", "-at_install")
class TestEnvironmentsBySendApi(SendApiMixin, TestEnvironments):
    # Odoo runs the tests of a base class with this only
    allow_inherited_tests_method = True
