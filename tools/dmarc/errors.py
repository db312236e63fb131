"""Why a file gives no report: a class for each way to handle it."""

from ..words import Words, _lt


class DmarcFileError(Exception):
    """A file that cannot be read as reports; `words` explains it to people."""

    def __init__(self, source, **values):
        self.words = Words(source, values)
        super().__init__(str(self.words))


class UnsafeFileError(DmarcFileError):
    """The file is too large, or built as no report needs to be."""


class BrokenFileError(DmarcFileError):
    """The file was meant as a report, but it is damaged beyond reading."""


class NoReportError(DmarcFileError):
    """The file is something else; nobody has to do anything."""


def too_large(limit):
    """Return the error for a file over a limit in bytes."""
    return UnsafeFileError(
        _lt("The file is larger than %(megabytes)s MB."), megabytes=limit // 2**20
    )


def damaged():
    """Return the error for an archive that cannot be unpacked."""
    return BrokenFileError(_lt("The compressed file is damaged."))


def no_report():
    """Return the error for a file without a report."""
    return NoReportError(_lt("The file holds no DMARC report."))
