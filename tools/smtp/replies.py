"""Which reply of a server means what."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from .cause import Cause, Stage
from .receiver_refusals import LONGEST_TEXT, receiver_cause


@dataclass(frozen=True)
class _Reply:
    """A row: it matches if each column that is filled in matches.

    `enhanced` has subject and detail of the code, as "7.8" of 4.7.8 and 5.7.8, or the
    subject alone; a reply with one of `not_enhanced` does not match.
    """

    cause: Cause
    codes: Collection[int] = ()
    enhanced: tuple = ()
    stages: tuple = ()
    text: re.Pattern | None = None
    not_enhanced: tuple = ()


def _text(pattern):
    return re.compile(pattern, re.IGNORECASE | re.DOTALL)


def _all(*patterns, unless=()):
    """Return a pattern for texts that have all of these, and none of `unless`."""
    wanted = "".join(f"(?=.*(?:{pattern}))" for pattern in patterns)
    unwanted = "".join(f"(?!.*(?:{pattern}))" for pattern in unless)
    return _text(rf"\A{wanted}{unwanted}")


_TEMPORARY = range(400, 500)
_REFUSED = (501, 504, 511, 521, 541, 550, 551, 553, 554, 555, 556)

# -- Words of which the rows are made -------------------------------------------------

# Whose account is it: ours, or the recipient's?
_OUR_ACCOUNT = (
    r"\b(?:your|senders?|sender's|sending|customer|relay|smtp|api|mailjet)"
    r"(?: (?!recipient)\w+){0,2} account\b"
)
_THEIRS = (
    r"\brecipient(?:'s|s')? (?:e-?mail )?(?:account|mailbox|inbox|user|server)\b"
    r"|\brecipient (?:has|is|was)\b|\baccount of (?:the|this) recipient"
    r"|(?<!\byour )\b(?:mailbox|inbox|e-?mail account)\b|\buser(?:'s)? account\b"
    r"|\b(?:user|account|address) (?:that )?you(?: are|'re)? (?:trying|tried)\b"
)
_IS_CLOSED = (
    r"(?:suspend|block|disabl|deactivat|closed|terminat|locked|frozen|banned|inactive"
    r"|expired|restricted|on hold|not active\b)"
)
_IS_NOT_RELEASED = (
    r"(?:sandbox|under review|being reviewed|not (?:yet )?(?:been )?(?:reviewed"
    r"|approved|verified|validated|activated))"
)
_CLOSED_ACCOUNT = (
    rf"\baccount\b[^.;]{{0,80}}\b{_IS_CLOSED}|\b(?:suspended|blocked|disabled|closed"
    r"|deactivated|locked|terminated|inactive) account\b"
)
# "50 emails an hour", but not "try again in an hour"
_HOUR = (
    r"\bhourly\b|(?:\b(?:per|each|every|this|last) ?|/ ?)(?:h|hr|hour)\b"
    r"|(?<!\bin )(?<!after )(?<!for )(?<!within )\b(?:an|one|1)[ -]hour\b"
)
_PERIOD = (
    r"\b(?:daily|monthly|weekly|24[ -]?h(?:ours?|rs?)?|today"
    r"|(?:per|each|a|this) (?:day|month|week))\b"
)
_LIMIT = (
    r"\b(?:limits?|limited|quotas?|allowance|allotment|maximum|max|threshold|credits?)"
    r"\b"
)
_TOO_MANY = r"\btoo (?:many|much)\b|\brate\b|\bexceed|\bthrottl|\bonly\b"
_REACHED = (
    r"\b(?:reached|exceed(?:s|ed|ing)?|exhausted|used up|hit|over|no more|out of"
    r"|insufficient)\b"
)
_SIZE = r"\bsizes?\b|\btoo (?:big|large)\b|\blength\b|\bmail data\b|\battachments?\b"
_RECEIVES = r"\breceiv(?:e|es|ing)\b"

# -- The rows --------------------------------------------------------------------------

# The first row that matches counts. Mailjet's own texts for the account are not known,
# so these patterns are the words any provider would use, and the advice calls them the
# server's words. Codes: RFC 5321 section 4.2.3; enhanced ones: RFC 3463 and IANA's
# list.
_REPLIES = (
    # The session: it is over, and the next one works
    _Reply(
        Cause.SESSION_ENDED,
        text=_text(
            r"\b(?:messages|e?-?mails|transactions|deliveries|recipients)\b.{0,30}"
            r"\b(?:per|on|in|for|over|during) (?:(?:this|one|a|the|each|single|same) )*"
            r"(?:smtp )?(?:connection|session)\b"
            r"|\b(?:connection|session) (?:message|mail|transaction)s? limit"
        ),
    ),
    _Reply(
        Cause.SESSION_ENDED, (421,), text=_text(r"\bidle|\btime-?out|\binactivity\b")
    ),
    # The account and its limits. These words mean the same at every stage. SMTP texts
    # are not known; REST has one for suspended and blocked:
    # https://github.com/ThetaTau/CMT/issues/903
    # Limits: https://documentation.mailjet.com/hc/en-us/articles/360043101633 (hourly)
    # and https://documentation.mailjet.com/hc/en-us/articles/8625025643803 (free plan)
    _Reply(
        Cause.RECIPIENT_BUSY,
        text=_all(
            _RECEIVES,
            rf"\b(?:quickly|fast)\b|{_TOO_MANY}|{_LIMIT}",
            unless=(r"\bfrom (?:you|your|this)\b", _SIZE),
        ),
    ),
    _Reply(
        Cause.HOURLY_LIMIT,
        text=_all(_HOUR, rf"{_LIMIT}|{_TOO_MANY}", unless=(_THEIRS, _SIZE)),
        not_enhanced=("1", "2"),
    ),
    _Reply(
        Cause.LOGIN_DEACTIVATED,
        text=_text(
            rf"\bkey\b[^.;]{{0,60}}\b(?:{_IS_CLOSED}|revoked|switched off)"
            r"|\b(?:deactivated|disabled|inactive|revoked|suspended) (?:api )?key\b"
        ),
    ),
    _Reply(Cause.SUSPENDED, text=_text(rf"{_OUR_ACCOUNT}[^.;]{{0,80}}\b{_IS_CLOSED}")),
    _Reply(
        Cause.UNREVIEWED,
        text=_text(
            rf"\bsandbox(?:ed)? (?:account|mode)"
            rf"|{_OUR_ACCOUNT}[^.;]{{0,80}}\b{_IS_NOT_RELEASED}"
        ),
    ),
    _Reply(
        Cause.RECIPIENT_DISABLED,
        text=_all(
            _THEIRS, rf"\b{_IS_CLOSED}|\baccount\b[^.;]{{0,80}}\b{_IS_NOT_RELEASED}"
        ),
    ),
    _Reply(Cause.RECIPIENT_DISABLED, enhanced=("1", "2"), text=_text(_CLOSED_ACCOUNT)),
    _Reply(Cause.SUSPENDED, text=_text(_CLOSED_ACCOUNT)),
    _Reply(
        Cause.UNREVIEWED,
        text=_text(rf"\baccount\b[^.;]{{0,80}}\b{_IS_NOT_RELEASED}"),
    ),
    _Reply(
        Cause.TOO_MANY_CONNECTIONS,
        text=_text(
            r"\btoo many (?:\w+ ){0,2}(?:connections|sessions)\b"
            r"|\b(?:connection|session)s? (?:count |number )?limit"
        ),
    ),
    _Reply(
        Cause.LIMIT_REACHED,
        text=_all(_PERIOD, _LIMIT, unless=(_THEIRS, _SIZE)),
        not_enhanced=("2",),
    ),
    _Reply(
        Cause.THROTTLED,
        not_enhanced=("1", "2"),
        text=_text(
            r"\bthrottl|\brate.?limit|\brate\b.{0,20}\bexceeded|\bslow(?:ing)? down"
            r"|\btoo fast\b|\btoo (?:many|much) (?:messages|mails|e-?mails|requests)\b"
        ),
    ),
    _Reply(
        Cause.LIMIT_REACHED,
        text=_all(
            rf"\b(?:sending|submission|outgoing|outbound|relay(?:ing)?|plan|credits?)\b"
            rf"[^.;]{{0,40}}{_LIMIT}|\b(?:sending|relay) credits?\b",
            _REACHED,
            unless=(_SIZE,),
        ),
    ),
    # Encryption: RFC 3207 section 4 and RFC 4954 section 6
    _Reply(Cause.TLS_REQUIRED, (538,)),
    _Reply(
        Cause.TLS_REQUIRED,
        (523, 530, 554),
        text=_text(
            r"starttls|\btls\b"
            r"|\bencrypt(?:ed|ion)\b.{0,20}\b(?:required|connection|needed)\b"
        ),
    ),
    _Reply(
        Cause.NOT_SMTP, (500,), stages=(Stage.TLS,), text=_text(r"\ALine too long\.\Z")
    ),
    _Reply(Cause.TLS_UNAVAILABLE, (454,), text=_text(r"starttls|\btls\b|\bssl\b")),
    # The form of the message. Bare line ends:
    # https://www.postfix.org/postconf.5.html#smtpd_forbid_bare_newline
    # Lines over 998 characters: RFC 5322 section 2.1.1
    _Reply(
        Cause.LINE_ENDING,
        text=_text(
            r"\b(?:bare|lone|stray|naked) <?(?:cr|lf|newline|line ?feed"
            r"|carriage return)|\b(?:cr|lf) without\b|\bline endings?\b|smtplf"
        ),
    ),
    _Reply(
        Cause.LINE_TOO_LONG,
        (500, *_REFUSED),
        text=_text(r"\blines?\b.{0,30}\b(?:too long|longer|length)|\b998\b"),
    ),
    _Reply(
        Cause.INVALID_HEADER,
        (500, 552, *_REFUSED),
        text=_text(
            r"\bheaders?\b.{0,60}\b(?:invalid|malformed|bad|too long|too large|size"
            r"|illegal|missing|duplicate|multiple|syntax|garbage|incorrect)"
            r"|\b(?:invalid|malformed|bad|illegal|missing|duplicated?|multiple|improper"
            r"|incorrect|broken|oversized)\b.{0,30}\bheader|\brfc ?-?(?:2|5|2?8|53)22\b"
        ),
    ),
    # More than fits: RFC 1870 section 6.1 (size), RFC 5321 section 4.5.3.1.10 (452 for
    # recipients). 552 is a full mailbox, too.
    _Reply(Cause.TOO_MANY_RECIPIENTS, enhanced=("5.3",)),
    _Reply(
        Cause.TOO_MANY_RECIPIENTS,
        text=_text(r"\btoo many (?:recipients|rcpt)|\brecipients? (?:count )?limit"),
    ),
    _Reply(Cause.MAILBOX_FULL, enhanced=("2.2",)),
    _Reply(
        Cause.MAILBOX_FULL, text=_text(r"\b(?:mailbox|inbox)\b.{0,40}\b(?:full|quota)")
    ),
    _Reply(Cause.MAILBOX_FULL, (452, 552), text=_text(r"\bover ?quota")),
    _Reply(Cause.TOO_LARGE, enhanced=("2.3", "3.4")),
    _Reply(
        Cause.TOO_LARGE,
        (523, 550, 552, 554),
        text=_text(r"\bsize\b|\b(message|mail)\b.*\btoo (big|large)"),
    ),
    _Reply(
        Cause.LIMIT_REACHED,
        not_enhanced=("1", "2"),
        text=_all(
            rf"{_LIMIT}.*{_REACHED}|{_REACHED}.*{_LIMIT}", unless=(_THEIRS, _SIZE)
        ),
    ),
    _Reply(Cause.TOO_LARGE, (523, 552)),
    # STARTTLS, whatever the words
    _Reply(Cause.TLS_UNAVAILABLE, _TEMPORARY, stages=(Stage.TLS,)),
    _Reply(Cause.STARTTLS_REFUSED, stages=(Stage.TLS,)),
    # Login: RFC 4954 section 6. 535 is Mailjet's answer to a wrong pair; 435 4.7.8 was
    # seen for the same although its class says "try again"; 530 5.7.1 comes when there
    # was no login.
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
    # A block list may also list a link in the message
    _Reply(
        Cause.CONTENT,
        _REFUSED,
        text=_all(r"\b(?:url|uri|link|surbl|uribl|dbl)s?\b", r"list|block|reject"),
    ),
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
    _Reply(Cause.RELAY_DENIED, _REFUSED, text=_text(r"\brelay(ing)?\b")),
    # Mailjet is known to accept blocked recipients and to report them later.
    # https://documentation.mailjet.com/hc/en-us/articles/360043102273
    _Reply(
        Cause.RECIPIENT_BLOCKED,
        _REFUSED,
        stages=(Stage.RCPT, Stage.DATA, None),
        text=_text(r"suppress|unsubscrib|opted out|previously bounced|pre-?blocked"),
    ),
    # Senders. https://www.mailjet.com/support/account.htm describes unknown senders;
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
    # Recipients. RFC 6531 section 3.2 has 5.6.7 for an address that is not ASCII.
    _Reply(Cause.NO_SMTPUTF8, _REFUSED, enhanced=("6.7", "6.9")),
    _Reply(Cause.RECIPIENT_DISABLED, _REFUSED, enhanced=("2.1",)),
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
    _Reply(Cause.CONTENT, _REFUSED, enhanced=("7.7",), stages=(Stage.DATA, None)),
    _Reply(Cause.MESSAGE_FORMAT, _REFUSED, enhanced=("6",), stages=(Stage.DATA, None)),
)

# Before MAIL nothing is about an email
_BEFORE_MAIL = (Stage.CONNECT, Stage.GREETING, Stage.EHLO, Stage.TLS, Stage.AUTH)

# "4.7.8", at the beginning of a text or behind the code
_ENHANCED = re.compile(r"^\s*(?:[245]\d\d[ -])?\s*([245])\.(\d{1,3})\.(\d{1,3})\b")

# "1,000" with any separator of thousands, but not "1 hour"
_NUMBER = (
    r"(?<![\d.])(\d{1,3}(?:[.,'\u00a0\u202f]\d{3})+|\d{1,7})"
    r"(?!\d| ?(?:hours?|hrs?|h|min|minutes?|s|seconds?|days?)\b)"
)
# "limit of 50", "50 emails an hour"
_HOURLY_FIGURES = (
    _text(
        rf"{_LIMIT}(?:[\s:=(]|\b(?:of|is|to|at|only|now|reached|exceeded)\b){{0,6}}"
        rf"{_NUMBER}"
    ),
    _text(rf"{_NUMBER} ?(?:(?:e-?)?mails?|messages?|recipients?)?[ -]?(?:{_HOUR})"),
)


def cause_of_reply(code, text, stage):
    """Return the `Cause` of a reply; `stage` is None if it is not known."""
    text = text[:LONGEST_TEXT]
    rule = None if stage in _BEFORE_MAIL else receiver_cause(text)
    if rule:
        return rule
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
    if code in _TEMPORARY:
        return Cause.TEMPORARY
    return Cause.SESSION_REFUSED if stage in _BEFORE_MAIL else Cause.REPLY


def hourly_limit_in(text):
    """Return the emails an hour that a reply allows, None if it does not say."""
    text = _ENHANCED.sub("", text[:LONGEST_TEXT])
    for pattern in _HOURLY_FIGURES:
        match = pattern.search(text)
        if match:
            return int(re.sub(r"\D", "", match[1])) or None
    return None
