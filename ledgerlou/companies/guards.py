"""SQL that every migration of a company table uses: row-level security, composite keys, grants, history.

A company table is closed unless opened: the application's role sees rows of the company that the transaction named
(`company_transaction`), and none without one. The owner's role has a policy of its own because FORCE binds it too.
"""

from collections.abc import Sequence
from typing import Any

from django.db.migrations import RunSQL

APP, OWNER, LOOKUP = "ledgerlou_app", "ledgerlou_owner", "ledgerlou_lookup"
CURRENT_COMPANY = "NULLIF(current_setting('ledgerlou.company', true), '')::uuid"


def company_table(
    table: str,
    *,
    insert: bool = True,
    update: Sequence[str] = (),
    delete: bool = False,
    lookup: bool = False,
    company_column: str = "company_id",
) -> RunSQL:
    """Fence a table: forced row-level security, the application's grants, `UNIQUE (company_id, id)` for composite keys.

    `update` names the columns the application may change; `lookup` lets the look-up functions read the table.
    """
    forward: list[Any] = [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY company ON {table} TO {APP} "
        f"USING ({company_column} = {CURRENT_COMPANY}) WITH CHECK ({company_column} = {CURRENT_COMPANY})",
        f"CREATE POLICY owner ON {table} TO {OWNER} USING (true) WITH CHECK (true)",
        f"GRANT SELECT{', INSERT' if insert else ''}{', DELETE' if delete else ''} ON {table} TO {APP}",
    ]
    if update:
        forward.append(f"GRANT UPDATE ({', '.join(update)}) ON {table} TO {APP}")
    if lookup:
        forward.append(f"GRANT SELECT ON {table} TO {LOOKUP}")
        forward.append(f"CREATE POLICY lookup ON {table} FOR SELECT TO {LOOKUP} USING (true)")
    backward: list[Any] = [
        f"REVOKE ALL ON {table} FROM {APP}, {LOOKUP}",
        *([f"DROP POLICY lookup ON {table}"] if lookup else []),
        f"DROP POLICY owner ON {table}",
        f"DROP POLICY company ON {table}",
        f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
    ]
    return RunSQL(sql=forward, reverse_sql=backward)


def composite_key(table: str) -> RunSQL:
    """`UNIQUE (company_id, id)`, so that other company tables can point here without crossing companies."""
    return RunSQL(
        sql=f"ALTER TABLE {table} ADD CONSTRAINT {table}_company_id_id UNIQUE (company_id, id)",
        reverse_sql=f"ALTER TABLE {table} DROP CONSTRAINT {table}_company_id_id",
    )


def composite_fk(table: str, columns: str, target: str, target_columns: str, *, name: str, deferred: bool = False) -> RunSQL:
    """A foreign key that carries the company: `columns` and `target_columns` are comma-separated, the company first.

    Foreign-key checks ignore row-level security, so a plain key would let companies mix.
    """
    timing = " DEFERRABLE INITIALLY DEFERRED" if deferred else ""
    return RunSQL(
        sql=f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({columns}) REFERENCES {target} ({target_columns}){timing}",
        reverse_sql=f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )


def history(table: str, *, company_column: str = "company_id", hide: Sequence[str] = (), ignore: Sequence[str] = ()) -> RunSQL:
    """Write every insert, update and delete of a master-data table into the audit history.

    `hide` columns are recorded as changed without their value (secrets); `ignore` columns alone make no entry (last use).
    """
    arguments = ", ".join(f"'{part}'" for part in (company_column, ",".join(hide), ",".join(ignore)))
    return RunSQL(
        sql=(
            f"CREATE TRIGGER audit_history AFTER INSERT OR UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION ledgerlou_record_change({arguments})"
        ),
        reverse_sql=f"DROP TRIGGER audit_history ON {table}",
    )


def append_only(table: str) -> RunSQL:
    """Refuse UPDATE, DELETE and TRUNCATE for everybody, the owner included."""
    return RunSQL(
        sql=[
            f"CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION ledgerlou_refuse_change()",
            f"CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION ledgerlou_refuse_change()",
        ],
        reverse_sql=[f"DROP TRIGGER refuse_change ON {table}", f"DROP TRIGGER refuse_truncate ON {table}"],
    )
