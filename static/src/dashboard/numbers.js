import { formatFloat } from "@web/core/utils/numbers";

/** Format a percentage for the user's language, with no more decimals than needed. */
export function formatPercent(value) {
    const decimals = value < 0.1 ? 3 : value < 10 ? 2 : 1;
    return `${formatFloat(value, { digits: [16, decimals], trailingZeros: false })}\u00a0%`;
}
