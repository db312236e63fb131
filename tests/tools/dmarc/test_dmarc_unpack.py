import io
import resource
import struct
import time
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mail_mailjet.tests.standins.dmarc_reports import gzipped, report_xml, zipped
from mail_mailjet.tools.dmarc.errors import (
    BrokenFileError,
    DmarcFileError,
    NoReportError,
    UnsafeFileError,
)
from mail_mailjet.tools.dmarc.mail_files import may_be_report
from mail_mailjet.tools.dmarc.unpack import MAX_ENTRIES, MAX_XML, unpack

XML = report_xml().encode()


def names(unpacked):
    return [file.name for file in unpacked.files]


def test_plain_gzip_and_zip_hold_the_same():
    for data in (XML, gzipped(XML), zipped(("a.xml", XML))):
        [file] = unpack("r", data).files
        assert (file.data, file.is_cut) == (XML, False)


def test_junk_behind_a_gzip_and_two_members():
    half = len(XML) // 2
    for data in (
        gzipped(XML) + b"\r\n-- \r\nfooter",
        gzipped(XML[:half]) + gzipped(XML[half:]),
    ):
        [file] = unpack("r", data).files
        assert (file.data, file.is_cut) == (XML, False)


def test_a_gzip_that_is_cut_short_keeps_what_there_is():
    [file] = unpack("r", gzipped(XML)[:-12]).files
    assert file.is_cut
    assert XML.startswith(file.data)
    [file] = unpack("r", gzipped(XML * 50)[:200]).files
    assert file.is_cut


def test_a_wrong_checksum_is_refused():
    data = bytearray(gzipped(XML))
    data[-8] ^= 1
    with pytest.raises(BrokenFileError):
        unpack("r", bytes(data))


def test_a_zip_of_several():
    found = unpack(
        "r",
        zipped(("a.xml", XML), ("readme.txt", b"Hello"), ("folder/", b""), ("b", XML)),
    )
    assert names(found) == ["a.xml", "b"]
    assert found.skipped == ["readme.txt", "folder/"]


def test_a_zip_of_too_many():
    found = unpack("r", zipped(*((f"{i}.xml", XML) for i in range(MAX_ENTRIES + 3))))
    assert len(found.files) == MAX_ENTRIES
    assert len(found.skipped) == 3
    with pytest.raises(UnsafeFileError):
        unpack("r", zipped(*((f"{i}", b"") for i in range(300))))


def test_no_name_is_used_as_a_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert names(unpack("r", zipped(("../../x.xml", XML)))) == ["../../x.xml"]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "data",
    [
        zipped(("a.zip", zipped(("a.xml", XML)))),
        zipped(("a.xml.gz", gzipped(XML))),
        gzipped(gzipped(XML)),
        gzipped(zipped(("a.xml", XML))),
    ],
)
def test_an_archive_in_an_archive_is_refused(data):
    with pytest.raises(UnsafeFileError, match="inside an archive"):
        unpack("r", data)


def test_an_encrypted_zip_is_refused():
    data = bytearray(zipped(("a.xml", XML)))
    for magic, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        data[data.index(magic) + offset] |= 1
    with pytest.raises(UnsafeFileError, match="encrypted"):
        unpack("r", bytes(data))


@pytest.mark.parametrize("size", [20 * 2**20, 50 * 2**20])
def test_bombs_are_refused_at_once(size):
    bombs = {
        zlib.compress(bytes(size), 9, 31): DmarcFileError,
        zipped(("a.xml", bytes(size))): DmarcFileError,
        lying(zipped(("a.xml", bytes(size))), size, 100): DmarcFileError,
    }
    if size > MAX_XML:
        # These begin like a report
        xml = b"<feedback>" + bytes(size)
        bombs[zlib.compress(xml, 9, 31)] = UnsafeFileError
        bombs[zipped(("a.xml", xml))] = UnsafeFileError
    for bomb, expected in bombs.items():
        assert len(bomb) < 2**17
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began = time.monotonic()
        with pytest.raises(expected):
            unpack("r", bomb)
        assert time.monotonic() - began < 1
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        assert grown * 1024 < MAX_XML + 10 * 2**20


