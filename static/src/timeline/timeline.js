import { _t } from "@web/core/l10n/translation";
import { deserializeDateTime, toLocaleDateTimeString } from "@web/core/l10n/dates";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { Component } from "@odoo/owl";

// Colour and icon of each kind of moment; its label says the same in words
const LOOKS = {
    written: { badge: "text-bg-300", icon: "fa-pencil" },
    queued: { badge: "text-bg-300", icon: "fa-clock-o" },
    handed: { badge: "text-bg-300", icon: "fa-paper-plane-o" },
    sent: { badge: "text-bg-info o_mailjet_news", icon: "fa-check" },
    open: { badge: "text-bg-success o_mailjet_good", icon: "fa-envelope-open-o" },
    click: { badge: "text-bg-success o_mailjet_good", icon: "fa-mouse-pointer" },
    reply: { badge: "text-bg-success o_mailjet_good", icon: "fa-reply" },
    bounce: { badge: "text-bg-danger o_mailjet_bad", icon: "fa-times" },
    deferred: { badge: "text-bg-300", icon: "fa-hourglass-half" },
    blocked: { badge: "text-bg-warning o_mailjet_warning", icon: "fa-ban" },
    spam: { badge: "text-bg-danger o_mailjet_bad", icon: "fa-thumbs-o-down" },
    unsub: { badge: "text-bg-warning o_mailjet_warning", icon: "fa-sign-out" },
};
const UNKNOWN = { badge: "text-bg-300", icon: "fa-circle-o" };

/** The delivery history of an email. */
export class MailjetTimeline extends Component {
    static template = "mail_mailjet.Timeline";
    static props = { ...standardFieldProps };

    get moments() {
        return this.props.record.data[this.props.name] || [];
    }

    look(moment) {
        return moment.is_automatic ? UNKNOWN : LOOKS[moment.kind] || UNKNOWN;
    }

    time(moment) {
        return toLocaleDateTimeString(deserializeDateTime(moment.date), {
            showSeconds: true,
        });
    }
}

registry.category("fields").add("mailjet_timeline", {
    component: MailjetTimeline,
    displayName: _t("Delivery history"),
    supportedTypes: ["json"],
});
