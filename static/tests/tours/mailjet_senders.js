import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

const SCREEN = ".o_mailjet_senders";
const CRM = `${SCREEN} article:contains(crm.test)`;
const STRANGER = `${SCREEN} article:contains(198.51.100.0/24)`;

function assertChartIsDrawn() {
    const canvas = document.querySelector(".o_mailjet_senders canvas");
    const chart = window.Chart.getChart(canvas);
    const names = chart.data.datasets.map((dataset) => dataset.label).join();
    if (!names.startsWith("Passing,")) {
        throw new Error(`The chart shows ${names}`);
    }
}

/** Before there are reports: make the address, and see what to publish. */
registry.category("web_tour.tours").add("mailjet_senders_empty", {
    steps: () => [
        {
            content: "Make the address",
            trigger: `${SCREEN} section[name='steps'] button[name='create_alias']`,
            run: "click",
        },
        {
            content: "See the record with the address",
            trigger: `${SCREEN} li[name='record']:contains(rua=mailto:dmarc@company.example)`,
        },
        {
            content: "See that the other domain has to agree",
            trigger: `${SCREEN} li[name='record']:contains(shop.example._report._dmarc.company.example)`,
        },
        {
            content: "Learn how long it takes",
            trigger: `${SCREEN} li[name='wait']:contains(24 to 48 hours)`,
        },
    ],
});

/** Who sends, what would be lost, and a decision that is taken back. */
registry.category("web_tour.tours").add("mailjet_senders", {
    steps: () => [
        ...stepUtils.goToAppSteps("mass_mailing.mass_mailing_menu_root"),
        {
            content: "Open the menu of reports",
            trigger: "[data-menu-xmlid='mass_mailing.menu_mass_mailing_report']",
            run: "click",
        },
        {
            content: "Open the screen",
            trigger: ".dropdown-item[data-menu-xmlid='mail_mailjet.menu_report_mailjet_senders']",
            run: "click",
        },
        {
            content: "See how many emails there are",
            trigger: `${SCREEN} section[name='figures']:contains(/4,602/)`,
        },
        {
            content: "Mailjet is fine although SPF does not align",
            trigger: `${SCREEN} article[data-class='mailjet']:contains(DKIM passes):contains(SPF 0)`,
        },
        {
            content: "See that it is too early to go on",
            trigger: `${SCREEN} section[name='readiness']:contains(Not yet):contains(crm.test)`,
        },
        {
            content: "See the days",
            trigger: `${SCREEN} canvas[aria-label*='per day']`,
            run: assertChartIsDrawn,
        },
        {
            content: "Say that a source is ours",
            trigger: `${CRM} button[name='ours']`,
            run: "click",
        },
        {
            content: "Learn what follows",
            trigger: ".o_notification:contains(Set up DKIM)",
        },
        {
            content: "See it as a loss",
            trigger: `${SCREEN} section[name='lost'] dd[name='ours']:contains(120)`,
        },
        {
            content: "Close the notification",
            trigger: ".o_notification .o_notification_close",
            run: "click",
        },
        {
            content: "Say that another one is not",
            trigger: `${STRANGER} button[name='not_ours']`,
            run: "click",
        },
        {
            content: "Take it back",
            trigger: ".o_notification:contains(refuse these) button:contains(Undo)",
            run: "click",
        },
        {
            content: "It is open again",
            trigger: `${STRANGER}:contains(Is it yours)`,
        },
        {
            content: "Open a source",
            trigger: `${CRM} button.btn-link`,
            run: "click",
        },
        {
            content: "See its form",
            trigger: ".o_form_view:contains(crm.test)",
        },
        {
            content: "Go back",
            trigger: ".o_breadcrumb .o_back_button, .breadcrumb-item.o_back_button",
            run: "click",
        },
        {
            content: "The screen is back",
            trigger: SCREEN,
        },
    ],
});

/** A marketing user reads, and has no buttons to decide with. */
registry.category("web_tour.tours").add("mailjet_senders_read", {
    steps: () => [
        {
            content: "See a source without buttons",
            trigger: `${CRM}:not(:has(button[name='ours']))`,
        },
    ],
});
