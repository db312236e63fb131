"""Write many rows in one SQL statement, then do what the ORM does after a write.

The ORM takes a statement per record if each has values of its own. Here, all rows go to
PostgreSQL at once, as one JSON parameter or with COPY. After any write by SQL but
`copy_in`, call `refresh`: it drops the cached values, and has the stored fields
recomputed that depend on those written.
"""

import csv
import io
import json

from odoo.tools import SQL

NOW = SQL("now() AT TIME ZONE 'UTC'")


def upsert(model, rows, key, *, shared=None, update=None, assign=None, where=None):
    """Insert rows, or update the records that have their key already.

    :param model: the model, as a recordset
    :param list rows: dicts of values, all of the same fields, no key twice
    :param key: names of the fields of a unique index
    :param dict shared: values that all rows have in common
    :param update: names of the fields to overwrite in existing records; by default all
        but the key, `()` leaves them alone
    :param dict assign: field name -> `SQL` with the value to set in existing records;
        it may use the tables `old` and `EXCLUDED`
    :param SQL where: which existing records to update; by default those that change
    :return: the inserted or updated records
    """
    if not rows:
        return model.browse()
    names = list(rows[0])
    fixed = {name: SQL("%s", value) for name, value in (shared or {}).items()}
    if update is None:
        update = [name for name in (*names, *fixed) if name not in key]
    fixed |= _log_values(model, "create_uid", "create_date", "write_uid", "write_date")
    model.flush_model()
    model.env.cr.execute(
        SQL(
            """
            INSERT INTO %(table)s AS old (%(columns)s)
            SELECT %(values)s FROM %(rows)s
                ON CONFLICT (%(key)s) %(on_conflict)s
         RETURNING id
            """,
            table=SQL.identifier(model._table),
            columns=_each("%s", [*names, *fixed]),
            values=SQL(", ").join([*map(SQL.identifier, names), *fixed.values()]),
            rows=rows_as_table(model, rows, names),
            key=_each("%s", key),
            on_conflict=_on_conflict(model, update, assign or {}, where),
        )
    )
    records = model.browse(record_id for (record_id,) in model.env.cr.fetchall())
    refresh(records, [*names, *fixed, *(assign or ())])
    return records


def copy_in(model, rows):
    """Insert rows into a table without log fields, as fast as possible.

    Neither default values nor stored computed fields are filled in, and none of the
    rows may exist already.

    :param model: the model, as a recordset
    :param list rows: dicts of values, all of the same fields; empty texts become NULL
    """
    if not rows:
        return
    with io.StringIO() as file:
        csv.writer(file).writerows(row.values() for row in rows)
        file.seek(0)
        columns = ", ".join(f'"{name}"' for name in rows[0])
        model.env.cr.copy_expert(
            f'COPY "{model._table}" ({columns}) FROM STDIN WITH (FORMAT csv)', file
        )


def _on_conflict(model, update, assign, where):
    if not update:
        return SQL("DO NOTHING")
    if where is None:
        where = SQL(
            "(%s) IS DISTINCT FROM (%s)",
            _each("old.%s", update),
            _each("EXCLUDED.%s", update),
        )
    assign = {**assign, **_log_values(model, "write_uid", "write_date")}
    return SQL(
        "DO UPDATE SET %s WHERE %s",
        SQL(", ").join(
            [
                *(SQL("%s = EXCLUDED.%s", *_twice(name)) for name in update),
                *(SQL("%s = %s", SQL.identifier(n), sql) for n, sql in assign.items()),
            ]
        ),
        where,
    )


def update_by_id(model, rows):
    """Write values to records.

    :param model: the model, as a recordset
    :param list rows: dicts of values with the record's `id`, all of the same fields
    """
    if not rows:
        return
    names = [name for name in rows[0] if name != "id"]
    log = _log_values(model, "write_uid", "write_date")
    model.flush_model()
    model.env.cr.execute(
        SQL(
            "UPDATE %s AS old SET %s FROM %s WHERE old.id = row.id",
            SQL.identifier(model._table),
            SQL(", ").join(
                [
                    *(SQL("%s = row.%s", *_twice(name)) for name in names),
                    *(SQL("%s = %s", SQL.identifier(n), sql) for n, sql in log.items()),
                ]
            ),
            rows_as_table(model, rows, ["id", *names]),
        )
    )
    refresh(model.browse(row["id"] for row in rows), [*names, *log])


def rows_as_table(model, rows, names):
    """Return rows as a table called "row" that a statement can select from.

    :param model: the model whose fields give the columns their types
    :param list rows: dicts of values by field name
    :param names: names of the fields that become columns; a row may have more or fewer
    """
    columns = SQL(", ").join(
        SQL(f"%s {model._fields[name].column_type[1]}", SQL.identifier(name))
        for name in names
    )
    return SQL(
        "jsonb_to_recordset(%s::jsonb) AS row (%s)",
        json.dumps(rows, default=str),
        columns,
    )


def refresh(records, names):
    """Update the cache and dependent stored fields after a write by SQL.

    Flush the model before that write: pending values of these fields are dropped.

    :param records: the inserted or updated records
    :param names: the names of the fields written; these are not recomputed
    """
    if not records:
        return
    records.invalidate_model(names, flush=False)
    computed = [field for name in names if (field := records._fields[name]).compute]
    with records.env.protecting(computed, records):
        records.modified(names)


def _log_values(model, *names):
    """Return values for the log fields, if the model has them: name -> `SQL`."""
    if not model._log_access:
        return {}
    user = SQL("%s", model.env.uid)
    return {name: user if name.endswith("uid") else NOW for name in names}


def _each(template, names):
    return SQL(", ").join(SQL(template, SQL.identifier(name)) for name in names)


def _twice(name):
    return SQL.identifier(name), SQL.identifier(name)
