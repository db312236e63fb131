from ..common import MailjetCommon
from ..standins.dmarc_reports import DOMAIN, gzipped, mail, report_xml


class DmarcCommon(MailjetCommon):
    """A database with a domain and an alias for DMARC reports."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.create_server()
        cls.domain = cls.create_domain(DOMAIN)
        cls.Report = cls.env["mailjet.dmarc.report"]
        cls.Row = cls.env["mailjet.dmarc.row"]
        cls.alias = cls.env["mail.alias"].create(
            {
                "alias_name": "dmarc",
                "alias_domain_id": cls.alias_domain.id,
                "alias_model_id": cls.env["ir.model"]._get_id("mailjet.dmarc.report"),
            }
        )

    @classmethod
    def create_domain(cls, name):
        return cls.env["mailjet.domain"].create(
            {"server_id": cls.server.id, "name": name}
        )

    def receive(self, data, **options):
        """Hand a mail to the gateway as an incoming server does; return its reports."""
        last = self.Report.search([], order="id desc", limit=1).id or 0
        raw = mail(data, **options)
        self.env["mail.thread"].message_process(None, raw)
        return self.Report.search([("id", ">", last)], order="id")

    def upload(self, *files):
        """Store files without a mail; return their reports."""
        return self.Report._receive(
            [(f"{i}.xml", file) for i, file in enumerate(files)]
        )

    def run_cron(self):
        with self.enter_registry_test_mode():
            self.env.ref(
                "mail_mailjet.ir_cron_read_dmarc_reports"
            ).method_direct_trigger()
        self.env.invalidate_all()

    def read_xml(self, *records, **options):
        """Read a report, as `report_xml` makes it; return it."""
        report = self.upload(gzipped(report_xml(*records, **options)))
        report._read()
        return report
