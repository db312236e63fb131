import { deserializeDateTime, toLocaleDateTimeString } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { useSetupAction } from "@web/search/action_hook";
import { Layout } from "@web/search/layout";
import { formatInteger } from "@web/views/fields/formatters";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

import { Component, onWillStart, useState } from "@odoo/owl";

import { MailjetStatusCard } from "../status_card/status_card";
import { MailjetDeliveryChart } from "./delivery_chart";
import { MailjetLimitGauge } from "./limit_gauge";
import { formatPercent } from "./numbers";

const { DateTime } = luxon;

const LABELS = {
    processed: _t("Processed"),
    delivered: _t("Delivered"),
    opened: _t("Opened"),
    clicked: _t("Clicked"),
    bounced: _t("Bounced"),
    blocked: _t("Blocked"),
    complained: _t("Complaints"),
    unsubscribed: _t("Unsubscribed"),
};
const OF_PROCESSED = ["delivered", "bounced", "blocked"];
const OPENS = ["opened", "clicked"];

// Where the figures come from: the action that shows them, and its description
const SOURCES = {
    events: {
        action: "mail_mailjet.mailjet_deliverability_action",
        words: _t("From the events that Mailjet posts to Odoo and from imports, by day (UTC)."),
    },
    counters: {
        action: "mail_mailjet.mailjet_counter_action",
        words: _t("Mailjet's own counts, by the day (UTC) an email was sent."),
    },
};

/** An account's delivery results of the last 30 days, and Mailjet's limits. */
export class MailjetDashboard extends Component {
    static template = "mail_mailjet.Dashboard";
    static components = { Layout, MailjetDeliveryChart, MailjetLimitGauge, MailjetStatusCard };
    static props = { ...standardActionServiceProps };

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        this.keepLast = new KeepLast();
        this.display = { controlPanel: {} };
        this.labels = LABELS;
        this.formatInteger = formatInteger;
        this.formatPercent = formatPercent;
        this.state = useState({ data: {}, isBusy: false });
        // Breadcrumbs lead back to the same server
        useSetupAction({ getLocalState: () => ({ serverId: this.data.server_id }) });
        onWillStart(() => this.load(this.props.state?.serverId));
    }

    get data() {
        return this.state.data;
    }

    choose(ev) {
        return this.load(Number(ev.target.value));
    }

    async load(serverId = false) {
        this.state.data = await this.keepLast.add(
            this.orm.call("mailjet.dashboard", "read_dashboard", [serverId]),
        );
    }

    // ------------------------------------------------------------------
    // Texts
    // ------------------------------------------------------------------

    get sourceWords() {
        return SOURCES[this.data.source].words;
    }

    get outageWords() {
        return _t("Mailjet has not answered since %(since)s. Showing the figures of %(read)s.", {
            since: this.moment(this.data.limits_outage_since),
            read: this.moment(this.data.limits_read_on),
        });
    }

    get limitsReadWords() {
        return _t("Mailjet's own figures, last read on %s.", this.moment(this.data.limits_read_on));
    }

    moment(text) {
        return text ? toLocaleDateTimeString(deserializeDateTime(text)) : _t("never");
    }

    /** Whether Odoo rather than Mailjet counts a figure. */
    isElsewhere(figure) {
        return OPENS.includes(figure.name) && !this.data.counts_opens;
    }

    /** What is missing where bounces are shown but not their reasons. */
    get missingReasonsWords() {
        const { reasons_known: known, reasons_wanted: wanted } = this.data;
        return known < wanted
            ? _t("Reasons known for %(known)s of %(wanted)s bounced and blocked emails.", {
                  known: formatInteger(known),
                  wanted: formatInteger(wanted),
              })
            : "";
    }

    wholeWords(figure) {
        return OF_PROCESSED.includes(figure.name) ? _t("of processed") : _t("of delivered");
    }

    hourWords(hour) {
        const time = DateTime.fromFormat(hour.hour, "HH:mm");
        return _t("%(weekday)s, %(time)s", {
            weekday: hour.label,
            time: time.toLocaleString(DateTime.TIME_SIMPLE),
        });
    }

    openedWords(hour) {
        return _t("%(rate)s of %(count)s opened", {
            rate: formatPercent(hour.rate),
            count: formatInteger(hour.delivered),
        });
    }

    /** The length of a bar, in percent of the longest. */
    share(value, values) {
        return (100 * value) / Math.max(...values);
    }

    // ------------------------------------------------------------------
    // Actions
    // ------------------------------------------------------------------

    /** Open an action with the filters of the dashboard. */
    open(action, context = {}, options = {}) {
        const filters = { search_default_last_30_days: 1, ...context };
        if (this.data.servers.length > 1) {
            filters.search_default_server_id = this.data.server_id;
        }
        return this.action.doAction(action, { additionalContext: filters, ...options });
    }

    openFigure(name) {
        return this.open(SOURCES[this.data.source].action, {
            graph_measure: name,
            graph_groupbys: ["date:day"],
        });
    }

    openDays() {
        return this.open(SOURCES[this.data.source].action, {}, { viewType: "list" });
    }

    openReasons() {
        return this.open("mail_mailjet.mailjet_event_action_reason");
    }

    openReason(reason) {
        return this.open(
            "mail_mailjet.mailjet_event_action_reason",
            { search_default_failure_reason: reason },
            { viewType: "list" },
        );
    }

    openHours() {
        return this.open("mail_mailjet.mailjet_sending_hour_action", {
            search_default_last_30_days: 0,
        });
    }

    openLimits() {
        return this.open("mail_mailjet.mailjet_policy_limit_action");
    }

    openLimit(limit) {
        return this.action.doAction("mail_mailjet.mailjet_policy_limit_action", {
            viewType: "form",
            props: { resId: limit.id },
        });
    }

    openImports() {
        return this.action.doAction("mail_mailjet.mailjet_report_action");
    }

    openServer() {
        return this.action.doAction("base.action_ir_mail_server_list", {
            viewType: "form",
            props: { resId: this.data.server_id },
        });
    }

    setUp() {
        return this.action.doActionButton({
            type: "object",
            resModel: "ir.mail_server",
            name: "action_mailjet_setup",
            resIds: [],
        });
    }

    /** Read what Mailjet knows of the last 30 days, of which Odoo knows a part. */
    importRest(report) {
        const serverId = this.data.server_id;
        return this.busy(async () => {
            await this.action.doAction(
                await this.orm.call("mailjet.dashboard", "action_import", [serverId, report]),
            );
        });
    }

    importHours() {
        return this.busy(async () => {
            await this.action.doAction(
                await this.orm.call("mailjet.sending.hour", "action_import"),
            );
        });
    }

    /** Read the figures of the last 30 days from Mailjet. */
    readNow() {
        return this.callServer("action_mailjet_read_policy_limits");
    }

    resume() {
        return this.callServer("action_mailjet_resume");
    }

    callServer(method) {
        const serverId = this.data.server_id;
        return this.busy(async () => {
            await this.orm.call("ir.mail_server", method, [[serverId]]);
            await this.load(serverId);
        });
    }

    async busy(work) {
        this.state.isBusy = true;
        try {
            await work();
        } finally {
            this.state.isBusy = false;
        }
    }
}

registry.category("actions").add("mail_mailjet.dashboard", MailjetDashboard);
