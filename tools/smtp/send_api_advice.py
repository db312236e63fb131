"""What people read about a cause where mail goes by Mailjet's Send API."""

from dataclasses import replace

from ..words import _lt
from .advice import advice_for
from .advice_row import API_KEYS, SERVER, TRY_LATER, Advice
from .cause import Cause

_ALLOW_HTTPS = _lt(
    "Ask your network administrator to allow HTTPS connections to %(host)s."
)

_ADVICE = {
    # The API is on one port
    Cause.NO_ANSWER: replace(advice_for(Cause.NO_ANSWER), cure=_ALLOW_HTTPS, link=None),
    Cause.CONNECTION_REFUSED: replace(
        advice_for(Cause.CONNECTION_REFUSED), cure=_ALLOW_HTTPS, link=None
    ),
    Cause.DISCONNECTED: replace(advice_for(Cause.DISCONNECTED), cure=TRY_LATER),
    # What only the API says
    Cause.NOT_API: Advice(
        _lt("Not Mailjet's API"),
        _lt("What answers at %(host)s is not Mailjet's API."),
        _lt("Check the API's address; a proxy may be answering in its place."),
        SERVER,
    ),
    Cause.API_UNAVAILABLE: Advice(
        _lt("Mailjet's API is unavailable"),
        _lt("%(host)s answered that it cannot take any email at the moment."),
        TRY_LATER,
    ),
    Cause.API_ANSWER: Advice(
        _lt("Unreadable answer"),
        _lt("%(host)s answered, but its answer does not say what became of the email."),
        _lt("Odoo asks Mailjet whether it has the email before sending it again."),
    ),
    Cause.API_REFUSED: Advice(
        _lt("The API key may not send"),
        _lt("Mailjet's API does not let this API key send email."),
        _lt("Check the API key's permissions at Mailjet."),
        API_KEYS,
    ),
    Cause.NOT_CARRIED: Advice(
        _lt("Not possible through the Send API"),
        _lt("Mailjet's Send API cannot carry this email; SMTP can."),
        _lt("Send it by SMTP: choose SMTP on the mail server, or allow an SMTP port."),
        SERVER,
    ),
    Cause.OTHER_RECIPIENT: Advice(
        _lt("Refused because of another recipient"),
        _lt("Mailjet refused the email because of another recipient's address."),
        _lt("The email is sent again without that recipient."),
    ),
}


def send_api_advice_for(cause):
    """Return the `Advice` about a cause that the Send API had."""
    return _ADVICE.get(cause) or advice_for(cause)
