import resource
import time
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mail_mailjet.tests.standins.dmarc_reports import (
    BEGIN,
    DAY,
    dkim_result,
    record,
    report_xml,
    spf_result,
)
from mail_mailjet.tools.dmarc import report as report_module
from mail_mailjet.tools.dmarc.errors import (
    BrokenFileError,
    DmarcFileError,
    NoReportError,
    UnsafeFileError,
)
from mail_mailjet.tools.dmarc.report import Report
from mail_mailjet.tools.dmarc.unpack import XmlFile

NOW = datetime(2026, 3, 7)
FIRST = date(2026, 3, 5)


def read(xml, is_cut=False):
    """Return a report and its rows: pairs of day and `Row`."""
    data = xml.encode() if isinstance(xml, str) else xml
    report = Report(XmlFile("r", data, is_cut), NOW)
    return report, [(day, count, row) for _n, day, count, row in report.rows()]


def sources(rows):
    return [row.source_ip for _day, _count, row in rows]


def test_a_row_of_mailjets():
    report, [(day, count, row)] = read(report_xml(record(count=7)))
    assert (day, count) == (FIRST, 7)
    assert row.passes and row.dkim_aligned and not row.spf_aligned
    assert row.dkim_domain == "example.com"
    assert (row.dkim_selector, row.dkim_result) == ("mailjet", "pass")
    assert (row.spf_domain, row.spf_result, row.spf_scope) == (
        "a1.bnc3.mailjet.com",
        "pass",
        "mfrom",
    )
    assert row.envelope_from == "a1.bnc3.mailjet.com" and row.envelope_derived
    assert not row.not_stated
    assert not report.is_partial and not report.notes
    assert report.schema == "rfc7489"
    assert (report.p, report.sp, report.pct) == ("none", "none", 100)
    assert (report.org_name, report.org_email) == ("google.com", "noreply@google.com")
    assert report.report_id == "1"


def test_the_form_of_gmx():
    second = "<policy_published><domain>other.example</domain></policy_published>"
    xml = report_xml(
        *map(record, ("192.0.2.1", "192.0.2.2")),
        root='feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0"',
        policy="<p>reject</p><testing>n</testing>"
        "<discovery_method>psl</discovery_method>",
    ).replace("</policy_published>", "</policy_published>" + second)
    report, rows = read(xml)
    assert report.schema == "rfc9990"
    assert (report.policy_domain, report.p, report.pct) == (
        "example.com",
        "reject",
        100,
    )
    assert not report.testing
    assert sources(rows) == ["192.0.2.1", "192.0.2.2"]


def test_the_form_of_rfc_9990():
    reason = "<reason><type>Policy_Test_Mode</type><comment>t=y</comment></reason>"
    xml = report_xml(
        record(disposition="pass", reason=reason, extra="<x:y xmlns:x='u'>1</x:y>"),
        metadata="<generator>Receiver 1.0</generator><error lang='en'>no p</error>",
        policy="<p>quarantine</p><np>reject</np><testing>y</testing>",
    ).replace("</feedback>", "<extension><z>1</z></extension></feedback>")
    report, [(_day, _count, row)] = read(xml)
    assert report.schema == "rfc9990" and report.testing
    assert report.record_error == "no p"
    assert row.disposition == "none"
    assert (row.reason_types, row.reason_comments) == ("policy_test_mode", "t=y")
    assert not report.is_partial


def test_encodings():
    org = "Zürich–Post"
    xml = report_xml(org=org)
    bare = xml.partition("?>")[2]
    good = [
        xml.encode(),
        b"\xef\xbb\xbf" + xml.encode(),
        b" \r\n" + xml.encode() + b"\0\0",
        xml.replace("UTF-8", "windows-1252").encode("cp1252"),
        xml.replace("UTF-8", "UTF-16").encode("utf-16"),
        bare.encode("utf-16-be"),
        xml.replace("UTF-8", "utf-16").encode(),
        xml.replace("UTF-8", "x-unknown-9").encode("cp1252"),
        xml.replace("UTF-8", "us-ascii").encode(),
        xml.replace('"', "'").encode(),
        bare.encode(),
    ]
    for data in good:
        report, rows = read(data)
        assert (report.org_name, report.is_partial) == (org, False), data[:60]
        assert len(rows) == 1
    report, rows = read(xml.encode().replace("–".encode(), b"\xff"))
    assert report.is_partial and report.org_name == "Zürich\ufffdPost"
    assert len(rows) == 1


