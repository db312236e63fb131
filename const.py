"""Facts about Mailjet, each with the page it comes from."""

# https://dev.mailjet.com/smtp-relay/configuration/
SMTP_HOST = "in-v3.mailjet.com"

# The host of the API before version 3; today's keys cannot log in there.
# https://github.com/mailjet/mailjet-gem/pull/11
LEGACY_SMTP_HOST = "in.mailjet.com"

# Ports that speak TLS after STARTTLS, and ports that speak it from the first byte.
# 25 is left out: Odoo Online and Odoo.sh block it.
# https://www.odoo.com/documentation/19.0/applications/general/email_communication/mailjet_api.html
STARTTLS_PORT = 587
STARTTLS_PORTS = (587, 2525, 588, 80)
TLS_PORT = 465
TLS_PORTS = (465,)
BLOCKED_PORT = 25

# The server announces SIZE 15728640 (15 MiB) in its EHLO reply. Odoo compares with an
# estimate of the encoded size, so some room is left.
MAX_EMAIL_SIZE_MB = 14
