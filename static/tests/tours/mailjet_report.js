import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

/** An administrator makes a report, looks at its first rows, and has it run. */
registry.category("web_tour.tours").add("mailjet_report", {
    steps: () => [
        ...stepUtils.goToAppSteps("mass_mailing.mass_mailing_menu_root"),
        {
            content: "Open the menu of reports",
            trigger: "[data-menu-xmlid='mass_mailing.menu_mass_mailing_report']",
            run: "click",
        },
        {
            content: "Open the imports",
            trigger: ".dropdown-item[data-menu-xmlid='mail_mailjet.menu_report_mailjet_report']",
            run: "click",
        },
        {
            content: "They are there",
            trigger: ".o_breadcrumb:contains(Imports from Mailjet)",
        },
        {
            content: "Make one",
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            content: "Choose what to read",
            trigger: "div[name='report'] .o_select_menu_toggler",
            run: "click",
        },
        {
            content: "The opens",
            trigger: ".o_select_menu_item:contains(Open events)",
            run: "click",
        },
        {
            content: "Menus of other reports are not there",
            trigger: ".o_form_view:not(:has([name='counter_source'])) [name='filter_type']",
        },
        {
            content: "Look at the first rows",
            trigger: "button:contains(Preview)",
            run: "click",
        },
        {
            content: "See them, and how many there are",
            trigger: ".modal table tbody tr:nth-child(20)",
        },
        {
            content: "Close them",
            trigger: ".modal .btn-close, .modal footer button",
            run: "click",
        },
        {
            content: "Save",
            trigger: "body:not(:has(.modal)) .o_form_button_save",
            run: "click",
        },
        {
            content: "Run it",
            trigger: "button[name='action_run']:contains(Run now)",
            run: "click",
        },
        {
            content: "It runs, and can be stopped",
            trigger: "button[name='action_stop']",
        },
    ],
});

/** What it has brought is a click away, and the form says that all is there. */
registry.category("web_tour.tours").add("mailjet_report_done", {
    steps: () => [
        {
            content: "All that Mailjet has is here",
            trigger: ".o_form_view:contains(Everything that Mailjet has is here)",
        },
        {
            content: "Open the rows",
            trigger: "button[name='action_rows']",
            run: "click",
        },
        {
            content: "See them",
            trigger: ".o_list_view .o_data_row",
        },
    ],
});
