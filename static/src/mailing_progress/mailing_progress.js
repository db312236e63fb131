import { browser } from "@web/core/browser/browser";
import { formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useRecordObserver } from "@web/model/relational_model/utils";
import { formatFloat, formatInteger } from "@web/views/fields/formatters";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { Component, useEffect, useState } from "@odoo/owl";

import { useNews, useReloadSoon } from "../news/news";
import { MailjetWaitingReasons } from "../waiting_reasons/waiting_reasons";

const { DateTime } = luxon;
// The speed is that of so many milliseconds; without news for so long, there is none
const WINDOW_MS = 30000;
const TICK_MS = 5000;
const OUTCOMES = ["sent", "failed", "delayed"];

/** How far a mailing is: what was stored when it was read, and the news since then. */
export class MailjetMailingProgress extends Component {
    static template = "mail_mailjet.MailingProgress";
    static components = { MailjetWaitingReasons };
    static props = { ...standardFieldProps };

    setup() {
        this.state = useState({ figures: false, now: Date.now() });
        this.samples = [];
        this.reloadSoon = useReloadSoon();
        useRecordObserver((record) => {
            const figures = record.data[this.props.name];
            this.state.figures = figures && { ...figures, readAt: Date.now() };
        });
        useNews("mailjet_progress", this.onNews.bind(this));
        useEffect(
            () => {
                const timer = browser.setInterval(() => {
                    this.state.now = Date.now();
                }, TICK_MS);
                return () => browser.clearInterval(timer);
            },
            () => [],
        );
    }

    onNews(news, { id }) {
        const { figures } = this.state;
        if (figures && id > figures.news_after) {
            this.count(figures, news);
        }
        if (news.is_changed) {
            this.reloadSoon();
        }
    }

    /** Add news to the figures. */
    count(figures, news) {
        const [sent, failed, delayed] = OUTCOMES.map((name) => news[name] || 0);
        const done = sent + failed + delayed;
        figures.sent += sent;
        figures.failed += failed;
        figures.left = Math.max(figures.left - done, 0);
        const queue = figures.waiting.find(({ reason }) => reason === "queue");
        if (queue) {
            queue.count = Math.max(queue.count - done, 0);
        }
        this.state.now = Date.now();
        if (done) {
            this.samples.push({ time: this.state.now, count: done });
        }
    }

    /** Emails a second; 0 if nothing moves. */
    get rate() {
        const { figures, now } = this.state;
        const samples = this.samples.filter(({ time }) => now - time < WINDOW_MS);
        if (samples.length > 2) {
            const [first, ...others] = samples;
            const seconds = (samples.at(-1).time - first.time) / 1000;
            return others.reduce((sum, { count }) => sum + count, 0) / Math.max(seconds, 1);
        }
        return now - figures.readAt < WINDOW_MS ? figures.rate : 0;
    }

    get isMoving() {
        const { left, is_paused } = this.state.figures;
        return Boolean(left && !is_paused && this.rate);
    }

    get title() {
        const { figures } = this.state;
        const values = {
            sent: formatInteger(figures.sent),
            total: formatInteger(figures.total),
        };
        return figures.is_paused
            ? _t("Paused. Emails sent: %(sent)s of %(total)s", values)
            : _t("Emails sent: %(sent)s of %(total)s", values);
    }

    /** What is known besides, as a list of short texts. */
    get details() {
        const { figures } = this.state;
        const details = [];
        if (this.isMoving) {
            const { rate } = this;
            const shown =
                rate < 10 ? formatFloat(rate, { digits: [0, 1] }) : formatInteger(Math.round(rate));
            details.push(_t("%s a second", shown));
            details.push(_t("ends at about %s", this.end));
        }
        if (figures.failed) {
            details.push(_t("Failed: %s", formatInteger(figures.failed)));
        }
        return details;
    }

    get end() {
        const end = DateTime.now().plus({ seconds: this.state.figures.left / this.rate });
        return end.hasSame(DateTime.now(), "day")
            ? end.toLocaleString(DateTime.TIME_SIMPLE)
            : formatDateTime(end, { showSeconds: false });
    }

    get reasons() {
        return this.state.figures.waiting.filter(({ count }) => count);
    }

    percent(count) {
        const { total } = this.state.figures;
        return total ? Math.min((100 * count) / total, 100) : 0;
    }
}

registry.category("fields").add("mailjet_mailing_progress", {
    component: MailjetMailingProgress,
    displayName: _t("Progress of a mailing"),
    supportedTypes: ["json"],
});
