"""A certificate authority that lives in memory, for servers on loopback.

Nothing is stored and nothing needs to be committed: keys are elliptic-curve ones
(P-256), so that making an authority and a certificate takes milliseconds.
"""

import contextlib
import ipaddress
import ssl
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Certificate:
    """A server certificate with its private key, both as PEM."""

    pem: bytes
    key_pem: bytes = field(repr=False)

    def server_context(self) -> ssl.SSLContext:
        """A TLS context for a server that shows this certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        # The ssl module reads keys from files only: one that nobody else may open
        # and that is gone again at once.
        with tempfile.TemporaryDirectory() as folder:
            chain = Path(folder, "chain.pem")
            chain.touch(mode=0o600)
            chain.write_bytes(self.key_pem + self.pem)
            context.load_cert_chain(chain)
        return context


class TestAuthority:
    """Signs certificates for any name. Trust it in tests and sandboxes only."""

    __test__ = False  # the name is no invitation to pytest

    def __init__(self, name: str = "Stand-in test authority") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _common_name(name)
        usage = {"key_cert_sign": True, "crl_sign": True}
        self._certificate = (
            _builder(self._name, self._name, self._key, days_valid=365)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(**usage), critical=True)
            .sign(self._key, hashes.SHA256())
        )

    @property
    def pem(self) -> bytes:
        """The authority's own certificate, which a client has to trust."""
        return self._certificate.public_bytes(serialization.Encoding.PEM)

    def write_pem(self, path: str | Path) -> None:
        """Write the authority's own certificate, without its key, to a file."""
        Path(path).write_bytes(self.pem)

    def client_context(self) -> ssl.SSLContext:
        """A verifying TLS context for a client that trusts this authority only."""
        return ssl.create_default_context(cadata=self.pem.decode())

    def issue(
        self, *names: str, days_valid: int = 30, days_until_valid: int = -1
    ) -> Certificate:
        """A certificate for `names`, DNS names and IP addresses alike.

        It ends `days_valid` days from now; a negative number gives an expired one. It
        begins `days_until_valid` days from now, a day before its end at the latest.
        """
        if not names:
            raise ValueError("a certificate needs at least one name")
        key = ec.generate_private_key(ec.SECP256R1())
        signer = self._certificate.extensions.get_extension_for_class(
            x509.SubjectKeyIdentifier
        ).value
        builder = _builder(
            _common_name(names[0]), self._name, key, days_valid, days_until_valid
        )
        for extension, critical in (
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (_key_usage(digital_signature=True), True),
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
            (x509.SubjectAlternativeName([_general_name(n) for n in names]), False),
            # Python 3.13 verifies strictly and wants to find the signer by its key.
            (
                x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(signer),
                False,
            ),
        ):
            builder = builder.add_extension(extension, critical=critical)
        certificate = builder.sign(self._key, hashes.SHA256())
        return Certificate(
            pem=certificate.public_bytes(serialization.Encoding.PEM),
            key_pem=key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ),
        )


def write_bundle(
    path: str | Path, authority: TestAuthority, *, with_public_roots: bool = True
) -> None:
    """Write a file for `SSL_CERT_FILE`: the authority, then the usual roots.

    That variable replaces what a process trusts, hence the roots: without them the
    process could reach the stand-in and nothing else. Where the machine has no file
    of roots and certifi is not installed, the authority stands alone.
    """
    target = Path(path)
    pem = authority.pem
    if with_public_roots:
        for roots in _root_files():
            # A bundle that we wrote before may be what the process trusts by now;
            # copying it into itself would pile up old authorities.
            if roots.is_file() and not (target.exists() and roots.samefile(target)):
                pem += roots.read_bytes()
                break
    target.write_bytes(pem)


def _root_files() -> Iterator[Path]:
    """Files that may hold the roots this process trusts, the best first."""
    paths = ssl.get_default_verify_paths()
    if paths.cafile:
        yield Path(paths.cafile)
    yield Path(paths.openssl_cafile)
    # Debian's OpenSSL is built for a folder of roots; the same in one file is there.
    yield Path(paths.openssl_capath, "ca-certificates.crt")
    with contextlib.suppress(ImportError):
        import certifi

        yield Path(certifi.where())


def _common_name(name: str) -> x509.Name:
    # X.509 ends a common name at 64 characters; clients look at the SAN anyway.
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    days_valid: int,
    days_until_valid: int = -1,
) -> x509.CertificateBuilder:
    """What every certificate has: names, key, serial number, validity."""
    now = datetime.now(timezone.utc)
    end = now + days_valid * _DAY
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(min(now + days_until_valid * _DAY, end - _DAY))
        .not_valid_after(end)
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
        )
    )


def _key_usage(**granted: bool) -> x509.KeyUsage:
    """A key usage with only the named uses granted."""
    uses = {
        "digital_signature": False,
        "content_commitment": False,
        "key_encipherment": False,
        "data_encipherment": False,
        "key_agreement": False,
        "key_cert_sign": False,
        "crl_sign": False,
        "encipher_only": False,
        "decipher_only": False,
    }
    return x509.KeyUsage(**{**uses, **granted})
