"""Convert rows of Mailjet's statistics and lists to values of Odoo records.

Plain dicts, because reports insert them as JSON, a thousand at a time. `asked` has the
parameters of the request, for values that the row lacks.

Real answers name a link "CampaignID", Mailjet's OpenAPI file names it "Campaign": both
are read. Ids are texts and dates in UTC, as in `tools.mailjet.rows`.
https://dev.mailjet.com/email/reference/statistics
"""

from datetime import datetime, timezone

from ... import const
from ..address import address_key
from ..mailjet.automatic_open import is_automatic
from ..mailjet.delivery_failure import reason_code
from ..mailjet.event import EARLIEST, LATEST, LONGEST_URL, event_key
from ..mailjet.link import without_values
from ..mailjet.rows import is_anonymized
from ..mailjet.values import (
    date_of,
    flag_of,
    id_of,
    link_of,
    needed_date_of,
    number_of,
    real_of,
    text_of,
    word_of,
)

CAMPAIGN_TYPES = {1: "transactional", 2: "marketing"}
# Status numbers of drafts and the overview: https://dev.mailjet.com/email/reference/campaigns
CAMPAIGN_STATUSES = {
    -3: "ab_cancelled",
    -2: "deleted",
    -1: "archived",
    0: "draft",
    1: "programmed",
    2: "sent",
    3: "ab_tested",
    4: "ab_selected",
}
CAMPAIGN_KINDS = {"campaign": "sent", "ax": "ab_test", "nl": "draft"}


def read_open(row, asked):
    """Return the values of a `mailjet.event` in a row of /openinformation."""
    agent = text_of(row, "UserAgentFull") or text_of(row, "UserAgent")
    date = needed_date_of(row, "OpenedAt")
    return {
        **_event(row, asked, "open", id_of(row, "MessageID"), date),
        "agent": agent[:512] or None,
        "is_automatic": is_automatic(agent, date, date_of(row, "ArrivedAt")),
    }


def read_click(row, asked):
    """Return the values of a `mailjet.event` in a row of /clickstatistics.

    Its own ID may be missing, and it has no campaign.
    """
    url = text_of(row, "Url")[:LONGEST_URL]
    date = needed_date_of(row, "ClickedAt")
    agent = text_of(row, "UserAgent")
    return {
        **_event(row, asked, "click", id_of(row, "MessageID"), date, url),
        "url": without_values(url) or None,
        "agent": agent[:512] or None,
        "is_automatic": is_automatic(agent, date, None),
    }


def read_bounce(row, asked):
    """Return the values of a `mailjet.event` in a row of /bouncestatistics.

    Its ID is that of the message. IsBlocked is set for hard bounces, too: Mailjet
    blocks the address from then on. That makes no block of this message.
    """
    is_blocked = flag_of(row, "IsBlocked")
    state = _link(row, "State")
    is_untried = is_blocked and (not state or state in const.UNTRIED_STATES)
    event = "blocked" if is_untried else "bounce"
    error = const.MESSAGE_STATES.get(state, state)
    return {
        **_event(row, asked, event, id_of(row), needed_date_of(row, "BouncedAt")),
        "bounce_type": "hard" if flag_of(row, "IsStatePermanent") else "soft",
        "is_blocked": is_blocked,
        "error": error or None,
        "failure_reason": reason_code(error=error),
    }


def _event(row, asked, event, message_id, date, url=""):
    campaign_id = _link(row, "Campaign") or asked.get("CampaignID")
    return {
        "key": event_key(event, message_id, date, url),
        "event": event,
        "date": date,
        "mailjet_message_id": message_id,
        "mailjet_campaign_id": campaign_id or None,
        "mailjet_contact_id": _link(row, "Contact") or None,
    }


