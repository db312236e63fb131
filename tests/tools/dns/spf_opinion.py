"""pyspf as a second opinion on SPF, over the zone of a test."""

import pytest
import spf as pyspf

MAILJET_IP = "198.51.100.7"


def second_opinion(ask, monkeypatch, ip=MAILJET_IP, domain="t.test"):
    """Return pyspf's result for mail from a domain sent from an address."""

    def look_up(name, kind, strict=True, timeout=20):
        if kind not in ("TXT", "A", "AAAA", "MX", "CNAME"):
            return []
        [lookup] = ask([(name.rstrip("."), kind)])
        if lookup.is_outage:
            raise pyspf.TempError(f"DNS {lookup.status}")
        values = []
        for record in lookup.records:
            value = record
            if kind == "TXT":
                value = (record,)
            elif kind == "MX":
                preference, host = record.split()
                value = (int(preference), host.rstrip("."))
            values.append(((name, kind), value))
        return values

    monkeypatch.setattr(pyspf, "DNSLookup", look_up)
    result, _code, _text = pyspf.query(ip, f"info@{domain}", "mail.test").check()
    return result


def passing(ask, addresses):
    """Return the addresses from which mail of t.test passes."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        return {
            address
            for address in addresses
            if second_opinion(ask, monkeypatch, address) == "pass"
        }
