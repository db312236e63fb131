import { cookie } from "@web/core/browser/cookie";
import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

const SUBJECT = "Mailjet tour";
const DELIVERY = ".o_inner_group:contains(Delivery)";

/** What the page holds, typed values and hidden elements included. */
function everythingOnThePage() {
    const inputs = [...document.querySelectorAll("input, textarea")];
    return [document.documentElement.outerHTML, ...inputs.map((input) => input.value)].join("\n");
}

function assertNoKeyOnThePage() {
    const page = everythingOnThePage();
    if (!page.includes(SUBJECT)) {
        throw new Error("The page does not even hold the mailing");
    }
    for (const name of ["mailjet_api_key", "mailjet_secret_key"]) {
        const key = cookie.get(name);
        // Without a key to look for, finding none would mean nothing
        if (!key || page.includes(key)) {
            throw new Error(`${name} is on the page, or the test did not tell it`);
        }
    }
}

/** What a mass mailing user sees of the server that a mailing takes. */
registry.category("web_tour.tours").add("mailjet_mailing_of_marketing_user", {
    steps: () => [
        ...stepUtils.goToAppSteps("mass_mailing.mass_mailing_menu_root"),
        {
            content: "Open the mailing",
            trigger: `.o_data_row td[name='subject']:contains(${SUBJECT})`,
            run: "click",
        },
        {
            content: "Open its settings",
            trigger: ".o_notebook_headers a[name='settings']",
            run: "click",
        },
        {
            content: "Developer mode is off: core would not show the server",
            trigger: `.o_notebook_content:has(${DELIVERY}):not(:has(.o_field_widget[name='keep_archives']))`,
        },
        {
            content: "See the server's name",
            trigger: `${DELIVERY} .o_field_widget[name='mail_server_id'] input:value(/^Mailjet$/)`,
        },
        {
            content: "See what it is for",
            trigger: `${DELIVERY} .o_field_widget[name='mailjet_purpose']:text(Mass mailing only)`,
        },
        {
            content: "See its state",
            trigger: `${DELIVERY} .o_field_widget[name='mailjet_state'] .badge.text-bg-danger:text(Connection fails)`,
        },
        {
            content: "No key is on the page",
            trigger: `${DELIVERY}:not(:has(.o_field_widget[name='smtp_user'], .o_field_widget[name='smtp_pass']))`,
            run: assertNoKeyOnThePage,
        },
    ],
});
