import { browser } from "@web/core/browser/browser";

import { useComponent, useEffect } from "@odoo/owl";

/**
 * Reload the record that a field or widget shows, again and again while `isActive()`.
 *
 * A record with unsaved changes is not reloaded, so that nobody loses what they type.
 *
 * @param {() => boolean} isActive checked at each rendering
 * @param {number} interval in milliseconds
 */
export function useRecordPolling(isActive, interval) {
    const component = useComponent();
    const reload = () => {
        const { record } = component.props;
        if (!record.dirty) {
            record.load();
        }
    };
    useEffect(
        (active) => {
            if (active) {
                const timer = browser.setInterval(reload, interval);
                return () => browser.clearInterval(timer);
            }
        },
        () => [isActive()],
    );
}
