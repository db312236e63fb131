from datetime import timedelta

from odoo import api, fields, models

from ...tools.dns.lookup import Resolver
from ...tools.dns.recipient_domain import can_receive_mail
from ...tools.dns.servers import ServersError, parse_servers
from ..bulk_write import upsert

KEPT_FOR = timedelta(days=7)
# An outage is looked at again sooner
UNKNOWN_FOR = timedelta(hours=6)
# Domains that are looked up at once, within the resolver's ten seconds
AT_ONCE = 200
# The largest domains of a mailing that are looked up at all
MOST = 5000


class MailjetRecipientDomain(models.Model):
    """Whether a domain of recipients accepts mail: a cache for checks, and its queue.

    Only checks read it, so nobody has rights on it.
    """

    _name = "mailjet.recipient.domain"
    _description = "Domain of recipients"
    _log_access = False

    name = fields.Char(required=True, readonly=True)
    state = fields.Selection(
        [
            ("waiting", "Not looked up yet"),
            ("yes", "Accepts mail"),
            ("no", "Accepts no mail"),
            ("unknown", "DNS did not answer"),
        ],
        required=True,
        readonly=True,
        default="waiting",
    )
    looked_up_on = fields.Datetime(readonly=True)

    _name_unique = models.UniqueIndex("(name)")
    _waiting = models.Index("(id) WHERE state = 'waiting'")

    @api.model
    def _known(self, names):
        """Return what is known of domains: name -> whether it accepts mail."""
        rows = self.sudo().search_fetch(
            [
                ("name", "in", list(names)),
                ("state", "in", ("yes", "no")),
                ("looked_up_on", ">=", fields.Datetime.now() - KEPT_FOR),
            ],
            ["name", "state"],
        )
        return {row.name: row.state == "yes" for row in rows}

    @api.model
    def _enqueue(self, names):
        """Queue the domains that are not known for a look-up in the background.

        :param names: the most important ones first
        """
        now = fields.Datetime.now()
        names = list(names)[:MOST]
        fresh = set(self._known(names)) | set(
            self.sudo()
            .search(
                [
                    ("name", "in", names),
                    "|",
                    ("state", "=", "waiting"),
                    ("looked_up_on", ">=", now - UNKNOWN_FOR),
                ]
            )
            .mapped("name")
        )
        new = [name for name in names if name not in fresh]
        if new:
            upsert(
                self.sudo(),
                [{"name": n} for n in new],
                ("name",),
                shared={"state": "waiting"},
            )
            self.env.ref("mail_mailjet.ir_cron_look_up_domains")._trigger()

    @api.model
    def _look_up(self, names):
        """Ask DNS about domains; return name -> whether it accepts mail, or None.

        It takes ten seconds at the most. Nothing may be locked meanwhile.
        """
        return can_receive_mail(list(names)[:AT_ONCE], Resolver(self._dns_servers()))

    @api.model
    def _dns_servers(self):
        """Return the DNS servers that an administrator has chosen, or none."""
        text = (
            self.env["ir.config_parameter"].sudo().get_param("mail_mailjet.dns_servers")
        )
        try:
            return parse_servers(text or "")
        except ServersError:
            return ()  # as without the setting; the check of domains tells

    @api.model
    def _note(self, known):
        """Keep what DNS said.

        :param dict known: as `_look_up` returns it
        """
        states = {True: "yes", False: "no", None: "unknown"}
        values = [
            {"name": name, "state": states[takes_mail]}
            for name, takes_mail in known.items()
        ]
        if values:
            upsert(
                self.sudo(),
                values,
                ("name",),
                shared={"looked_up_on": fields.Datetime.now()},
            )

    @api.model
    def _cron_look_up(self):
        """Look up the domains that wait, a batch at a time."""
        while True:
            waiting = self.search(
                [("state", "=", "waiting")], limit=AT_ONCE, order="id"
            )
            if not waiting:
                break
            names = waiting.mapped("name")
            # No lock and no old snapshot while DNS is asked
            self.env["ir.cron"]._commit_progress()
            self._note(self._look_up(names))
            left = self.search_count([("state", "=", "waiting")])
            if not self.env["ir.cron"]._commit_progress(len(names), remaining=left):
                break

    @api.autovacuum
    def _gc_domains(self):
        oldest = fields.Datetime.now() - 4 * KEPT_FOR
        self.search([("looked_up_on", "<", oldest)], limit=10000).unlink()