@pytest.mark.parametrize("recovers", [False, True])
def test_document_types_are_refused(recovers, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    laughs = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 9))
    for before in (
        f'<!DOCTYPE feedback [<!ENTITY a0 "ha">{laughs}]>',
        f'<!DOCTYPE feedback [<!ENTITY x SYSTEM "file://{secret}">]>',
        '<!DOCTYPE feedback SYSTEM "http://127.0.0.1:9/report.dtd">',
        "<!doctype feedback>",
    ):
        for encoding in ("utf-8", "utf-16"):
            xml = report_xml(org="&a8;&x;", before=before, declaration="")
            if recovers:
                xml = xml.replace("</feedback>", "")
            with pytest.raises(UnsafeFileError, match="entities"):
                read(xml.encode(encoding))


def test_prefixes():
    xml = report_xml(record(), record("192.0.2.2"))
    for declared in ("", ' xmlns:ns1="urn:x"'):
        prefixed = xml.replace("<", "<ns1:").replace("<ns1:/", "</ns1:")
        prefixed = prefixed.replace("<ns1:?xml", "<?xml")
        prefixed = prefixed.replace("<ns1:feedback>", f"<ns1:feedback{declared}>")
        report, rows = read(prefixed)
        assert not report.is_partial
        assert len(rows) == 2


def test_an_unclosed_schema_before_the_report():
    report, rows = read(report_xml(before='<xs:schema targetNamespace="x">'))
    assert report.is_partial
    assert len(rows) == 1


def test_damaged_parts_do_not_lose_the_others():
    xml = report_xml(
        record("192.0.2.1"),
        record("192.0.2.2", header_from="exa<mple.com"),
        record("192.0.2.3"),
        org="A&B",
    ).replace("noreply@A&B", "<no@reply>")
    report, rows = read(xml)
    assert report.is_partial and report.notes
    assert sources(rows) == ["192.0.2.1", "192.0.2.3"]
    for damage in ("\0", "\x07", "&", "</nothing>"):
        report, rows = read(report_xml(record(), f"{damage}{record('192.0.2.9')}"))
        assert report.is_partial
        assert sources(rows)[0] == "192.0.2.1"


def test_a_file_without_its_end():
    xml = report_xml(*(record(f"192.0.2.{i % 250 + 1}") for i in range(300)))
    starts = [i for i in range(len(xml)) if xml.startswith("<record>", i)]
    for cut in (5, 30, 150, 300, len(record("192.0.2.200")) - 3):
        report, rows = read(xml[: starts[199] + cut])
        assert report.is_partial
        assert "incomplete" in str(report.notes[0])
        assert len(rows) == 199
    report, rows = read(xml[: starts[199]])
    assert report.is_partial and len(rows) == 199
    report, rows = read(xml, is_cut=True)
    assert report.is_partial and len(rows) == 300


def test_a_second_root_is_left_out():
    report, rows = read(report_xml() + report_xml(declaration=""))
    assert report.is_partial
    assert len(rows) == 1


def test_rows_that_say_nothing():
    report, rows = read(
        report_xml(
            record(""),
            record(count=0),
            record(count="1,000"),
            record("2001:DB8::0:1"),
            record(" 192.0.2.1 "),
        )
    )
    assert sources(rows) == ["2001:db8::1", "192.0.2.1"]
    assert report.skipped_count == 3
    report, rows = read(report_xml(record(header_from="other.example"), record()))
    assert (len(rows), report.skipped_count) == (1, 1)


