import { Component } from "@odoo/owl";

// Colour and icon of each state; its label says the same
const LOOKS = {
    few: { badge: "text-bg-300", bar: "bg-secondary", icon: "fa-question-circle" },
    fine: { badge: "text-bg-success", bar: "bg-success", icon: "fa-check" },
    half: { badge: "text-bg-warning", bar: "bg-warning", icon: "fa-exclamation-triangle" },
    over: { badge: "text-bg-danger", bar: "bg-danger", icon: "fa-times" },
};
// What the whole width stands for, in percent of the limit: room to be over it
const WIDTH = 150;

/** How near an account is to one of Mailjet's limits. */
export class MailjetLimitGauge extends Component {
    static template = "mail_mailjet.LimitGauge";
    static props = { limit: Object, onOpen: Function };

    get look() {
        return LOOKS[this.props.limit.state];
    }

    get percent() {
        return (100 * Math.min(this.props.limit.used, WIDTH)) / WIDTH;
    }
}
