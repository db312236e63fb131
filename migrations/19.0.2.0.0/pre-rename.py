"""What bears a new name keeps its data."""

from psycopg2 import sql

MODULE = "mail_mailjet"

FIELDS = {
    "ir.mail_server": {
        "mailjet_usage": "mailjet_purpose",
        "mailjet_gap_from": "mailjet_catch_up_from",
        "mailjet_gap_to": "mailjet_catch_up_to",
        "mailjet_gap_offset": "mailjet_catch_up_offset",
        "mailjet_limit_ids": "mailjet_policy_limit_ids",
        "mailjet_limit_pause": "mailjet_policy_pause",
        "mailjet_limits_read_on": "mailjet_policy_read_on",
        "mailjet_limits_outage_since": "mailjet_policy_outage_since",
        "mailjet_pause_at_limit": "mailjet_pause_at_policy_limit",
        "mailjet_exclusion_exchange_ids": "mailjet_exclusion_sync_ids",
        "mailjet_exchange_problem": "mailjet_exclusion_sync_problem",
        "mailjet_exchange_stage": "mailjet_exclusion_sync_stage",
        "mailjet_exchanged_on": "mailjet_exclusion_synced_on",
        "mailjet_next_exchange_on": "mailjet_exclusion_next_sync_on",
    },
    "mailing.mailing": {"mailjet_usage": "mailjet_purpose"},
    "mailjet.domain": {"outage_told": "is_outage_reported"},
}
MODELS = {
    "mailjet.limit": "mailjet.policy.limit",
    "mailjet.exclusion.exchange": "mailjet.exclusion.sync",
    "mailjet.mirror": "mailjet.synced.mixin",
    "mailjet.dataset": "mailjet.imported.mixin",
    "mailjet.rates": "mailjet.rates.mixin",
    "mailjet.suppressed": "mailjet.suppression.mixin",
}
SCHEDULED_ACTIONS = {
    "ir_cron_read_usage": "ir_cron_read_quota",
    "ir_cron_read_limits": "ir_cron_read_policy_limits",
    "ir_cron_fill_gaps": "ir_cron_catch_up",
    "ir_cron_exchange_exclusions": "ir_cron_sync_exclusions",
}
# Columns that name a model
REFERENCES = (
    ("ir_act_window", "res_model"),
    ("ir_attachment", "res_model"),
    ("ir_exports", "resource"),
    ("ir_filters", "model_id"),
    ("ir_model", "model"),
    ("ir_model_data", "model"),
    ("ir_model_fields", "model"),
    ("ir_model_fields", "relation"),
    ("ir_ui_view", "model"),
    ("mail_activity", "res_model"),
    ("mail_activity_type", "res_model"),
    ("mail_followers", "res_model"),
    ("mail_message", "model"),
    ("mail_message_subtype", "res_model"),
    ("mail_template", "model"),
)


def migrate(cr, version):
    for model, names in FIELDS.items():
        for old, new in names.items():
            rename_field(cr, model, old, new)
    for old, new in MODELS.items():
        rename_model(cr, old, new)
    for old, new in SCHEDULED_ACTIONS.items():
        for suffix in ("", "_ir_actions_server"):
            rename_external_ids(cr, f"{old}{suffix}", f"{new}{suffix}")
    cr.execute("UPDATE mailjet_setup SET security = 'ssl' WHERE security = 'tls'")


def rename_field(cr, model, old, new):
    table = model.replace(".", "_")
    if has_column(cr, table, old):
        rename = "ALTER TABLE {} RENAME COLUMN {} TO {}"
        run(cr, rename, table, old, new)
    cr.execute(
        "UPDATE ir_model_fields SET name = %s WHERE model = %s AND name = %s",
        [new, model, old],
    )
    rename_external_ids(cr, f"field_{table}__{old}", f"field_{table}__{new}")
    before, after = (f"selection__{table}__{name}__" for name in (old, new))
    rename_external_ids(cr, before, after, is_prefix=True)


def rename_model(cr, old, new):
    old_table, new_table = old.replace(".", "_"), new.replace(".", "_")
    for table, column in REFERENCES:
        update = "UPDATE {} SET {} = %s WHERE {} = %s"
        run(cr, update, table, column, column, values=[new, old])
    # model_…, field_…__x, access_…, …_view_form, menu_report_…
    cr.execute(
        """
        UPDATE ir_model_data
           SET name = regexp_replace(name, %(old)s, %(new)s)
         WHERE module = %(module)s AND name ~ %(old)s
        """,
        {
            "module": MODULE,
            "old": f"(?<![a-z]){old_table}(?![a-z]|_[a-z]*_mixin)",
            "new": new_table,
        },
    )
    if not has_column(cr, old_table, "id"):
        return
    run(cr, "ALTER TABLE {} RENAME TO {}", old_table, new_table)
    run(
        cr,
        "ALTER SEQUENCE {} RENAME TO {}",
        f"{old_table}_id_seq",
        f"{new_table}_id_seq",
    )
    cr.execute(
        "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass", [new_table]
    )
    for (name,) in cr.fetchall():
        renamed = name.replace(old_table, new_table)
        if renamed != name:
            rename = "ALTER TABLE {} RENAME CONSTRAINT {} TO {}"
            run(cr, rename, new_table, name, renamed)
    cr.execute("SELECT indexname FROM pg_indexes WHERE tablename = %s", [new_table])
    for (name,) in cr.fetchall():
        renamed = name.replace(old_table, new_table)
        if renamed != name:
            run(cr, "ALTER INDEX {} RENAME TO {}", name, renamed)


def rename_external_ids(cr, old, new, is_prefix=False):
    cr.execute(
        """
        UPDATE ir_model_data
           SET name = %(new)s || substr(name, length(%(old)s) + 1)
         WHERE module = %(module)s
           AND (name = %(old)s OR %(is_prefix)s AND starts_with(name, %(old)s))
        """,
        {"module": MODULE, "old": old, "new": new, "is_prefix": is_prefix},
    )


def has_column(cr, table, column):
    cr.execute(
        """
        SELECT FROM information_schema.columns
         WHERE table_schema = current_schema AND table_name = %s AND column_name = %s
        """,
        [table, column],
    )
    return bool(cr.rowcount)


def run(cr, statement, *names, values=()):
    """Run a statement with these names of tables, columns and the like in it."""
    cr.execute(sql.SQL(statement).format(*map(sql.Identifier, names)), values)
