import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { formatInteger } from "@web/views/fields/formatters";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { DayChart } from "../day_chart/day_chart";

/** The days of a warm-up: what each allows, what was sent, and which one is today. */
export class MailjetWarmUp extends DayChart {
    static template = "mail_mailjet.WarmUp";
    static props = { ...standardFieldProps };

    get days() {
        return this.props.record.data[this.props.name] || [];
    }

    get today() {
        return this.days.findIndex((day) => day.is_today);
    }

    get words() {
        return _t("From %(start)s emails on %(first)s to %(end)s on %(last)s", {
            start: formatInteger(this.days[0].limit),
            end: formatInteger(this.days.at(-1).limit),
            ...this.period,
        });
    }

    get labels() {
        return super.labels.map((label, index) => (index === this.today ? _t("Today") : label));
    }

    get xAxis() {
        const { labels, textColor, today, todayColor } = this;
        return {
            grid: { display: false },
            ticks: {
                autoSkip: false,
                callback: (_value, index) => this.tick(labels, index),
                color: ({ index }) => (index === today ? todayColor : textColor),
                font: ({ index }) => ({ weight: index === today ? "bold" : "normal" }),
                maxRotation: 0,
            },
        };
    }

    get yAxis() {
        const { ticks, ...axis } = super.yAxis;
        return { ...axis, stacked: false, ticks: { ...ticks, maxTicksLimit: 5 } };
    }

    /** The first day, the last one and today have a label; more would not fit. */
    tick(labels, index) {
        const last = labels.length - 1;
        if (index === this.today) {
            return labels[index];
        }
        const isFarFromToday = this.today < 0 || Math.abs(index - this.today) > labels.length / 5;
        return [0, last].includes(index) && isFarFromToday ? labels[index] : "";
    }

    get datasets() {
        const limit = this.paletteColor(0);
        const sent = this.paletteColor(2);
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

    get todayColor() {
        return this.color("#111827", "#FFFFFF");
    }
}

registry.category("fields").add("mailjet_warm_up", {
    component: MailjetWarmUp,
    displayName: _t("Warm-up"),
    supportedTypes: ["json"],
});
