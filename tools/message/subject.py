"""Subject and preheader, as the list of a mailbox shows them."""

import re

from ..words import Words, _lt
from .finding import Certainty, Finding, Level
from .sample import Sample
from .thresholds import (
    LONG_PREHEADER,
    LONG_SUBJECT,
    LONGEST_SUBJECT,
    MAILJET_SPAM,
    MOST_EMOJI,
    OURS,
    spamassassin,
)

_FAKE_REPLY = re.compile(r"^\s*(?:re|fwd?|aw|wg|tr)\s*:", re.IGNORECASE)
_SHOUTS = re.compile(r"!\s*!|!\s*\?|\?\s*!|^\s*\$")
_EMOJI = re.compile(r"[\U0001F000-\U0001FAFF\u2600-\u27BF\u2B50\u2B55]")


def check_subject_length(sample: Sample):
    """Yield a finding for a subject that is missing, or too long."""
    length = len(sample.subject)
    size = {"length": length, "most": int(LONGEST_SUBJECT.value)}
    if not length:
        yield Finding(
            "subject_empty",
            Level.ERROR,
            Words(_lt("The subject is empty.")),
            Words(_lt("Most people delete such mail unread, and filters distrust it.")),
            Words(_lt("Write a subject. If it has merge fields, they may be empty.")),
            source=OURS,
            examples=(sample.recipient,) if sample.recipient else (),
        )
    elif length > LONGEST_SUBJECT.value:
        yield Finding(
            "subject_length",
            Level.ERROR,
            Words(
                _lt("The subject has %(length)s characters; Mailjet allows %(most)s."),
                size,
            ),
            Words(_lt("Mailjet may refuse or cut it.")),
            Words(_lt("Shorten the subject.")),
            source=LONGEST_SUBJECT.source,
        )
    elif length > LONG_SUBJECT.value:
        yield Finding(
            "subject_length",
            Level.NOTE,
            Words(_lt("The subject is long: %(length)s characters."), size),
            Words(_lt("Phones show about 40 characters, computers about 70.")),
            Words(_lt("Put what matters first, or shorten the subject.")),
            Certainty.LIKELY,
            LONG_SUBJECT.source,
        )


def check_subject_style(sample: Sample):
    """Yield findings for subjects written the way spam is."""
    subject = sample.subject
    words = re.findall(r"[^\W\d_]{2,}", subject)
    if len(words) >= 2 and subject.upper() == subject and subject.lower() != subject:
        yield Finding(
            "subject_capitals",
            Level.WARNING,
            Words(_lt("The subject is all in capitals.")),
            Words(
                _lt("Mailjet's own filter and those of receivers count that as spam.")
            ),
            Words(_lt("Write it as you would write a letter.")),
            Certainty.LIKELY,
            spamassassin("SUBJ_ALL_CAPS", "0.5"),
        )
    if _FAKE_REPLY.match(subject):
        yield Finding(
            "subject_reply",
            Level.WARNING,
            Words(_lt("The subject looks like a reply or a forwarded email.")),
            Words(_lt("A mailing is neither: people feel deceived and complain.")),
            Words(_lt("Remove the beginning of the subject.")),
            Certainty.LIKELY,
            OURS,
        )
    if _SHOUTS.search(subject):
        yield Finding(
            "subject_shouts",
            Level.WARNING,
            Words(_lt("The subject shouts: repeated punctuation, or a leading $.")),
            Words(_lt("Mailjet names this as a reason why its filter blocks mail.")),
            Words(_lt("Write it as you would write a letter.")),
            Certainty.LIKELY,
            MAILJET_SPAM,
        )
    if len(_EMOJI.findall(subject)) > MOST_EMOJI.value:
        yield Finding(
            "subject_emoji",
            Level.NOTE,
            Words(_lt("The subject has many emoji.")),
            Words(_lt("It may look like cheap advertising.")),
            Words(_lt("Keep the one that says most.")),
            Certainty.POSSIBLE,
            MOST_EMOJI.source,
        )


def check_preheader(sample: Sample):
    """Yield a note for what mailboxes show beside the subject."""
    given = sample.hidden_preheader
    if not given:
        yield Finding(
            "preheader",
            Level.NOTE,
            Words(_lt("There is no preview text.")),
            Words(
                _lt("Mailboxes show the first words of the mailing instead: %(words)s"),
                {"words": sample.words[:100] or "–"},
            ),
            Words(_lt("Fill in Preview Text: it is the second half of your subject.")),
            Certainty.LIKELY,
            LONG_PREHEADER.source,
        )
    elif given.casefold() == sample.subject.casefold():
        yield Finding(
            "preheader",
            Level.NOTE,
            Words(_lt("The preview text repeats the subject.")),
            Words(_lt("Mailboxes show both side by side.")),
            Words(_lt("Say something else there.")),
            Certainty.LIKELY,
            LONG_PREHEADER.source,
        )
    elif len(given) > LONG_PREHEADER.value:
        yield Finding(
            "preheader",
            Level.NOTE,
            Words(
                _lt("The preview text is long: %(length)s characters."),
                {"length": len(given)},
            ),
            Words(_lt("Mailboxes show 35 to 140 characters.")),
            Words(_lt("Put what matters first, or shorten it.")),
            Certainty.LIKELY,
            LONG_PREHEADER.source,
        )