def test_spellings_of_values():
    report, rows = read(
        report_xml(
            record(header_from="EXAMPLE.com.", signature=("Example.COM", "s", "Pass")),
            record(sender=("", "hardfail"), dkim="PASS", header_from=""),
            record(envelope="<envelope_from>B.Example</envelope_from>", spf=""),
            record(header_from="news.example.com", sender=("x", "unknown")),
            record().replace("identifiers>", "identities>"),
        )
    )
    rows = [row for _day, _count, row in rows]
    assert [row.header_from for row in rows] == [
        "example.com",
        "example.com",
        "example.com",
        "news.example.com",
        "example.com",
    ]
    assert (rows[0].dkim_domain, rows[0].dkim_result) == ("example.com", "pass")
    assert (rows[1].spf_result, rows[1].dkim_aligned) == ("fail", True)
    assert not rows[1].envelope_from and not rows[1].envelope_derived
    assert rows[2].not_stated and not rows[2].spf_aligned
    assert (rows[2].envelope_from, rows[2].envelope_derived) == ("b.example", False)
    assert rows[3].spf_result == "temperror"
    assert not report.is_partial and not report.skipped_count


def test_an_empty_auth_results():
    empty = record().partition("<auth_results>")[0] + "<auth_results/></record>"
    _report, [(_day, _count, row)] = read(report_xml(empty))
    assert row.passes
    assert (row.dkim_domain, row.spf_domain, row.envelope_from) == ("", "", "")


def test_the_best_signature_comes_first():
    results = (
        dkim_result("google.com", "a")
        + dkim_result("example.com", "x", "fail")
        + dkim_result("mail.example.com", "b")
    )
    mixed = record().replace(dkim_result("example.com", "mailjet"), results)
    _report, [(_day, _count, row)] = read(report_xml(mixed))
    assert row.dkim_domain == "mail.example.com"
    assert row.other_signatures == "google.com a pass; example.com x fail"


def test_the_sender_counts_more_than_helo():
    results = spf_result("mail.example.com", scope="helo") + spf_result("b", "fail")
    mixed = record().replace(spf_result("a1.bnc3.mailjet.com"), results)
    _report, [(_day, _count, row)] = read(report_xml(mixed))
    assert (row.spf_domain, row.spf_scope) == ("b", "mfrom")


@pytest.mark.parametrize(
    ("begin", "end", "days", "counted"),
    [
        (BEGIN, BEGIN + DAY - 1, 1, True),
        (BEGIN, BEGIN + DAY, 1, True),
        (BEGIN, BEGIN, 1, True),
        (BEGIN, BEGIN - 5, 1, True),
        (f"{BEGIN}.7", f"{BEGIN + DAY}.2", 1, True),
        (BEGIN - 23 * DAY, BEGIN + DAY, 24, True),
        (BEGIN + 365 * DAY, BEGIN + 366 * DAY, 1, False),
        (BEGIN - 60 * DAY, BEGIN, 1, False),
        # One report must not stand for weeks that have not come
        (BEGIN, BEGIN + 30 * DAY, 1, False),
        (1, DAY, 1, False),
        ("", "", 1, False),
        ("x", "1e400", 1, False),
        (10**15, 10**15, 1, False),
    ],
)
def test_periods(begin, end, days, counted):
    report, rows = read(report_xml(record(count=100), begin=begin, end=end))
    assert len({day for day, _count, _row in rows}) == days
    assert sum(count for _day, count, _row in rows) == 100
    assert report.period.is_credible is counted
    assert report.period.is_split is (days > 1)
    # All that is unusual is said
    unusual = days > 1 or not counted or str(begin) >= str(end)
    assert bool(report.notes) is unusual


def test_single_emails_are_shared_out_over_the_days():
    records = [record(f"192.0.2.{i}") for i in range(1, 49)]
    period = {"begin": BEGIN - 23 * DAY, "end": BEGIN + DAY}
    _report, rows = read(report_xml(*records, **period))
    days = [day for day, _count, _row in rows]
    assert {days.count(day) for day in days} == {2}


