import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";

const ACTIVITY =
    ".o-mail-Chatter .o-mail-Activity:contains(Activate bounce@company.example at Mailjet)";
const ACTIVATE = ".o_statusbar_buttons button[name='action_activate']";
const STATUS = ".o_statusbar_status .o_arrow_button_current";

/** Keep the links that would open in a new tab: these lead to the real Mailjet. */
function keepNewTabs() {
    browser.open = (url) => {
        document.body.dataset.newTab = url;
        // What a browser gives for a tab that it did not block
        return { closed: false };
    };
}

const openSenderSteps = () => [
    {
        content: "Open the sender",
        trigger: ".o_data_row td[name='email']:text(bounce@company.example)",
        run: "click",
    },
    {
        content: "It waits for its activation",
        trigger: `${STATUS}[data-value='inactive']`,
    },
    {
        content: "Somebody is asked to activate it",
        trigger: ACTIVITY,
    },
];

/** The link of Mailjet's mail is offered where the mail itself was never read. */
registry.category("web_tour.tours").add("mailjet_activation", {
    steps: () => [
        ...openSenderSteps(),
        {
            content: "Open no real tab from here on",
            trigger: `${ACTIVATE}:text(Activate)`,
            run: keepNewTabs,
        },
        {
            content: "Activate",
            trigger: ACTIVATE,
            run: "click",
        },
        {
            content: "See who wrote the email before its link is opened",
            trigger: ".modal .o_data_row td[name='email_from']:contains(no-reply@mailjet.com)",
        },
        {
            content: "Open the link",
            trigger: ".modal .o_data_row button[name='action_open']",
            run: "click",
        },
        {
            content: "The link opened in a new tab, and it is Mailjet's",
            trigger: "body[data-new-tab^='https://app.mailjet.com/']",
        },
        {
            content: "Odoo itself activated nothing",
            trigger: `${STATUS}[data-value='inactive']`,
        },
    ],
});

/** The test has opened the link between the two tours. */
registry.category("web_tour.tours").add("mailjet_activation_opened", {
    steps: () => [
        ...openSenderSteps(),
        {
            content: "Read its state again",
            trigger: ".o_statusbar_buttons button[name='action_check']",
            run: "click",
        },
        {
            content: "It is active",
            trigger: `${STATUS}[data-value='active']:text(Active)`,
        },
        {
            content: "Nobody is asked any more",
            trigger: ".o-mail-Chatter:not(:has(.o-mail-Activity))",
        },
        {
            content: "There is nothing left to open",
            trigger: ".o_form_view:not(:has(button[name='action_activate']))",
        },
    ],
});
