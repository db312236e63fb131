import { cookie } from "@web/core/browser/cookie";
import { registry } from "@web/core/registry";

// The test tells in cookies where the two stand-ins for Mailjet listen and which keys
// they take: all that is known at run time only.

const DIALOG = ".modal:not(.o_inactive_modal)";
const NEXT = `${DIALOG} .modal-footer button[name='action_next']`;

const shown = (name) => `${DIALOG} .o_field_widget[name='${name}']`;
const input = (name) => `${shown(name)} input`;
const row = (name, value) => `${DIALOG} .o_data_row:has(td[name='${name}']:text(${value}))`;

const BOUNCES = row("email", "bounce@company.example");
const card = (kind) => `${DIALOG} .o_kanban_record:contains(${kind} company.example)`;
const OWNERSHIP = card("Ownership");

/** Go on to a step, and wait until it is there. */
const nextSteps = (step) => [
    {
        content: "Next",
        trigger: NEXT,
        run: "click",
    },
    {
        content: `The step is ${step}`,
        trigger: `${DIALOG} .o_arrow_button_current[data-value='${step}']`,
    },
];

const keysSteps = () => [
    {
        content: "There is no server yet",
        trigger: ".o_list_view:not(:has(.o_data_row))",
    },
    {
        content: "Set up Mailjet",
        trigger: ".o_control_panel button[name='action_mailjet_setup']:text(Set up Mailjet)",
        run: "click",
    },
    {
        content: "The keys are asked for first",
        trigger: `${DIALOG} .o_arrow_button_current[data-value='keys']`,
    },
    {
        content: "The secret key in the place of the API key",
        trigger: input("api_key"),
        run: `edit ${cookie.get("mailjet_secret_key")}`,
    },
    {
        content: "The API key in the place of the secret key",
        trigger: `${input("secret_key")}[type='password']`,
        run: `edit ${cookie.get("mailjet_api_key")}`,
    },
    {
        content: "The address of the API is only asked for where it is one's own",
        trigger: `${DIALOG}:not(:has(.o_field_widget[name='api_url']))`,
    },
    {
        content: "Choose an address of one's own",
        trigger: `${shown("region")} input[data-value='other']`,
        run: "click",
    },
    {
        content: "Type it",
        trigger: input("api_url"),
        run: `edit ${cookie.get("mailjet_api_url")}`,
    },
    ...nextSteps("use"),
];

const useSteps = () => [
    {
        content: "The notice tells what was wrong with the keys",
        trigger: `${DIALOG} .alert-info:contains(The two keys were the wrong way round)`,
    },
    {
        content: "See whose keys these are",
        trigger: `${shown("account")}:contains(main account)`,
    },
    {
        content: "All mail is the default",
        trigger: `${shown("usage")} input[data-value='all']:checked`,
    },
    {
        content: "So is STARTTLS",
        trigger: `${shown("security")} input[data-value='starttls']:checked`,
    },
    {
        content: "Type an SMTP server of one's own",
        trigger: input("smtp_host"),
        run: "edit localhost",
    },
    {
        content: "Type its port",
        trigger: input("smtp_port"),
        run: `edit ${cookie.get("mailjet_port")}`,
    },
    ...nextSteps("domains"),
];

const domainsSteps = () => [
    {
        content: "Add the whole domain",
        trigger: `${DIALOG} button[name='action_add_domains']`,
        run: "click",
    },
    {
        content: "It was proven at once: the record is there",
        trigger: `${DIALOG} .alert-info:contains(*@company.example is active.)`,
    },
    {
        content: "See the host of the record to publish, as the DNS provider wants it",
        trigger: `${OWNERSHIP} .o_field_widget[name='host_relative']:contains(/^mailjet\\._[0-9a-f]{8}$/)`,
    },
    {
        content: "See its value",
        trigger: `${OWNERSHIP} .o_field_widget[name='expected_value']:contains(/[0-9a-f]{32}/)`,
    },
    {
        content: "Check the records",
        trigger: `${DIALOG} button[name='action_check_domains']`,
        run: "click",
    },
    {
        content: "The ownership is found",
        trigger: `${OWNERSHIP} .badge.text-bg-success:text(OK)`,
    },
    {
        content: "So is that there is no SPF record, with the value to publish",
        trigger: `${card("SPF")}:has(.badge.text-bg-danger:text(Missing)) .o_field_widget[name='expected_value']:contains(include:spf.mailjet.com)`,
    },
    ...nextSteps("senders"),
];

const sendersSteps = () => [
    {
        content: "The addresses of the proven domain need no activation",
        trigger: `${BOUNCES} td[name='state'] .badge.text-bg-success:text(Accepted)`,
    },
    {
        content: "Add all that are missing",
        trigger: `${DIALOG} button[name='action_add_missing']`,
        run: "click",
    },
    {
        content: "Confirm: mails go out",
        trigger: `${DIALOG}:contains(Mailjet will send an activation link) .modal-footer .btn-primary`,
        run: "click",
    },
    {
        content: "The others wait for their activation",
        trigger: `${DIALOG} td[name='state'] .badge.text-bg-warning:text(Waiting for activation)`,
    },
    {
        content: "See what is left to do",
        trigger: `${DIALOG} .alert-info:contains(Mailjet has sent an email to)`,
    },
    {
        content: "None is unknown any more, so none can be added",
        trigger: `${DIALOG}:not(:contains(Unknown to Mailjet)):not(:has(button[name='action_add_missing']))`,
    },
    ...nextSteps("events"),
];

const eventsSteps = () => [
    {
        content: "Nobody gets the events yet",
        trigger: `${DIALOG} .o_field_widget[name='callback_ids'] .o_data_row:contains(Bounced):contains(Nobody)`,
    },
    {
        content: "They can be registered",
        trigger: `${DIALOG} button[name='action_register_events']`,
    },
    ...nextSteps("test"),
    {
        content: "The test goes out from an accepted address",
        trigger: `${shown("test_from")}:contains(@)`,
    },
    {
        content: "It can be sent",
        trigger: `${DIALOG} button[name='action_send_test']`,
    },
    ...nextSteps("ready"),
];

const readySteps = () => [
    {
        content: "See the From filter that follows",
        trigger: `${shown("from_filter_after")}:text(company.example)`,
    },
    {
        content: "It is named after the field of the server",
        trigger: `${DIALOG} label:text(New FROM filtering)`,
    },
    {
        content: "It is taken over unless one says no",
        trigger: `${shown("set_from_filter")} input:checked`,
    },
    {
        content: "No step is left",
        trigger: `${DIALOG} .modal-footer:not(:has(button[name='action_next']))`,
    },
    {
        content: "Activate the server",
        trigger: `${DIALOG} .modal-footer button[name='action_finish']`,
        run: "click",
    },
    {
        content: "The server is shown, the set-up is closed",
        trigger:
            "body:not(:has(.modal)) .o_form_view .o_field_widget[name='name'] input:value(/^Mailjet$/)",
    },
    {
        content: "Its connection was tested",
        trigger:
            ".o_field_widget[name='mailjet_state'] .badge.text-bg-success:text(Connection works)",
    },
    {
        content: "It takes the mail of the proven domain",
        trigger: ".o_field_widget[name='from_filter'] input:value(/^company\\.example$/)",
    },
];

/** From two keys to a server in use, each step in the guided set-up. */
registry.category("web_tour.tours").add("mailjet_setup", {
    steps: () => [
        ...keysSteps(),
        ...useSteps(),
        ...domainsSteps(),
        ...sendersSteps(),
        ...eventsSteps(),
        ...readySteps(),
    ],
});
