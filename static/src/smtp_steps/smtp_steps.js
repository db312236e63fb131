import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { formatFloat } from "@web/views/fields/formatters";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { Component } from "@odoo/owl";

import { useRecordPolling } from "../record_polling/record_polling";

const LOOKS = {
    ok: { icon: "fa-check text-success", word: _t("Done") },
    failed: { icon: "fa-times text-danger", word: _t("Failed") },
    running: { icon: "fa-spinner fa-spin", word: _t("Running") },
    skipped: { icon: "fa-minus text-muted", word: _t("Skipped") },
    not_reached: { icon: "fa-circle-o text-muted", word: _t("Not reached") },
};
const REFRESH_MS = 700;

/** The steps of an SMTP test, refreshed while it runs. */
export class MailjetSmtpSteps extends Component {
    static template = "mail_mailjet.SmtpSteps";
    static props = { ...standardFieldProps };

    setup() {
        useRecordPolling(() => this.isInProgress, REFRESH_MS);
    }

    get isInProgress() {
        const { state, delivery, is_interrupted } = this.props.record.data;
        return !is_interrupted && (state === "running" || delivery === "waiting");
    }

    get steps() {
        return this.props.record.data[this.props.name] || [];
    }

    /** How long a step took, in the reader's notation. */
    seconds(step) {
        return _t("%s s", formatFloat(step.seconds, { digits: [0, 2] }));
    }

    look(step) {
        return LOOKS[step.state];
    }
}

registry.category("fields").add("mailjet_smtp_steps", {
    component: MailjetSmtpSteps,
    displayName: _t("Steps of an SMTP test"),
    supportedTypes: ["json"],
});
