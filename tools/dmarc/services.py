"""Well-known services that send mail in the names of their customers."""

import re
from dataclasses import dataclass

from ..dns.names import is_within


@dataclass(frozen=True)
class Service:
    """A service and how to recognise it.

    `domains` are those of its return paths, of its SPF includes and of its servers'
    names; `selectors` is what its DKIM selectors for customers match. `is_forwarder`:
    it passes on what others have sent.
    """

    code: str
    name: str
    domains: tuple[str, ...]
    selectors: str = ""
    is_forwarder: bool = False


# The hosts and selectors that each service tells its customers to publish, in its own
# guide to authenticating a domain. Only selectors that hardly anybody else would choose
# are here: s1, k1, mail or default say nothing.
SERVICES = (
    Service("activecampaign", "ActiveCampaign", ("acems1.com", "emsd1.com"), "acdkim1"),
    Service("amazon_ses", "Amazon SES", ("amazonses.com",), "[a-z2-7]{32}"),
    Service("barracuda", "Barracuda", ("barracudanetworks.com",)),
    Service(
        "brevo",
        "Brevo",
        ("sendinblue.com", "sender-sib.com", "brevo.com"),
        "brevo[12]?|sib",
    ),
    Service("campaign_monitor", "Campaign Monitor", ("createsend.com",), "cm"),
    Service(
        "cloudflare",
        "Cloudflare Email Routing",
        ("cloudflare-email.net", "email.cloudflare.net"),
        is_forwarder=True,
    ),
    Service(
        "constant_contact",
        "Constant Contact",
        ("constantcontact.com", "confirmedcc.com"),
        "ctct[12]",
    ),
    Service("docusign", "DocuSign", ("docusign.net",)),
    Service("elastic_email", "Elastic Email", ("elasticemail.com",)),
    Service("fastmail", "Fastmail", ("messagingengine.com",), "fm[1-4]"),
    Service("forward_email", "Forward Email", ("forwardemail.net",), is_forwarder=True),
    Service("freshworks", "Freshworks", ("freshdesk.com", "freshemail.io"), "fwdkim1"),
    Service("gandi", "Gandi", ("gandi.net", "gandimail.net"), "gm[1-3]"),
    Service("getresponse", "GetResponse", ("getresponse.com", "getresponse-mail.com")),
    Service("godaddy", "GoDaddy", ("secureserver.net",)),
    Service("google", "Google Workspace", ("google.com", "googlemail.com"), "google"),
    Service(
        "help_scout",
        "Help Scout",
        ("helpscout.net", "helpscoutemail.com"),
        "strong[12]",
    ),
    Service("hostinger", "Hostinger", ("hostinger.com",), "hostingermail[-a-z0-9]*"),
    Service("hubspot", "HubSpot", ("hubspotemail.net", "hubspot.com"), "hs[12]-.+"),
    Service("icloud", "iCloud Mail", ("icloud.com",), "sig1"),
    Service("improvmx", "ImprovMX", ("improvmx.com",), is_forwarder=True),
    Service("infomaniak", "Infomaniak", ("infomaniak.ch", "infomaniak.com")),
    Service("intercom", "Intercom", ("intercom.io", "intercom-mail.com"), "intercom"),
    Service(
        "ionos",
        "IONOS",
        ("kundenserver.de", "perfora.net", "ionos.com", "ionos.de"),
        "s[12]-ionos",
    ),
    Service("klaviyo", "Klaviyo", ("klaviyomail.com",), "kl2?"),
    Service(
        "mailchimp",
        "Mailchimp",
        ("mcsv.net", "mcdlv.net", "rsgsv.net"),
        "k[23]",
    ),
    Service("mailerlite", "MailerLite", ("mlsend.com", "mailerlite.com"), "litesrv"),
    Service("mailgun", "Mailgun", ("mailgun.org", "mailgun.net")),
    Service("mandrill", "Mailchimp Transactional", ("mandrillapp.com",), "mte[12]"),
    Service(
        "microsoft",
        "Microsoft 365",
        ("outlook.com", "onmicrosoft.com"),
        "selector[12]",
    ),
    Service("mimecast", "Mimecast", ("mimecast.com",), "mimecast[0-9]+"),
    Service("odoo", "Odoo", ("odoo.com",), "odoo"),
    Service("ovh", "OVHcloud", ("mail-out.ovh.net", "mx.ovh.com"), "ovhmo[-0-9a-z]+"),
    Service("postmark", "Postmark", ("mtasv.net", "postmarkapp.com"), "[0-9]{8,14}pm"),
    Service("proofpoint", "Proofpoint", ("pphosted.com", "ppe-hosted.com")),
    Service("proton", "Proton Mail", ("protonmail.ch", "proton.ch"), "protonmail[23]?"),
    Service("rackspace", "Rackspace Email", ("emailsrvr.com",)),
    Service("salesforce", "Salesforce", ("salesforce.com", "exacttarget.com")),
    Service("sendgrid", "SendGrid", ("sendgrid.net",)),
    Service("shopify", "Shopify", ("shopify.com", "shopifyemail.com")),
    Service("sparkpost", "SparkPost", ("sparkpostmail.com",), "scph[0-9]{4}"),
    Service("yandex", "Yandex 360", ("yandex.net", "yandex.ru")),
    Service("zendesk", "Zendesk", ("zendesk.com",), "zendesk[12]"),
    Service(
        "zoho",
        "Zoho",
        ("zoho.com", "zoho.eu", "zohomail.com", "zcsend.net"),
        "zoho|zmail",
    ),
)

_SELECTORS = [
    (re.compile(service.selectors), service)
    for service in SERVICES
    if service.selectors
]


def service_of_domain(name):
    """Return the service that a host or domain belongs to, or None."""
    name = name.lower().rstrip(".")
    for service in SERVICES:
        if any(is_within(name, domain) for domain in service.domains):
            return service
    return None


def service_of_selector(selector):
    """Return the service that chooses such a DKIM selector, or None."""
    selector = selector.lower()
    for pattern, service in _SELECTORS:
        if pattern.fullmatch(selector):
            return service
    return None
