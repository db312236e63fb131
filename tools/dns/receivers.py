"""What receivers ask of those who send bulk mail, and whether a domain meets it.

With Mailjet, SPF passes by itself: receivers check the return path, which is Mailjet's.
So the record that counts is the key for the DKIM signature of the domain in the From.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ..words import Words, _lt
from .dmarc_record import parse_dmarc_record
from .verdict import FINE, Verdict


@dataclass(frozen=True)
class Receiver:
    """A row: what a receiver asks for.

    :ivar required: the points without which it refuses or filters email; see `_POINTS`
    :ivar advised: those that it recommends
    :ivar asks: what it asks for in DNS
    :ivar beyond: what it asks for that DNS does not show
    :ivar url: its page on it
    """

    code: str
    name: str
    asks: str
    required: tuple[str, ...] = ()
    advised: tuple[str, ...] = ()
    beyond: str = ""
    url: str = ""


@dataclass(frozen=True)
class ReceiverLine:
    """Whether a domain meets what a `Receiver` asks.

    `state` is one of

    - met,
    - advice: met, but it recommends more,
    - not_met,
    - unknown: not all records were checked yet,
    - uncheckable: it names no record that could be checked.

    `missing` are the required points that are not met, `advice` the advised ones.
    """

    receiver: Receiver
    state: str
    missing: tuple[Words, ...] = ()
    advice: tuple[Words, ...] = ()


def _is_signed(verdicts):
    # A warning says that receivers may ignore the key, as it is being tested
    return _has(verdicts, "dkim", ("ok",))


def _has_dmarc(verdicts):
    return _has(verdicts, "dmarc", FINE)


def _has_spf(verdicts):
    return _has(verdicts, "spf", FINE)


def _has_reports(verdicts):
    has_dmarc = _has_dmarc(verdicts)
    if not has_dmarc:
        return has_dmarc
    values = (value.encode("latin-1") for value in verdicts["dmarc"].found)
    records = filter(None, map(parse_dmarc_record, values))
    return any(record.report_domains for record in records)


def _receives_mail(verdicts):
    if "mx" not in verdicts:
        return None
    # RFC 7505: "0 ." says that the domain accepts no mail
    is_null = any(value.endswith(" .") for value in verdicts["mx"].found)
    return verdicts["mx"].status in FINE and not is_null


def _has(verdicts, kind, statuses):
    return verdicts[kind].status in statuses if kind in verdicts else None


# Each point: a function of the verdicts -> whether it is met, None if unknown; and what
# to say if it is not
_POINTS = {
    "dkim": (_is_signed, _lt("DKIM: the record is missing or has to be changed.")),
    "dmarc": (_has_dmarc, _lt("DMARC: the record is missing or wrong.")),
    "reports": (
        _has_reports,
        _lt("DMARC: the record names no address for reports (rua=)."),
    ),
    "mx": (
        _receives_mail,
        _lt("MX: the domain receives no email, so nobody can reply."),
    ),
    "spf": (_has_spf, _lt("SPF: the record is missing or wrong.")),
}

_SPF_AND_DKIM = _lt("SPF and DKIM.")
_NO_LIST = _lt("Publishes no list of DNS records that it requires.")

RECEIVERS = (
    Receiver(
        "gmail",
        "Gmail",
        _lt("SPF, DKIM and DMARC, from about 5,000 emails a day."),
        required=("dkim", "dmarc"),
        beyond=_lt(
            "One-click unsubscribe; complaints below 0.1 %%, never 0.3 %% or more."
        ),
        url="https://support.google.com/a/answer/81126",
    ),
    Receiver(
        "yahoo",
        "Yahoo, AOL",
        _lt("SPF, DKIM and DMARC."),
        required=("dkim", "dmarc"),
        beyond=_lt("One-click unsubscribe, carried out within two days."),
        url="https://senders.yahooinc.com/best-practices/",
    ),
    Receiver(
        "microsoft",
        "Outlook.com, Hotmail",
        _lt("SPF, DKIM and DMARC, from 5,000 emails a day."),
        required=("dkim", "dmarc"),
        beyond=_lt("A working unsubscribe link."),
        url="https://techcommunity.microsoft.com/blog/microsoftdefenderforoffice365blog"
        "/strengthening-email-ecosystem-outlook%E2%80%99s-new-requirements-for-high"
        "%E2%80%90volume-senders/4399730",
    ),
    Receiver(
        "apple",
        "iCloud Mail",
        _SPF_AND_DKIM,
        required=("dkim",),
        advised=("dmarc",),
        beyond=_lt("An unsubscribe link; recipients who subscribed themselves."),
        url="https://support.apple.com/en-us/102322",
    ),
    Receiver(
        "orange",
        "Orange, Wanadoo",
        _lt("SPF, DKIM and DMARC, and a domain with MX or address records."),
        required=("dkim", "dmarc", "mx"),
        beyond=_lt(
            "From 1,000 emails a day: a website at the domain, membership in "
            "Signal Spam, complaints below 0.6 %%."
        ),
        url="https://postmaster.orange.fr",
    ),
    Receiver(
        "laposte",
        "laposte.net",
        _lt("DKIM of the domain in the From, DMARC with a report address, and MX."),
        required=("dkim", "dmarc", "mx"),
        advised=("reports",),
        url="https://postmaster.laposte.net/contents/quelles-sont-les-specifications-"
        "techniques-a-respecter-pour-emettre-des-emails-vers-laposte-net?t=p",
    ),
    Receiver(
        "gmx",
        "GMX, WEB.DE",
        _lt("DKIM of the domain in the From, and MX or address records."),
        required=("dkim", "mx"),
        advised=("dmarc",),
        beyond=_lt("One-click unsubscribe, double opt-in, an imprint."),
        url="https://postmaster.gmx.net/en/best-practices",
    ),
    Receiver(
        "mailru",
        "Mail.ru",
        _lt("DKIM."),
        required=("dkim",),
        beyond=_lt("Confirmed opt-in, and a clear way to unsubscribe in every email."),
        url="https://help.mail.ru/enmail-help/rules/general",
    ),
    Receiver(
        "yandex",
        "Yandex",
        _SPF_AND_DKIM,
        required=("dkim",),
        beyond=_lt("Confirmed opt-in, and unsubscribing without a login."),
        url="https://yandex.com/support/mail/web/letter/create/send-many-letters.html",
    ),
    Receiver(
        "tonline",
        "T-Online",
        _NO_LIST,
        beyond=_lt("Judges the sending server, which is Mailjet's."),
        url="https://postmaster.t-online.de/index.en.html",
    ),
    Receiver(
        "free",
        "Free",
        _NO_LIST,
        beyond=_lt(
            "Judges the sending server and the share of addresses that do not exist."
        ),
        url="https://postmaster.free.fr",
    ),
    # Not a receiver: https://dev.mailjet.com shows "SPF error" without it
    Receiver(
        "mailjet",
        "Mailjet",
        _lt(
            "SPF that includes Mailjet. Receivers do not need it: they check SPF "
            "for the return path, which is Mailjet's own."
        ),
        advised=("spf",),
    ),
)


def receiver_lines(verdicts: Mapping[str, Verdict]):
    """Return a `ReceiverLine` for each of `RECEIVERS`.

    :param verdicts: the definite verdicts on spf, dkim, dmarc and mx, by kind; a kind
        that was not checked yet is left out
    """
    met = {point: is_met(verdicts) for point, (is_met, _words) in _POINTS.items()}
    return [_line(receiver, met) for receiver in RECEIVERS]


def _line(receiver, met):
    points = (*receiver.required, *receiver.advised)
    missing, advice = (
        tuple(Words(_POINTS[point][1]) for point in wanted if met[point] is False)
        for wanted in (receiver.required, receiver.advised)
    )
    if not points:
        state = "uncheckable"
    elif missing:
        state = "not_met"
    elif any(met[point] is None for point in points):
        state = "unknown"
    else:
        state = "advice" if advice else "met"
    return ReceiverLine(receiver, state, missing, advice)


def bulk_readiness(verdicts):
    """Return whether a domain is ready for bulk mail, and the points at fault.

    It is "ready" if it meets what every receiver requires, "not_ready" if it does not,
    or "unknown". What is only advised does not count.

    :param verdicts: as for `receiver_lines`
    """
    required = list(dict.fromkeys(p for one in RECEIVERS for p in one.required))
    met = {point: _POINTS[point][0](verdicts) for point in required}
    wrong = [point for point in required if met[point] is False]
    if wrong:
        return "not_ready", wrong
    return ("unknown" if None in met.values() else "ready"), []
