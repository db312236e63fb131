import { loadBundle } from "@web/core/assets";
import { cookie } from "@web/core/browser/cookie";
import { getColor, getCustomColor } from "@web/core/colors/colors";
import { deserializeDate, formatDate } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { formatInteger } from "@web/views/fields/formatters";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { Component, onWillStart, useEffect, useRef } from "@odoo/owl";

/** The days of a warm-up: what each allows, what was sent, and which one is today. */
export class MailjetWarmUp extends Component {
    static template = "mail_mailjet.WarmUp";
    static props = { ...standardFieldProps };

    setup() {
        this.canvas = useRef("canvas");
        onWillStart(() => loadBundle("web.chartjs_lib"));
        useEffect(
            () => {
                if (this.days.length) {
                    const chart = new window.Chart(this.canvas.el, this.config);
                    return () => chart.destroy();
                }
            },
            () => [JSON.stringify(this.days)],
        );
    }

    get days() {
        return this.props.record.data[this.props.name] || [];
    }

    get today() {
        return this.days.findIndex((day) => day.is_today);
    }

    get words() {
        const [first, last] = [this.days[0], this.days.at(-1)];
        return _t("From %(start)s emails on %(first)s to %(end)s on %(last)s", {
            start: formatInteger(first.limit),
            first: formatDate(deserializeDate(first.date)),
            end: formatInteger(last.limit),
            last: formatDate(deserializeDate(last.date)),
        });
    }

    get config() {
        const dates = this.days.map((day) => deserializeDate(day.date));
        return {
            type: "bar",
            data: {
                labels: dates.map((date, index) =>
                    index === this.today
                        ? _t("Today")
                        : date.toLocaleString({ day: "numeric", month: "short" }),
                ),
                datasets: this.datasets,
            },
            options: {
                animation: false,
                interaction: { intersect: false, mode: "index" },
                maintainAspectRatio: false,
                plugins: {
                    legend: {
                        position: "bottom",
                        labels: {
                            boxHeight: 9,
                            boxWidth: 9,
                            color: this.textColor,
                            usePointStyle: true,
                        },
                    },
                    tooltip: {
                        callbacks: {
                            title: ([item]) => formatDate(dates[item.dataIndex]),
                            label: ({ dataset, raw }) => ` ${dataset.label} ${formatInteger(raw)}`,
                        },
                    },
                },
                scales: {
                    x: {
                        grid: { display: false },
                        ticks: {
                            autoSkip: false,
                            callback: (value, index) => this.tick(value, index),
                            color: ({ index }) =>
                                index === this.today ? this.todayColor : this.textColor,
                            font: ({ index }) => ({
                                weight: index === this.today ? "bold" : "normal",
                            }),
                            maxRotation: 0,
                        },
                    },
                    y: {
                        beginAtZero: true,
                        border: { display: false },
                        grid: { color: this.gridColor },
                        ticks: {
                            color: this.textColor,
                            maxTicksLimit: 5,
                            precision: 0,
                            callback: (value) => formatInteger(value),
                        },
                    },
                },
            },
        };
    }

    /** The first day, the last one and today have a label; more would not fit. */
    tick(value, index) {
        const { labels } = this.config.data;
        const last = labels.length - 1;
        if (index === this.today) {
            return labels[index];
        }
        const isFarFromToday = this.today < 0 || Math.abs(index - this.today) > labels.length / 5;
        return [0, last].includes(index) && isFarFromToday ? labels[index] : "";
    }

    get datasets() {
        const limit = getColor(0, this.scheme, "sm");
        const sent = getColor(2, this.scheme, "sm");
        return [
            {
                type: "line",
                label: _t("Emails allowed"),
                data: this.days.map((day) => day.limit),
                borderColor: limit,
                backgroundColor: limit,
                borderWidth: 2,
                pointStyle: "circle",
                pointRadius: this.days.map((day) => (day.is_today ? 6 : 0)),
                order: 1,
            },
            {
                label: _t("Emails sent"),
                data: this.days.map((day) => day.sent),
                backgroundColor: sent,
                borderColor: sent,
                pointStyle: "rect",
                order: 2,
            },
        ];
    }

    get scheme() {
        return cookie.get("color_scheme");
    }

    get textColor() {
        return getCustomColor(this.scheme, "#374151", "#E4E4E4");
    }

    get todayColor() {
        return getCustomColor(this.scheme, "#111827", "#FFFFFF");
    }

    get gridColor() {
        return getCustomColor(this.scheme, "#d8dadd", "#3C3E4B");
    }
}

registry.category("fields").add("mailjet_warm_up", {
    component: MailjetWarmUp,
    displayName: _t("Warm-up"),
    supportedTypes: ["json"],
});
