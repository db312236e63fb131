import { browser } from "@web/core/browser/browser";
import { useService } from "@web/core/utils/hooks";

import { useComponent, useEffect } from "@odoo/owl";

// Reading what is stored again costs queries, however many workers have news
const RELOAD_MS = 2000;

/**
 * Call back with the notifications for whoever watches the record of a field or widget.
 *
 * @param {string} type of the notifications
 * @param {(news: object, meta: { id: number }) => void} callback
 */
export function useNews(type, callback) {
    const component = useComponent();
    const bus = useService("bus_service");
    const onNews = (news, meta) => {
        if (news.id === component.props.record.resId) {
            callback(news, meta);
        }
    };
    useEffect(
        (resModel, resId) => {
            if (resId) {
                const channel = `mailjet_${resModel}_${resId}`;
                bus.addChannel(channel);
                bus.subscribe(type, onNews);
                return () => {
                    bus.unsubscribe(type, onNews);
                    bus.deleteChannel(channel);
                };
            }
        },
        () => [component.props.record.resModel, component.props.record.resId],
    );
}

/**
 * Return a function that reloads the record soon, once for all calls until then.
 *
 * A record with unsaved changes is not reloaded, so that nobody loses what they type.
 *
 * @returns {() => void}
 */
export function useReloadSoon() {
    const component = useComponent();
    let timer;
    const reload = () => {
        timer = undefined;
        if (!component.props.record.dirty) {
            component.props.record.load();
        }
    };
    useEffect(
        () => () => browser.clearTimeout(timer),
        () => [],
    );
    return () => {
        timer ??= browser.setTimeout(reload, RELOAD_MS);
    };
}
