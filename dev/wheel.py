"""The test of the wheel: the add-on, all of it and nothing else.

It is built from a copy in a folder of another name, as pip does with an archive or an
address.
"""

import re
import shutil
import subprocess
import zipfile
from email.parser import HeaderParser

import worktree

MODULE = "mail_mailjet"
LEFT_OUT = ("dev", "benchmarks", "docs", "readme", "tests", "static/tests")
# Of the repository, not of the add-on
LEFT_OUT_FILES = ("ARCHITECTURE.md", "CONTRIBUTING.md", "pyproject.toml")

BUILD = "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"


def build_wheel(root, folder, python, backend):
    """Build a wheel from a copy of the files in Git; return its path and the files.

    :param backend: the folder that holds the build backend
    """
    tree, wheels = folder / "an archive", folder / "wheels"
    shutil.rmtree(folder, ignore_errors=True)
    wheels.mkdir(parents=True)
    names = worktree.copy_files(root, tree)
    subprocess.run(
        [python, "-c", BUILD, wheels],
        cwd=tree,
        check=True,
        env={"PYTHONPATH": str(backend)},
        stdout=subprocess.DEVNULL,
    )
    return next(wheels.iterdir()), names


def is_of_the_addon(name):
    """Whether a file of the repository belongs to the add-on."""
    folders = (f"{folder}/" for folder in LEFT_OUT)
    return not name.startswith((".", *folders)) and name not in LEFT_OUT_FILES


def faults(wheel, names, root):
    """Yield what is wrong with a wheel.

    :param names: the files in the repository
    """
    manifest = (root / "__manifest__.py").read_text()
    version = re.search(r'"version": "([\d.]+)"', manifest)[1]
    expected = f"odoo_addon_{MODULE}-{version}-py3-none-any.whl"
    if wheel.name != expected:
        yield f"the wheel is called {wheel.name}, not {expected}"
    with zipfile.ZipFile(wheel) as archive:
        found = set(archive.namelist())
        info = next(name for name in found if name.endswith(".dist-info/METADATA"))
        metadata = HeaderParser().parsestr(archive.read(info).decode())
    prefix = f"odoo/addons/{MODULE}/"
    wanted = {prefix + name for name in names if is_of_the_addon(name)}
    found = {name for name in found if ".dist-info/" not in name}
    yield from (f"not in the wheel: {name}" for name in sorted(wanted - found))
    yield from (f"in the wheel, too: {name}" for name in sorted(found - wanted))
    changelog = (root / "CHANGELOG.md").read_text()
    if not re.search(rf"^## \[{re.escape(version)}\] - ", changelog, re.MULTILINE):
        yield f"the changelog has no section [{version}]"
    yield from dependency_faults(metadata, manifest, root)


def dependency_faults(metadata, manifest, root):
    """Yield where the three lists of dependencies differ: pip's, Odoo's, Odoo.sh's."""
    of_odoo = re.search(r'"external_dependencies": \{"python": \[(.*?)\]', manifest)[1]
    of_odoo = set(re.findall(r'"(.*?)"', of_odoo))
    of_pip = {
        re.sub(r"[ ()]", "", line)
        for line in metadata.get_all("Requires-Dist")
        if not line.startswith("odoo")
    }
    lines = (root / "requirements.txt").read_text().splitlines()
    of_odoo_sh = {line for line in lines if line and not line.startswith("#")}
    names = {
        kind: {normal(item) for item in items}
        for kind, items in (
            ("the wheel", of_pip),
            ("the manifest", of_odoo),
            ("requirements.txt", of_odoo_sh),
        )
    }
    if len(set(map(frozenset, names.values()))) > 1:
        yield f"the dependencies differ: {names}"


def normal(requirement):
    """Return a requirement with its conditions in one order."""
    name, conditions = re.fullmatch(r"([\w-]+)(.*)", requirement).groups()
    return name, tuple(sorted(filter(None, conditions.split(","))))
