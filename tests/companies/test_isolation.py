"""Row-level security attacked with raw SQL under the application's role, in every table the catalog knows."""

import re
from pathlib import Path

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from psycopg import sql

from ledgerlou.companies.context import all_company_ids, company_transaction, current_company, name_actor, visit_company
from ledgerlou.companies.grants import SHARED_TABLES
from ledgerlou.companies.models.company import Company
from ledgerlou.companies.models.people import Membership
from ledgerlou.errors import NotFound
from tests.companies.filled import filled_company
from tests.conftest import ROOT, forget_company, show_company

THE_COMPANY = "companies_company"
INSUFFICIENT_PRIVILEGE, FOREIGN_KEY_VIOLATION = "42501", "23503"
REFUSALS = {INSUFFICIENT_PRIVILEGE, "23001", "23514"}  # restrict and check violation: what our guards raise
# Tables that `filled_company` fills; a table that is not among them is still held to its policy by tests/test_catalog.py.
FILLED = {
    "accounting_account",
    "accounting_accountmonth",
    "accounting_document",
    "accounting_event",
    "accounting_intent",
    "accounting_journalhead",
    "accounting_openitem",
    "accounting_settlement",
    "accounting_taxcode",
    "api_idempotencyclaim",
    "companies_apikey",
    "companies_auditentry",
    "companies_company",
    "companies_membership",
    "companies_sessiontoken",
    "companies_verificationrun",
    "periods_lockrequest",
    "periods_period",
}


