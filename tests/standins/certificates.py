"""An in-memory certificate authority for servers on loopback.

Nothing is stored or committed: with elliptic-curve keys (P-256), creating an authority
and a certificate takes milliseconds.
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
        """Return a TLS context for a server with this certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        # The ssl module only reads keys from files: use one that nobody else can open
        # and delete it at once.
        with tempfile.TemporaryDirectory() as folder:
            chain = Path(folder, "chain.pem")
            chain.touch(mode=0o600)
            chain.write_bytes(self.key_pem + self.pem)
            context.load_cert_chain(chain)
        return context


class TestAuthority:
    """Signs certificates for any name. Trust it in tests and sandboxes only."""

    __test__ = False  # not a test, despite its name

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
        """The authority's own certificate, which clients must trust."""
        return self._certificate.public_bytes(serialization.Encoding.PEM)

    def write_pem(self, path: str | Path) -> None:
        """Write the authority's own certificate, without its key, to a file."""
        Path(path).write_bytes(self.pem)

    def client_context(self) -> ssl.SSLContext:
        """Return a verifying TLS context that only trusts this authority."""
        return ssl.create_default_context(cadata=self.pem.decode())

    def issue(
        self, *names: str, days_valid: int = 30, days_until_valid: int = -1
    ) -> Certificate:
        """Return a certificate for `names`, which may be DNS names and IP addresses.

        It expires `days_valid` days from now; a negative number gives an expired one.
        It becomes valid `days_until_valid` days from now, at least a day before it
        expires.
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
            # Python 3.13 verifies strictly and requires the issuer's key identifier.
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
    """Write a file for `SSL_CERT_FILE`: the authority and the public roots.

    The variable replaces all roots of a process: without the public ones, it could
    reach nothing but the stand-in. The public roots are missing if the machine has no
    file of them and certifi is not installed.
    """
    target = Path(path)
    pem = authority.pem
    if with_public_roots:
        for roots in _root_files():
            # The process may already trust an earlier bundle of ours; copying it into
            # itself would accumulate old authorities.
            if roots.is_file() and not (target.exists() and roots.samefile(target)):
                pem += roots.read_bytes()
                break
    target.write_bytes(pem)


def _root_files() -> Iterator[Path]:
    """Yield files that may hold the roots this process trusts, best first."""
    paths = ssl.get_default_verify_paths()
    if paths.cafile:
        yield Path(paths.cafile)
    yield Path(paths.openssl_cafile)
    # Debian's OpenSSL uses a folder of roots, which also has them in one file.
    yield Path(paths.openssl_capath, "ca-certificates.crt")
    with contextlib.suppress(ImportError):
        import certifi

        yield Path(certifi.where())


def _common_name(name: str) -> x509.Name:
    # X.509 limits common names to 64 characters; clients check the SAN anyway.
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
    """Start a certificate with what all share: names, key, serial number, validity."""
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
    """Return a key usage that grants only the named uses."""
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
