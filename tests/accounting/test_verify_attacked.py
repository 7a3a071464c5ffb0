"""Verify under attack: a superuser with triggers off changes every column of what the books are made of, and each change is found and named.

The columns come from the database's catalog, so that one added tomorrow is attacked, too.
"""

from functools import partial

import psycopg
import pytest
from django.db import connection as django_connection

from tests.accounting.verify_attack import columns_of, disarmed, faults_after, kinds, of_booking
from tests.accounting.verify_books import make_books

# A value that differs from the stored one and fits its type; `{c}` is the column.
DIFFERENT = {
    "uuid": "gen_random_uuid()",
    "character varying": "overlay(coalesce(nullif({c}, ''), '?') placing CASE WHEN left({c}, 1) = '7' THEN '8' ELSE '7' END from 1 for 1)",
    "text": "coalesce({c}, '') || ' '",
    "numeric": "coalesce({c}, 0) + 1",
    "integer": "coalesce({c}, 0) + 1",
    "smallint": "coalesce({c}, 0) + 1",
    "bigint": "coalesce({c}, 0) + 1",
    "date": "coalesce({c}, date '2026-01-01') + 1",
    "timestamp with time zone": "coalesce({c}, now()) + interval '1 microsecond'",
    "boolean": "NOT {c}",
}


