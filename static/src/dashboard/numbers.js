import { formatFloat } from "@web/core/utils/numbers";

/** A rate in percent as the reader writes it, with no more decimals than it needs. */
export function formatPercent(value) {
    const decimals = value < 0.1 ? 3 : value < 10 ? 2 : 1;
    return `${formatFloat(value, { digits: [16, decimals], trailingZeros: false })}\u00a0%`;
}
