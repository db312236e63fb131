import { registry } from "@web/core/registry";

// What a phone shows: tests/server/test_mailjet_tours.py makes the window 390 pixels wide

const DIALOG = ".modal:not(.o_inactive_modal)";
const SETTING = "#email-mailjet-setting";
const line = (key) => `.o_mailjet_status li[name='${key}']`;

/** Fail if something in a place sticks out of the screen. */
const fitsStep = (place) => ({
    content: `${place} is not wider than the screen`,
    trigger: place,
    run() {
        const wide = [...this.anchor.querySelectorAll("*")].filter(
            (element) => element.getBoundingClientRect().right > window.innerWidth + 1,
        );
        if (wide.length) {
            throw new Error(`Wider than the screen: ${wide[0].outerHTML.slice(0, 200)}`);
        }
    },
});

/** From the settings to the set-up, and along the status card. */
registry.category("web_tour.tours").add("mailjet_narrow_settings", {
    steps: () => [
        fitsStep(`${SETTING} .o_mailjet_status`),
        {
            content: "Connect another account",
            trigger: `${SETTING} button[name='action_mailjet_new_setup']:visible`,
            run: "click",
        },
        {
            content: "Type an API key",
            trigger: `${DIALOG} .o_field_widget[name='api_key'] input`,
            run: "edit 0123456789abcdef0123456789abcdef",
        },
        {
            content: "Both keys are asked for",
            trigger: `${DIALOG} .o_field_widget[name='secret_key'] input`,
        },
        {
            content: "The way on is there",
            trigger: `${DIALOG} .modal-footer button[name='action_next']`,
        },
        fitsStep(DIALOG),
        {
            content: "Leave",
            trigger: `${DIALOG} .modal-header .btn-close`,
            run: "click",
        },
        {
            content: "Follow the next step of the domains",
            trigger: `body:not(:has(.modal)) ${SETTING} ${line("domains")} button`,
            run: "click",
        },
        {
            content: "A domain can be added",
            trigger: `${DIALOG} .o_form_view input`,
        },
        fitsStep(DIALOG),
    ],
});

/** From the dashboard's status card to the page of the server that it is about. */
registry.category("web_tour.tours").add("mailjet_narrow_dashboard", {
    steps: () => [
        fitsStep(".o_mailjet_status"),
        {
            content: "Follow the next step of the events",
            trigger: `${line("events")} button`,
            run: "click",
        },
        {
            content: "The server opens on its events",
            trigger: ".o_form_view .o_notebook .nav-link.active:contains(Events)",
        },
    ],
});
