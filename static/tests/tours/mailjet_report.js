import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

/** An administrator creates a report, previews its first rows and runs it. */
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
            content: "They are listed",
            trigger: ".o_breadcrumb:contains(Imports from Mailjet)",
        },
        {
            content: "Create one",
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            content: "Choose what to import",
            trigger: "div[name='report'] .o_select_menu_toggler",
            run: "click",
        },
        {
            content: "Choose the opens",
            trigger: ".o_select_menu_item:contains(Open events)",
            run: "click",
        },
        {
            content: "Filters of other reports are hidden",
            trigger: ".o_form_view:not(:has([name='counter_source'])) [name='filter_type']",
        },
        {
            content: "Preview the first rows",
            trigger: "button:contains(Preview)",
            run: "click",
        },
        {
            content: "See a page of them",
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
            content: "It is running and can be stopped",
            trigger: "button[name='action_stop']",
        },
    ],
});

/** The form says that the import is complete, and opens its rows. */
registry.category("web_tour.tours").add("mailjet_report_done", {
    steps: () => [
        {
            content: "The import is complete",
            trigger: ".o_form_view:contains(Odoo has every row that Mailjet has)",
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
