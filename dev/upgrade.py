"""The test of upgrades: a database of the last release becomes one of this version.

The code of the last release comes from the repository's history. It makes a database
with data in it, which the code in the work tree then updates. Afterwards the database
must have the schema, access rights, scheduled actions and views of a new one, and its
own data.
"""

import ast
import io
import json
import os
import subprocess
import tarfile
from pathlib import Path

# The last commit of the last release, whose version the manifest no longer has
RELEASE = "57fef150061b4f1bdee619fcbcbda1232db46a18"

HERE = Path(__file__).resolve().parent
DATA = HERE / "upgrade_data.py"
CHECKS = HERE / "upgrade_checks.py"


class NoHistoryError(Exception):
    """The clone is shallow, or this is no clone."""


def release_source(root, home, module):
    """Return the add-ons path with the code of the last release."""
    target = home / "releases" / RELEASE
    if not target.exists():
        archive = subprocess.run(
            ["git", "archive", RELEASE],
            cwd=root,
            capture_output=True,
        )
        if archive.returncode:
            raise NoHistoryError(archive.stderr.decode(errors="replace").strip())
        part = home / "releases" / f"{RELEASE}.part.{os.getpid()}"
        with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tar:
            tar.extractall(part / module)
        part.rename(target)
    return target


# Each query's rows name what a database consists of. The first column says where.
SCHEMA = {
    "columns": """
        SELECT table_name, column_name, data_type, character_maximum_length,
               is_nullable, column_default
          FROM information_schema.columns
         WHERE table_schema = 'public'""",
    "indexes": """
        SELECT tablename, indexname, indexdef
          FROM pg_indexes WHERE schemaname = 'public'""",
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
          FROM pg_constraint
         WHERE connamespace = 'public'::regnamespace""",
    "views of the database": """
        SELECT viewname, definition FROM pg_views WHERE schemaname = 'public'""",
    "sequences": """
        SELECT sequencename, data_type::text
          FROM pg_sequences
         WHERE schemaname = 'public' AND sequencename !~ '_[0-9]+$'""",
    "models": """
        SELECT model, name::text, transient, state FROM ir_model""",
    "fields": """
        SELECT model, name, ttype, relation, relation_field, relation_table, store,
               required, readonly, index, copied, related, translate::text,
               field_description ->> 'en_US'
          FROM ir_model_fields""",
    "selections": """
        SELECT field.model, field.name, selection.value, selection.sequence,
               selection.name ->> 'en_US'
          FROM ir_model_fields_selection AS selection
          JOIN ir_model_fields AS field ON field.id = selection.field_id""",
    "external ids": """
        SELECT module, name, model, noupdate
          FROM ir_model_data WHERE module = '{module}'""",
    "access rights": """
        SELECT model.model, data.name, access.name, "group".name,
               perm_read, perm_write, perm_create, perm_unlink, access.active
          FROM ir_model_access AS access
          JOIN ir_model AS model ON model.id = access.model_id
          JOIN ir_model_data AS data
            ON data.model = 'ir.model.access' AND data.res_id = access.id
          LEFT JOIN ir_model_data AS "group"
            ON "group".model = 'res.groups' AND "group".res_id = access.group_id
         WHERE data.module = '{module}'""",
    "record rules": """
        SELECT model.model, data.name, rule.domain_force, rule.active,
               array(SELECT group_id FROM rule_group_rel
                      WHERE rule_group_id = rule.id ORDER BY 1)::text
          FROM ir_rule AS rule
          JOIN ir_model AS model ON model.id = rule.model_id
          JOIN ir_model_data AS data
            ON data.model = 'ir.rule' AND data.res_id = rule.id
         WHERE data.module = '{module}'""",
    # The interval is the administrator's
    "scheduled actions": """
        SELECT data.name, cron.cron_name, action.name ->> 'en_US', action.code,
               action.state, model.model, cron.user_id
          FROM ir_cron AS cron
          JOIN ir_act_server AS action ON action.id = cron.ir_actions_server_id
          LEFT JOIN ir_model AS model ON model.id = action.model_id
          JOIN ir_model_data AS data
            ON data.model = 'ir.cron' AND data.res_id = cron.id
         WHERE data.module = '{module}'""",
    "actions": """
        SELECT data.name, action.name ->> 'en_US', action.res_model, action.view_mode,
               action.domain, action.context
          FROM ir_act_window AS action
          JOIN ir_model_data AS data
            ON data.model = 'ir.actions.act_window' AND data.res_id = action.id
         WHERE data.module = '{module}'""",
    "menus": """
        SELECT data.name, menu.name ->> 'en_US', action.name, menu.active
          FROM ir_ui_menu AS menu
          JOIN ir_model_data AS data
            ON data.model = 'ir.ui.menu' AND data.res_id = menu.id
          LEFT JOIN ir_model_data AS action
            ON action.model || ',' || action.res_id = menu.action
         WHERE data.module = '{module}'""",
    # The numbers of actions differ
    "views": """
        SELECT data.name, view.name, view.model, view.active,
               regexp_replace(
                   view.arch_db ->> 'en_US', ' name="[0-9]+"', ' name="action"', 'g')
          FROM ir_ui_view AS view
          JOIN ir_model_data AS data
            ON data.model = 'ir.ui.view' AND data.res_id = view.id
         WHERE data.module = '{module}'""",
}
READ_SCHEMA = """
import json, sys, psycopg2
connection = psycopg2.connect(dbname=sys.argv[1])
cursor = connection.cursor()
found = {}
for name, query in json.loads(sys.argv[2]).items():
    cursor.execute(query)
    found[name] = sorted([str(value) for value in row] for row in cursor.fetchall())
print(json.dumps(found))
"""


def schema_of(env, database, module):
    """Return what a database consists of: {kind: [rows]}."""
    queries = {name: query.format(module=module) for name, query in SCHEMA.items()}
    command = [env.python, "-c", READ_SCHEMA, database, json.dumps(queries)]
    return json.loads(
        subprocess.run(
            list(map(str, command)), env=env.env(), check=True, stdout=subprocess.PIPE
        ).stdout
    )


def differences(upgraded, fresh):
    """Yield a line for each row that only one of two databases has."""
    for kind, rows in fresh.items():
        here, there = set(map(tuple, upgraded[kind])), set(map(tuple, rows))
        for row in sorted(here - there):
            yield f"only after the upgrade, {kind}: {' | '.join(row)}"
        for row in sorted(there - here):
            yield f"only in a new database, {kind}: {' | '.join(row)}"


def faults(dev, env):
    """Upgrade a database of the last release; yield what is wrong with it.

    :param dev: the module `dev`
    :raise NoHistoryError: if the repository does not go back to the last release
    """
    data, source = DATA.read_text(), release_source(dev.ROOT, dev.HOME, dev.MODULE)
    if version_of(source / dev.MODULE) == version_of(dev.ROOT):
        yield "the version in __manifest__.py is still that of the last release"
        return
    release = env.template(
        "release", dev.MODULE, env.base_template(), RELEASE + data, source, data
    )
    database = f"{dev.MODULE}_upgrade_{os.getpid()}"
    env.clone(release, database)
    try:
        options = ("-d", database, "-u", dev.MODULE, "--stop-after-init", "--no-http")
        yield from dev.troubles(env.run_odoo(*options, "--max-cron-threads=0"))
        fresh = schema_of(env, env.module_template(), dev.MODULE)
        yield from differences(schema_of(env, database, dev.MODULE), fresh)
        env.shell(database, CHECKS.read_text())
    except dev.DevError as error:
        yield str(error)
    finally:
        env.drop(database)


def version_of(module):
    manifest = ast.literal_eval((module / "__manifest__.py").read_text())
    return manifest["version"]
