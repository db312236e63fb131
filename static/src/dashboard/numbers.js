import { formatFloat } from "@web/core/utils/numbers";

const MOST_DECIMALS = 6;

/**
 * Format a percentage for the user's language: two decimals at most, or two digits that
 * say something below 0.1. Null is no percentage, and becomes a dash.
 */
export function formatPercent(value) {
    if (value === null || value === undefined || value === false) {
        return "–";
    }
    const decimals =
        value && value < 0.1 ? Math.min(1 - Math.floor(Math.log10(value)), MOST_DECIMALS) : 2;
    const number = formatFloat(value, { digits: [16, decimals], trailingZeros: false });
    return `${number}\u00a0%`;
}
