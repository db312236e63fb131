import { _t } from "@web/core/l10n/translation";
import { Dialog } from "@web/core/dialog/dialog";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

import { Component, useState } from "@odoo/owl";

/** Field types that the preview depends on, and how to send their values. */
const READERS = {
    boolean: (value) => value,
    date: (value) => (value ? value.toISODate() : false),
    many2many: (value) => [[6, 0, value.currentIds]],
    many2one: (value) => (value ? value.id : false),
    selection: (value) => value,
};

/** A table of the first rows at Mailjet. */
export class MailjetPreviewDialog extends Component {
    static template = "mail_mailjet.PreviewDialog";
    static components = { Dialog };
    static props = {
        close: Function,
        columns: { type: Array, element: String },
        count: Number,
        rows: { type: Array, element: Array },
    };

    get title() {
        return _t("Preview");
    }

    get words() {
        if (!this.props.rows.length) {
            return _t("Mailjet has no rows that match these filters.");
        }
        return this.props.count < 0
            ? _t("First %s rows", this.props.rows.length)
            : _t("First %(shown)s of %(count)s rows", {
                  shown: this.props.rows.length,
                  count: this.props.count,
              });
    }
}

/** Previews what a report would import, before it is saved. */
export class MailjetReportPreview extends Component {
    static template = "mail_mailjet.ReportPreview";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.dialog = useService("dialog");
        this.state = useState({ isBusy: false });
    }

    async show() {
        this.state.isBusy = true;
        try {
            const preview = await this.orm.call("mailjet.report", "preview", [
                this.currentValues(),
            ]);
            this.dialog.add(MailjetPreviewDialog, preview);
        } finally {
            this.state.isBusy = false;
        }
    }

    /** The current values of the form, saved or not. */
    currentValues() {
        const { activeFields, data, fields } = this.props.record;
        const values = {};
        for (const name of Object.keys(activeFields).filter((one) => one !== "id")) {
            const read = READERS[fields[name].type];
            if (read) {
                values[name] = read(data[name]);
            }
        }
        return values;
    }
}

registry.category("view_widgets").add("mailjet_report_preview", {
    component: MailjetReportPreview,
});
