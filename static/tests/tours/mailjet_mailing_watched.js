import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";
import { delay, waitUntil } from "@odoo/hoot-dom";

const SUBJECT = "Mailing to watch";
const TOTAL = 30;
const PROGRESS = ".o_mailjet_progress";

let seen;

/** How many emails are sent, as the page shows it. */
function sent() {
    const [, count, total] = document
        .querySelector(`${PROGRESS} strong`)
        .textContent.match(/Emails sent: (\d+) of (\d+)/);
    if (Number(total) !== TOTAL) {
        throw new Error(`${total} emails instead of ${TOTAL}`);
    }
    return Number(count);
}

async function waitForMore() {
    seen = sent();
    await waitUntil(() => sent() > seen, { timeout: 20000 });
}

/** Watch a mailing while it is sent, pause it, resume it, and see its end. */
registry.category("web_tour.tours").add("mailjet_mailing_watched", {
    steps: () => [
        ...stepUtils.goToAppSteps("mass_mailing.mass_mailing_menu_root"),
        {
            content: "Open the mailing: the test begins to send when somebody watches",
            trigger: `.o_data_row td[name='subject']:contains(${SUBJECT})`,
            run: "click",
        },
        {
            content: "The figures move, and the page stays as it is",
            trigger: `${PROGRESS}:contains(Emails sent):contains(of ${TOTAL})`,
            async run() {
                await waitForMore();
                await waitForMore();
            },
        },
        {
            content: "Pause",
            trigger: "button[name='action_mailjet_pause']",
            run: "click",
        },
        {
            content: "It pauses, and nothing more is sent",
            trigger: `${PROGRESS}:contains(Paused:)`,
            async run() {
                await delay(1000);
                seen = sent();
                await delay(2500);
                if (sent() !== seen || seen === TOTAL) {
                    throw new Error(`${seen} emails sent, then ${sent()}`);
                }
            },
        },
        {
            content: "See which emails wait",
            trigger: `${PROGRESS} button[data-reason='mailing']:contains(Mailing paused)`,
            run: "click",
        },
        {
            content: "They are listed with the reason",
            trigger: ".o_data_row:contains(@example.org):contains(Mailing paused)",
        },
        {
            content: "Back to the mailing",
            trigger: `.breadcrumb-item:contains(${SUBJECT})`,
            run: "click",
        },
        {
            content: "Resume",
            trigger: "button[name='action_mailjet_resume']",
            run: "click",
        },
        {
            content: "It goes on until all are sent",
            trigger: `${PROGRESS}:not(:contains(Paused:))`,
            async run() {
                await waitUntil(() => sent() === TOTAL, { timeout: 30000 });
            },
        },
        {
            content: "There is nothing left to pause",
            trigger: ".o_form_view:not(:has(button[name='action_mailjet_pause']))",
        },
    ],
});