@pytest.fixture(scope="module")
def books(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        yield make_books()
        django_connection.close()


@pytest.fixture
def attacker(connect):
    return disarmed(connect("superuser"))


@pytest.fixture
def found_after(attacker, books):
    """`found_after(sql, ..., **values)` is what verify finds after an attack."""
    return partial(faults_after, attacker, books)


def change_each_column(attacker, found_after, table, row, overrides=None, rows=None):
    """Change the columns one by one and return what was found of each: {column: faults}. `rows` chooses another row for a column."""
    found = {}
    for column, kind in columns_of(attacker, table):
        where = (rows or {}).get(column, row)
        change = (overrides or {}).get(column, f"{column} = {DIFFERENT[kind].format(c=column)}")
        found[column] = found_after(f"UPDATE {table} SET {change} WHERE company_id = %(company)s AND {where}")
    assert len(found) > 3
    return found


def named(found, *names):
    """The columns whose change was found at one of the named places."""
    return {column for column, faults in found.items() if any(name in fault.place for fault in faults for name in names)}


def test_sound_books_have_no_fault(found_after):
    assert found_after() == []


def test_every_column_of_a_journal_line_is_found_and_named(attacker, found_after, books):
    number = books.posted["sale"].first_number
    changes = {"journal_number": "journal_number = 1000000000", "tax_role": "tax_role = 'tax'", "position": "position = 99"}
    dollars = books.posted["dollars"].first_number
    rows = dict.fromkeys(("fx_currency", "fx_amount"), f"journal_number = {dollars}")
    found = change_each_column(attacker, found_after, "accounting_event", f"journal_number = {number}", changes, rows)

    assert set(found) - named(found, f"journal number {number}", f"journal number {dollars}", "journal number 1000000000") == {"company_id"}
    assert named({"company_id": found["company_id"]}, f"journal number {number + 1}") == {"company_id"}
    assert {column: "event_hash" in kinds(faults) for column, faults in found.items() if column not in ("company_id", "intent_id")} == {
        column: True for column in found if column not in ("company_id", "intent_id")
    }
    assert {"month_balance", "item_movement", "booking_total"} <= kinds(found["amount"])


def test_every_column_of_a_booking_is_found_and_named(attacker, found_after, books):
    changes = {
        "reverses_id": f"reverses_id = '{books.posted['nasty'].intent_id}'",
        "general_reversal": "general_reversal = false",
        "created_at": "created_at = created_at + interval '1 microsecond'",
    }
    fx = ("fx_currency", "fx_amount", "fx_rate", "fx_rate_date", "fx_rate_source")
    rows = {**dict.fromkeys(fx, of_booking(books, "dollars")), "general_reversal": of_booking(books, "general reversal")}
    found = change_each_column(attacker, found_after, "accounting_intent", of_booking(books, "sale"), changes, rows)

    places = {f"journal number {books.posted[name].first_number}" for name in ("sale", "dollars", "general reversal")}
    assert named(found, *places) == set(found)
    assert {column for column, faults in found.items() if not kinds(faults) & {"event_hash", "event_without_booking"}} == {
        "booking_date",
        "period",
    }
    assert "booking_date" in kinds(found["booking_date"])
    assert "booking_period" in kinds(found["period"])
    assert "month_balance" in kinds(found["general_reversal"])


def test_every_column_of_a_month_balance_is_found_and_named(attacker, found_after):
    changes = {"account": "account = '9999'", "period": "period = '2026-07'"}
    found = change_each_column(attacker, found_after, "accounting_accountmonth", "account = '1200' AND period = '2026-01'", changes)

    assert named(found, "account 1200 in period 2026-01") == set(found)
    assert "account 9999 in period 2026-01" in {fault.place for fault in found["account"]}


def test_every_column_of_the_journal_head_is_found_or_cannot_be_changed(attacker, found_after):
    found = {}
    for column, kind in columns_of(attacker, "accounting_journalhead"):
        change = f"UPDATE accounting_journalhead SET {column} = {DIFFERENT[kind].format(c=column)} WHERE company_id = %(company)s"
        if column == "lock_only":
            with pytest.raises(psycopg.errors.CheckViolation):
                found_after(change)
            continue
        found[column] = found_after(change)

    assert set(found) == {"company_id", "next_number", "last_hash"}
    assert [kinds(faults) for faults in found.values()] == [{"head"}] * 3


def test_every_column_of_an_open_item_is_found_and_named(attacker, found_after, books):
    dollars, sale = (f"intent_id = '{books.posted[name].intent_id}'" for name in ("dollars", "sale"))
    changes = {"position": "position = 2", "account": "account = '1800'", "fx_currency": "fx_currency = 'CHF'"}
    rows = {"fx_currency": dollars, "fx_amount": dollars}
    found = change_each_column(attacker, found_after, "accounting_openitem", sale, changes, rows)

    ids = attacker.execute("SELECT id FROM accounting_openitem WHERE company_id = %s", [books.company.id]).fetchall()
    places = [f"booking {books.posted[name].intent_id}" for name in ("sale", "dollars")]
    assert named(found, *places, *[f"open item {item}" for (item,) in ids]) == set(found)


def test_every_column_of_opening_items_is_found(attacker, found_after, books):
    row = f"intent_id = '{books.posted['opening'].intent_id}' AND position = 2"
    changes = {
        "position": "position = 3",
        "account": "account = '1800'",
        "fx_currency": "fx_currency = 'CHF'",
        "amount": "amount = amount + 1",
    }
    found = change_each_column(attacker, found_after, "accounting_openitem", row, changes)

    assert [column for column, faults in found.items() if not faults] == []
    assert found_after(f"UPDATE accounting_openitem SET amount = 400 WHERE company_id = %(company)s AND {row.replace('= 2', '< 3')}") != []


def test_every_column_of_a_settlement_is_found_and_named(attacker, found_after, books):
    rows = {"fx_movement": f"intent_id = '{books.posted['dollars paid'].intent_id}'"}
    row = f"intent_id = '{books.posted['part payment'].intent_id}'"
    found = change_each_column(attacker, found_after, "accounting_settlement", row, {"account": "account = '1800'"}, rows)

    ids = attacker.execute("SELECT id FROM accounting_settlement WHERE company_id = %s", [books.company.id]).fetchall()
    bookings = [str(books.posted[name].intent_id) for name in ("part payment", "dollars paid")]
    assert named(found, *bookings, *[str(settlement) for (settlement,) in ids]) == set(found)


@pytest.mark.parametrize(
    ("booking", "change"),
    [
        ("dollars paid", "fx_movement = NULL"),
        ("dollars paid", "fx_movement = fx_movement + 0.0001"),
        ("dollars paid in euros", "fx_movement = NULL"),
        ("dollars paid in euros", "fx_movement = fx_movement * 0.9"),
        ("dollars paid in euros", "fx_movement = -fx_movement"),
        ("part payment", "fx_movement = 1"),
    ],
)
def test_foreign_amounts_of_settlements_are_found(found_after, books, booking, change):
    faults = found_after(
        f"UPDATE accounting_settlement SET {change} WHERE company_id = %(company)s AND intent_id = %(intent)s",
        intent=books.posted[booking].intent_id,
    )

    assert "item_currency" in kinds(faults)


def test_every_column_of_a_document_is_found_and_named(attacker, found_after, books):
    found = change_each_column(attacker, found_after, "accounting_document", "true")

    assert named(found, f"document {books.document.id}") == set(found)
    assert {column: "document_file" in kinds(found[column]) for column in ("sha256", "size_bytes", "original_name")} == {
        "sha256": True,
        "size_bytes": True,
        "original_name": False,
    }


PERIOD_CHANGES = {
    "closing_position": "closing_position = 99",
    "kind": "kind = 'adjustment'",
    "governed_by": "governed_by = '2026-02'",
    "status": "status = 'open', locked_by = NULL, locked_at = NULL, closing_hash = NULL, closing_prev_hash = NULL, closing_position = NULL",
    "ends_on": "ends_on = ends_on + 1",
    "starts_on": "starts_on = starts_on - 1",
}


def test_every_column_of_a_closed_period_is_found_and_named(attacker, found_after, books):
    period_id = attacker.execute(
        "SELECT id::text FROM periods_period WHERE company_id = %s AND period = '2026-01'", [books.company.id]
    ).fetchone()[0]
    found = change_each_column(attacker, found_after, "periods_period", "period = '2026-01'", PERIOD_CHANGES)

    assert named(found, f"periods_period {period_id}") == set(found)
    closing = {
        column: kinds(found[column]) for column in ("closing_hash", "closing_prev_hash", "closing_position", "period", "governed_by")
    }
    assert {column: bool(found & {"closing_hash", "closing_sequence"}) for column, found in closing.items()} == dict.fromkeys(closing, True)
