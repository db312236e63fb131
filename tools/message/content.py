"""All checks of a message's content, in the order in which they are shown."""

from collections.abc import Iterable

from .attachments import check_attachments
from .body import (
    check_alt,
    check_image_only,
    check_legibility,
    check_markup,
    check_text_part,
    check_title,
)
from .finding import Finding, merged
from .leftovers import check_drafts, check_empty_values, check_merge_fields
from .links import (
    check_base_url,
    check_link_schemes,
    check_link_texts,
    check_placeholder_links,
    check_shorteners,
)
from .sample import Sample
from .sender import check_free_mail, check_no_reply
from .size import check_inline_images, check_size
from .subject import check_preheader, check_subject_length, check_subject_style
from .unsubscribe import check_one_click, check_unsubscribe_link

CHECKS = (
    check_free_mail,
    check_no_reply,
    check_one_click,
    check_unsubscribe_link,
    check_subject_length,
    check_subject_style,
    check_preheader,
    check_merge_fields,
    check_empty_values,
    check_drafts,
    check_base_url,
    check_placeholder_links,
    check_link_texts,
    check_link_schemes,
    check_shorteners,
    check_size,
    check_inline_images,
    check_text_part,
    check_image_only,
    check_alt,
    check_markup,
    check_title,
    check_legibility,
    check_attachments,
)


def check_content(samples: Iterable[Sample]) -> list[Finding]:
    """Return the findings about messages that are the same but for their recipients."""
    return merged(
        finding for sample in samples for check in CHECKS for finding in check(sample)
    )
