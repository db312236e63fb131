import logging

from odoo import models
from odoo.exceptions import UserError

_logger = logging.getLogger(__name__)


class IrMail_Server(models.Model):
    """What scheduled actions do for each account."""

    _inherit = "ir.mail_server"

    def _mailjet_for_each(self, work, label):
        """Do something for each of these servers, and commit after each.

        What fails for one is logged and left to the next run; the others go on.

        :param work: a function of one server, which may raise a UserError
        :param str label: what it does, for the log: "read the quota"
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
