"""What people read about the rules of mailbox providers for bulk mail."""

from ..words import _lt
from .advice_row import DOMAIN, Advice
from .cause import Cause

RECEIVER_ADVICE = {
    Cause.DKIM_REQUIRED: Advice(
        _lt("DKIM signature required"),
        _lt(
            "The recipient's provider requires a valid DKIM signature of the sender's "
            "domain, and found none."
        ),
        _lt(
            "Publish the DKIM record of the sender's domain as Odoo shows it under DNS "
            "records."
        ),
        DOMAIN,
    ),
    Cause.DMARC_REQUIRED: Advice(
        _lt("DMARC record required"),
        _lt(
            "The recipient's provider requires a DMARC record of the sender's domain, "
            "and found none."
        ),
        _lt(
            "Publish the DMARC record of the sender's domain as Odoo shows it under "
            "DNS records; the policy p=none is enough."
        ),
        DOMAIN,
    ),
    Cause.ALIGNMENT_REQUIRED: Advice(
        _lt("Signed by another domain"),
        _lt(
            "The email carried no valid signature of the domain in its From, so it "
            "failed DMARC."
        ),
        _lt(
            "Publish the DKIM record of the domain in the From, or send from a domain "
            "that has one."
        ),
        DOMAIN,
    ),
    Cause.AUTHENTICATION_REQUIRED: Advice(
        _lt("Sender not authenticated"),
        _lt(
            "The recipient's provider could not verify that the email comes from the "
            "sender's domain."
        ),
        _lt(
            "Publish the DKIM and DMARC records of the sender's domain as Odoo shows "
            "them under DNS records; DKIM is the one that matters most."
        ),
        DOMAIN,
    ),
    Cause.SPF_REQUIRED: Advice(
        _lt("SPF check failed"),
        _lt(
            "The recipient's provider checked SPF for the return path of the email, "
            "and the check failed."
        ),
        _lt(
            "The return path belongs to the sending service, so your own SPF record "
            "is rarely the cause: check the record for the return path, if you have "
            "one, and send the server's words to the service's support."
        ),
        DOMAIN,
    ),
    Cause.SENDER_CANNOT_RECEIVE: Advice(
        _lt("Sender's domain receives no email"),
        _lt(
            "The recipient's provider refuses email from addresses that cannot be "
            "replied to."
        ),
        _lt("Publish an MX record of the sender's domain that names its mail server."),
        DOMAIN,
    ),
    Cause.SENDING_HOST: Advice(
        _lt("Sending server not accepted"),
        _lt(
            "The recipient's provider does not accept email from the server that "
            "delivered it: its name, its encryption or its reputation is at fault."
        ),
        _lt(
            "Only the sending service can fix this: send the server's words to its "
            "support."
        ),
    ),
    Cause.COMPLAINTS: Advice(
        _lt("Too many complaints"),
        _lt(
            "According to the recipient's provider, too many people reported your "
            "emails as spam."
        ),
        _lt(
            "Write only to people who asked for it, leave out those who have not "
            "opened an email for months, and make it easy to unsubscribe."
        ),
    ),
    Cause.RECEIVER_LIMIT: Advice(
        _lt("Slowed down by the receiver"),
        _lt(
            "The recipient's provider limits how much email it accepts from this "
            "sender at a time."
        ),
        _lt("Send again later; if it happens often, spread large mailings over hours."),
    ),
}
