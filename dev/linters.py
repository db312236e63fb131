"""The linters of dev/lint: ruff, pylint-odoo, ESLint, Prettier and OCA's checks.

OCA's: https://github.com/OCA/odoo-pre-commit-hooks
"""

import shutil
import subprocess
from pathlib import Path

import worktree

MODULE = "mail_mailjet"
# What `npm ci` and ESLint read, all in dev/
NODE_FILES = ("package.json", "package-lock.json", "eslint.config.mjs")
# Catalogues keep the layout of Odoo's export, which differs from OCA's
OCA_PO_OPTIONS = ("--disable=po-pretty-format",)
OCA_CHECKS = (
    ("oca-checks-odoo-module", "cli", ()),
    ("oca-checks-po", "cli_po", OCA_PO_OPTIONS),
)


def python_commands(python, fix):
    """Yield the name and the command of each linter in the environment."""
    python = [python, "-m"]
    yield "ruff check", [*python, "ruff", "check", *(["--fix"] if fix else []), "."]
    yield "ruff format", [*python, "ruff", "format", *([] if fix else ["--check"]), "."]
    yield "pylint-odoo", [*python, "pylint", "--rcfile=pyproject.toml", "."]


def copy_node_files(root, folder):
    """Copy what the installation needs to a folder; return the command for it."""
    for name in NODE_FILES:
        shutil.copyfile(root / "dev" / name, folder / name)
    options = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
    return ["npm", "ci", *options]


def node_commands(root, folder, fix):
    """Yield the name and the command of each linter of static/."""
    programs = folder / "node_modules" / ".bin"
    eslint = [programs / "eslint", "--config", folder / "eslint.config.mjs", "static"]
    yield "eslint", [*eslint, "--fix"] if fix else eslint
    settings = ["--config", root / "dev" / "prettier.json", "--log-level=warn"]
    mode = "--write" if fix else "--check"
    files = ["static/**/*.js", "static/**/*.scss"]
    yield "prettier", [programs / "prettier", *settings, mode, *files]


def copy_module(root, folder):
    """Copy the work tree to a folder named after the module; return the files.

    OCA's checks look for modules below the top of the repository. One that is the top
    itself they silently skip: https://github.com/OCA/odoo-pre-commit-hooks
    """
    (folder / ".git").mkdir()  # where OCA's checks stop looking for modules
    return worktree.copy_files(root, folder / MODULE)


def oca_faults(root, folder, python, packages, fix):
    """Yield the name of each of OCA's programs and what it says, "" if nothing.

    :param Path packages: the folder that holds OCA's package
    """
    names = copy_module(root, folder)
    catalogues = [
        f"{MODULE}/{name}" for name in names if Path(name).suffix in (".po", ".pot")
    ]
    for program, module, options in OCA_CHECKS:
        start = f"from oca_pre_commit_hooks.{module} import main; main()"
        targets = catalogues if module == "cli_po" else [MODULE]
        result = subprocess.run(
            [python, "-c", start, *options, *(["--fix"] if fix else []), *targets],
            cwd=folder,
            env={"PYTHONPATH": str(packages), "PATH": "/usr/bin:/bin"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        yield program, result.stdout if result.returncode else ""
    if fix:
        copy_back(names, folder / MODULE, root)


def copy_back(names, source, target):
    """Copy the files that a fix has changed."""
    for name in names:
        if (source / name).read_bytes() != (target / name).read_bytes():
            shutil.copyfile(source / name, target / name)
