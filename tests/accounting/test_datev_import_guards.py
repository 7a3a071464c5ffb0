"""What the database promises about imports: each row once, whatever two imports do at once; nothing changed later; few statements."""

import threading
import time
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from psycopg import pq

from accounting.models.datev import DatevImport, DatevImportedRow
from accounting.models.journal import Event, Intent
from ledgerlou.companies.context import company_transaction
from tests.accounting.datev_ledger import ROWS, outcome, run, went
from tests.accounting.german.datev_charts import batch_bytes, entry
from tests.conftest import new_company

COPY_ROW = """
    INSERT INTO accounting_datevimportedrow
           (id, company_id, datev_import_id, line, identity, fingerprint, features, raw, intent_id, position)
    SELECT gen_random_uuid(), company_id, datev_import_id, %s, %s, fingerprint, features, raw, intent_id, position
      FROM accounting_datevimportedrow ORDER BY line LIMIT 1
"""


@pytest.fixture
def committed(real_commits):
    """A fresh company whose rows really stay."""
    return new_company(name="Gleichzeitig GmbH")


def shown(connect, company, role: str = "app") -> psycopg.Connection:
    opened = connect(role)
    opened.execute("SELECT set_config('ledgerlou.company', %s, false)", [str(company.id)])
    opened.commit()
    return opened


def until_somebody_waits(observer: psycopg.Connection, kind: str) -> None:
    """Wait until another connection of this database waits for a lock of this kind."""
    for _ in range(500):
        waiting = observer.execute(
            "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
            "WHERE a.datname = current_database() AND NOT l.granted AND l.locktype = %s",
            [kind],
        ).fetchone()
        observer.commit()
        if waiting == (1,):
            return
        time.sleep(0.02)
    pytest.fail(f"nobody waits for a lock of kind {kind}")


def test_two_imports_of_a_file_at_once_book_it_once(committed, connect):
    data = batch_bytes(*ROWS)
    outcomes: list[dict[str, object]] = []

    def second() -> None:
        try:
            with company_transaction(committed.id):
                outcomes.append(outcome(run(committed, data)))
        finally:
            connection.close()

    other = threading.Thread(target=second)
    with company_transaction(committed.id):
        first = outcome(run(committed, data))
        other.start()
        until_somebody_waits(connect("superuser"), "advisory")
    other.join(timeout=30)

    assert (first, outcomes) == (went(booked=[3, 4, 5]), [went(known=[3, 4, 5])])
    with company_transaction(committed.id):
        assert Intent.objects.of(committed).count() == 3


def test_a_row_cannot_be_recorded_twice_by_two_connections(committed, connect):
    with company_transaction(committed.id):
        run(committed, batch_bytes(*ROWS))
    one, two = shown(connect, committed), shown(connect, committed)
    refused: list[str | None] = []
    one.execute(COPY_ROW, [6, "row:new"])

    def insert_again() -> None:
        try:
            two.execute(COPY_ROW, [7, "row:new"])
        except psycopg.errors.UniqueViolation as error:
            refused.append(error.diag.constraint_name)

    other = threading.Thread(target=insert_again)
    other.start()
    until_somebody_waits(connect("superuser"), "transactionid")
    one.commit()
    other.join(timeout=30)

    assert refused == ["datev_row_imported_once"]


@pytest.mark.parametrize("role", ["app", "owner"])
@pytest.mark.parametrize("table", ["accounting_datevimport", "accounting_datevimportedrow"])
@pytest.mark.parametrize("change", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_what_was_imported_is_never_changed(committed, connect, role, table, change):
    with company_transaction(committed.id):
        run(committed, batch_bytes(ROWS[0]))

    with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.RestrictViolation)):
        shown(connect, committed, role).execute(change.format(table))


@pytest.mark.parametrize("column", ["intent_id", "datev_import_id"])
def test_a_row_cannot_lead_to_another_company(committed, connect, column):
    other = new_company(name="Andere GmbH")
    foreign = {}
    for company in (committed, other):
        with company_transaction(company.id):
            run(company, batch_bytes(ROWS[0]))
            row = DatevImportedRow.objects.of(company).get()
            foreign[company.id] = {"intent_id": row.intent_id, "datev_import_id": row.datev_import_id}
    columns = {"intent_id": "intent_id", "datev_import_id": "datev_import_id", column: f"'{foreign[other.id][column]}'::uuid"}

    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        shown(connect, committed).execute(
            "INSERT INTO accounting_datevimportedrow "
            "(id, company_id, datev_import_id, line, identity, fingerprint, features, raw, intent_id, position) "
            f"SELECT gen_random_uuid(), company_id, {columns['datev_import_id']}, 9, 'row:9', fingerprint, features, raw, "
            f"{columns['intent_id']}, position FROM accounting_datevimportedrow"
        )


def statements(company, data: bytes, trace: Path) -> tuple[int, dict[str, object]]:
    """How many statements an import sends to PostgreSQL, counted on the wire, with pipelines."""
    wire = connection.connection.pgconn
    with trace.open("wb") as file:
        wire.trace(file.fileno())
        wire.set_trace_flags(pq.Trace.SUPPRESS_TIMESTAMPS)
        report = run(company, data)
        wire.untrace()
    sent = (line.split(b"\t") for line in trace.read_bytes().splitlines() if line.startswith(b"F\t"))
    return sum(fields[2] in (b"Execute", b"Query") for fields in sent), outcome(report)


@pytest.mark.django_db
@pytest.mark.slow
def test_five_thousand_rows_take_the_statements_of_five(company, tmp_path):
    def batch(name: str, count: int) -> bytes:
        rows = (entry(f"{100 + n},00", "S", str(10000 + n % 50), "4400", day=f"{1 + n % 28:02}03", f11=f"{name}-{n}") for n in range(count))
        return batch_bytes(*rows, header={17: name})

    run(company, batch("A", 50))  # adds the customers
    few, small = statements(company, batch("B", 5), tmp_path / "few")
    many, large = statements(company, batch("C", 5000), tmp_path / "many")

    assert (small, large) == (went(booked=list(range(3, 8))), went(booked=list(range(3, 5003))))
    assert many == few
    assert 5 < few < 30
    assert Event.objects.of(company).count() == 2 * 5055
    assert DatevImport.objects.of(company).count() == 3
    assert DatevImportedRow.objects.of(company).count() == 5055
