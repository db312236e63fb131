import { CopyButton } from "@web/core/copy_button/copy_button";
import { deserializeDate, formatDate } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { useSetupAction } from "@web/search/action_hook";
import { Layout } from "@web/search/layout";
import { formatInteger } from "@web/views/fields/formatters";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

import { Component, onWillStart, useState } from "@odoo/owl";

import { formatPercent } from "../dashboard/numbers";
import { MailjetSenderChart } from "./sender_chart";

// Badge and icon of each class; the words say the same without color
const CLASSES = {
    mailjet: { label: _t("Mailjet"), badge: "text-bg-success o_mailjet_good", icon: "fa-check" },
    ours_passing: { label: _t("Yours"), badge: "text-bg-success o_mailjet_good", icon: "fa-check" },
    ours_failing: {
        label: _t("Yours, failing"),
        badge: "text-bg-danger o_mailjet_bad",
        icon: "fa-times",
    },
    forwarder: { label: _t("Forwarder"), badge: "text-bg-300", icon: "fa-share" },
    unknown_failing: {
        label: _t("Unknown"),
        badge: "text-bg-warning o_mailjet_warning",
        icon: "fa-question-circle",
    },
    unknown_passing: {
        label: _t("Unknown, passes as you"),
        badge: "text-bg-danger o_mailjet_bad",
        icon: "fa-exclamation-triangle",
    },
};
const FAILING_MAILJET = {
    label: _t("Mailjet, not signed for you"),
    badge: "text-bg-danger o_mailjet_bad",
    icon: "fa-times",
};
const NOT_OURS = { label: _t("Not yours"), badge: "text-bg-300", icon: "fa-ban" };
const DECISIONS = [
    { value: "ours", label: _t("Ours") },
    { value: "forwarder", label: _t("Forwarder") },
    { value: "not_ours", label: _t("Not ours") },
];
const VERDICTS = {
    ready: { badge: "text-bg-success o_mailjet_good", icon: "fa-check", label: _t("Yes") },
    not_yet: {
        badge: "text-bg-warning o_mailjet_warning",
        icon: "fa-hand-paper-o",
        label: _t("Not yet"),
    },
    not_enough_data: {
        badge: "text-bg-300",
        icon: "fa-hourglass-half",
        label: _t("Not enough data"),
    },
    no_policy: {
        badge: "text-bg-warning o_mailjet_warning",
        icon: "fa-exclamation-triangle",
        label: _t("No policy found"),
    },
    done: {
        badge: "text-bg-success o_mailjet_good",
        icon: "fa-check",
        label: _t("Strictest policy reached"),
    },
};
// Below this share, in percent, the bar of a source is not green
const FINE = 95;

/** Who sends mail in the name of a domain, and whether it is ready for a stricter policy. */
export class MailjetSenders extends Component {
    static template = "mail_mailjet.Senders";
    static components = { CopyButton, Layout, MailjetSenderChart };
    static props = { ...standardActionServiceProps };

    setup() {
        this.action = useService("action");
        this.notification = useService("notification");
        this.orm = useService("orm");
        this.keepLast = new KeepLast();
        this.display = { controlPanel: {} };
        this.decisions = DECISIONS;
        this.formatInteger = formatInteger;
        this.formatPercent = formatPercent;
        this.state = useState({ data: {}, isBusy: false });
        // Breadcrumbs lead back to the same domain
        useSetupAction({ getLocalState: () => ({ domainId: this.data.domain_id }) });
        const { state, action } = this.props;
        onWillStart(() => this.load(state?.domainId || action.params?.domain_id));
    }

    get data() {
        return this.state.data;
    }

    choose(ev) {
        return this.load(Number(ev.target.value));
    }

    async load(domainId = false) {
        this.state.data = await this.keepLast.add(
            this.orm.call("mailjet.dmarc.overview", "read_overview", [domainId || false]),
        );
    }

    // ------------------------------------------------------------------
    // Texts
    // ------------------------------------------------------------------

    get periodWords() {
        const { figures, period } = this.data;
        return _t(
            "Last %(period)s days. Days with reports: %(days)s; receivers: %(receivers)s. A day's reports arrive one or two days later.",
            { period, days: figures.days, receivers: figures.receivers },
        );
    }

    get passRate() {
        const { messages, passing } = this.data.figures;
        return messages ? formatPercent((100 * passing) / messages) : "–";
    }

    get policyWords() {
        return this.data.policy ? `p=${this.data.policy}` : _t("none found");
    }

    get noReportsWords() {
        return _t("No reports in the last %s days", this.data.period);
    }

    get alreadyLostWords() {
        return _t(
            "Receivers have already sent %(quarantined)s to the spam folder and refused %(rejected)s.",
            {
                quarantined: formatInteger(this.data.lost.quarantined),
                rejected: formatInteger(this.data.lost.rejected),
            },
        );
    }

