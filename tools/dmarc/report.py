"""Read an aggregate report: RFC 7489 appendix C, RFC 9990, and what is really sent."""

import hashlib
import re

from ..words import Words, _lt
from .elements import Walk
from .errors import BrokenFileError, no_report
from .node import NOTHING
from .period import Period, read_moment
from .row import read_row
from .values import read_alignment, read_domain, read_percentage, read_policy
from .xml_text import clean_xml

MAX_RECORDS = 50_000
# A record of several days becomes several rows
MAX_ROWS = 250_000
# Of the RFCs' identifiers, what senders put around them
AROUND_ID = re.compile(r"^<|>$")
NEW_NAMESPACE = "dmarc-2.0"
NEW_ELEMENTS = ("np", "testing", "discovery_method")


class Report:
    """An aggregate report.

    :ivar list notes: `Words` about what is unusual or missing
    :ivar bool is_partial: whether rows are missing because the file is damaged or too
        long; once `rows` has been read
    :ivar int skipped_count: records that say nothing; once `rows` has been read
    """

    def __init__(self, file, now):
        """Read all but the rows.

        :param XmlFile file: the XML
        :param datetime now: in UTC, naive
        :raise DmarcFileError: if it is no report
        """
        data, is_lossy = clean_xml(file.data)
        self._walk = Walk(data)
        head = self._walk.head
        if "feedback" not in head:
            raise no_report()
        self.xml_hash = hashlib.sha256(file.data).hexdigest()
        self.skipped_count = 0
        self.notes = []
        is_damaged = self._walk.is_repaired or is_lossy
        self.is_partial = is_damaged or self._walk.is_long or file.is_cut
        if file.is_cut:
            self.notes.append(Words(_lt("The file is incomplete: its end is missing.")))
        elif is_damaged:
            self.notes.append(
                Words(_lt("The file is damaged or incomplete: rows may be missing."))
            )
        self._read_metadata(head.get("report_metadata") or NOTHING, now)
        self._read_policy(head)

    @property
    def key(self):
        """What two copies of a report have in common."""
        moments = (self.period.begin, self.period.end)
        parts = (self.policy_domain, self.org_name, self.report_id, *moments)
        return "|".join(str(part).lower() for part in parts)

    def rows(self):
        """Yield the number of a record, a day, the emails on it, and the `Row`."""
        self.skipped_count = made = 0
        known = {}
        for number, record in enumerate(self._walk.records()):
            if number >= MAX_RECORDS or made >= MAX_ROWS:
                self._stop(number)
                return
            row = read_row(record, self, known)
            if row is None:
                self.skipped_count += 1
                continue
            for day, count in self.period.spread(row.count, number):
                made += 1
                yield number, day, count, row

    def _stop(self, number):
        self.is_partial = True
        self.notes.append(
            Words(
                _lt("The report is too long; only its first %(count)s rows are read."),
                {"count": number},
            )
        )

    def _read_metadata(self, head, now):
        dates = head.node("date_range")
        self.org_email = head.text("email")
        self.org_name = head.text("org_name") or read_domain(self.org_email)
        self.report_id = AROUND_ID.sub("", head.text("report_id")) or self.xml_hash
        self.record_error = head.text("error")
        self.period = Period(
            read_moment(dates.text("begin")), read_moment(dates.text("end")), now
        )
        self.notes += self.period.notes
        self._is_new = "generator" in head.texts

    def _read_policy(self, head):
        policy = head.get("policy_published") or NOTHING
        self.policy_domain = read_domain(policy.text("domain"))
        if not self.policy_domain:
            raise BrokenFileError(_lt("The report does not name a domain."))
        self.p = read_policy(policy.text("p"))
        self.sp = read_policy(policy.text("sp"))
        self.adkim = read_alignment(policy.text("adkim"))
        self.aspf = read_alignment(policy.text("aspf"))
        self.pct = read_percentage(policy.text("pct"))
        self.testing = policy.text("testing").lower() == "y"
        self.schema = "rfc7489"
        if (
            self._is_new
            or NEW_NAMESPACE in self._walk.namespace
            or any(name in policy.texts for name in NEW_ELEMENTS)
        ):
            self.schema = "rfc9990"
