import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { formatFloat, formatInteger } from "@web/views/fields/formatters";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { Component } from "@odoo/owl";

const LOOKS = {
    open: { background: "bg-success", word: _t("opened") },
    sent: { background: "bg-info", word: _t("delivered, not opened") },
    pending: { background: "bg-secondary", word: _t("in transit") },
    error: { background: "bg-warning", word: _t("not delivered") },
    bounce: { background: "bg-danger", word: _t("bounced") },
};

/** The delivery results of a mailing, as a bar with a legend. */
export class MailjetDeliveryBar extends Component {
    static template = "mail_mailjet.DeliveryBar";
    static props = { ...standardFieldProps };

    get parts() {
        const counts = this.props.record.data[this.props.name] || {};
        const names = Object.keys(LOOKS).filter((name) => counts[name]);
        const total = names.reduce((sum, name) => sum + counts[name], 0);
        return names.map((name) => {
            const percent = (100 * counts[name]) / total;
            return {
                name,
                percent,
                count: formatInteger(counts[name]),
                share: formatFloat(percent, { digits: [0, percent === 100 ? 0 : 1] }),
                ...LOOKS[name],
            };
        });
    }
}

registry.category("fields").add("mailjet_delivery_bar", {
    component: MailjetDeliveryBar,
    displayName: _t("Delivery results"),
    supportedTypes: ["json"],
});
