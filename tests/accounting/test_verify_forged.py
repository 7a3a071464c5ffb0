"""Verify under attack: rows are removed, swapped and forged, hashes made anew; every kind of fault is provoked once."""

from functools import partial

import pytest
from django.db import connection as django_connection

from accounting.verify import verify_books
from accounting.verify_findings import KINDS
from tests.accounting.verify_attack import columns_of, disarmed, faults_after, kinds, of_booking
from tests.accounting.verify_books import make_books


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


TABLES = (
    "accounting_event",
    "accounting_intent",
    "accounting_openitem",
    "accounting_settlement",
    "accounting_accountmonth",
    "accounting_journalhead",
    "accounting_document",
    "accounting_account",
    "accounting_taxcode",
    "periods_period",
    "periods_lockrequest",
)


@pytest.mark.parametrize("table", TABLES)
def test_every_removed_row_is_found(attacker, found_after, books, table):
    rows = attacker.execute(f"SELECT ctid::text FROM {table} WHERE company_id = %s", [books.company.id]).fetchall()
    attacker.commit()

    unfound = [
        row for (row,) in rows[:: max(1, len(rows) // 25)] if not found_after(f"DELETE FROM {table} WHERE ctid = %(row)s::tid", row=row)
    ]

    assert len(rows) > 0
    assert unfound == []


def test_removed_journal_line_is_named(found_after):
    first, middle, last = (
        [str(fault) for fault in found_after("DELETE FROM accounting_event WHERE company_id = %(company)s AND journal_number = %(n)s", n=n)]
        for n in (1, 6, 21)
    )

    assert first[0] == "journal number 2: the number does not follow on the one before (stored '2', recomputed '1')"
    assert middle[0] == "journal number 7: the number does not follow on the one before (stored '7', recomputed '6')"
    assert any(fault.startswith("journal head, next_number: ") and "stored '22', recomputed '21'" in fault for fault in last)


SWAPS = {
    "journal numbers": (
        "UPDATE accounting_event SET journal_number = -1 WHERE company_id = %(company)s AND journal_number = 8",
        "UPDATE accounting_event SET journal_number = 8 WHERE company_id = %(company)s AND journal_number = 9",
        "UPDATE accounting_event SET journal_number = 9 WHERE company_id = %(company)s AND journal_number = -1",
    ),
    "journal numbers with their hashes": (
        "UPDATE accounting_event SET journal_number = -1 WHERE company_id = %(company)s AND journal_number = 8",
        "UPDATE accounting_event e SET journal_number = 8, prev_hash = o.prev_hash, audit_hash = o.audit_hash FROM accounting_event o "
        "WHERE e.company_id = %(company)s AND o.company_id = e.company_id AND e.journal_number = 9 AND o.journal_number = -1",
        "UPDATE accounting_event SET journal_number = 9 WHERE company_id = %(company)s AND journal_number = -1",
    ),
    "amounts": (
        "UPDATE accounting_event SET amount = CASE journal_number WHEN 5 THEN 19.00 ELSE 100.00 END "
        "WHERE company_id = %(company)s AND journal_number IN (5, 6)",
    ),
    "texts of bookings": (
        "UPDATE accounting_intent i SET description = o.description FROM accounting_intent o WHERE i.company_id = %(company)s "
        "AND o.company_id = i.company_id AND i.id <> o.id AND ARRAY[i.description, o.description] <@ ARRAY['dollars', 'wrong']::varchar[]",
    ),
    "month balances": (
        "UPDATE accounting_accountmonth SET debit = credit, credit = debit WHERE company_id = %(company)s AND account = '1800' "
        "AND period = '2026-03'",
    ),
    "open items of settlements": (
        "UPDATE accounting_settlement s SET open_item_id = o.open_item_id FROM accounting_settlement o, accounting_intent i "
        "WHERE s.company_id = %(company)s AND o.company_id = s.company_id AND i.id = s.intent_id AND i.description = 'dollars paid' "
        "AND o.intent_id IN (SELECT id FROM accounting_intent WHERE company_id = %(company)s AND description = 'part payment')",
    ),
    "closing hashes": (
        "UPDATE periods_period p SET closing_hash = o.closing_hash FROM periods_period o WHERE p.company_id = %(company)s "
        "AND o.company_id = p.company_id AND p.closing_position + o.closing_position = 3 AND p.id <> o.id",
    ),
}


@pytest.mark.parametrize("swap", SWAPS)
def test_swapped_rows_are_found(found_after, swap):
    assert found_after(*SWAPS[swap]) != []


LAST = "company_id = %(company)s AND journal_number = 21"
FORGE_EVENT = (
    "INSERT INTO accounting_event (id, company_id, journal_number, intent_id, booking_date, period, position, source_line, account_debit, "
    "account_credit, amount, prev_hash, audit_hash) SELECT gen_random_uuid(), company_id, 22, {intent}, booking_date, period, {position}, "
    f"0, account_debit, account_credit, 7.00, audit_hash, '' FROM accounting_event WHERE {LAST}"
)
SEAL = (
    "UPDATE accounting_event e SET audit_hash = accounting_event_hash(e, i) FROM accounting_intent i "
    "WHERE e.company_id = %(company)s AND i.id = e.intent_id AND e.journal_number = 22"
)
MOVE_HEAD = (
    "UPDATE accounting_journalhead h SET next_number = 23, last_hash = e.audit_hash FROM accounting_event e "
    "WHERE h.company_id = %(company)s AND e.company_id = h.company_id AND e.journal_number = 22"
)


def copied(table, columns, values, where):
    """An INSERT that copies a row with other values in some columns; generated columns are left out."""
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values.get(column, column) for column in columns)} FROM {table} "
        f"WHERE company_id = %(company)s AND {where}"
    )


