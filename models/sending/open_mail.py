"""A mail between its claim and its result: plain values for a run."""

from ...tools.smtp.pipeline import Fate
from .results import Entry, Failure


class OpenMail:
    """A claimed mail on its way."""

    def __init__(self, mail_id):
        self.id = mail_id
        self.waits_for = None
        self.entries = []
        self.partner_ids = {}
        self.by_smtp = {}

    def begin(self, prepared):
        """Note what is about to be handed over, a `Prepared`."""
        self.waits_for = {each.key for each in prepared.envelopes}
        self.entries = list(prepared.failed)
        self.partner_ids = prepared.partner_ids
        self.by_smtp = prepared.by_smtp

    def fail(self, error):
        """Note that it cannot be prepared, and why."""
        self.waits_for = set()
        reason = str(error) or type(error).__name__
        self.entries = [Entry.failed(0, [], Failure("unknown", reason))]

    @property
    def is_unprepared(self):
        return self.waits_for is None

    @property
    def is_answered(self):
        return not self.is_unprepared and not self.waits_for

    @property
    def is_untouched(self):
        fates = {fate for entry in self.entries for fate in entry.fates.values()}
        return fates == {Fate.NOT_BEGUN}

    @property
    def reasons(self):
        return [reason for entry in self.entries for reason in entry.reasons.values()]
