import { loadBundle } from "@web/core/assets";
import { cookie } from "@web/core/browser/cookie";
import { getCustomColor } from "@web/core/colors/colors";
import { deserializeDate, formatDate } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { formatInteger } from "@web/views/fields/formatters";

import { Component, onWillStart, useEffect, useRef } from "@odoo/owl";

// From good to bad to irrelevant; light and dark color of each
const BARS = {
    passing: [_t("Passing"), "#28a745", "#3fb75a"],
    ours: [_t("Failing, yours"), "#d23f3a", "#ff6a60"],
    unknown: [_t("Failing, undecided"), "#e99d00", "#ffc24d"],
    forwarder: [_t("Failing, forwarded"), "#8f98a3", "#9aa4b0"],
    not_ours: [_t("Failing, not yours"), "#c9ced6", "#5a606b"],
};

/** Emails in a domain's name by day: those that pass, and whose the others are. */
export class MailjetSenderChart extends Component {
    static template = "mail_mailjet.SenderChart";
    static props = { days: Array };

    setup() {
        this.canvas = useRef("canvas");
        onWillStart(() => loadBundle("web.chartjs_lib"));
        useEffect(
            () => {
                const chart = new window.Chart(this.canvas.el, this.config);
                return () => chart.destroy();
            },
            () => [this.props.days],
        );
    }

    get words() {
        const { days } = this.props;
        return _t("Emails in your name per day, from %(first)s to %(last)s", {
            first: formatDate(deserializeDate(days[0].date)),
            last: formatDate(deserializeDate(days.at(-1).date)),
        });
    }

    get config() {
        const days = this.props.days.map((day) => deserializeDate(day.date));
        const text = this.color("#374151", "#E4E4E4");
        return {
            type: "bar",
            data: {
                labels: days.map((day) => day.toLocaleString({ day: "numeric", month: "short" })),
                datasets: this.datasets,
            },
            options: {
                animation: false,
                interaction: { intersect: false, mode: "index" },
                maintainAspectRatio: false,
                plugins: {
                    legend: {
                        position: "bottom",
                        labels: { boxHeight: 9, boxWidth: 9, color: text },
                    },
                    tooltip: {
                        callbacks: {
                            title: ([item]) => formatDate(days[item.dataIndex]),
                            label: ({ dataset, raw }) => ` ${dataset.label} ${formatInteger(raw)}`,
                        },
                    },
                },
                scales: {
                    x: {
                        stacked: true,
                        grid: { display: false },
                        ticks: { color: text, maxRotation: 0, autoSkipPadding: 12 },
                    },
                    y: {
                        stacked: true,
                        beginAtZero: true,
                        border: { display: false },
                        grid: { color: this.color("#d8dadd", "#3C3E4B") },
                        ticks: {
                            color: text,
                            precision: 0,
                            callback: (value) => formatInteger(value),
                        },
                    },
                },
            },
        };
    }

    /** One series for each kind of mail that there is. */
    get datasets() {
        const { days } = this.props;
        return Object.entries(BARS)
            .filter(([name]) => days.some((day) => day[name]))
            .map(([name, [label, light, dark]]) => ({
                label: label.toString(),
                data: days.map((day) => day[name]),
                backgroundColor: this.color(light, dark),
            }));
    }

    color(light, dark) {
        return getCustomColor(cookie.get("color_scheme"), light, dark);
    }
}
