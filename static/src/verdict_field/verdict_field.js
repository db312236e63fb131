import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { Component } from "@odoo/owl";

// Color and icon of each state; the label comes from the selection
const LOOKS = {
    ok: { badge: "text-bg-success o_mailjet_good", icon: "fa-check" },
    warning: { badge: "text-bg-warning o_mailjet_warning", icon: "fa-exclamation-triangle" },
    error: { badge: "text-bg-danger o_mailjet_bad", icon: "fa-times" },
    missing: { badge: "text-bg-danger o_mailjet_bad", icon: "fa-minus-circle" },
    ready: { badge: "text-bg-success o_mailjet_good", icon: "fa-check" },
    not_ready: { badge: "text-bg-danger o_mailjet_bad", icon: "fa-times" },
    met: { badge: "text-bg-success o_mailjet_good", icon: "fa-check" },
    advice: { badge: "text-bg-warning o_mailjet_warning", icon: "fa-exclamation-triangle" },
    not_met: { badge: "text-bg-danger o_mailjet_bad", icon: "fa-times" },
    optional: { badge: "text-bg-300", icon: "fa-circle-o" },
    uncheckable: { badge: "text-bg-300", icon: "fa-eye-slash" },
};
const UNKNOWN = { badge: "text-bg-300", icon: "fa-question-circle" };

/** Return color and icon of a state. */
export function lookOf(state) {
    return LOOKS[state] || UNKNOWN;
}

/** The state of a DNS record as a badge that is readable without its color. */
export class MailjetVerdictField extends Component {
    static template = "mail_mailjet.VerdictField";
    static props = { ...standardFieldProps, isCompact: { type: Boolean, optional: true } };

    get value() {
        return this.props.record.data[this.props.name];
    }

    get look() {
        return lookOf(this.value);
    }

    get iconClass() {
        return this.props.isCompact ? this.look.icon : `${this.look.icon} me-1`;
    }

    get label() {
        const { selection } = this.props.record.fields[this.props.name];
        return selection.find(([value]) => value === this.value)?.[1];
    }
}

export const mailjetVerdictField = {
    component: MailjetVerdictField,
    displayName: _t("Verdict"),
    supportedTypes: ["selection"],
    supportedOptions: [
        {
            label: _t("Icon only"),
            name: "compact",
            type: "boolean",
            help: _t("Show the label only when hovering, where there is little room."),
        },
    ],
    extractProps: ({ options }) => ({ isCompact: Boolean(options.compact) }),
};

registry.category("fields").add("mailjet_verdict", mailjetVerdictField);
