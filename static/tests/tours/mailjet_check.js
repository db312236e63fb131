import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

const SUBJECT = "Mailing to check";

/** The document of the preview; scripts of this page may not look into its frame. */
function previewed() {
    return document.querySelector(".o_mailjet_device iframe").getAttribute("srcdoc");
}

/** Check a mailing, look at the findings and the preview, fix it, check again. */
registry.category("web_tour.tours").add("mailjet_check", {
    steps: () => [
        ...stepUtils.goToAppSteps("mass_mailing.mass_mailing_menu_root"),
        {
            content: "Open the mailing",
            trigger: `.o_data_row td[name='subject']:contains(${SUBJECT})`,
            run: "click",
        },
        {
            content: "Check",
            trigger: "button[name='action_mailjet_check']",
            run: "click",
        },
        {
            content: "The finding says what, why and what to do",
            trigger:
                ".o_mailjet_findings .o_kanban_record:contains(URL shortener):contains(reputation):contains(Link to the page itself):contains(https://bit.ly/roses)",
        },
        {
            content: "Look at the preview",
            trigger: ".nav-link[name='preview']",
            run: "click",
        },
        {
            content: "It is shown as on a phone",
            trigger: ".o_mailjet_phone iframe[sandbox='']",
            run() {
                if (!previewed().includes("Dear Zoë zoe0")) {
                    throw new Error("The first recipient's name is not in the preview");
                }
            },
        },
        {
            content: "Switch to another recipient",
            trigger: ".o_mailjet_recipient",
            run: "select 1",
        },
        {
            content: "The preview is another one",
            trigger: ".o_mailjet_phone iframe:not([srcdoc*='zoe0,'])",
        },
        {
            content: "Switch to a computer",
            trigger: ".o_mailjet_preview button[data-device='desktop']",
            run: "click",
        },
        {
            content: "Subject and preheader stand above",
            trigger:
                ".o_mailjet_desktop .o_mailjet_inbox:contains(Mailing to check):contains(See the roses on Sunday)",
        },
        {
            content: "Back to the mailing, which says what is open",
            trigger: `.breadcrumb-item:contains(${SUBJECT})`,
            run: "click",
        },
        {
            content: "Open the check from its line",
            trigger:
                ".o_mailjet_check_line:contains(1 warning, checked) button[name='action_mailjet_open_check']",
            run: "click",
        },
        {
            content: "Fix the mailing",
            trigger: ".o_mailjet_findings .o_kanban_record:contains(URL shortener)",
            async run() {
                const { mailing } = await fixMailing();
                if (!mailing) {
                    throw new Error("The mailing was not found");
                }
            },
        },
        {
            content: "Check again",
            trigger: "button[name='action_check_again']",
            run: "click",
        },
        {
            content: "There is nothing left",
            trigger:
                ".o_form_view:contains(Nothing to fix):not(:has(.o_kanban_record:contains(URL shortener)))",
        },
    ],
});

/** Write the mailing's content, as its editor does. */
async function fixMailing() {
    const call = (method, args, kwargs = {}) =>
        fetch(`/web/dataset/call_kw/mailing.mailing/${method}`, {
            method: "POST",
            headers: { "Content-Type": "application/json" },
            body: JSON.stringify({
                jsonrpc: "2.0",
                method: "call",
                params: { model: "mailing.mailing", method, args, kwargs },
            }),
        })
            .then((response) => response.json())
            .then(({ result }) => result);
    const [mailing] = await call("search_read", [[["subject", "=", SUBJECT]], ["body_html"]]);
    const body = mailing.body_html.replace("https://bit.ly/roses", "https://roses.acme-shop.com/");
    return { mailing: await call("write", [[mailing.id], { body_html: body }]) };
}