def test_ids():
    report, _rows = read(report_xml(report_id="&lt;1@google.com&gt;"))
    assert report.report_id == "1@google.com"
    report, _rows = read(report_xml(report_id=""))
    assert report.report_id == report.xml_hash
    keys = {
        read(report_xml(**change))[0].key
        for change in (
            {},
            {"org": "GOOGLE.com"},
            {"domain": "EXAMPLE.com"},
            {"org": "other.example"},
            {"report_id": "2"},
            {"begin": BEGIN + 1},
            {"end": BEGIN + 1},
        )
    }
    assert len(keys) == 5


def test_depth_is_limited():
    with pytest.raises(UnsafeFileError):
        read(report_xml(record(), "<a>" * 300 + "</a>" * 300))


def test_too_many_rows(monkeypatch):
    monkeypatch.setattr(report_module, "MAX_RECORDS", 3)
    report, rows = read(report_xml(*[record()] * 5))
    assert report.is_partial and len(rows) == 3
    assert "first 3 rows" in str(report.notes[0])


def test_other_xml():
    with pytest.raises(NoReportError):
        read("<html><body>Your feedback</body></html>")
    with pytest.raises(BrokenFileError, match="name a domain"):
        read("<feedback/>")
    with pytest.raises(BrokenFileError, match="XML"):
        read("")


@pytest.mark.parametrize(
    "filling",
    [
        "<a>" * 300 + "</a>" * 300,
        "<x>" + "a" * 11_000_000 + "</x>",
        "<a/>" * 3_000_000,
        "&" * 5_000_000,
        "<" * 5_000_000,
        "<a b " * 2_000_000,
        "<x " + " ".join(f'a{i}="1"' for i in range(300_000)) + "/>",
    ],
    ids=["deep", "text", "elements", "ampersands", "openings", "tags", "attributes"],
)
def test_swollen_files_are_refused_at_once(filling):
    began = time.monotonic()
    for xml in (report_xml(record(), filling), report_xml(record(), filling)[:-3]):
        with pytest.raises(DmarcFileError):
            read(xml)
    assert time.monotonic() - began < 5


@given(st.binary(max_size=500))
def test_any_bytes(data):
    for before, after in ((b"", b""), (b"<feedback>", b"</feedback>")):
        try:
            read(before + data + after)
        except DmarcFileError:
            pass


PIECES = st.sampled_from(
    [
        *("<", ">", "&", "</record>", "<record>", "<row>", "feedback", "\0", "\ud7ff"),
        *(
            "<count>9</count>",
            "999999999999",
            "-1",
            "é",
            "İ.example",
            "<![CDATA[",
            "]]>",
        ),
        *("<!--", "-->", "<?x", "xmlns='", "&amp;", "&#0;", "&#x110000;", ":", "' \""),
    ]
)


@given(
    st.lists(st.tuples(st.integers(0, 1500), st.integers(0, 30), PIECES), max_size=8)
)
def test_any_damage(changes):
    xml = report_xml(*map(record, ("192.0.2.1", "192.0.2.2", "192.0.2.3")))
    for start, length, piece in changes:
        xml = xml[:start] + piece + xml[start + length :]
    try:
        report, rows = read(xml)
    except DmarcFileError:
        return
    # Damage may alter what is there, but makes nothing up
    for _day, count, row in rows:
        assert 0 < count <= row.count < 2**31
        assert row.source_ip
        assert f".{row.header_from}".endswith(f".{report.policy_domain}")


@pytest.mark.parametrize(
    "filling",
    ["<record/>", "<record>" * 200 + "</record>" * 200, "<report_metadata/>"]
    + ["<q:record/>", "<record>&x;</record>"],
    ids=["records", "nested", "headers", "prefixes", "entities"],
)
def test_more_elements_than_anybody_reads_take_little(filling):
    """At 25 MB each of these took up to 80 seconds and 500 MB."""
    xml = report_xml(filling * (6 * 2**20 // len(filling)), before="<x>") + "</x>"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    report, rows = read(xml)
    assert (report.is_partial, rows) == (True, [])
    assert time.process_time() - began < 4
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 60 * 1024


def test_a_selector_is_as_long_as_a_name_can_be():
    _report, [(_day, _count, row)] = read(
        report_xml(record(signature=("example.com", "ö" * 900, "pass")))
    )
    assert len(row.dkim_selector) == 253
