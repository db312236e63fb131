import { loadBundle } from "@web/core/assets";
import { cookie } from "@web/core/browser/cookie";
import { getColor, getCustomColor } from "@web/core/colors/colors";
import { deserializeDate, formatDate } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { formatInteger } from "@web/views/fields/formatters";

import { Component, onWillStart, useEffect, useRef } from "@odoo/owl";

// Indexes in Odoo's palette of six colors; shapes tell the lines apart without color
const BARS = { delivered: 0, bounced: 1, blocked: 3 };
const LINES = {
    opened: { color: 2, pointStyle: "circle", borderDash: [] },
    clicked: { color: 4, pointStyle: "triangle", borderDash: [4, 3] },
};

/** Delivery results by day: bars for delivery, lines for opens and clicks. */
export class MailjetDayChart extends Component {
    static template = "mail_mailjet.DayChart";
    static props = { days: Array, labels: Object, hasOpens: Boolean };

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
        return _t("Emails per day from %(first)s to %(last)s", {
            first: formatDate(deserializeDate(days[0].date)),
            last: formatDate(deserializeDate(days.at(-1).date)),
        });
    }

    get config() {
        const days = this.props.days.map((day) => deserializeDate(day.date));
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
                        labels: {
                            boxHeight: 9,
                            boxWidth: 9,
                            color: this.textColor,
                            sort: (one, other) => one.datasetIndex - other.datasetIndex,
                            usePointStyle: true,
                        },
                    },
                    tooltip: {
                        usePointStyle: true,
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
                        ticks: { color: this.textColor, maxRotation: 0, autoSkipPadding: 12 },
                    },
                    y: {
                        stacked: true,
                        beginAtZero: true,
                        border: { display: false },
                        grid: { color: this.gridColor },
                        ticks: {
                            color: this.textColor,
                            precision: 0,
                            callback: (value) => formatInteger(value),
                        },
                    },
                },
            },
        };
    }

    get datasets() {
        const bars = Object.entries(BARS).map(([name, color]) => ({
            ...this.series(name, color),
            order: 2,
            pointStyle: "rect",
            stack: "all",
        }));
        const lines = Object.entries(LINES).map(([name, { color, ...look }]) => ({
            ...this.series(name, color),
            ...look,
            type: "line",
            borderWidth: 2,
            order: 1,
            pointRadius: 3,
            stack: name,
        }));
        return this.props.hasOpens ? [...bars, ...lines] : bars;
    }

    series(name, color) {
        const hex = getColor(color, this.scheme, "sm");
        return {
            label: this.props.labels[name],
            data: this.props.days.map((day) => day[name]),
            backgroundColor: hex,
            borderColor: hex,
        };
    }

    get scheme() {
        return cookie.get("color_scheme");
    }

    get textColor() {
        return getCustomColor(this.scheme, "#374151", "#E4E4E4");
    }

    get gridColor() {
        return getCustomColor(this.scheme, "#d8dadd", "#3C3E4B");
    }
}
