from odoo import api, fields, models


class IrMail_Server(models.Model):
    """Keeping Odoo's blacklist in sync with the account's exclusion list."""

    _inherit = "ir.mail_server"

    mailjet_exclusion_direction = fields.Selection(
        [
            ("off", "None: separate lists"),
            ("from_mailjet", "From Mailjet to Odoo"),
            ("to_mailjet", "From Odoo to Mailjet"),
            ("both", "Both ways"),
        ],
        "Direction",
        default="off",
        copy=False,
        help="None: Odoo's blacklist and Mailjet's exclusion list stay separate.\n"
        "From Mailjet to Odoo: addresses excluded at Mailjet are blocked in Odoo; "
        "nothing changes at Mailjet.\n"
        "From Odoo to Mailjet: addresses blocked in Odoo are excluded at Mailjet, even "
        "those that it does not know yet; nothing changes in Odoo.\n"
        "Both ways: one list. Unblocking an address on one side unblocks it on both.",
    )
    mailjet_exclusion_sync_ids = fields.One2many(
        "mailjet.exclusion.sync",
        "server_id",
        "Sync of blocked addresses",
        groups="base.group_system",
    )
    mailjet_exclusion_sync_stage = fields.Selection(
        related="mailjet_exclusion_sync_ids.stage", groups="base.group_system"
    )
    mailjet_exclusion_sync_problem = fields.Text(
        related="mailjet_exclusion_sync_ids.problem", groups="base.group_system"
    )
    mailjet_exclusion_synced_on = fields.Datetime(
        related="mailjet_exclusion_sync_ids.ended_on", groups="base.group_system"
    )
    mailjet_exclusion_next_sync_on = fields.Datetime(
        related="mailjet_exclusion_sync_ids.next_on", groups="base.group_system"
    )
    mailjet_to_odoo_count = fields.Integer(
        related="mailjet_exclusion_sync_ids.to_odoo_count",
        groups="base.group_system",
    )
    mailjet_to_mailjet_count = fields.Integer(
        related="mailjet_exclusion_sync_ids.to_mailjet_count",
        groups="base.group_system",
    )
    mailjet_excluded_count = fields.Integer(
        "Blocked on both sides",
        compute="_compute_mailjet_exclusion_counts",
        groups="base.group_system",
    )
    mailjet_exclusion_difference_count = fields.Integer(
        "Differences",
        compute="_compute_mailjet_exclusion_counts",
        groups="base.group_system",
        help="The list gives the reason for each address.",
    )

    def _compute_mailjet_exclusion_counts(self):
        exclusions = self.env["mailjet.exclusion"]
        for server in self:
            own = [("server_id", "in", server.ids)]
            server.mailjet_excluded_count = exclusions.search_count(
                [*own, ("state", "=", "excluded"), ("is_different", "=", False)]
            )
            server.mailjet_exclusion_difference_count = exclusions.search_count(
                [*own, ("is_different", "=", True)]
            )

    @api.model
    def _mailjet_with_exclusions(self):
        """Return the Mailjet servers in use whose exclusion list is synced."""
        return self._mailjet_in_use().filtered(
            lambda server: server.mailjet_exclusion_direction not in (False, "off")
        )

    def action_mailjet_sync_exclusions(self):
        """Sync blocked addresses now instead of at the next hourly run."""
        self.check_access("write")
        syncs = self.env["mailjet.exclusion.sync"].sudo()
        syncs._make_missing()
        syncs.search([("server_id", "in", self.ids)])._begin_soon()
        return self._mailjet_notification(
            self.env._("The sync starts within a minute.")
        )

    def action_mailjet_exclusions(self):
        """Open the blocked addresses of this account."""
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "mail_mailjet.mailjet_exclusion_action"
        )
        return {**action, "context": {"search_default_server_id": self.id}}
