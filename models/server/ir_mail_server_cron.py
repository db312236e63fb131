import logging

from odoo import models
from odoo.exceptions import UserError

_logger = logging.getLogger(__name__)


class IrMail_Server(models.Model):
    """Run scheduled actions account by account."""

    _inherit = "ir.mail_server"

    def _mailjet_for_each(self, work, label):
        """Call a function for each server and commit after each.

        If it fails for one, log that and go on; the next run tries again.

        :param work: a function of one server, which may raise a UserError
        :param str label: what it does, for the log, such as "read the quota"
        """
        commit_progress = self.env["ir.cron"]._commit_progress
        commit_progress(remaining=len(self))
        for server in self:
            try:
                work(server)
            except UserError as error:
                _logger.info(
                    "Mailjet: could not %s of %s: %s", label, server.name, error
                )
            commit_progress(1)
