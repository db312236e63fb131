import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

import { Component, useState } from "@odoo/owl";

import { useNews, useReloadSoon } from "../news/news";
import { MailjetWaitingReasons } from "../waiting_reasons/waiting_reasons";

/** What a server has not sent yet, read again after each run of the queue. */
export class MailjetServerQueue extends Component {
    static template = "mail_mailjet.ServerQueue";
    static components = { MailjetWaitingReasons };
    static props = { ...standardFieldProps };

    setup() {
        const reloadSoon = useReloadSoon();
        useNews("mailjet_queue", (news) => news.is_changed && reloadSoon());
    }

    get reasons() {
        return this.props.record.data[this.props.name] || [];
    }
}

/** The sessions in use, as the worker that sends has last reported. */
export class MailjetSessions extends Component {
    static template = "mail_mailjet.Sessions";
    static props = { ...standardWidgetProps };

    setup() {
        this.state = useState({ sessions: undefined });
        useNews("mailjet_queue", ({ sessions }) => {
            this.state.sessions = sessions;
        });
    }
}

registry.category("fields").add("mailjet_server_queue", {
    component: MailjetServerQueue,
    displayName: _t("Queue of a Mailjet server"),
    supportedTypes: ["json"],
});
registry.category("view_widgets").add("mailjet_sessions", { component: MailjetSessions });
