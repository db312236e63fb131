import { cookie } from "@web/core/browser/cookie";
import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

// The test prepares a mailing of this subject, and tells in cookies where the stand-in
// for Mailjet listens and which keys it takes: both are known at run time only.
const SUBJECT = "Mailjet tour";

const SECRET = ".o_field_widget[name='smtp_pass'] input";
const STATE = ".o_field_widget[name='mailjet_state'] .badge";

/** A pattern: core shows a port as a number, with a comma before the last three digits. */
const shownPort = () => cookie.get("mailjet_port").replace(/(?=\d{3}$)/, ",?");

const newServerSteps = () => [
    {
        content: "Make a new server",
        trigger: ".o_list_button_add",
        run: "click",
    },
    {
        content: "Authenticate with Mailjet",
        trigger: ".o_field_widget[name='smtp_authentication'] input[data-value='mailjet']",
        run: "click",
    },
    {
        content: "The host is Mailjet's",
        trigger: ".o_field_widget[name='smtp_host'] input:value(/^in-v3.mailjet.com$/)",
    },
    {
        content: "The server got a name",
        trigger: ".o_field_widget[name='name'] input:value(/^Mailjet$/)",
    },
    {
        content: "STARTTLS is chosen",
        trigger: ".o_field_widget[name='mailjet_security'] input[data-value='starttls']:checked",
    },
    {
        content: "The port is that of STARTTLS",
        trigger: ".o_field_widget[name='smtp_port'] input:value(/^587$/)",
    },
    {
        content: "Core's five ways to encrypt are out of the way",
        trigger: ".o_form_view:not(:has(.o_field_widget[name='smtp_encryption']))",
    },
    {
        content: "The user name is called API key",
        trigger: "label[for^='smtp_user']:only:contains(API Key)",
    },
    {
        content: "The password is called secret key",
        trigger: "label[for^='smtp_pass']:only:contains(Secret Key)",
    },
    {
        content: "Nothing was tested yet",
        trigger: `${STATE}:text(Not tested yet)`,
    },
    {
        content: "Mailjet's own host needs no notice",
        trigger: ".o_form_view:not(:has(.alert-warning))",
    },
];

const securitySteps = () => [
    {
        content: "Choose SSL/TLS",
        trigger: ".o_field_widget[name='mailjet_security'] input[data-value='ssl']",
        run: "click",
    },
    {
        content: "The port followed",
        trigger: ".o_field_widget[name='smtp_port'] input:value(/^465$/)",
    },
    {
        content: "Back to STARTTLS",
        trigger: ".o_field_widget[name='mailjet_security'] input[data-value='starttls']",
        run: "click",
    },
    {
        content: "The port came back",
        trigger: ".o_field_widget[name='smtp_port'] input:value(/^587$/)",
    },
];

const settingsSteps = () => [
    {
        content: "Type a host of one's own",
        trigger: ".o_field_widget[name='smtp_host'] input",
        run: "edit localhost",
    },
    {
        content: "Type its port",
        trigger: ".o_field_widget[name='smtp_port'] input",
        run: `edit ${cookie.get("mailjet_port")}`,
    },
    {
        content: "Type the API key",
        trigger: ".o_field_widget[name='smtp_user'] input",
        run: `edit ${cookie.get("mailjet_api_key")}`,
    },
    {
        content: "Type a wrong secret key",
        trigger: SECRET,
        run: "edit not-the-secret-key",
    },
    {
        content: "All mail: the From filter is offered",
        trigger: ".o_form_view:has(.o_field_widget[name='from_filter'])",
    },
    {
        content: "Use the server for mass mailing only",
        trigger: ".o_field_widget[name='mailjet_purpose'] input[data-value='mass_mailing']",
        run: "click",
    },
    {
        content: "The From filter is gone",
        trigger: ".o_form_view:not(:has(.o_field_widget[name='from_filter']))",
    },
    ...stepUtils.saveForm(),
    {
        content: "The port of one's own stayed",
        trigger: `.o_field_widget[name='smtp_port'] input:value(/^${shownPort()}$/)`,
    },
    {
        content: "The notice tells where the keys go",
        trigger: ".alert-warning:contains(not Mailjet's own):contains(including the keys)",
    },
    {
        content: "The new server is that of Email Marketing, so nothing is left to do there",
        trigger: ".o_form_view:not(:has([name='action_mailjet_make_dedicated']))",
    },
];

