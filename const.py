"""Facts about Mailjet, each with the page it comes from."""

# https://dev.mailjet.com/smtp-relay/configuration/
SMTP_HOST = "in-v3.mailjet.com"

# The host of the API before version 3; today's keys cannot log in there.
# https://github.com/mailjet/mailjet-gem/pull/11
LEGACY_SMTP_HOST = "in.mailjet.com"

# Ports of the relay, best first: TLS after STARTTLS, or ("ssl") from the first byte.
# https://www.smtptester.org/guides/mailjet-smtp-test/ and, for 2525,
# https://cloud.google.com/compute/docs/tutorials/sending-mail/using-mailjet
PORTS = {587: "starttls", 465: "ssl", 2525: "starttls", 588: "starttls", 80: "starttls"}
DEFAULT_PORTS = {"starttls": 587, "ssl": 465}
# The relay listens there, too, but Odoo Online and Odoo.sh block it.
# https://www.odoo.com/documentation/19.0/applications/general/email_communication/mailjet_api.html
BLOCKED_PORT = 25

# The server announces SIZE 15728640 (15 MiB) in its EHLO reply. Odoo compares an
# estimate of the encoded size, hence the margin.
MAX_EMAIL_SIZE_MB = 14

# Hosts that an activation link may point to; any other link is ignored
ACTIVATION_HOSTS = ("app.mailjet.com", "www.mailjet.com", "mailjet.com")
# Domain of the author of an activation email
ACTIVATION_AUTHOR = "mailjet.com"

# https://github.com/mailjet/mailjet-apiv3-nodejs#api-base-url ; the second is for
# accounts that Mailjet has moved to the United States
API_URL = "https://api.mailjet.com"
API_URL_US = "https://api.us.mailjet.com"

# Maximum number of rows in one answer
# https://github.com/mailjet/api-documentation/blob/master/guides/_api-overview.md
API_PAGE_SIZE = 1000

# One request to the Send API: messages, recipients of all of them together, and bytes.
# The 15 MB may apply to the attachments or to the whole request; counting all of it
# satisfies both.
# https://github.com/mailjet/api-documentation/blob/master/guides/_send-api.md and, for
# the recipients, https://github.com/mailjet/mailjet-apiv3-nodejs/issues/67
SEND_PATH = "/v3.1/send"
SEND_MAX_MESSAGES = 50
SEND_MAX_RECIPIENTS = 50
SEND_MAX_BYTES = 15_000_000
SEND_MAX_SUBJECT = 255

# Newer resources of the API send it with each answer; Mailjet's support asks for it
# https://github.com/mailjet/mailjet-gem/tree/master/spec/cassettes
API_REQUEST_ID_HEADER = "X-Mj-Request-Guid"

# Mailjet's values in lower case, "_" for a space: Mailjet writes them in either case.
# "unknown" is ours, for a value that is not in the list.
# https://dev.mailjet.com/email/reference/sender-addresses-and-domains/sender
UNKNOWN = "unknown"
SENDER_STATUSES = ("active", "inactive", "deleted")
SENDER_EMAIL_TYPES = ("transactional", "bulk", "unknown")
VALIDATION_METHODS = ("activation_email", "dns", "file", "domain")
# https://dev.mailjet.com/email/reference/sender-addresses-and-domains/dns
DNS_STATUSES = ("ok", "error", "not_found", "not_checked")
# https://github.com/mailjet/mailjet-apiv3-nodejs/blob/master/lib/types/api/Setting.ts
RUN_LEVELS = ("normal", "softlock", "hardlock")

# The events that Mailjet posts
# https://dev.mailjet.com/email/guides/webhooks/
EVENT_TYPES = ("sent", "open", "click", "bounce", "blocked", "spam", "unsub")

# Values of a message's Status
# https://github.com/mailjet/mailjet-apiv3-nodejs/blob/master/lib/types/api/Message.ts
MESSAGE_STATUSES = (
    "queued",
    "sent",
    "opened",
    "clicked",
    "bounce",
    "spam",
    "unsub",
    "blocked",
    "hardbounced",
    "softbounced",
    "deferred",
)

# Segments: https://dev.mailjet.com/email/reference/segmentation/
SEGMENT_STATUSES = ("used", "unused", "deleted")

# Why a message failed: StateID in REST, `error` in events
# https://github.com/mailjet/mailjet-apiv3-nodejs/blob/master/lib/types/api/Message.ts
MESSAGE_STATES = {
    "1": "user unknown",
    "2": "mailbox inactive",
    "3": "quota exceeded",
    "4": "invalid domain",
    "5": "no mail host",
    "6": "relay/access denied",
    "7": "sender blocked",
    "8": "content blocked",
    "9": "policy issue",
    "10": "system issue",
    "11": "protocol issue",
    "12": "connection issue",
    "13": "greylisted",
    "14": "preblocked",
    "15": "duplicate in campaign",
    "16": "spam preblocked",
    "17": "bad or empty template",
    "18": "error in template language",
    "19": "typofix",
    "20": "blacklisted",
    "21": "spam reporter",
}

