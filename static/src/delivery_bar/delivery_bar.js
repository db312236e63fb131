import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { formatInteger } from "@web/views/fields/formatters";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { Component } from "@odoo/owl";

// The parts of tools/report/figures.py; labels agree with no number in any language
const LOOKS = {
    opened: { background: "o_mailjet_opened", label: _t("Opened") },
    delivered: { background: "o_mailjet_delivered", label: _t("Delivered, not opened") },
    under_way: { background: "o_mailjet_under_way", label: _t("Under way") },
    waiting: { background: "o_mailjet_waiting", label: _t("Waiting in Odoo") },
    blocked: { background: "o_mailjet_blocked", label: _t("Blocked") },
    bounced: { background: "o_mailjet_bounced", label: _t("Bounced") },
    failed: { background: "o_mailjet_failed", label: _t("Not sent") },
};

/**
 * What became of a mailing's emails, as a bar with a legend.
 *
 * It has no percentages: rates refer to processed or delivered emails, a bar to all.
 */
export class MailjetDeliveryBar extends Component {
    static template = "mail_mailjet.DeliveryBar";
    static props = { ...standardFieldProps };

    get parts() {
        const counts = this.props.record.data[this.props.name] || {};
        const names = Object.keys(LOOKS).filter((name) => counts[name]);
        const total = names.reduce((sum, name) => sum + counts[name], 0);
        return names.map((name) => ({
            name,
            width: (100 * counts[name]) / total,
            count: formatInteger(counts[name]),
            ...LOOKS[name],
        }));
    }
}

registry.category("fields").add("mailjet_delivery_bar", {
    component: MailjetDeliveryBar,
    displayName: _t("Delivery results"),
    supportedTypes: ["json"],
});