@pytest.fixture
def forge(attacker):
    """The INSERT that copies a row of a table with other values in some columns."""

    def statement(table, where, **values):
        return copied(table, [name for name, _ in columns_of(attacker, table)], values, where)

    return statement


def test_line_added_to_a_booking_is_found_though_it_is_sealed(found_after):
    forged = FORGE_EVENT.format(intent="intent_id", position="2")

    assert {"head", "booking_lines", "booking_total", "month_balance"} <= kinds(found_after(forged, SEAL))
    assert {"booking_lines", "booking_total", "month_balance"} <= kinds(found_after(forged, SEAL, MOVE_HEAD))


def test_whole_booking_that_was_forged_is_found_in_the_balances(found_after, forge):
    booking = forge("accounting_intent", "description = 'year end'", id="'00000000-0000-7000-8000-000000000001'", total="7.00")
    line = FORGE_EVENT.format(intent="'00000000-0000-7000-8000-000000000001'", position="1")

    assert kinds(found_after(booking, line, SEAL, MOVE_HEAD)) == {"month_balance"}
    assert kinds(found_after(booking)) == {"booking_without_events"}


@pytest.mark.parametrize(
    ("table", "where", "values", "kind"),
    [
        ("accounting_openitem", "account = '1200' AND amount = 119", {"id": "gen_random_uuid()", "position": "2"}, "item_count"),
        ("accounting_settlement", "movement = -50", {"id": "gen_random_uuid()", "open_item_id": "gen_random_uuid()"}, "settlement_count"),
        ("accounting_accountmonth", "account = '1200' AND period = '2026-01'", {"period": "'2026-09'"}, "month_balance"),
        ("accounting_document", "true", {"id": "gen_random_uuid()", "sha256": "repeat('a', 64)"}, "document_file"),
        ("accounting_account", "number = '1200'", {"id": "gen_random_uuid()", "number": "'1299'"}, "history"),
        (
            "periods_period",
            "period = '2026-02'",
            {"id": "gen_random_uuid()", "period": "'2026-03X'", "closing_position": "3", "closing_prev_hash": "closing_hash"},
            "closing_hash",
        ),
    ],
)
def test_forged_row_is_found(found_after, forge, table, where, values, kind):
    assert kind in kinds(found_after(forge(table, where, **values)))


