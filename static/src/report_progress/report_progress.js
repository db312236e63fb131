import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { Component, useEffect } from "@odoo/owl";

const REFRESH_MS = 1500;

/** How far a report is, read again while it runs. */
export class MailjetReportProgress extends Component {
    static template = "mail_mailjet.ReportProgress";
    static props = { ...standardFieldProps };

    setup() {
        useEffect(
            (isRunning) => {
                if (!isRunning) {
                    return;
                }
                const timer = browser.setInterval(() => this.refresh(), REFRESH_MS);
                return () => browser.clearInterval(timer);
            },
            () => [this.props.record.data.state === "running"]
        );
    }

    refresh() {
        // What somebody is typing stays
        if (!this.props.record.dirty) {
            this.props.record.load();
        }
    }

    get percent() {
        return this.props.record.data[this.props.name] || 0;
    }

    get words() {
        return _t("%s %% of the parts", this.percent);
    }
}

registry.category("fields").add("mailjet_report_progress", {
    component: MailjetReportProgress,
    displayName: _t("Progress of a Mailjet report"),
    supportedTypes: ["integer"],
});
