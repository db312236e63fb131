from odoo import api, fields, models


class IrMail_Server(models.Model):
    """Whether Odoo's blacklist and an account's excluded contacts are one list."""

    _inherit = "ir.mail_server"

    mailjet_exclusion_direction = fields.Selection(
        [
            ("off", "None: two lists"),
            ("from_mailjet", "From Mailjet to Odoo"),
            ("to_mailjet", "From Odoo to Mailjet"),
            ("both", "Both ways"),
        ],
        "Direction",
        default="off",
        copy=False,
        help="None: who is blocked in Odoo and who is excluded at Mailjet are two "
        "matters.\n"
        "From Mailjet to Odoo: whom Mailjet excludes is blocked in Odoo; Mailjet is "
        "not changed.\n"
        "From Odoo to Mailjet: whom Odoo blocks is excluded at Mailjet, which gets to "
        "know the address by that; Odoo is not changed.\n"
        "Both ways: one list. Whoever unblocks somebody on one side does so on both.",
    )
    mailjet_exclusion_exchange_ids = fields.One2many(
        "mailjet.exclusion.exchange",
        "server_id",
        "Exchange of blocked addresses",
        groups="base.group_system",
    )
    mailjet_exchange_stage = fields.Selection(
        related="mailjet_exclusion_exchange_ids.stage", groups="base.group_system"
    )
    mailjet_exchange_problem = fields.Text(
        related="mailjet_exclusion_exchange_ids.problem", groups="base.group_system"
    )
    mailjet_exchanged_on = fields.Datetime(
        related="mailjet_exclusion_exchange_ids.ended_on", groups="base.group_system"
    )
    mailjet_next_exchange_on = fields.Datetime(
        related="mailjet_exclusion_exchange_ids.next_on", groups="base.group_system"
    )
    mailjet_to_odoo_count = fields.Integer(
        related="mailjet_exclusion_exchange_ids.to_odoo_count",
        groups="base.group_system",
    )
    mailjet_to_mailjet_count = fields.Integer(
        related="mailjet_exclusion_exchange_ids.to_mailjet_count",
        groups="base.group_system",
    )
    mailjet_excluded_count = fields.Integer(
        "Blocked on both sides",
        compute="_compute_mailjet_exclusion_counts",
        groups="base.group_system",
    )
    mailjet_exclusion_difference_count = fields.Integer(
        "Left different",
        compute="_compute_mailjet_exclusion_counts",
        groups="base.group_system",
        help="The list says why for each of them.",
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
        """Return the Mailjet servers in use whose exclusions are exchanged."""
        return self._mailjet_in_use().filtered(
            lambda server: server.mailjet_exclusion_direction not in (False, "off")
        )

    def action_mailjet_exchange_exclusions(self):
        """Have blocked addresses exchanged now and not within the hour."""
        self.check_access("write")
        exchanges = self.env["mailjet.exclusion.exchange"].sudo()
        exchanges._make_missing()
        exchanges.search([("server_id", "in", self.ids)])._begin_soon()
        return self._mailjet_notification(
            self.env._("The exchange begins within a minute.")
        )

    def action_mailjet_exclusions(self):
        """Open the blocked addresses of this account."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "mail_mailjet.mailjet_exclusion_action"
        )
        return {**action, "context": {"search_default_server_id": self.id}}