def test_books_sealed_anew_from_a_changed_line_on_are_found_by_the_closing(attacker, found_after, books):
    number = books.posted["nasty"].first_number
    reseal = [
        statement
        for n in range(number, 22)
        for statement in (
            "UPDATE accounting_event e SET prev_hash = o.audit_hash FROM accounting_event o WHERE e.company_id = %(company)s "
            f"AND o.company_id = e.company_id AND e.journal_number = {n} AND o.journal_number = {n - 1}",
            SEAL.replace("= 22", f"= {n}"),
        )
    ]
    faults = found_after(
        f"UPDATE accounting_event SET amount = 12 WHERE company_id = %(company)s AND journal_number = {number}",
        f"UPDATE accounting_intent SET total = 12 WHERE company_id = %(company)s AND {of_booking(books, 'nasty')}",
        "UPDATE accounting_accountmonth SET debit = debit + 2 WHERE company_id = %(company)s AND account = '6815' AND period = '2026-01'",
        "UPDATE accounting_accountmonth SET credit = credit + 2 WHERE company_id = %(company)s AND account = '1800' AND period = '2026-01'",
        *reseal,
        "UPDATE accounting_journalhead h SET last_hash = e.audit_hash FROM accounting_event e "
        "WHERE h.company_id = %(company)s AND e.company_id = h.company_id AND e.journal_number = 21",
    )

    assert [fault.place for fault in faults] == ["closing of period 2026-01", "closing of period 2026-02"]


def test_booking_recorded_after_the_lock_is_found(found_after, books):
    nasty = of_booking(books, "nasty")
    faults = found_after(f"UPDATE accounting_intent SET created_at = now() + interval '1 hour' WHERE company_id = %(company)s AND {nasty}")

    assert [fault.place for fault in faults if fault.kind == "posted_after_lock"] == [
        f"booking {books.posted['nasty'].intent_id} in period 2026-01"
    ]


def test_function_that_lies_does_not_help(found_after):
    lie = (
        "CREATE OR REPLACE FUNCTION accounting_event_hash(e accounting_event, i accounting_intent) RETURNS text LANGUAGE sql STABLE "
        "AS $$ SELECT e.audit_hash::text $$"
    )
    faults = found_after(lie, "UPDATE accounting_event SET source_line = 9 WHERE company_id = %(company)s AND journal_number = 5")

    assert [(fault.kind, fault.journal_number) for fault in faults] == [("event_hash", 5)]


def test_faults_are_counted_and_the_first_of_each_kind_are_kept(attacker, books):
    with attacker.transaction(force_rollback=True), attacker.cursor() as cursor:
        cursor.execute("UPDATE accounting_event SET source_line = 9 WHERE company_id = %s", [books.company.id])
        report = verify_books(cursor, company_id=books.company.id, limit=2, chunk=3)

    assert report.fault_counts == {"event_hash": 21}
    assert [fault.journal_number for fault in report.faults] == [1, 2]


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE companies_auditentry SET new = jsonb_set(new, '{is_item_account}', 'false') {where}",
        "DELETE FROM companies_auditentry {where}",
        "UPDATE accounting_account SET is_item_account = false WHERE company_id = %(company)s AND number = '1200'",
    ],
)
def test_master_data_and_their_history_must_agree(attacker, found_after, books, attack):
    query = "SELECT id::text FROM accounting_account WHERE company_id = %s AND number = '1200'"
    [account_id] = attacker.execute(query, [books.company.id]).fetchone()
    faults = found_after(attack.replace("{where}", f"WHERE company_id = %(company)s AND row_id = '{account_id}'"))

    assert [fault.place.split(",")[0] for fault in faults if fault.kind == "history"] == [f"accounting_account {account_id}"]


