"""Attached files."""

from ..words import Words, _lt
from .finding import Certainty, Finding, Level
from .sample import Sample
from .thresholds import LARGEST_ATTACHMENTS, OURS

# What Gmail and Outlook refuse: https://support.google.com/mail/answer/6590
_DANGEROUS = frozenset(
    """
    ade adp apk appx appxbundle bat cab chm cmd com cpl diagcab diagcfg diagpkg dll dmg
    docm ex ex_ exe hta htm html img ins iso isp jar jnlp js jse lib lnk mde mjs msc msi
    msix msixbundle msp mst nsh pif potm ppsm pptm ps1 scr sct shb svg sys vb vbe vbs
    vhd vxd wsc wsf wsh xlam xll xlsm
    """.split()
)


def check_attachments(sample: Sample):
    """Yield findings for files that come with a mailing."""
    files = sample.attachments
    if not files:
        return
    names = tuple(name for name, _size in files)
    dangerous = tuple(
        name for name in names if name.rpartition(".")[2].lower() in _DANGEROUS
    )
    total = sum(size for _name, size in files)
    if dangerous:
        yield Finding(
            "dangerous_attachment",
            Level.ERROR,
            Words(_lt("Receivers refuse an attached file of this kind.")),
            Words(_lt("Such files can run programs; the whole email is refused.")),
            Words(_lt("Remove the file, or offer it on a web page.")),
            Certainty.LIKELY,
            Words("https://support.google.com/mail/answer/6590"),
            dangerous,
        )
    if total > LARGEST_ATTACHMENTS.value:
        yield Finding(
            "large_attachments",
            Level.ERROR,
            Words(
                _lt("Together, the attachments are too large: %(size)s MB."),
                {"size": round(total / 1024 / 1024)},
            ),
            Words(
                _lt("Encoded for email, they come close to Mailjet's limit of 15 MB.")
            ),
            Words(_lt("Offer the files on a web page, and link to it.")),
            source=LARGEST_ATTACHMENTS.source,
            examples=names,
        )
    yield Finding(
        "attachments",
        Level.WARNING,
        Words(_lt("Attached files: %(count)s."), {"count": len(files)}),
        Words(
            _lt(
                "Filters distrust mailings with attachments, and every copy takes "
                "time to send."
            )
        ),
        Words(_lt("Offer the files on a web page, and link to it.")),
        Certainty.LIKELY,
        OURS,
        names,
    )
