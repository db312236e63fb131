import { loadBundle } from "@web/core/assets";
import { cookie } from "@web/core/browser/cookie";
import { getColor, getCustomColor } from "@web/core/colors/colors";
import { deserializeDate, formatDate } from "@web/core/l10n/dates";
import { formatInteger } from "@web/views/fields/formatters";

import { Component, onWillStart, useEffect, useRef } from "@odoo/owl";

/**
 * Base of the charts that count emails by day.
 *
 * A subclass gives `words`, which say what the chart shows, and `datasets`; it may
 * replace the other getters.
 */
export class DayChart extends Component {
    static template = "mail_mailjet.DayChart";
    static props = { days: Array };

    setup() {
        this.canvas = useRef("canvas");
        onWillStart(() => loadBundle("web.chartjs_lib"));
        useEffect(
            () => {
                if (this.canvas.el) {
                    const chart = new window.Chart(this.canvas.el, this.config);
                    return () => chart.destroy();
                }
            },
            () => [JSON.stringify(this.data)],
        );
    }

    /** One object for each day, with its `date` and counts. */
    get days() {
        return this.props.days;
    }

    get dates() {
        return this.days.map((day) => deserializeDate(day.date));
    }

    /** The first and the last day, for `words`. */
    get period() {
        const { dates } = this;
        return { first: formatDate(dates[0]), last: formatDate(dates.at(-1)) };
    }

    get labels() {
        return this.dates.map((date) => date.toLocaleString({ day: "numeric", month: "short" }));
    }

    get data() {
        return { labels: this.labels, datasets: this.datasets };
    }

    get config() {
        const { dates } = this;
        return {
            type: "bar",
            data: this.data,
            options: {
                animation: false,
                interaction: { intersect: false, mode: "index" },
                maintainAspectRatio: false,
                plugins: {
                    legend: this.legend,
                    tooltip: {
                        usePointStyle: true,
                        callbacks: {
                            title: ([item]) => formatDate(dates[item.dataIndex]),
                            label: ({ dataset, raw }) => ` ${dataset.label} ${formatInteger(raw)}`,
                        },
                    },
                },
                scales: { x: this.xAxis, y: this.yAxis },
            },
        };
    }

    get legend() {
        return {
            position: "bottom",
            labels: {
                boxHeight: 9,
                boxWidth: 9,
                color: this.textColor,
                sort: (one, other) => one.datasetIndex - other.datasetIndex,
                usePointStyle: true,
            },
        };
    }

    get xAxis() {
        return {
            stacked: true,
            grid: { display: false },
            ticks: { color: this.textColor, maxRotation: 0, autoSkipPadding: 12 },
        };
    }

    get yAxis() {
        return {
            stacked: true,
            beginAtZero: true,
            border: { display: false },
            grid: { color: this.color("#d8dadd", "#3C3E4B") },
            ticks: {
                color: this.textColor,
                precision: 0,
                callback: (value) => formatInteger(value),
            },
        };
    }

    get textColor() {
        return this.color("#374151", "#E4E4E4");
    }

    /** One of two colors, by the user's color scheme. */
    color(light, dark) {
        return getCustomColor(this.scheme, light, dark);
    }

    /** A color of Odoo's palette of six, by its index. */
    paletteColor(index) {
        return getColor(index, this.scheme, "sm");
    }

    get scheme() {
        return cookie.get("color_scheme");
    }
}