INTENT, EVENT, ITEM, SETTLEMENT = "accounting_intent", "accounting_event", "accounting_openitem", "accounting_settlement"
# One small attack for every kind of fault: table, what is done, and to which rows.
ATTACKS = {
    "journal_number": (EVENT, "journal_number = 30", "journal_number = 21"),
    "hash_chain": (EVENT, "prev_hash = repeat('a', 64)", "journal_number = 7"),
    "event_hash": (EVENT, "source_line = 9", "journal_number = 7"),
    "event_without_booking": (INTENT, None, "description = 'year end'"),
    "booking_without_events": (EVENT, None, "journal_number = 21"),
    "booking_date": (INTENT, "booking_date = booking_date - 1", "description = 'year end'"),
    "booking_period": (INTENT, "period = '2026-12'", "description = 'year end'"),
    "booking_lines": (INTENT, "event_count = 2", "description = 'year end'"),
    "booking_total": (INTENT, "total = 4.99", "description = 'year end'"),
    "booking_accounts": (INTENT, "line_accounts = '3070,6816'", "description = 'year end'"),
    "reversal": (EVENT, "amount = 68", f"intent_id IN (SELECT id FROM {INTENT} WHERE description LIKE 'Storno: rest of the sale%%')"),
    "head": ("accounting_journalhead", "next_number = 21", "true"),
    "month_balance": ("accounting_accountmonth", "credit = credit + 0.01", "account = '3070'"),
    "closing_sequence": ("periods_period", "closing_position = 3", "period = '2026-02'"),
    "closing_hash": ("periods_period", "closing_hash = repeat('a', 64)", "period = '2026-02'"),
    "posted_after_lock": (INTENT, "created_at = created_at + interval '1 day'", "description = 'sale'"),
    "item_count": (INTENT, "item_count = 2", "description = 'sale'"),
    "settlement_count": (INTENT, "settlement_count = 2", "description = 'part payment'"),
    "items_seal": (SETTLEMENT, "id = gen_random_uuid()", "movement = -50"),
    "item_movement": (ITEM, "amount = 119.01", "amount = 119"),
    "item_facts": (ITEM, "due_date = due_date + 1", "amount = 119"),
    "settlement_facts": (SETTLEMENT, "booking_date = booking_date + 1", "movement = -50"),
    "item_overpaid": (SETTLEMENT, "movement = -120", "movement = -50"),
    "item_currency": (SETTLEMENT, "fx_movement = fx_movement - 1", "movement = -500"),
    "item_balance": (ITEM, None, "amount = 119"),
    "link": (SETTLEMENT, "open_item_id = gen_random_uuid()", "movement = -50"),
    "history": ("accounting_account", "name = 'Kasse'", "number = '1200'"),
    "document_file": ("accounting_document", "size_bytes = 21", "true"),
}


def test_there_is_an_attack_for_every_kind_of_fault():
    assert set(ATTACKS) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_fault_is_named(found_after, kind):
    table, change, where = ATTACKS[kind]
    action = f"UPDATE {table} SET {change}" if change else f"DELETE FROM {table}"

    assert kind in kinds(found_after(f"{action} WHERE company_id = %(company)s AND {where}"))


def test_settlement_moved_to_another_item_is_found(found_after):
    moved = (
        "UPDATE accounting_settlement s SET open_item_id = (SELECT o.id FROM accounting_openitem o WHERE o.company_id = s.company_id "
        "AND o.account = s.account AND o.id <> s.open_item_id ORDER BY o.id LIMIT 1) WHERE s.company_id = %(company)s AND s.movement = -50"
    )

    assert "items_seal" in kinds(found_after(moved))


def test_hashes_of_the_time_before_items_were_sealed_still_hold(found_after):
    """Form 1 for bookings with items, too: what was posted under it is never changed."""
    chained = (
        "UPDATE accounting_event e SET prev_hash = coalesce((SELECT b.audit_hash FROM accounting_event b WHERE b.company_id = e.company_id "
        "AND b.journal_number = e.journal_number - 1), repeat('0', 64)) WHERE e.company_id = %(company)s AND e.journal_number = {number}"
    )
    statements = [
        "ALTER TABLE accounting_intent DROP CONSTRAINT intent_items_have_their_seal",
        "UPDATE accounting_intent SET items_sha256 = NULL WHERE company_id = %(company)s",
    ]
    for number in range(1, 22):
        statements += [chained.format(number=number), SEAL.replace("= 22", f"= {number}")]

    assert kinds(found_after(*statements)) == {"closing_hash", "head"}