# States in which Mailjet did not try to deliver
UNTRIED_STATES = ("14", "15", "16", "17", "18", "20", "21")

# SPF: the include that every Mailjet customer publishes
# https://documentation.mailjet.com/hc/en-us/articles/360042412734
SPF_INCLUDE = "spf.mailjet.com"
# The networks in that record, looked up weekly; these are used until DNS answers
SPF_NETWORKS = (
    "87.253.232.0/21",
    "185.189.236.0/22",
    "185.211.120.0/22",
    "185.250.236.0/22",
    "45.14.148.0/22",
)
# The selector of Mailjet's signature for a domain that is set up, and those of its own
# signature for all others
# https://documentation.mailjet.com/hc/en-us/articles/360042412734
DKIM_SELECTOR = "mailjet"
SHARED_DKIM_SELECTORS = ("mailjet1", "mailjet2")

# The host that receives Mailjet's bounces, and the label that points a domain to it
# https://www.mailjet.com/blog/email-best-practices/return-path/
RETURN_PATH_LABEL = "bnc3"
RETURN_PATH_TARGET = "bnc3.mailjet.com"

# Limits of the free plan; the API does not expose any
# https://documentation.mailjet.com/hc/en-us/articles/8625025643803
FREE_PLAN_DAILY_LIMIT = 200
FREE_PLAN_MONTHLY_LIMIT = 6000
FREE_PLAN_CONTACT_LIMIT = 1500

# Mailbox providers and the domains they offer for personal mailboxes. The company
# domains that they host are not listed.
PROVIDERS = {
    "apple": (
        "Apple",
        ("icloud.com", "me.com", "mac.com"),
    ),
    "free": (
        "Free",
        ("free.fr", "aliceadsl.fr"),
    ),
    "gmx": (
        "GMX and web.de",
        (
            "gmx.de",
            "gmx.net",
            "gmx.at",
            "gmx.ch",
            "gmx.com",
            "gmx.fr",
            "web.de",
            "mail.com",
        ),
    ),
    "google": (
        "Google",
        ("gmail.com", "googlemail.com"),
    ),
    "la_poste": (
        "La Poste",
        ("laposte.net",),
    ),
    "mail_ru": (
        "Mail.ru",
        ("mail.ru", "bk.ru", "inbox.ru", "list.ru"),
    ),
    "microsoft": (
        "Microsoft",
        (
            "outlook.com",
            "outlook.fr",
            "outlook.de",
            "outlook.es",
            "outlook.it",
            "hotmail.com",
            "hotmail.fr",
            "hotmail.co.uk",
            "hotmail.de",
            "hotmail.it",
            "hotmail.es",
            "live.com",
            "live.fr",
            "live.co.uk",
            "live.nl",
            "live.be",
            "live.it",
            "msn.com",
        ),
    ),
    "orange": (
        "Orange",
        ("orange.fr", "wanadoo.fr", "voila.fr"),
    ),
    "proton": (
        "Proton",
        ("proton.me", "protonmail.com", "protonmail.ch", "pm.me"),
    ),
    "sfr": (
        "SFR",
        ("sfr.fr", "neuf.fr", "club-internet.fr", "numericable.fr"),
    ),
    "telekom": (
        "Telekom",
        ("t-online.de", "magenta.de"),
    ),
    "yahoo": (
        "Yahoo",
        (
            "yahoo.com",
            "yahoo.fr",
            "yahoo.co.uk",
            "yahoo.de",
            "yahoo.es",
            "yahoo.it",
            "yahoo.co.in",
            "yahoo.com.br",
            "ymail.com",
            "rocketmail.com",
            "aol.com",
            "aol.fr",
            "aol.de",
            "aol.co.uk",
        ),
    ),
    "yandex": (
        "Yandex",
        ("yandex.ru", "yandex.com", "ya.ru"),
    ),
}

# Limits of Mailjet's sending policy, in percent of recent emails, and the number of
# emails below which they do not apply: https://www.mailjet.com/legal/anti-spam-policy/
# It also allows one spam trap, but neither its figures nor its events report those.
LIMITS = {"bounced": 8.0, "unsubscribed": 1.4, "blocked": 30.0, "complained": 0.08}
LIMITS_FROM_MAILS = 1000
# Instead of 1.4, if more people unsubscribe than click
UNSUBSCRIBED_LIMIT_ABOVE_CLICKS = 1.0
# However many emails are sent
COMPLAINTS_A_DAY = 50
