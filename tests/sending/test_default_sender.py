from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import config

from .fates_common import FatesCommon, both_ways


@tagged("post_install", "-at_install")
class TestDefaultSender(FatesCommon):
    @both_ways
    def test_international_domain(self, way):
        """A mail without a From gets the default one, its domain in ASCII as well."""
        self.env["res.company"].search([]).alias_domain_id = False
        mail = self.create_mails(1)
        mail.write({"email_from": False, "reply_to": False})
        with patch.dict(
            config._cli_options, {"email_from": "Zoé <info@bücher.example>"}
        ):
            self.send(mail, way)
        [message] = self.mailjet.store.messages
        for name in ("From", "Reply-To"):
            self.assertIn("<info@xn--bcher-kva.example>", message.header(name))
