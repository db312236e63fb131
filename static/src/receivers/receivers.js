import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { Component } from "@odoo/owl";

import { lookOf } from "../verdict_field/verdict_field";

const LABELS = {
    met: _t("Met"),
    advice: _t("Advice"),
    not_met: _t("Not met"),
    unknown: _t("Not checked yet"),
    uncheckable: _t("Cannot be checked"),
};

/** A line for each receiver: what it asks for, and whether the domain meets it. */
export class MailjetReceivers extends Component {
    static template = "mail_mailjet.Receivers";
    static props = { ...standardFieldProps };

    get lines() {
        return this.props.record.data[this.props.name] || [];
    }

    look(line) {
        return lookOf(line.state);
    }

    label(line) {
        return LABELS[line.state];
    }
}

registry.category("fields").add("mailjet_receivers", {
    component: MailjetReceivers,
    displayName: _t("Receivers"),
    supportedTypes: ["json"],
});
