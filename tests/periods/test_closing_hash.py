"""The closing hash: recomputed from the published form by hand, the same in PostgreSQL, and moved by whatever it covers."""

import hashlib
import json
from decimal import Decimal
from uuid import UUID

import pytest
from django.db import connection

from accounting.closing_digest import COUNTS_SQL, EVENTS_SQL, TOTALS_SQL, ClosingDigest, booking_counts, closing_digest
from accounting.models.journal import Event
from accounting.services.reversals import ReversalRequest, reverse_booking
from ledgerlou import clock
from ledgerlou.companies.models.company import Company
from periods.models import Period
from tests.companies.people import owner_of
from tests.conftest import new_company, show_company
from tests.periods.books import JANUARY, YEAR, book, book_opening, close, month

pytestmark = pytest.mark.django_db

ZEROS = "0" * 64


def by_hand(company: Company, period: str, numbers: list[int], totals: list[list[str]], prev_hash: str) -> str:
    """The hash as somebody with the export computes it: with the standard library alone."""
    count, first, last, last_hash = "0", None, None, None
    if numbers:
        count, first, last = str(len(numbers)), str(min(numbers)), str(max(numbers))
        last_hash = Event.objects.of(company).get(journal_number=max(numbers)).audit_hash
    text = json.dumps(["ledgerlou-closing-1", str(company.id), period, count, first, last, last_hash, totals, prev_hash])
    return hashlib.sha256(text.encode()).hexdigest()


def in_postgresql(company: Company, period: str, prev_hash: str = ZEROS) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT accounting_closing_hash(%s, %s, %s)", [company.id, period, prev_hash])
        return cursor.fetchone()[0]


def in_python(company: Company, period: str, prev_hash: str = ZEROS) -> str:
    return closing_digest(company_id=company.id, period=period).closing_hash(prev_hash)


def agreed(company: Company, period: str, prev_hash: str = ZEROS) -> str:
    found = in_python(company, period, prev_hash)
    assert found == in_postgresql(company, period, prev_hash)
    return found


def test_closing_hash_of_figures_on_paper():
    digest = ClosingDigest(
        company_id=UUID("01890a5d-ac96-774b-bcce-b302099a8057"),
        period="2025-03",
        event_count=2,
        first_number=7,
        last_number=8,
        last_hash="a" * 64,
        totals=(("4400", Decimal("0.00"), Decimal("100.00")), ("10000", Decimal("119.00"), Decimal("0.00"))),
    )
    written = (
        '["ledgerlou-closing-1", "01890a5d-ac96-774b-bcce-b302099a8057", "2025-03", "2", "7", "8", "' + "a" * 64 + '", '
        '[["10000", "119.00", "0.00"], ["4400", "0.00", "100.00"]], "' + ZEROS + '"]'
    )

    assert digest.closing_hash(ZEROS) == hashlib.sha256(written.encode()).hexdigest()


def test_empty_period_has_a_hash_of_nulls(company):
    close(company, JANUARY)

    assert agreed(company, JANUARY) == by_hand(company, JANUARY, [], [], ZEROS)
    assert Period.objects.of(company).get(period=JANUARY).closing_hash == in_python(company, JANUARY)


def test_hash_covers_numbers_totals_and_the_closing_before(company):
    actor = owner_of(company)
    book(company, actor, period=month(2))  # numbers 1 and 2
    book(company, actor)  # 3 and 4
    book(company, actor, amount="11.90")  # 5 and 6

    totals = [["1200", "130.90", "0.00"], ["3806", "0.00", "20.90"], ["4400", "0.00", "110.00"]]
    january = agreed(company, JANUARY)
    assert january == by_hand(company, JANUARY, [3, 4, 5, 6], totals, ZEROS)
    february = [["1200", "119.00", "0.00"], ["3806", "0.00", "19.00"], ["4400", "0.00", "100.00"]]
    assert agreed(company, month(2), january) == by_hand(company, month(2), [1, 2], february, january)
    close(company, JANUARY, month(2))
    assert Period.objects.of(company).get(period=month(2)).closing_hash == agreed(company, month(2), january)


def test_first_month_covers_the_opening_entries_that_its_lock_closes(company):
    actor = owner_of(company)
    book(company, actor)  # 1 and 2
    book_opening(company, actor)  # 3 and 4

    totals = [
        ["1200", "119.00", "0.00"],
        ["1800", "10.00", "0.00"],
        ["2900", "0.00", "10.00"],
        ["3806", "0.00", "19.00"],
        ["4400", "0.00", "100.00"],
        ["9000", "10.00", "10.00"],
    ]
    assert agreed(company, JANUARY) == by_hand(company, JANUARY, [1, 2, 3, 4], totals, ZEROS)
    assert agreed(company, month(2)) == by_hand(company, month(2), [], [], ZEROS)


def test_general_reversal_leaves_no_turnover_but_its_lines_count(company):
    posted = book(company, owner_of(company))
    request = ReversalRequest(intent_id=posted.intent_id, reason="Falsch", posting_mode="original_period", general_reversal=True)
    reverse_booking(company=company, actor=owner_of(company), request=request, now=clock.now(), today=clock.today())

    assert agreed(company, JANUARY) == by_hand(company, JANUARY, [1, 2, 3, 4], [], ZEROS)


def test_adjustment_period_shares_dates_with_month_12_but_not_its_hash(company):
    actor = owner_of(company)
    book(company, actor, period=month(12))
    book(company, actor, period=month(12), amount="11.90", adjustment_period=13)

    totals = [["1200", "11.90", "0.00"], ["3806", "0.00", "1.90"], ["4400", "0.00", "10.00"]]
    assert agreed(company, f"{YEAR}-P13") == by_hand(company, f"{YEAR}-P13", [3, 4], totals, ZEROS)


def test_hash_is_that_of_one_company(company):
    book(company, owner_of(company))
    mine = agreed(company, JANUARY)
    other = new_company(name="Andere GmbH")
    show_company(other)
    book(other, owner_of(other))

    assert agreed(other, JANUARY) != mine
    assert in_postgresql(company, JANUARY) == by_hand(company, JANUARY, [], [], ZEROS)  # row-level security shows nothing of it
    assert booking_counts(company_id=company.id) == {}
    show_company(company)
    assert agreed(company, JANUARY) == mine


def test_bookings_are_counted_by_period(company):
    actor = owner_of(company)
    for period in (JANUARY, JANUARY, month(3)):
        book(company, actor, period=period)
    book(company, actor, period=month(12), adjustment_period=14)
    book_opening(company, actor)

    assert booking_counts(company_id=company.id) == {f"{YEAR}-00": 1, JANUARY: 2, month(3): 1, f"{YEAR}-P14": 1}


@pytest.mark.parametrize("query", [EVENTS_SQL, TOTALS_SQL, COUNTS_SQL])
def test_queries_use_indexes_under_row_level_security(company, query):
    """A few rows are read in whatever way; forbidden to, PostgreSQL still would where no index may be used."""
    book(company, owner_of(company))
    places = {"company": f"'{company.id}'::uuid", "period": f"'{JANUARY}'::text"}
    sql = query.sql
    for number, name in enumerate(query.names, start=1):
        sql = sql.replace(f"${number}", places[name])

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {sql}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
        cursor.execute("SET LOCAL enable_seqscan = on")

    assert "Seq Scan" not in plan
    assert f"company_id = '{company.id}'" in plan