const connectionTestSteps = () => [
    {
        content: "Test the connection with the wrong secret key",
        trigger: "button[name='test_smtp_connection']",
        run: "click",
    },
    {
        content: "See why it fails, on the form",
        trigger:
            ".alert-danger .o_field_widget[name='mailjet_failure']:contains(Mailjet refused the pair)",
    },
    {
        content: "See that it fails",
        trigger: `${STATE}.text-bg-danger:text(Connection fails)`,
    },
    {
        content: "The secret key was taken, it is not shown",
        trigger: `${SECRET}[placeholder^='Stored, never shown']:empty`,
    },
    {
        content: "Type the right secret key",
        trigger: SECRET,
        run: `edit ${cookie.get("mailjet_secret_key")}`,
    },
    {
        content: "Test the connection without saving first",
        trigger: "button[name='test_smtp_connection']",
        run: "click",
    },
    {
        content: "See that it works",
        trigger: `${STATE}.text-bg-success:text(Connection works)`,
    },
    {
        content: "The reason of the failure is gone",
        trigger: ".o_form_view:not(:has(.alert-danger))",
    },
    {
        content: "The form is saved",
        trigger: ".o_form_view .o_form_saved",
    },
    {
        content: "The secret key is not shown either",
        trigger: `${SECRET}[placeholder^='Stored, never shown']:empty`,
    },
];

const mailingSteps = () => [
    ...stepUtils.goToAppSteps("mass_mailing.mass_mailing_menu_root"),
    {
        content: "Open the mailing",
        trigger: `.o_data_row td[name='subject']:contains(${SUBJECT})`,
        run: "click",
    },
    {
        content: "Wait for the body: leaving it half loaded would be another test",
        trigger:
            ".o_field_widget[name='body_arch'] iframe[is-ready=true]:iframe p:contains(Hello from the tour)",
    },
    {
        content: "Open its settings",
        trigger: ".o_notebook_headers a[name='settings']",
        run: "click",
    },
    {
        content: "No server is chosen yet, so no state is shown",
        trigger:
            ".o_inner_group:contains(Delivery):not(:has(.badge)) .o_field_widget[name='mail_server_id'] input:empty",
    },
    {
        content: "Look for the server",
        trigger: ".o_inner_group:contains(Delivery) .o_field_widget[name='mail_server_id'] input",
        run: "edit Mailjet",
    },
    {
        content: "Choose it",
        trigger: ".o-autocomplete--dropdown-item a:text(Mailjet)",
        run: "click",
    },
    {
        content: "See what the server is for",
        trigger:
            ".o_inner_group:contains(Delivery) .o_field_widget[name='mailjet_purpose']:text(Mass mailing only)",
    },
    {
        content: "See that its connection works",
        trigger: `.o_inner_group:contains(Delivery) ${STATE}.text-bg-success:text(Connection works)`,
    },
    {
        content: "Send",
        trigger: ".o_statusbar_buttons button[name='action_launch']",
        run: "click",
    },
    {
        content: "Confirm",
        trigger: ".modal .modal-footer .btn-primary:contains(Send to all)",
        run: "click",
    },
    {
        content: "The mailing waits for its scheduled action, and may still be cancelled",
        trigger:
            ".o_form_view:has(.o_arrow_button_current:contains(In Queue)) button[name='action_cancel']:enabled",
    },
    {
        content: "The form is saved",
        trigger: ".o_form_view .o_form_saved",
    },
];

/** From a new mail server to a mailing that waits to be sent through it. */
registry.category("web_tour.tours").add("mailjet_server_to_mailing", {
    steps: () => [
        ...newServerSteps(),
        ...securitySteps(),
        ...settingsSteps(),
        ...connectionTestSteps(),
        ...mailingSteps(),
    ],
});
