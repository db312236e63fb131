import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { formatFloat } from "@web/views/fields/formatters";
import { PercentPieField, percentPieField } from "@web/views/fields/percent_pie/percent_pie_field";

const NONE = "–";

/** A rate in a pivot or a graph; there is none where deliveries are not known. */
function formatRate(value) {
    return typeof value === "number"
        ? formatFloat(value, { digits: [16, 2], trailingZeros: false })
        : NONE;
}

registry.category("formatters").add("mailjet_rate", formatRate);

/** Core's pie, with a dash for mailings of which failures alone are known. */
export class MailjetPercentPie extends PercentPieField {
    static template = "mail_mailjet.PercentPie";

    get hasRate() {
        return !this.props.record.data.mailjet_no_rates;
    }

    get shownValue() {
        return this.hasRate ? this.formattedValue + "%" : NONE;
    }

    get title() {
        return this.hasRate
            ? undefined
            : _t("No rates yet: failures are known, but no deliveries.");
    }

    get filled() {
        return this.hasRate ? this.props.record.data[this.props.name] : 0;
    }
}

registry.category("fields").add("mailjet_percent_pie", {
    ...percentPieField,
    component: MailjetPercentPie,
    fieldDependencies: [{ name: "mailjet_no_rates", type: "boolean" }],
});
