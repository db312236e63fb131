import { registerMessageAction } from "@mail/core/common/message_actions";
import { toRaw } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";

/** "Delivery history" on messages sent by email: their Mailjet events. */
registerMessageAction("mailjet-timeline", {
    condition: ({ message, store }) =>
        store.self.main_user_id?.share === false &&
        message.notification_ids.some((one) => one.notification_type === "email"),
    icon: "fa fa-clock-o",
    name: _t("Delivery history"),
    onSelected: async ({ message, store }) => {
        const { action, orm } = store.env.services;
        const timeline = await orm.call("mail.message", "action_mailjet_timeline", [
            [toRaw(message).id],
        ]);
        await action.doAction(timeline);
    },
    sequence: 105,
});
