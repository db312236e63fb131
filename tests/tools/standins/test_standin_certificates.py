"""The test authority: what it issues is trusted, or refused, for the right reason."""

import ipaddress
import socket
import ssl
import stat
import threading

import pytest
from cryptography import x509
from mail_mailjet.tests.standins import TestAuthority, certificates, write_bundle


@pytest.fixture(scope="module")
def authority():
    return TestAuthority()


def shake_hands(certificate, client_context, name):
    """One TLS handshake over a socket pair; raises what the client raises."""
    server_end, client_end = socket.socketpair()

    def serve():
        try:
            with certificate.server_context().wrap_socket(server_end, server_side=True):
                pass
        except OSError:
            pass  # the client hung up; why is the client's to tell

    server = threading.Thread(target=serve)
    server.start()
    try:
        with client_end, client_context.wrap_socket(client_end, server_hostname=name):
            pass
    finally:
        server.join(5)
        server_end.close()


@pytest.mark.parametrize("name", ["in.example.com", "localhost", "127.0.0.1", "::1"])
def test_every_name_of_a_certificate_is_good(authority, name):
    certificate = authority.issue("in.example.com", "localhost", "127.0.0.1", "::1")
    shake_hands(certificate, authority.client_context(), name)


@pytest.mark.parametrize("name", ["other.example.com", "127.0.0.2"])
def test_another_name_is_refused(authority, name):
    certificate = authority.issue("in.example.com", "127.0.0.1")
    with pytest.raises(ssl.SSLCertVerificationError, match="match"):
        shake_hands(certificate, authority.client_context(), name)


@pytest.mark.parametrize("days_valid", [-1, -400])
def test_an_expired_certificate_is_refused(authority, days_valid):
    certificate = authority.issue("localhost", days_valid=days_valid)
    with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
        shake_hands(certificate, authority.client_context(), "localhost")


@pytest.mark.parametrize(
    "context", [ssl.create_default_context(), TestAuthority().client_context()]
)
def test_an_unknown_authority_is_refused(authority, context):
    with pytest.raises(ssl.SSLCertVerificationError, match="issuer|signature"):
        shake_hands(authority.issue("localhost"), context, "localhost")


def test_strict_verification_is_satisfied(authority):
    """Python 3.13's default, asked for on every version."""
    context = authority.client_context()
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    shake_hands(authority.issue("localhost"), context, "localhost")


def test_names_become_dns_names_and_addresses(authority):
    loaded = x509.load_pem_x509_certificate(authority.issue("a.example", "::1").pem)
    names = loaded.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["a.example"]
    assert names.get_values_for_type(x509.IPAddress) == [ipaddress.ip_address("::1")]


def test_a_certificate_needs_a_name(authority):
    with pytest.raises(ValueError, match="name"):
        authority.issue()


def test_a_name_beyond_the_length_of_a_common_name(authority):
    name = "a" * 60 + ".example.com"
    shake_hands(authority.issue(name), authority.client_context(), name)


def test_private_keys_are_neither_shown_nor_left_behind(
    authority, tmp_path, monkeypatch
):
    monkeypatch.setattr(certificates.tempfile, "tempdir", str(tmp_path))
    modes = []
    load = ssl.SSLContext.load_cert_chain

    def spy(context, path):
        modes.append(stat.S_IMODE(path.stat().st_mode))
        load(context, path)

    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", spy)
    certificate = authority.issue("localhost")
    certificate.server_context()
    assert modes == [0o600]
    assert list(tmp_path.iterdir()) == []
    assert "PRIVATE" not in repr(certificate)
    assert b"PRIVATE" not in authority.pem


class TestBundle:
    def count(self, path):
        return path.read_bytes().count(b"BEGIN CERTIFICATE")

    def test_the_authority_alone(self, authority, tmp_path):
        write_bundle(tmp_path / "a.pem", authority, with_public_roots=False)
        authority.write_pem(tmp_path / "b.pem")
        assert (tmp_path / "a.pem").read_bytes() == (tmp_path / "b.pem").read_bytes()
        assert self.count(tmp_path / "a.pem") == 1

    def test_what_was_trusted_stays_trusted(self, authority, tmp_path, monkeypatch):
        company = TestAuthority("Company")
        company.write_pem(tmp_path / "company.pem")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "company.pem"))
        bundle = tmp_path / "bundle.pem"
        write_bundle(bundle, authority)
        assert self.count(bundle) == 2
        context = ssl.create_default_context(cafile=bundle)
        for signer in (authority, company):
            shake_hands(signer.issue("localhost"), context, "localhost")

    def test_the_variable_makes_a_default_context_trust(
        self, authority, tmp_path, monkeypatch
    ):
        write_bundle(tmp_path / "bundle.pem", authority)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "bundle.pem"))
        context = ssl.create_default_context()
        shake_hands(authority.issue("localhost"), context, "localhost")

    def test_written_over_itself_it_does_not_grow(
        self, authority, tmp_path, monkeypatch
    ):
        bundle = tmp_path / "bundle.pem"
        write_bundle(bundle, authority)
        usual = self.count(bundle)
        monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
        newer = TestAuthority()
        write_bundle(bundle, newer)
        assert self.count(bundle) == usual
        assert authority.pem not in bundle.read_bytes()
        assert newer.pem in bundle.read_bytes()

    def test_certifi_is_the_last_resort(self, authority, tmp_path, monkeypatch):
        certifi = pytest.importorskip("certifi")
        paths = ssl.get_default_verify_paths()
        nowhere = str(tmp_path / "nowhere")
        monkeypatch.setattr(
            ssl,
            "get_default_verify_paths",
            lambda: paths._replace(
                cafile=None, openssl_cafile=nowhere, openssl_capath=nowhere
            ),
        )
        write_bundle(tmp_path / "bundle.pem", authority)
        with open(certifi.where(), "rb") as roots:
            assert (tmp_path / "bundle.pem").read_bytes() == authority.pem + (
                roots.read()
            )
