import pytest
from mail_mailjet import const
from mail_mailjet.tools.smtp.encryption import (
    SECURITIES,
    is_strict,
    security_of,
    strict_encryption,
)


@pytest.mark.parametrize(
    ("encryption", "security", "strict"),
    [
        ("starttls", "starttls", False),
        ("starttls_strict", "starttls", True),
        ("ssl", "ssl", False),
        ("ssl_strict", "ssl", True),
        ("none", None, False),
        (False, None, False),
        ("quic", None, False),
    ],
)
def test_the_parts_of_a_name(encryption, security, strict):
    assert (security_of(encryption), is_strict(encryption)) == (security, strict)
    assert not strict or strict_encryption(security) == encryption


def test_every_port_is_encrypted_and_each_security_has_its_own():
    assert set(const.PORTS.values()) == set(const.DEFAULT_PORTS) == set(SECURITIES)
    for security, port in const.DEFAULT_PORTS.items():
        assert const.PORTS[port] == security
