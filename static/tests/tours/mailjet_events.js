import { registry } from "@web/core/registry";

const button = (name) => `button:has(.o_field_widget[name='${name}'])`;

registry.category("web_tour.tours").add("mailjet_events", {
    steps: () => [
        {
            content: "The bar shows the status of the emails",
            trigger: ".o_field_widget[name='mailjet_bar'] span:contains(bounced)",
        },
        {
            content: "See all buttons",
            trigger: ".o-form-buttonbox .o_button_more",
            run: "click",
        },
        {
            content: "They show the same figures",
            trigger: `${button("mailjet_delivered")}:contains(4)`,
        },
        {
            content: "One complained",
            trigger: `${button("mailjet_complained")}:contains(1)`,
        },
        {
            content: "Open the hard bounces",
            trigger: button("mailjet_hard_bounced"),
            run: "click",
        },
        {
            content: "The address and the reason in plain words",
            trigger:
                ".o_list_view .o_data_row:contains(bounce@example.org):contains(There is no such mailbox) td[name='email']",
            run: "click",
        },
        {
            content: "The event links to its trace",
            trigger: ".o_form_view .o_field_widget[name='trace_id']",
        },
        {
            content: "It belongs to the mailing",
            trigger: ".o_form_view .o_field_widget[name='mailing_id']:contains(Summer)",
        },
    ],
});
