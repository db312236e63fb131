"""The SMTP test against a real Postfix on loopback, with SASL and TLS."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from mail_mailjet.tests.standins import TestAuthority, write_bundle
from mail_mailjet.tools.smtp.cause import Cause, Stage
from mail_mailjet.tools.smtp.probe import State, Target, probe

SEARCH_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
POSTFIX = shutil.which("postfix", path=SEARCH_PATH)
SASLPASSWD = shutil.which("saslpasswd2", path=SEARCH_PATH)

pytestmark = pytest.mark.skipif(
    not (POSTFIX and SASLPASSWD) or os.getuid() != 0,
    reason="needs Postfix, sasl2-bin and root, whose right it is to start Postfix",
)

USER, SECRET = "0a1b2c3d4e5f60718293a4b5c6d7e8f9", "s3cret-of-the-account"
SIZE_LIMIT = 20_000
MESSAGE = b"From: from@example.com\r\nSubject: Hello\r\n\r\nWorld\r\n"

MAIN_CF = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = in.example.com
mydestination = example.com
mynetworks = 192.0.2.1/32
alias_maps =
local_recipient_maps = inline:{{ to@example.com=yes }}
local_transport = discard:
default_transport = discard:
message_size_limit = {size_limit}
mailbox_size_limit = 0
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
smtpd_tls_security_level = may
smtpd_tls_chain_files = {folder}/chain.pem
smtpd_sasl_auth_enable = yes
smtpd_tls_auth_only = yes
smtpd_sasl_path = smtpd
smtpd_sasl_local_domain = example.com
cyrus_sasl_config_path = {folder}/sasl
"""
# Without a chroot, which Debian would fill for its own instance only
MASTER_CF = """
127.0.0.1:{starttls} inet n - n - - smtpd
127.0.0.1:{ssl} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
discard unix - - n - - discard
error unix - - n - - error
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""
SMTPD_CONF = """
pwcheck_method: auxprop
auxprop_plugin: sasldb
mech_list: PLAIN LOGIN CRAM-MD5
sasldb_path: {folder}/sasl/sasldb2
"""


def free_ports():
    with socket.create_server(("127.0.0.1", 0)) as one:
        with socket.create_server(("127.0.0.1", 0)) as two:
            return one.getsockname()[1], two.getsockname()[1]


def configure(folder, ports, certificate):
    values = {"folder": folder, "size_limit": SIZE_LIMIT, **ports}
    (folder / "main.cf").write_text(MAIN_CF.format(**values))
    (folder / "master.cf").write_text(MASTER_CF.format(**values))
    chain = folder / "chain.pem"
    chain.touch(0o600)
    chain.write_bytes(certificate.key_pem + certificate.pem)
    for name in ("queue", "data", "sasl"):
        (folder / name).mkdir()
    (folder / "sasl/smtpd.conf").write_text(SMTPD_CONF.format(**values))
    sasldb = folder / "sasl/sasldb2"
    subprocess.run(
        [SASLPASSWD, "-p", "-c", "-f", sasldb, "-u", "example.com", USER],
        input=SECRET.encode(),
        check=True,
    )
    owner = pwd.getpwnam("postfix")
    for path in (folder / "data", sasldb):
        os.chown(path, owner.pw_uid, owner.pw_gid)


def wait_for(port):
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError("Postfix does not start")


@pytest.fixture(scope="module")
def postfix():
    """Postfix, started and stopped by its own command: `{security: port}` and CA."""
    authority = TestAuthority()
    # Not pytest's folder, which Postfix's own user may not enter
    folder = Path(tempfile.mkdtemp(prefix="postfix-"))
    folder.chmod(0o755)
    ports = dict(zip(("starttls", "ssl"), free_ports(), strict=True))
    configure(folder, ports, authority.issue("127.0.0.1"))
    write_bundle(folder / "ca.pem", authority, with_public_roots=False)
    command = [POSTFIX, "-c", str(folder)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([*command, "start"], check=True, timeout=30, **quiet)
    try:
        wait_for(ports["starttls"])
        yield ports, folder
    finally:
        subprocess.run([*command, "stop"], timeout=30, **quiet)
        shutil.rmtree(folder)


@pytest.fixture
def ask(postfix, monkeypatch):
    """Call `probe` with some of the target changed."""
    ports, folder = postfix
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "ca.pem"))

    def ask(security="starttls", **changes):
        values = {
            "user": USER,
            "secret": SECRET,
            "mail_from": "from@example.com",
            "rcpt_to": "to@example.com",
            "deliver": True,
            "message": MESSAGE,
        }
        target = Target("127.0.0.1", ports[security], security, **{**values, **changes})
        result = probe(target, deadline=10)
        assert SECRET not in str(result.transcript) and USER not in repr(result)
        return result

    return ask


@pytest.mark.parametrize("mechanism", ["auto", "PLAIN", "LOGIN", "CRAM-MD5"])
@pytest.mark.parametrize("security", ["starttls", "ssl"])
def test_delivered(ask, security, mechanism):
    result = ask(security, mechanism=mechanism)
    assert result.ok, str(result.transcript)
    assert result.mechanism == (mechanism if mechanism != "auto" else "CRAM-MD5")
    assert result.queued_id
    assert result.size_limit == SIZE_LIMIT
    assert all(step.state is State.OK for step in result.steps)
    assert result.tls.names == ("127.0.0.1",)


def test_stopped_before_the_content(ask):
    result = ask(deliver=False)
    assert result.ok and not result.queued_id
    assert result.step(Stage.RCPT).state is State.OK


@pytest.mark.parametrize("mechanism", ["auto", "PLAIN", "LOGIN", "CRAM-MD5"])
def test_a_wrong_secret(ask, mechanism):
    result = ask(secret="another", mechanism=mechanism)
    assert result.step(Stage.AUTH).state is State.FAILED
    assert result.diagnosis.cause is Cause.LOGIN
    assert result.diagnosis.detail.startswith("535 5.7.8")


def test_an_unknown_recipient(ask):
    result = ask(rcpt_to="nobody@example.com")
    assert result.step(Stage.RCPT).state is State.FAILED
    assert result.diagnosis.cause is Cause.RECIPIENT
    assert result.diagnosis.detail.startswith("550 5.1.1")
    assert result.diagnosis.failure_type == "mail_email_invalid"


def test_a_stranger_may_not_send_elsewhere(ask):
    result = ask(user="", secret="", rcpt_to="to@example.net")
    assert result.step(Stage.AUTH).state is State.SKIPPED
    assert result.diagnosis.cause is Cause.RELAY_DENIED


def test_a_message_too_large(ask):
    result = ask(message=MESSAGE + b"x" * 70 * SIZE_LIMIT)
    assert result.step(Stage.MAIL).state is State.FAILED, "by the size announced"
    assert result.diagnosis.cause is Cause.TOO_LARGE
    assert result.diagnosis.detail.startswith("552 5.3.4")


def test_no_login_without_encryption(ask, postfix):
    """Postfix offers AUTH only behind TLS here, so the secret is not sent."""
    ports, _folder = postfix
    target = Target(
        "127.0.0.1", ports["starttls"], "none", user=USER, secret=SECRET, rcpt_to="a@b"
    )
    result = probe(target, deadline=10)
    assert result.diagnosis.cause is Cause.NO_AUTH
    assert "AUTH" not in str(result.transcript).replace("AUTH is not", "")
