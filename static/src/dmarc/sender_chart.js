import { _t } from "@web/core/l10n/translation";

import { DayChart } from "../day_chart/day_chart";

// From good to bad to irrelevant; light and dark color of each
const BARS = {
    passing: [_t("Passing"), "#28a745", "#3fb75a"],
    ours: [_t("Failing, yours"), "#d23f3a", "#ff6a60"],
    unknown: [_t("Failing, undecided"), "#e99d00", "#ffc24d"],
    forwarder: [_t("Failing, forwarded"), "#8f98a3", "#9aa4b0"],
    not_ours: [_t("Failing, not yours"), "#c9ced6", "#5a606b"],
};

/** Emails in a domain's name by day: those that pass, and whose the others are. */
export class MailjetSenderChart extends DayChart {
    get words() {
        return _t("Emails in your name per day, from %(first)s to %(last)s", this.period);
    }

    /** One series for each kind of mail that there is. */
    get datasets() {
        return Object.entries(BARS)
            .filter(([name]) => this.days.some((day) => day[name]))
            .map(([name, [label, light, dark]]) => ({
                label: label.toString(),
                data: this.days.map((day) => day[name]),
                backgroundColor: this.color(light, dark),
                pointStyle: "rect",
            }));
    }
}