def read_message(row, asked):
    """Return the values of a `mailjet.message` in a row of /message."""
    message_id = id_of(row)
    state = _link(row, "State")
    return {
        "key": message_id,
        "mailjet_id": message_id,
        "guid": text_of(row, "UUID"),
        "date": date_of(row, "ArrivedAt"),
        "status": word_of(row, "Status", const.MESSAGE_STATUSES),
        "error": const.MESSAGE_STATES.get(state, state),
        "is_permanent": flag_of(row, "StatePermanent"),
        "email": address_key(text_of(row, "ContactAlt")),
        "subject": text_of(row, "Subject"),
        "custom_id": text_of(row, "CustomID"),
        "mailjet_campaign_id": _link(row, "Campaign"),
        "mailjet_contact_id": _link(row, "Contact"),
        "attempt_count": number_of(row, "AttemptCount"),
        "attachment_count": number_of(row, "AttachmentCount"),
        "size": number_of(row, "MessageSize"),
        "delay": real_of(row, "Delay"),
        "spam_score": real_of(row, "SpamassassinScore"),
        "is_open_tracked": flag_of(row, "IsOpenTracked"),
        "is_click_tracked": flag_of(row, "IsClickTracked"),
    }


def read_campaign(row, asked):
    """Return the values of a `mailjet.campaign` in a row of /campaign."""
    campaign_id = id_of(row)
    address = address_key(text_of(row, "FromEmail"))
    return {
        "key": f"sent/{campaign_id}",
        "mailjet_id": campaign_id,
        "kind": "sent",
        "subject": text_of(row, "Subject"),
        "campaign_type": CAMPAIGN_TYPES.get(number_of(row, "CampaignType"), "unknown"),
        "custom_value": text_of(row, "CustomValue"),
        "from_email": address,
        "from_name": text_of(row, "FromName"),
        "sender_domain": address.rpartition("@")[2],
        "created_on": date_of(row, "CreatedAt"),
        "date": date_of(row, "SendStartAt"),
        "sent_until": date_of(row, "SendEndAt"),
        "mailjet_list_id": _link(row, "List"),
        "mailjet_segment_id": _link(row, "Segmentation"),
        "is_deleted": flag_of(row, "IsDeleted"),
        "is_starred": flag_of(row, "IsStarred"),
    }


def read_overview(row, asked):
    """Return the values of a `mailjet.campaign` in a row of /campaignoverview.

    Its ID is only unique together with its type. Sent campaigns have the same key as
    in /campaign, so that the figures are added to them.
    """
    campaign_id = id_of(row)
    kind = CAMPAIGN_KINDS.get(text_of(row, "IDType").lower(), "sent")
    status = CAMPAIGN_STATUSES.get(number_of(row, "Status"), "unknown")
    seconds = number_of(row, "SendTimeStart")
    known = EARLIEST <= seconds <= LATEST
    date = datetime.fromtimestamp(seconds, timezone.utc) if known else None
    return {
        "key": f"{kind}/{campaign_id}",
        "mailjet_id": campaign_id,
        "kind": kind,
        "title": text_of(row, "Title"),
        "subject": text_of(row, "Subject"),
        "date": date and date.replace(tzinfo=None),
        "status": status,
        "is_starred": flag_of(row, "Starred"),
        "has_counts": row.get("ProcessedCount") not in (None, ""),
        "processed_count": number_of(row, "ProcessedCount"),
        "delivered_count": number_of(row, "DeliveredCount"),
        "opened_count": number_of(row, "OpenedCount"),
        "clicked_count": number_of(row, "ClickedCount"),
    }


def read_contact(row, asked):
    """Return the values of a `mailjet.contact` in a row of /contact."""
    contact_id = id_of(row)
    return {
        "key": contact_id,
        "mailjet_id": contact_id,
        "email": address_key(text_of(row, "Email")),
        "name": text_of(row, "Name"),
        "created_on": date_of(row, "CreatedAt"),
        "last_activity_on": date_of(row, "LastActivityAt"),
        "last_update_on": date_of(row, "LastUpdateAt"),
        "delivered_count": number_of(row, "DeliveredCount"),
        "is_excluded": flag_of(row, "IsExcludedFromCampaigns"),
        "excluded_changed_on": date_of(row, "ExclusionFromCampaignsUpdatedAt"),
        "is_pending": flag_of(row, "IsOptInPending"),
        "is_complaining": flag_of(row, "IsSpamComplaining"),
        "is_anonymized": is_anonymized(row),
    }


