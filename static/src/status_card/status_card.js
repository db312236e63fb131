import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { Component, status } from "@odoo/owl";

// Color and icon of each light, and what it says to those who see neither
const LIGHTS = {
    ok: { icon: "fa-check-circle text-success", label: _t("In order") },
    unknown: { icon: "fa-question-circle text-muted", label: _t("Not known") },
    warning: { icon: "fa-exclamation-triangle text-warning", label: _t("To do") },
    error: { icon: "fa-times-circle text-danger", label: _t("Problem") },
};

/** How things are with an account: one line for each part, with the next step. */
export class MailjetStatusCard extends Component {
    static template = "mail_mailjet.StatusCard";
    static props = {
        card: Object,
        hasName: { type: Boolean, optional: true },
        onlyOpen: { type: Boolean, optional: true },
        reload: { type: Function, optional: true },
    };

    setup() {
        this.action = useService("action");
    }

    get lines() {
        const { card, onlyOpen } = this.props;
        return onlyOpen ? card.lines.filter(({ light }) => light !== "ok") : card.lines;
    }

    get isInOrder() {
        return ["ok", "unknown"].includes(this.props.card.light);
    }

    light(line) {
        return LIGHTS[line.light];
    }

    /** Do what a line proposes, and show what has become of it. */
    async takeNextStep(line) {
        await this.action.doActionButton({
            type: "object",
            resModel: "ir.mail_server",
            resId: this.props.card.id,
            resIds: [this.props.card.id],
            name: "action_mailjet_next_step",
            args: JSON.stringify([line.key]),
            onClose: () => this.reload(),
        });
        await this.reload();
    }

    /** Show what has changed, unless the step has led away from here. */
    async reload() {
        if (status(this) === "mounted") {
            await this.props.reload?.();
        }
    }
}

/** The cards in a field: one card, or a list of them. */
export class MailjetStatusField extends Component {
    static template = "mail_mailjet.StatusField";
    static components = { MailjetStatusCard };
    static props = { ...standardFieldProps };

    get cards() {
        return [this.props.record.data[this.props.name] || []].flat();
    }

    /** Read the record again, unless that would undo what was typed. */
    async reload() {
        const { record } = this.props;
        if (!(await record.isDirty())) {
            await record.load();
        }
    }
}

registry.category("fields").add("mailjet_status", {
    component: MailjetStatusField,
    displayName: _t("Status of a Mailjet account"),
    supportedTypes: ["json"],
});
