"""Who hosts a zone, and how that host wants its records."""

import pytest
from dns_zone import both_orders
from hypothesis import given
from hypothesis import strategies as st
from mail_mailjet.tools.dns.dns_host import (
    Entry,
    entry_hints,
    host_of_code,
    needs_pieces,
    recognise,
)
from mail_mailjet.tools.dns.dns_hosts import HOSTS
from mail_mailjet.tools.dns.name_servers import check_name_servers

KEY = "k=rsa; p=" + "A" * 392
ZONE = "company.example"


def hints(code, kind="dkim", record_type="TXT", name="mailjet._domainkey", value=KEY):
    entry = Entry(kind, record_type, name, ZONE, value)
    return [str(words) for words in entry_hints(host_of_code(code), entry)]


@pytest.mark.parametrize(
    ("name_servers", "codes"),
    [
        (["ana.ns.cloudflare.com", "bob.ns.cloudflare.com."], ["cloudflare"]),
        (["ns-1.awsdns-05.co.uk", "NS-2.AWSDNS-61.NET"], ["route53"]),
        (["dns15.ovh.net", "ns15.ovh.net"], ["ovh"]),
        (["docks12.rzone.de", "shades07.rzone.de"], ["strato"]),
        (
            ["ns-1.ovh.net", "hydrogen.ns.hetzner.com", "oxygen.ns.hetzner.com"],
            ["hetzner", "ovh"],
        ),
        (["ns1.company.example"], []),
        (["ns1.notovh.net"], []),
        (["ovh.net.company.example"], []),
        (["ns1.sedoparking.com"], ["sedo"]),
        ([], []),
    ],
)
def test_recognise(name_servers, codes):
    assert [host.code for host in recognise(name_servers)] == codes


def test_every_host_is_found_by_its_name_servers():
    assert len({host.code for host in HOSTS}) == len(HOSTS)
    for host in HOSTS:
        servers = [f"ns1.{suffix}" for suffix in host.suffixes]
        servers += [f"ns1{part}1.example" for part in host.parts]
        assert servers
        for server in servers:
            assert recognise([server]) == [host], server
        assert not host.url or host.panel_url(ZONE).startswith("https://")
        assert "{" not in host.panel_url(ZONE)


def test_names_and_the_top_of_the_zone():
    assert any("mailjet._domainkey: the panel adds" in one for one in hints("ovh"))
    assert "Enter @ as the name." in hints("godaddy", name="@")
    assert "Leave the name empty." in hints("route53", name="@")
    assert not any("@" in one or "empty" in one for one in hints("strato", name="@"))
    assert not any("adds" in one for one in hints("123_reg"))


def test_quotes_and_length():
    assert "Enter the value without quotes." in hints("all-inkl")
    assert "Put the value in double quotes." in hints("route53")
    assert any("in one piece" in one for one in hints("cloudflare"))
    assert any("255" in one for one in hints("aruba"))
    assert not any("255" in one for one in hints("aruba", value="short"))
    for code, value, expected in (
        ("route53", "short", True),
        ("aruba", KEY, True),
        ("aruba", "short", False),
        ("cloudflare", KEY, False),
    ):
        entry = Entry("dkim", "TXT", "mailjet._domainkey", ZONE, value)
        assert needs_pieces(host_of_code(code), entry) is expected


def test_aliases():
    alias = {"kind": "return_path", "record_type": "CNAME", "name": "bnc3"}
    assert any("DNS only" in one for one in hints("cloudflare", **alias))
    assert any("dot" in one for one in hints("hetzner", **alias))
    assert not any("quotes" in one for one in hints("hetzner", **alias))
    assert not any("DNS only" in one for one in hints("cloudflare"))


def test_notes_come_with_their_record_only():
    assert any("type TXT" in one for one in hints("ovh"))
    assert not any("type TXT" in one for one in hints("ovh", kind="ownership"))
    assert any("only one" in one for one in hints("godaddy", kind="dmarc"))
    assert not any("only one" in one for one in hints("godaddy"))
    assert any("Netlify" in one for one in hints("ns1"))
    assert any("add a line" in one for one in hints("route53", kind="spf", name="@"))


@given(
    st.sampled_from(HOSTS),
    st.sampled_from(["TXT", "CNAME", "MX"]),
    st.text(min_size=1, max_size=300),
)
def test_every_hint_is_a_sentence(host, record_type, value):
    for kind in ("spf", "dkim", "dmarc", "mx", "ownership"):
        for name in ("@", "mailjet._domainkey"):
            entry = Entry(kind, record_type, name, ZONE, value)
            for words in entry_hints(host, entry):
                assert str(words).endswith(".")


# -- The name servers ------------------------------------------------------------------


def zone_of(zone, domain=ZONE):
    verdict = both_orders(lambda ask: check_name_servers(domain, ask), zone)
    return verdict.status, verdict.zone, verdict.found


def test_name_servers():
    zone = {ZONE: {"NS": ["ns2.OVH.net.", "dns2.ovh.net."]}}
    found = ("dns2.ovh.net", "ns2.ovh.net")
    assert zone_of(zone) == ("ok", ZONE, found)
    assert zone_of(zone, f"news.{ZONE}.") == ("ok", ZONE, found)
    assert zone_of({"example": {"NS": ["ns.example."]}})[0] == "missing"
    assert zone_of({ZONE: "timeout"})[0] == "temperror"
    alias = {f"news.{ZONE}": {"CNAME": [f"{ZONE}."]}, **zone}
    assert zone_of(alias, f"news.{ZONE}") == ("ok", ZONE, found)
