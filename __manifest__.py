{
    "name": "Mailjet",
    "version": "19.0.1.0.0",
    "category": "Marketing/Email Marketing",
    "summary": "Send email and mass mailings through Mailjet",
    "author": "mail_mailjet founders",
    "license": "LGPL-3",
    "images": ["static/description/screenshot_server.png"],
    "depends": ["mass_mailing"],
    "data": [
        "security/ir.model.access.csv",
        "wizard/mailjet_address_views.xml",
        "wizard/mailjet_sender_add_views.xml",
        "views/mailjet_sender_views.xml",
        "views/mailjet_domain_views.xml",
        "views/ir_mail_server_views.xml",
        "views/ir_mail_server_account_views.xml",
        "views/mailing_mailing_views.xml",
    ],
    "assets": {
        "web.assets_tests": ["mail_mailjet/static/tests/tours/**/*"],
    },
}
