import { formatInteger } from "@web/views/fields/formatters";
import { useService } from "@web/core/utils/hooks";

import { Component } from "@odoo/owl";

/** Why emails are not sent yet: so many for each reason, one click from the list. */
export class MailjetWaitingReasons extends Component {
    static template = "mail_mailjet.WaitingReasons";
    static props = { record: Object, action: String, reasons: Array };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
    }

    count(reason) {
        return formatInteger(reason.count);
    }

    async open(reason) {
        const { resModel, resId } = this.props.record;
        const action = await this.orm.call(resModel, this.props.action, [[resId], reason]);
        this.action.doAction(action);
    }
}
