import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { Component } from "@odoo/owl";

/** The recipient of an imported row, or how to get to know it. */
export class MailjetRecipient extends Component {
    static template = "mail_mailjet.Recipient";
    static props = { ...standardFieldProps };

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        this.isAdmin = user.isSystem;
    }

    get email() {
        return this.props.record.data[this.props.name] || "";
    }

    get isUnknown() {
        return !this.email && this.props.record.data.misses_contact;
    }

    async importContacts() {
        const { server_id: server } = this.props.record.data;
        const args = [server.id, "contact"];
        await this.action.doAction(await this.orm.call("mailjet.dashboard", "action_import", args));
    }
}

registry.category("fields").add("mailjet_recipient", {
    component: MailjetRecipient,
    displayName: _t("Recipient of an imported row"),
    supportedTypes: ["char"],
    fieldDependencies: [
        { name: "misses_contact", type: "boolean", readonly: true },
        { name: "server_id", type: "many2one", relation: "ir.mail_server", readonly: true },
    ],
});
