"""Read the Send API's answer: what became of each recipient of a request.

What an answer does not say for certain is in doubt, and Mailjet is asked later.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ..address import address_key
from ..smtp.cause import Cause
from ..smtp.exceptions import SendApiError
from ..smtp.pipeline import Delivery, Fate
from .answer import decoded, one_line
from .send_error import errors_of, is_about_account, whole_error
from .send_request import SendEntry

# Of a gateway that had no answer from Mailjet, which may have taken the request
# RFC 9110 sections 15.6.3 and 15.6.5; the others are Cloudflare's
_GATEWAY = (502, 504, 520, 521, 522, 523, 524)
_UNREADABLE = "The answer does not say what became of the email"


@dataclass
class Reading:
    """What an answer says.

    :ivar deliveries: one for each entry, in order; none if `refusal`
    :ivar failure: why no request goes through at the moment, or None
    :ivar refusal: why Mailjet refused the request as a whole, without having taken
        anything, and not because of the account: one of its mails may be the reason
    """

    deliveries: list[Delivery] = field(default_factory=list)
    failure: SendApiError | None = None
    refusal: SendApiError | None = None


def read_answer(
    status: int,
    content: bytes,
    entries: Sequence[SendEntry],
    host: str,
    mask: Callable[[str], str],
    sandbox: bool = False,
) -> Reading:
    """Return what an answer says about the entries of its request.

    :param mask: a function that masks secrets in a text
    :param sandbox: whether nothing was to be sent, so that there are no MessageIDs
    """
    body = decoded(content)
    body = body if isinstance(body, dict) else {}
    if isinstance(body.get("Messages"), list):
        return _Messages(body["Messages"], entries, host, mask, sandbox).reading()
    if 200 <= status < 300 or status in _GATEWAY:
        is_gateway = status in _GATEWAY
        cause = Cause.API_UNAVAILABLE if is_gateway else Cause.API_ANSWER
        error = SendApiError(cause, f"{status} {_UNREADABLE}", host)
        return _same(entries, Fate.UNCERTAIN, error)
    text = mask(f"{status} {one_line(body.get('ErrorMessage'))}".strip())[:500]
    if status == 429:
        error = SendApiError(Cause.THROTTLED, text, host)
    elif status >= 500 or status == 408:
        error = SendApiError(Cause.API_UNAVAILABLE, text, host)
    elif status == 413:
        return Reading(refusal=SendApiError(Cause.TOO_LARGE, text, host))
    elif body.get("ErrorMessage") or status == 401:
        row = {"StatusCode": status, **body}
        error = whole_error(row, host, mask)
        if status == 400 and not is_about_account(error):
            return Reading(refusal=error)
        if not is_about_account(error):
            error = SendApiError(Cause.API_REFUSED, text, host)
    else:
        error = SendApiError(Cause.NOT_API, text, host)
    return _same(entries, Fate.NOT_BEGUN, error)


def _same(entries, fate, error):
    return Reading([Delivery.of(one, fate, error) for one in entries], error)


class _Messages:
    """The elements of an answer, each for the entry at its place."""

    def __init__(self, messages, entries, host, mask, sandbox):
        self._messages = messages
        self._entries = entries
        self._host = host
        self._mask = mask
        self._sandbox = sandbox

    def reading(self):
        doubt = SendApiError(Cause.API_ANSWER, _UNREADABLE, self._host)
        if len(self._messages) != len(self._entries):
            return _same(self._entries, Fate.UNCERTAIN, doubt)
        pairs = list(zip(self._entries, self._messages, strict=True))
        deliveries = [self._accepted(entry, message) for entry, message in pairs]
        # A success tells whose it is, a refusal does not: it counts where everything
        # else is at its place
        is_in_order = all(
            delivery or self._errors(message)
            for delivery, (_entry, message) in zip(deliveries, pairs, strict=True)
        )
        for number, (entry, message) in enumerate(pairs):
            if deliveries[number]:
                self._doubt_missing(deliveries[number], doubt)
            elif is_in_order:
                deliveries[number] = self._refused(entry, self._errors(message))
            else:
                deliveries[number] = Delivery.of(entry, Fate.UNCERTAIN, doubt)
        return Reading(deliveries, None if is_in_order else doubt)

    def _accepted(self, entry, message):
        """Return the delivery of an entry that was accepted; None unless it was."""
        if not isinstance(message, dict) or message.get("Status") != "success":
            return None
        if message.get("Errors") or message.get("CustomID", "") != entry.custom_id:
            return None
        spelled = {address_key(address): address for address in entry.recipients}
        delivery = Delivery(entry, {})
        for name in ("To", "Cc", "Bcc"):
            rows = message.get(name) or []
            if not isinstance(rows, list):
                return None
            for row in rows:
                address, message_id = self._recipient(row, spelled)
                if not address:
                    return None
                if message_id:
                    delivery.fates[address] = Fate.ACCEPTED
                    delivery.message_ids[address] = message_id
        return delivery

    def _recipient(self, row, spelled):
        """Return recipient and MessageID of a row, both "" if it is not ours."""
        if not isinstance(row, dict) or not isinstance(row.get("Email"), str):
            return "", ""
        number = row.get("MessageID")
        is_number = isinstance(number, int) and not isinstance(number, bool)
        is_id = is_number and (number > 0 or self._sandbox)
        address = spelled.get(address_key(row["Email"]), "")
        return address, str(number) if is_id else ""

    def _doubt_missing(self, delivery, doubt):
        """Recipients that the answer leaves out are in doubt."""
        for address in delivery.envelope.recipients:
            if address not in delivery.fates:
                delivery.fates[address] = Fate.UNCERTAIN
                delivery.errors[address] = doubt

    def _errors(self, message):
        if not isinstance(message, dict):
            return []
        return errors_of(message, self._host, self._mask)

    def _refused(self, entry, errors):
        """Return the delivery of an entry that was refused for all its recipients."""
        named = {}
        for error, places in errors:
            for place in places:
                if place in entry.places:
                    named.setdefault(entry.places[place], error)
        # An error about the account says more than one about the mail
        main = next(
            (error for error, places in errors if is_about_account(error)),
            errors[0][0],
        )
        rest = main
        if len(named) < len(entry.recipients) and all(places for _e, places in errors):
            text = main.text
            rest = SendApiError(Cause.OTHER_RECIPIENT, text, self._host)
        delivery = Delivery.of(entry, Fate.REFUSED, rest)
        delivery.errors.update(named)
        return delivery