def lying(data, size, stated):
    """Return a zip whose directories state another size than it has."""
    return data.replace(struct.pack("<L", size), struct.pack("<L", stated))


def test_many_members_are_refused():
    with pytest.raises(UnsafeFileError):
        unpack("r", gzipped(b"") * 100_000)


def test_too_large_a_file_is_refused():
    with pytest.raises(UnsafeFileError, match="larger than 10 MB"):
        unpack("r", XML + bytes(10 * 2**20))


def test_what_is_no_report():
    with pytest.raises(NoReportError, match="Yahoo"):
        unpack("r", gzipped(b"unused\n"))
    for data in (b"", b"Hello", gzipped(b'{"organization-name": "x"}'), b"%PDF-1.7"):
        with pytest.raises(NoReportError):
            unpack("r", data)
    with pytest.raises(NoReportError):
        unpack("r", zipped())


def test_an_unusual_compression_is_named():
    with pytest.raises(BrokenFileError, match="unusual"):
        unpack("r", bzipped())


def bzipped():
    data = zipped(("a.xml", XML))
    for magic, offset in ((b"PK\3\4", 8), (b"PK\1\2", 10)):
        start = data.index(magic) + offset
        data = data[:start] + struct.pack("<H", zipfile.ZIP_BZIP2) + data[start + 2 :]
    return data


@given(st.binary(max_size=300))
def test_any_bytes(data):
    for magic in (b"", b"\x1f\x8b\x08\0\0\0\0\0\0\3", b"PK\3\4", b"PK\5\6", b"<"):
        try:
            unpack("r", magic + data)
        except DmarcFileError:
            pass


@given(st.data())
def test_any_damage(data):
    whole = data.draw(
        st.sampled_from([gzipped(XML), zipped(("a.xml", XML), ("b.xml", XML))])
    )
    damaged = bytearray(whole)
    for _number in range(data.draw(st.integers(1, 6))):
        damaged[data.draw(st.integers(0, len(whole) - 1))] = data.draw(
            st.integers(0, 255)
        )
    damaged = damaged[: data.draw(st.integers(0, len(whole)))]
    try:
        unpack("r", bytes(damaged))
    except DmarcFileError:
        pass


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_other_compressions_are_never_unpacked(method):
    with io.BytesIO() as file:
        with zipfile.ZipFile(file, "w", method) as archive:
            archive.writestr("a.xml", XML)
        data = bytearray(file.getvalue())
    # The properties of LZMA, of which four bytes are the memory that it wants
    start = data.index(b"a.xml") + len(b"a.xml")
    data[start + 4 : start + 9] = b"\xff" * 5
    assert may_be_report(bytes(data))
    with pytest.raises(BrokenFileError):
        unpack("r", bytes(data))


def test_an_entry_without_a_name():
    data = bytearray(zipped(("a", XML)))
    central = data.index(b"PK\1\2")
    for name_length in (26, central + 28):
        data[name_length : name_length + 2] = struct.pack("<H", 0)
    for extra_length in (28, central + 30):
        data[extra_length : extra_length + 2] = struct.pack("<H", 1)
    try:
        unpack("r", bytes(data))
    except DmarcFileError:
        pass


@given(st.data(), st.sampled_from([zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2]))
def test_any_damage_of_other_compressions(data, method):
    with io.BytesIO() as file:
        with zipfile.ZipFile(file, "w", method) as archive:
            archive.writestr("a", XML)
        packed = bytearray(file.getvalue())
    for _number in range(data.draw(st.integers(1, 4))):
        packed[data.draw(st.integers(0, len(packed) - 1))] = data.draw(
            st.integers(0, 255)
        )
    may_be_report(bytes(packed))
    try:
        unpack("r", bytes(packed))
    except DmarcFileError:
        pass