def read_list(row, asked):
    """Return the values of a `mailjet.contact.list` in a row of /contactslist."""
    list_id = id_of(row)
    return {
        "key": list_id,
        "mailjet_id": list_id,
        "name": text_of(row, "Name"),
        "address": text_of(row, "Address"),
        "created_on": date_of(row, "CreatedAt"),
        "is_deleted": flag_of(row, "IsDeleted"),
        "subscriber_count": number_of(row, "SubscriberCount"),
    }


def read_subscription(row, asked):
    """Return the values of a `mailjet.subscription` in a row of /listrecipient."""
    list_id, contact_id = _needed_link(row, "List"), _needed_link(row, "Contact")
    return {
        "key": f"{list_id}/{contact_id}",
        "mailjet_list_id": list_id,
        "mailjet_contact_id": contact_id,
        "is_active": flag_of(row, "IsActive", missing=True),
        "is_unsubscribed": flag_of(row, "IsUnsubscribed"),
        "subscribed_on": date_of(row, "SubscribedAt"),
        "unsubscribed_on": date_of(row, "UnsubscribedAt"),
    }


def read_segment(row, asked):
    """Return the values of a `mailjet.segment` in a row of /contactfilter."""
    segment_id = id_of(row)
    return {
        "key": segment_id,
        "mailjet_id": segment_id,
        "name": text_of(row, "Name"),
        "description": text_of(row, "Description"),
        "expression": text_of(row, "Expression"),
        "status": word_of(row, "Status", const.SEGMENT_STATUSES),
    }


# Our name -> Mailjet's. Message… counts each message once, Event… every event
COUNTS = {
    "processed": "Total",
    "delivered": "MessageSentCount",
    "opened": "MessageOpenedCount",
    "clicked": "MessageClickedCount",
    "blocked": "MessageBlockedCount",
    "deferred": "MessageDeferredCount",
    "queued": "MessageQueuedCount",
    "hard_bounced": "MessageHardBouncedCount",
    "soft_bounced": "MessageSoftBouncedCount",
    "complained": "MessageSpamCount",
    "unsubscribed": "MessageUnsubscribedCount",
    "opens": "EventOpenedCount",
    "clicks": "EventClickedCount",
    "open_delay": "EventOpenDelay",
    "click_delay": "EventClickDelay",
}
# One sample in https://dev.mailjet.com/email/guides/statistics/ spells it like this
_OTHER_SPELLING = {"clicks": "EventClickCount"}


def read_counter(row, asked):
    """Return the values of a `mailjet.counter` in a row of /statcounters.

    The row has its slice and its source; the request has the rest.
    """
    counts = {name: number_of(row, theirs) for name, theirs in COUNTS.items()}
    for name, theirs in _OTHER_SPELLING.items():
        counts[name] = counts[name] or number_of(row, theirs)
    counts["bounced"] = counts["hard_bounced"] + counts["soft_bounced"]
    source_id = link_of(row, "SourceID") or asked.get("SourceID", "")
    kind = [asked[name] for name in COUNTER_PARAMS]
    date = date_of(row, "Timeslice")
    return {
        "key": "/".join([*kind, source_id, f"{date or ''}"]),
        **dict(zip(("source", "timing", "resolution"), kind, strict=True)),
        "mailjet_source_id": source_id,
        "date": date,
        **counts,
    }


COUNTER_PARAMS = ("CounterSource", "CounterTiming", "CounterResolution")


def _link(row, name):
    return link_of(row, f"{name}ID") or link_of(row, name)


def _needed_link(row, name):
    return _link(row, name) or id_of(row, f"{name}ID")
