import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { Component } from "@odoo/owl";

import { useRecordPolling } from "../record_polling/record_polling";

const REFRESH_MS = 1500;

/** The progress of a report, refreshed while it runs. */
export class MailjetReportProgress extends Component {
    static template = "mail_mailjet.ReportProgress";
    static props = { ...standardFieldProps };

    setup() {
        useRecordPolling(() => this.props.record.data.state === "running", REFRESH_MS);
    }

    get percent() {
        return this.props.record.data[this.props.name] || 0;
    }

    get words() {
        return _t("%s %% complete", this.percent);
    }
}

registry.category("fields").add("mailjet_report_progress", {
    component: MailjetReportProgress,
    displayName: _t("Mailjet import progress"),
    supportedTypes: ["integer"],
});
