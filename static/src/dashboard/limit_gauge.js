import { _t } from "@web/core/l10n/translation";

import { Component } from "@odoo/owl";

// Color and icon of each state; the label says the same in words
const LOOKS = {
    few: { badge: "text-bg-300", bar: "o_mailjet_bar_neutral", icon: "fa-question-circle" },
    fine: { badge: "text-bg-success o_mailjet_good", bar: "o_mailjet_bar_good", icon: "fa-check" },
    half: {
        badge: "text-bg-warning o_mailjet_warning",
        bar: "o_mailjet_bar_warning",
        icon: "fa-exclamation-triangle",
    },
    over: { badge: "text-bg-danger o_mailjet_bad", bar: "o_mailjet_bar_bad", icon: "fa-times" },
};
// End of the scale, in percent of the limit: leaves room beyond it
const SCALE = 150;

/** How close an account is to one of Mailjet's limits. */
export class MailjetLimitGauge extends Component {
    static template = "mail_mailjet.LimitGauge";
    static props = { limit: Object, onOpen: Function };

    get look() {
        return LOOKS[this.props.limit.state];
    }

    get limitWords() {
        return _t("limit %s", this.props.limit.limit);
    }

    get width() {
        return (100 * Math.min(this.props.limit.used, SCALE)) / SCALE;
    }
}
