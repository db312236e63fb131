import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

const FIGURES = ".o_mailjet_dashboard section[name='figures']";
const LIMITS = ".o_mailjet_dashboard section[name='limits']";
const PICKER = ".o_control_panel select[aria-label='Mailjet server']";

function assertChartIsDrawn() {
    const canvas = document.querySelector(".o_mailjet_chart canvas");
    const chart = window.Chart.getChart(canvas);
    const names = chart.data.datasets.map((dataset) => dataset.label).join();
    if (names !== "Delivered,Bounced,Blocked,Opened,Clicked") {
        throw new Error(`The chart shows ${names}`);
    }
    if (chart.data.labels.length !== 31) {
        throw new Error(`The chart has ${chart.data.labels.length} days`);
    }
}

function assertPageScrolls() {
    const page = document.querySelector(".o_content:has(.o_mailjet_dashboard)");
    if (page.scrollHeight <= page.clientHeight) {
        throw new Error("The page does not scroll to the sections below the window");
    }
}

/** What a marketing user sees and opens; the second server has no figures. */
registry.category("web_tour.tours").add("mailjet_dashboard", {
    steps: () => [
        ...stepUtils.goToAppSteps("mass_mailing.mass_mailing_menu_root"),
        {
            content: "Open the menu of reports",
            trigger: "[data-menu-xmlid='mass_mailing.menu_mass_mailing_report']",
            run: "click",
        },
        {
            content: "Open the dashboard",
            trigger: ".dropdown-item[data-menu-xmlid='mail_mailjet.menu_report_mailjet_dashboard']",
            run: "click",
        },
        {
            content: "See a figure and its rate",
            trigger: `${FIGURES} button[name='bounced']:contains(/440.*%.*of processed/)`,
        },
        {
            content: "See the days",
            trigger: ".o_mailjet_chart canvas[aria-label*='Emails per day']",
            run: assertChartIsDrawn,
        },
        {
            content: "Scroll to the rest",
            trigger: LIMITS,
            run: assertPageScrolls,
        },
        {
            content: "See a limit explained",
            trigger: `${LIMITS} button[name='bounced']:contains(Over the limit):contains(limit 8)`,
        },
        {
            content: "See another one",
            trigger: `${LIMITS} button[name='blocked']:contains(Well below the limit)`,
        },
        {
            content: "A user who cannot read figures from Mailjet has no button for it",
            trigger: `${LIMITS}:not(:contains(Refresh))`,
        },
        {
            content: "See the best hour first",
            trigger: "section[name='hours'] li:first:contains(60):contains(of 150 opened)",
        },
        {
            content: "Open a reason",
            trigger: "section[name='reasons'] button:contains(Mailbox full)",
            run: "click",
        },
        {
            content: "See its events",
            trigger: ".o_list_view .o_searchview:contains(Mailbox full)",
        },
        {
            content: "There are as many as on the dashboard",
            trigger: ".o_list_view:has(.o_data_row:eq(2)):not(:has(.o_data_row:eq(3)))",
        },
        {
            content: "Go back",
            trigger: ".breadcrumb-item a:contains(Mailjet dashboard)",
            run: "click",
        },
        {
            content: "Open a figure",
            trigger: `${FIGURES} button[name='bounced']`,
            run: "click",
        },
        {
            content: "See it by day, of this server",
            trigger: ".o_graph_view .o_searchview:contains(Last 30 days):contains(Shop)",
        },
        {
            content: "Go back",
            trigger: ".breadcrumb-item a:contains(Mailjet dashboard)",
            run: "click",
        },
        {
            content: "Choose the other server",
            trigger: PICKER,
            run: "selectByLabel Other",
        },
        {
            content: "It has no figures, and the page says what to do",
            trigger: "section[name='no_figures']:contains(An administrator can)",
        },
        {
            content: "Leave the dashboard",
            trigger: "[data-menu-xmlid='mass_mailing.menu_mass_mailing_report']",
            run: "click",
        },
        {
            content: "Come back by the menu",
            trigger: ".dropdown-item[data-menu-xmlid='mail_mailjet.menu_report_mailjet_dashboard']",
            run: "click",
        },
        {
            content: "Open a limit",
            trigger: `${LIMITS} button[name='unsubscribed']`,
            run: "click",
        },
        {
            content: "It is named after the limit",
            trigger: ".o_form_view .o_breadcrumb:contains(Unsubscriptions)",
        },
    ],
});

/** An account without any figures. */
registry.category("web_tour.tours").add("mailjet_dashboard_of_new_server", {
    steps: () => [
        {
            content: "Read the figures",
            trigger: "section[name='no_figures'] button:contains(Read Mailjet's figures)",
            run: "click",
        },
        {
            content: "See them",
            trigger: `${FIGURES} button[name='delivered']:contains(9,100)`,
        },
        {
            content: "See where they come from",
            trigger: `${FIGURES}:contains(Mailjet's own counts)`,
        },
        {
            content: "See that Mailjet does not track opens",
            trigger: `${FIGURES} button[name='opened']:contains(Not tracked by Mailjet)`,
        },
        {
            content: "See the limit that is exceeded, and what to do",
            trigger: `${LIMITS} button[name='bounced']:contains(Over the limit):contains(bounce reasons)`,
        },
        {
            content: "Sending is paused; resume it",
            trigger:
                ".o_mailjet_dashboard .alert:contains(Sending is paused):contains(900 of 10,000) button:contains(Resume now)",
            run: "click",
        },
        {
            content: "It is resumed",
            trigger: ".o_mailjet_dashboard:not(:has(.alert))",
        },
        {
            content: "An import by hour is offered",
            trigger: "section[name='hours'] button:contains(Import the last year by hour)",
        },
        {
            content: "Open a figure",
            trigger: `${FIGURES} button[name='delivered']`,
            run: "click",
        },
        {
            content: "See Mailjet's own counters of the account by day",
            trigger:
                ".o_graph_view .o_searchview:contains(By day):contains(Account):contains(Last 30 days)",
        },
    ],
});

/** No Mailjet server at all. */
registry.category("web_tour.tours").add("mailjet_dashboard_without_server", {
    steps: () => [
        {
            content: "Set one up",
            trigger: ".o_mailjet_dashboard button:contains(Set up Mailjet)",
            run: "click",
        },
        {
            content: "The setup asks for keys",
            trigger: ".o_form_view .o_field_widget[name='api_key']",
        },
    ],
});
