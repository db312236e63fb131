import { _t } from "@web/core/l10n/translation";

import { DayChart } from "../day_chart/day_chart";

// Indexes in Odoo's palette of six colors; shapes tell the lines apart without color
const BARS = { delivered: 0, bounced: 1, blocked: 3 };
const LINES = {
    opened: { color: 2, pointStyle: "circle", borderDash: [] },
    clicked: { color: 4, pointStyle: "triangle", borderDash: [4, 3] },
};

/** Delivery results by day: bars for delivery, lines for opens and clicks. */
export class MailjetDeliveryChart extends DayChart {
    static props = { ...DayChart.props, labels: Object, hasOpens: Boolean };

    get words() {
        return _t("Emails per day from %(first)s to %(last)s", this.period);
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
        const hex = this.paletteColor(color);
        return {
            label: this.props.labels[name],
            data: this.days.map((day) => day[name]),
            backgroundColor: hex,
            borderColor: hex,
        };
    }
}
