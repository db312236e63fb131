"""Which reply of a server means what."""

import re
from dataclasses import dataclass

from .cause import Cause, Stage


@dataclass(frozen=True)
class _Reply:
    """A row: it fits if each column that is filled in fits.

    `enhanced` has subject and detail of the code, as "7.8" of 4.7.8 and 5.7.8, or the
    subject alone; a reply that has one of `not_enhanced` does not fit.
    """

    cause: Cause
    codes: tuple = ()
    enhanced: tuple = ()
    stages: tuple = ()
    text: re.Pattern | None = None
    not_enhanced: tuple = ()


def _text(pattern):
    return re.compile(pattern, re.IGNORECASE)


_REFUSED = (501, 504, 511, 521, 541, 550, 551, 553, 554, 555, 556)
# At RCPT TO the server speaks of the recipient's account.
_ABOUT_THE_ACCOUNT = tuple({*Stage} - {Stage.RCPT}) + (None,)

# The first row that fits counts. Mailjet's own texts for the account are not known, so
# these patterns are the words any provider would use, and the advice calls them the
# server's words. Codes: RFC 5321 section 4.2.3; enhanced ones: RFC 3463 and IANA's
# list.
_REPLIES = (
    # Encryption: RFC 3207 section 4 and RFC 4954 section 6
    _Reply(Cause.TLS_REQUIRED, (538,)),
    _Reply(
        Cause.TLS_REQUIRED, (523, 530, 554), text=_text(r"starttls|\btls\b|encrypt")
    ),
    _Reply(Cause.STARTTLS_REFUSED, stages=(Stage.TLS,)),
    # More than fits: RFC 1870 section 6.1 (size), RFC 5321 section 4.5.3.1.10 (452 for
    # recipients). 552 is a full mailbox, too.
    _Reply(Cause.TOO_MANY_RECIPIENTS, enhanced=("5.3",)),
    _Reply(Cause.MAILBOX_FULL, enhanced=("2.2",)),
    _Reply(Cause.MAILBOX_FULL, (452, 552), text=_text(r"mailbox.*\bfull|over ?quota")),
    _Reply(Cause.TOO_LARGE, enhanced=("2.3", "3.4")),
    _Reply(
        Cause.TOO_LARGE,
        (523, 550, 552, 554),
        text=_text(r"\bsize\b|\b(message|mail)\b.*\btoo (big|large)"),
    ),
    # The account. SMTP says nothing that is known; REST has one text for suspended and
    # blocked: https://github.com/ThetaTau/CMT/issues/903
    # Limits: https://documentation.mailjet.com/hc/en-us/articles/360043101633 and
    # https://documentation.mailjet.com/hc/en-us/articles/8625025643803
    # x.1 and x.2 speak of the recipient's account.
    _Reply(
        Cause.LOGIN_DEACTIVATED,
        text=_text(
            r"\bkey\b.*\b(deactivated|disabled|inactive|revoked|not active)"
            r"|\b(deactivated|disabled|inactive|revoked) (api )?key"
        ),
    ),
    _Reply(
        Cause.SUSPENDED,
        stages=_ABOUT_THE_ACCOUNT,
        not_enhanced=("1", "2"),
        text=_text(
            r"\baccount\b.*\b(suspend|blocked|disabled|deactivated|closed|terminated)"
            r"|\b(suspended|blocked|disabled) account"
        ),
    ),
    _Reply(
        Cause.UNREVIEWED,
        stages=_ABOUT_THE_ACCOUNT,
        text=_text(
            r"\bsandbox(ed)? (account|mode)|\baccount\b.*\b(sandbox|under review"
            r"|being reviewed|not (yet )?(been )?(reviewed|approved|verified|validated"
            r"|activated))"
        ),
    ),
    _Reply(
        Cause.THROTTLED,
        not_enhanced=("1", "2"),
        text=_text(
            r"\bthrottl|\brate.?limit|\bhourly\b.*\b(limit|quota)|\bslow(ing)? down"
            r"|\btoo fast\b|\bconnections?\b.*\blimit|\btoo (many|much) (concurrent "
            r"|simultaneous )?(connections|sessions|messages|mails|e-?mails|requests)"
        ),
    ),
    _Reply(
        Cause.LIMIT_REACHED,
        stages=_ABOUT_THE_ACCOUNT,
        not_enhanced=("1", "2"),
        text=_text(
            r"\b(daily|monthly|sending|plan)\b.*\b(limit|quota)"
            r"|\b(limit|quota)\b.*\b(reached|exceeded)|\bexceeded\b.*\b(limit|quota)"
        ),
    ),
    _Reply(Cause.TOO_LARGE, (523, 552)),
    # Login: RFC 4954 section 6. 535 is Mailjet's answer to a wrong pair; 435 4.7.8 was
    # seen for the same although its class says "try again"; 530 5.7.1 comes when no
    # login was made.
    # https://github.com/mailjet/mailjet-gem/issues/14
    # https://github.com/mailjet/mailjet-gem/issues/17
    # https://github.com/mailjet/mailjet-apiv3-php/issues/93
    _Reply(Cause.LOGIN, (435, 535)),
    _Reply(Cause.LOGIN, enhanced=("7.8",)),
    _Reply(Cause.LOGIN_MISSING, (530,)),
    _Reply(Cause.LOGIN_TEMPORARY, (454,), stages=(Stage.AUTH, None)),
    _Reply(Cause.MECHANISM, (504, 534), stages=(Stage.AUTH,)),
    # This machine. 554 instead of a greeting: RFC 5321 section 3.1; the texts are those
    # of Postfix: https://www.postfix.org/postconf.5.html#smtpd_client_restrictions
    _Reply(Cause.CLIENT_REFUSED, (521, 550, 554), stages=(Stage.GREETING,)),
    _Reply(
        Cause.CLIENT_REFUSED,
        _REFUSED,
        text=_text(
            r"\bdnsbl\b|\brbl\b|spamhaus|\bblocked using\b|\b(helo|ehlo)\b"
            r"|\bclient host\b.*\b(blocked|rejected|refused)"
            r"|\b(ip|host|network)\b.*\b(black|block|deny) ?list"
        ),
    ),
    # Greylisting: RFC 6647
    _Reply(Cause.GREYLISTED, (421, 450, 451), text=_text(r"gr[ea]y-?list")),
    _Reply(
        Cause.RELAY_DENIED,
        _REFUSED,
        stages=(Stage.MAIL, Stage.RCPT, None),
        text=_text(r"\brelay(ing)?\b"),
    ),
    # Blocked recipients: Mailjet accepts them and tells later, as far as is known.
    # https://documentation.mailjet.com/hc/en-us/articles/360043102273
    _Reply(
        Cause.RECIPIENT_BLOCKED,
        _REFUSED,
        stages=(Stage.RCPT, Stage.DATA, None),
        text=_text(r"suppress|unsubscrib|opted out|previously bounced|pre-?blocked"),
    ),
    # Senders. https://www.mailjet.com/support/account.htm tells of unknown senders;
    # the raw text of the relay is not known.
    _Reply(
        Cause.SENDER_DOMAIN,
        _REFUSED,
        stages=(Stage.MAIL, Stage.DATA, None),
        text=_text(
            r"\bdomain\b.*\bnot (been )?(verified|validated|authenticated|authori[sz]ed"
            r"|confirmed|registered)|\b(unverified|unvalidated) (sender )?domain"
        ),
    ),
    _Reply(Cause.SENDER, _REFUSED, stages=(Stage.MAIL,), not_enhanced=("5",)),
    _Reply(Cause.SENDER, _REFUSED, enhanced=("1.7", "1.8")),
    _Reply(
        Cause.SENDER,
        _REFUSED,
        text=_text(
            r"\b(sender|from (address|header|domain)|from:).*\b(unverified|unknown"
            r"|refused|rejected|not (been )?(allowed|permitted|authori[sz]ed|owned"
            r"|verified|validated|valid|active))"
            r"|\b(unverified|unvalidated|invalid|unknown) sender\b"
        ),
    ),
    # x.7 is a policy and need not be the address's fault.
    _Reply(Cause.RECIPIENT, _REFUSED, stages=(Stage.RCPT,), not_enhanced=("5", "7")),
    _Reply(Cause.RECIPIENT, _REFUSED, enhanced=("1.1", "1.2", "1.3", "1.6", "1.10")),
    # Content
    _Reply(
        Cause.CONTENT,
        _REFUSED,
        stages=(Stage.DATA, None),
        text=_text(r"\bspam|virus|malware|phish|\bcontent\b.*\b(refused|rejected)"),
    ),
    _Reply(Cause.CONTENT, _REFUSED, enhanced=("6", "7.7"), stages=(Stage.DATA, None)),
)

# "4.7.8", at the beginning of a text or behind the code
_ENHANCED = re.compile(r"^\s*(?:[245]\d\d[ -])?\s*([245])\.(\d{1,3})\.(\d{1,3})\b")


def cause_of_reply(code, text, stage):
    """Return the `Cause` of a reply; `stage` is None where it is not known."""
    match = _ENHANCED.match(text)
    enhanced = (match[2], f"{match[2]}.{match[3]}") if match else ()
    for row in _REPLIES:
        if (
            (not row.codes or code in row.codes)
            and (not row.enhanced or set(row.enhanced) & set(enhanced))
            and not set(row.not_enhanced) & set(enhanced)
            and (not row.stages or stage in row.stages)
            and (not row.text or row.text.search(text))
        ):
            return row.cause
    return Cause.TEMPORARY if 400 <= code < 500 else Cause.REPLY
