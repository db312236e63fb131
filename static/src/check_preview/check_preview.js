import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { useRecordObserver } from "@web/model/relational_model/utils";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

import { Component, useState } from "@odoo/owl";

/** What a recipient sees, on a phone and on a computer. */
export class MailjetCheckPreview extends Component {
    static template = "mail_mailjet.CheckPreview";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.state = useState({ isBusy: true, number: 0, device: "phone", preview: {} });
        // Again after each check
        useRecordObserver((record) => this.load(record, this.state.number));
    }

    get devices() {
        return [
            { name: "phone", label: _t("Phone"), icon: "fa-mobile" },
            { name: "desktop", label: _t("Computer"), icon: "fa-desktop" },
        ];
    }

    async load(record, number) {
        // Read here, so that the observer is called again when it changes
        const isChecked = Boolean(record.data.checked_on);
        this.state.isBusy = true;
        try {
            const preview = isChecked
                ? await this.orm.call("mailjet.check", "read_preview", [record.resId, number])
                : { recipients: [] };
            Object.assign(this.state, { preview, number });
        } finally {
            this.state.isBusy = false;
        }
    }

    choose(event) {
        return this.load(this.props.record, Number(event.target.value));
    }
}

registry.category("view_widgets").add("mailjet_check_preview", {
    component: MailjetCheckPreview,
});