def ask(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else cursor.rowcount


def company_tables():
    """Every table outside the closed list, with the column that names the company."""
    found = ask("SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace ORDER BY relname")
    return {name: "id" if name == THE_COMPANY else "company_id" for (name,) in found if name not in SHARED_TABLES}


def insertable_columns(table):
    return ", ".join(
        f'"{name}"'
        for (name,) in ask(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s "
            "AND is_generated = 'NEVER' AND column_name NOT IN ('id', 'company_id')",
            table,
        )
    )


@pytest.fixture
def both(db):
    """Two companies with rows in every table of `FILLED`; nothing is shown."""
    pair = filled_company(), filled_company("skr03", name="Fremde UG")
    forget_company()
    return pair


def rows_by_company(company):
    show_company(company)
    return {table: ask(f"SELECT {column} FROM {table}") for table, column in company_tables().items()}


def test_without_a_company_no_table_shows_a_row(both):
    assert [table for table in company_tables() if ask(f"SELECT * FROM {table} LIMIT 1")] == []
    assert set(company_tables()) >= FILLED


def test_connection_that_never_named_a_company_sees_nothing(real_commits, connect):
    filled_and_committed()
    fresh = connect("app")

    seen = {}
    for table in company_tables():
        query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
        seen[table] = fresh.execute(query).fetchone()[0]
    assert seen == dict.fromkeys(seen, 0)


def filled_and_committed():
    with transaction.atomic():
        filled_company()


def test_with_a_company_every_table_shows_its_rows_and_no_others(both):
    for company in both:
        rows = rows_by_company(company)

        strangers = {table for table, found in rows.items() if {owner for (owner,) in found} - {company.id, None}}
        assert strangers == set()
        assert {table for table, found in rows.items() if found} >= FILLED


def test_asking_for_the_other_company_by_name_finds_nothing(both):
    mine, theirs = both
    show_company(mine)

    assert [
        table for table, column in company_tables().items() if ask(f"SELECT 1 FROM {table} WHERE {column} = %s LIMIT 1", theirs.id)
    ] == []


def refused_with(statement, *values):
    """The SQLSTATE of a refusal; empty when the statement went through."""
    try:
        with transaction.atomic():
            ask(statement, *values)
    except DatabaseError as error:
        return error.__cause__.sqlstate
    return ""


def test_row_for_the_other_company_is_refused_in_every_table(both):
    mine, theirs = both
    show_company(mine)

    answers = {}
    for table in FILLED:
        columns = insertable_columns(table)
        key = "id" if table == THE_COMPANY else "company_id"
        own_id = ", gen_random_uuid()" if key == "company_id" and has_uuid_id(table) else ""
        names = f"{key}{', id' if own_id else ''}, {columns}"
        answers[table] = refused_with(f"INSERT INTO {table} ({names}) SELECT %s::uuid{own_id}, {columns} FROM {table} LIMIT 1", theirs.id)

    guarded = {table for table in answers if has_guard_before_insert(table)}  # such a trigger speaks before the policy does
    assert {table: answers[table] for table in guarded if answers[table] not in REFUSALS} == {}
    assert {table: answer for table, answer in answers.items() if table not in guarded and answer != INSUFFICIENT_PRIVILEGE} == {}


def has_guard_before_insert(table):
    # tgtype, see PostgreSQL's catalog/pg_trigger.h: bit 1 is BEFORE, bit 2 is INSERT
    return bool(ask("SELECT 1 FROM pg_trigger WHERE tgrelid = %s::regclass AND tgtype & 2 = 2 AND tgtype & 4 = 4", table))


def has_uuid_id(table):
    return bool(
        ask(
            "SELECT 1 FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s AND column_name = 'id' "
            "AND data_type = 'uuid'",
            table,
        )
    )


def test_row_cannot_be_moved_to_the_other_company(both):
    mine, theirs = both
    show_company(mine)

    answers = {
        table: refused_with(f"UPDATE {table} SET {column} = %s", theirs.id) for table, column in company_tables().items() if table in FILLED
    }

    assert answers == dict.fromkeys(answers, INSUFFICIENT_PRIVILEGE)


def test_change_of_the_other_companys_rows_changes_nothing(both):
    mine, theirs = both
    show_company(mine)

    assert ask("UPDATE companies_membership SET role = 'auditor', valid_until = '2020-01-01' WHERE company_id = %s", theirs.id) == 0
    assert ask("UPDATE companies_apikey SET revoked_at = NULL WHERE company_id = %s", theirs.id) == 0
    assert ask("UPDATE periods_period SET status = 'soft_locked' WHERE company_id = %s", theirs.id) == 0
    assert ask("UPDATE companies_company SET name = 'x' WHERE id = %s", theirs.id) == 0
    assert ask("DELETE FROM companies_sessiontoken WHERE company_id = %s", theirs.id) == 0
    assert len(rows_by_company(theirs)["companies_sessiontoken"]) == 1


def test_key_to_a_row_of_the_other_company_is_refused_by_the_database(both):
    mine, theirs = both
    show_company(theirs)
    their_accounts = {number for (number,) in ask("SELECT number FROM accounting_account")}
    show_company(mine)
    their_accounts -= {number for (number,) in ask("SELECT number FROM accounting_account")}
    columns = insertable_columns("accounting_taxcode").replace('"code", ', "").replace('"vat_account", ', "")

    answer = refused_with(
        f"INSERT INTO accounting_taxcode (id, company_id, code, vat_account, {columns}) "
        f"SELECT gen_random_uuid(), company_id, 'MINE', %s, {columns} FROM accounting_taxcode WHERE code = 'UST19'",
        min(their_accounts),
    )

    assert answer == FOREIGN_KEY_VIOLATION


def test_nested_company_transactions_name_one_company_after_the_other(both):
    first, second = both

    with company_transaction(first.id):
        assert current_company(first.id).name == "Muster Handel GmbH"
        with pytest.raises(NotFound):
            current_company(second.id)


def test_visit_comes_back_to_the_company_it_left(both):
    first, second = both

    with company_transaction(first.id):
        with visit_company(second.id):
            assert list(Company.objects.all()) == [second]
        assert list(Company.objects.all()) == [first]
        with pytest.raises(NotFound), visit_company(second.id):
            current_company(first.id)
        assert list(Company.objects.all()) == [first]


def test_visit_from_no_company_ends_with_no_company(both):
    name_actor("Erika")
    with visit_company(both[0].id):
        assert Membership.objects.count() == 1

    assert Membership.objects.count() == 0
    assert ask("SELECT current_setting('ledgerlou.actor')") == [("Erika",)]


def test_company_is_forgotten_with_its_transaction(real_commits):
    with company_transaction(filled_id()):
        assert Company.objects.count() == 1

    assert Company.objects.count() == 0


def filled_id():
    filled_and_committed()
    return all_company_ids()[-1]


def test_read_only_company_transaction_refuses_every_write(real_commits):
    company_id = filled_id()

    with pytest.raises(DatabaseError, match="read-only transaction"), company_transaction(company_id, read_only=True):
        Company.objects.filter(id=company_id).update(name="x")


def test_scheduler_learns_the_ids_of_all_companies_and_nothing_else(both):
    assert {company.id for company in both} <= set(all_company_ids())
    assert Company.objects.count() == 0


def test_one_module_names_the_company_to_the_database():
    packages = ("ledgerlou", "accounting", "banking", "payables", "receivables", "periods")
    naming = re.compile(r"set_config\s*\(\s*'ledgerlou\.company'|SET\s+(LOCAL\s+|SESSION\s+)?ledgerlou\.company", re.IGNORECASE)

    found = [
        path.relative_to(ROOT)
        for package in packages
        for path in sorted((ROOT / package).rglob("*.py"))
        if naming.search(path.read_text(encoding="utf-8"))
    ]

    assert found == [Path("ledgerlou/companies/context.py")]


def test_application_cannot_become_another_role(connect):
    app = connect("app")

    for role in ("ledgerlou_owner", "ledgerlou_lookup"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
        app.rollback()


def test_application_cannot_switch_row_level_security_or_triggers_off(both, connect):
    app = connect("app")

    for statement in (
        "ALTER TABLE companies_apikey DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE accounting_event DISABLE TRIGGER ALL",
        "DROP POLICY company ON companies_apikey",
        "CREATE POLICY mine ON companies_apikey USING (true)",
        "SET session_replication_role = replica",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute(statement)
        app.rollback()
    app.execute("SET row_security = off")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute("SELECT * FROM companies_apikey")