    get verdict() {
        return VERDICTS[this.data.readiness.verdict];
    }

    get verdictWords() {
        const { verdict, next_policy, criteria } = this.data.readiness;
        const policy = `p=${next_policy}`;
        const open = criteria.filter((one) => one.is_met === false).length;
        return {
            ready: _t("Every condition for %(policy)s is met.", { policy }),
            not_yet: _t("Conditions not met for %(policy)s: %(open)s", { policy, open }),
            not_enough_data: _t(
                "The reports do not show enough of your emails to decide on %(policy)s yet.",
                { policy },
            ),
            no_policy: _t(
                "Odoo has found no DMARC record. Publish one with p=none first: it changes nothing for your emails, and receivers start to send reports.",
            ),
            done: _t("The policy is p=reject. Keep these conditions met."),
        }[verdict];
    }

    get recordTitle() {
        const { verdict, record } = this.data.readiness;
        if (verdict === "ready") {
            return _t("Publish this record next");
        }
        if (!record.found) {
            return _t("Publish this record to get reports");
        }
        return record.is_new
            ? _t("Publish this record, so that Odoo gets the reports")
            : _t("Keep the current record");
    }

    mark(criterion) {
        return {
            true: "fa-check text-success",
            false: "fa-times text-danger",
            null: "fa-minus text-muted",
        }[criterion.is_met];
    }

    markWords(criterion) {
        return { true: _t("Met"), false: _t("Not met"), null: _t("Not applicable") }[
            criterion.is_met
        ];
    }

    look(source) {
        if (source.class === "mailjet" && !this.isFine(source)) {
            return FAILING_MAILJET;
        }
        if (source.decision === "not_ours" && source.class === "unknown_failing") {
            return NOT_OURS;
        }
        return CLASSES[source.class];
    }

    isUndecided(source) {
        return !source.decision && source.class.startsWith("unknown");
    }

    isFine(source) {
        return this.rate(source.passing, source) >= FINE;
    }

    /** A part of a source's emails, in percent. */
    rate(part, source) {
        return source.messages ? (100 * part) / source.messages : 0;
    }

    seenWords(source) {
        return _t("%(first)s to %(last)s", {
            first: formatDate(deserializeDate(source.first_day)),
            last: formatDate(deserializeDate(source.last_day)),
        });
    }

    get moreWords() {
        return _t("Further sources: %(sources)s, with %(messages)s emails", {
            sources: formatInteger(this.data.more_sources),
            messages: formatInteger(this.data.more_messages),
        });
    }

    get copied() {
        return _t("Copied");
    }

    // ------------------------------------------------------------------
    // Actions
    // ------------------------------------------------------------------

    /** Save a decision on a source; the notification offers to undo it. */
    async decide(source, decision) {
        const before = source.decision;
        const advice = await this.busy(() => this.callDecide(source, decision));
        const close = this.notification.add(advice, {
            title: source.name,
            type: "info",
            buttons: [
                {
                    name: _t("Undo"),
                    primary: true,
                    onClick: () => {
                        close();
                        return this.busy(() => this.callDecide(source, before));
                    },
                },
            ],
        });
    }

    async callDecide(source, decision) {
        const advice = await this.orm.call("mailjet.dmarc.source", "action_decide", [
            [source.id],
            decision || false,
        ]);
        await this.load(this.data.domain_id);
        return advice;
    }

    createAlias() {
        return this.busy(async () => {
            await this.action.doAction(
                await this.orm.call("mailjet.domain", "action_create_dmarc_alias", [
                    [this.data.domain_id],
                ]),
            );
            await this.load(this.data.domain_id);
        });
    }

    openSource(source) {
        return this.action.doAction("mail_mailjet.mailjet_dmarc_source_action", {
            viewType: "form",
            props: { resId: source.id },
        });
    }

    openSources() {
        return this.action.doAction("mail_mailjet.mailjet_dmarc_source_action", {
            additionalContext: { search_default_domain_id: this.data.domain_id },
        });
    }

    openReports() {
        return this.action.doAction("mail_mailjet.mailjet_dmarc_report_action");
    }

    upload() {
        return this.action.doAction("mail_mailjet.mailjet_dmarc_upload_action", {
            onClose: () => this.load(this.data.domain_id),
        });
    }

    openDomain() {
        return this.action.doAction("mail_mailjet.mailjet_domain_action", {
            viewType: "form",
            props: { resId: this.data.domain_id },
        });
    }

    async busy(work) {
        this.state.isBusy = true;
        try {
            return await work();
        } finally {
            this.state.isBusy = false;
        }
    }
}

registry.category("actions").add("mail_mailjet.senders", MailjetSenders);
