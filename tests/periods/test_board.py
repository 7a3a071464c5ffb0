"""The board and the checklist as selectors: states, counts, what the books say, and how many statements that takes."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounting.posting import post
from accounting.selectors.month_checks import overdue_accounts
from accounting.services.documents import ReceivedFile, store_document
from ledgerlou import clock
from periods import open_work
from periods.board import period_board
from periods.checklist import Finding, FindingState, Thing, days_of, digest_of, findings_of
from periods.closing import request_lock
from periods.locks import soft_lock_period
from periods.open_work import OpenWorkSource, add_open_work, open_work_of
from tests.admin.sample_pdf import one_page_pdf
from tests.companies.people import owner_of
from tests.conftest import draft, new_company, show_company
from tests.periods.books import JANUARY, YEAR, asks, book, book_opening, close, month

pytestmark = pytest.mark.django_db


def tiles(company, now=None, **more):
    board = period_board(company=company, now=now or clock.now(), **more)
    return {tile.period: tile for year in board.years for tile in year.periods}


def upload(company, at, name="Beleg.pdf"):
    file = ReceivedFile(content=one_page_pdf(f"{name} {at.isoformat()}"), name=name, declared_type="application/pdf")
    return store_document(company=company, actor=owner_of(company), received=file, now=at)


def book_lines(company, *lines, period=JANUARY, now=None, **more):
    made = draft(*lines, day=f"{period}-15", skip_duplicate_check=True, **more)
    return post(company=company, actor=owner_of(company), drafts=[made], now=now or clock.now())


def finding(company, code, period=JANUARY):
    found = findings_of(company=company, period=period, digest=digest_of(company=company, period=period))
    return next(row for row in found if row.code == code)


def test_tiles_show_states_and_bookings_without_opening_entries(company):
    book_opening(company, owner_of(company))
    for _ in range(2):
        book(company, owner_of(company))
    book(company, owner_of(company), period=month(12), adjustment_period=13)
    close(company, JANUARY)
    asks(company, owner_of(company), month(2))
    soft_lock_period(company=company, actor=owner_of(company), period=month(3), now=clock.now())

    found = tiles(company)

    shown = {period: (str(tile.state), tile.booking_count) for period, tile in found.items() if period.startswith(str(YEAR))}
    assert {period: facts for period, facts in shown.items() if facts != ("open", 0)} == {
        JANUARY: ("locked", 2),
        month(2): ("requested", 0),
        month(3): ("soft_locked", 0),
        f"{YEAR}-P13": ("open", 1),
    }
    year = next(year for year in period_board(company=company, now=clock.now()).years if year.year.label == YEAR)
    assert (year.months_locked, year.booking_count) == (1, 3)


def test_expired_request_leaves_the_period_open(company):
    request_lock(company=company, actor=owner_of(company), period=JANUARY, now=clock.now() - timedelta(hours=48))

    assert str(tiles(company)[JANUARY].state) == "open"


def test_month_at_hand_and_months_to_come_are_told_apart(company):
    found = tiles(company, now=datetime(2026, 11, 30, 23, 30, tzinfo=UTC))  # half past midnight on 1 December in Berlin

    assert [period for period, tile in found.items() if tile.is_now] == ["2026-12"]
    assert [period for period, tile in found.items() if tile.is_ahead] == []


@pytest.mark.parametrize(("day", "due"), [("2026-02-28", False), ("2026-03-01", True), ("2027-06-01", True)])
def test_month_with_bookings_is_to_be_closed_by_the_end_of_the_next(company, day, due):
    book(company, owner_of(company), period="2026-01")
    now = datetime.fromisoformat(f"{day}T12:00:00+00:00")

    assert {period: tile.is_due for period, tile in tiles(company, now=now).items() if period in ("2026-01", "2026-02")} == {
        "2026-01": due,
        "2026-02": False,  # nothing was booked
    }


def test_december_is_to_be_closed_by_the_end_of_january(company):
    book(company, owner_of(company), period="2025-12")
    moments = [datetime(2026, 1, 31, 22, tzinfo=UTC), datetime(2026, 1, 31, 23, tzinfo=UTC)]  # an hour before midnight, and midnight

    assert [tiles(company, now=now)["2025-12"].is_due for now in moments] == [False, True]


def test_documents_count_on_the_berlin_day_they_came_in_until_they_prove_a_booking(company):
    upload(company, datetime(YEAR, 2, 28, 22, 59, tzinfo=UTC))
    upload(company, datetime(YEAR, 2, 28, 23, 0, tzinfo=UTC))  # 1 March in Berlin
    proof = upload(company, datetime(YEAR, 3, 5, 12, tzinfo=UTC))
    book_lines(company, ("6815", "10.00", "0"), ("1800", "0", "10.00"), document_id=proof.id)

    work = {period: [(one.source.code, one.count) for one in tile.open_work] for period, tile in tiles(company).items() if tile.open_work}

    assert work == {month(2): [("documents", 1)], month(3): [("documents", 1)]}


def test_locked_month_has_no_open_work(company):
    upload(company, datetime(YEAR, 1, 10, 12, tzinfo=UTC))
    close(company, JANUARY)

    assert tiles(company)[JANUARY].open_work == ()


def test_later_parts_add_their_work(company, monkeypatch):
    monkeypatch.setattr(open_work, "_sources", dict(open_work._sources))
    source = OpenWorkSource(code="lines", name=lambda: "Lines", count=lambda company, spans: {span.period: 3 for span in spans[:1]})
    add_open_work(source)

    with pytest.raises(ValueError, match="lines"):
        add_open_work(source)
    assert [(one.source.code, one.count) for one in tiles(company)[month(1, YEAR + 1)].open_work] == [("lines", 3)]
    assert finding(company, "lines") == Finding(code="lines", state=FindingState.LOOK, count=3)
    assert open_work_of(company=company, spans=[]) == {}


def test_board_takes_the_same_statements_for_one_year_and_for_many(company):
    counts = []
    for years in (0, 4):
        for age in range(years):
            for number in range(3):
                book(company, owner_of(company), period=month(number + 1, YEAR - age))
                upload(company, datetime(YEAR - age, number + 1, 9, 12, tzinfo=UTC))
        with CaptureQueriesContext(connection) as queries:
            period_board(company=company, now=clock.now())
        counts.append(len(queries))

    assert counts == [3, 3]  # and one of psycopg's own, which Django does not see


def test_board_pages_by_three_fiscal_years(company):
    for age in range(5):
        book(company, owner_of(company), period=month(5, YEAR - age))

    def pages(until=None):
        board = period_board(company=company, now=clock.now(), until=until)
        return [year.year.label for year in board.years], board.older, board.newer

    assert pages() == ([YEAR + 1, YEAR, YEAR - 1], YEAR - 2, None)
    assert pages(YEAR - 2) == ([YEAR - 2, YEAR - 3, YEAR - 4], None, YEAR + 1)
    assert pages(YEAR - 40) == pages()


def test_fiscal_year_from_july_stands_in_its_order(db):
    company = new_company(fiscal_year_start_month=7)
    show_company(company)

    assert list(tiles(company, now=datetime(2026, 11, 25, tzinfo=UTC)))[:3] == ["2026-07", "2026-08", "2026-09"]
    assert str(days_of(company=company, period="2027-P13").last) == "2027-06-30"


def test_accounts_that_should_be_empty_are_named(company):
    book_lines(company, ("3630", "50.00", "0"), ("1600", "0", "50.00"))

    clearing, cash = finding(company, "clearing"), finding(company, "cash")

    assert (clearing.state, clearing.count, clearing.amount) == (FindingState.LOOK, 1, Decimal("50.00"))
    assert [(thing.account, thing.amount) for thing in clearing.things] == [("3630", Decimal("50.00"))]
    assert cash == Finding(
        code="cash", state=FindingState.LOOK, count=1, amount=Decimal("-50.00"), things=(Thing(account="1600", name="Kasse", amount=Decimal("-50.00")),)
    )  # fmt: skip
    book_lines(company, ("1600", "50.00", "0"), ("3630", "0", "50.00"), period=month(2))
    assert [finding(company, code, month(2)).state for code in ("clearing", "cash")] == [FindingState.GOOD, FindingState.GOOD]


def test_revenue_without_its_tax_is_noticed(company):
    book(company, owner_of(company))
    before = finding(company, "output_tax")
    book_lines(company, ("1200", "1190.00", "0"), ("4400", "0", "1190.00"))

    after = finding(company, "output_tax")

    assert (before.state, before.amount, before.other) == (FindingState.GOOD, Decimal("19.00"), Decimal("19.00"))
    assert (after.state, after.amount, after.other) == (FindingState.LOOK, Decimal("19.00"), Decimal("245.10"))


def test_rounding_of_many_bookings_is_no_difference(company):
    for _ in range(30):
        book(company, owner_of(company), amount="0.10")  # tax 0.016, booked 0.02

    found = finding(company, "output_tax")

    assert (found.state, found.amount, found.other) == (FindingState.GOOD, Decimal("0.60"), Decimal("0.46"))


def test_half_a_carry_forward_is_noticed(company):
    book_opening(company, owner_of(company))
    book_lines(company, ("1800", "10.00", "0"), ("9000", "0", "10.00"))
    half = finding(company, "opening")
    book_lines(company, ("9000", "10.00", "0"), ("2900", "0", "10.00"))

    assert (half.state, half.amount) == (FindingState.LOOK, Decimal("-10.00"))
    assert finding(company, "opening").state == FindingState.GOOD


def test_bookings_recorded_after_the_next_month_are_late(company):
    midnight = datetime(YEAR, 2, 28, 23, 0, tzinfo=UTC)  # 1 March in Berlin
    for moment in (midnight - timedelta(seconds=1), midnight):
        book_lines(company, ("6815", "10.00", "0"), ("1800", "0", "10.00"), now=moment)

    assert finding(company, "late") == Finding(code="late", state=FindingState.LOOK, count=1, detail=f"{YEAR}-02-28")


def test_order_of_locks_is_the_only_thing_in_the_way(company):
    book(company, owner_of(company), period=month(3))

    assert finding(company, "order", month(3)) == Finding(code="order", state=FindingState.STOP, detail=JANUARY)
    assert finding(company, "order").state == FindingState.GOOD


def test_checklist_takes_the_same_statements_for_any_number_of_bookings(company):
    digest = digest_of(company=company, period=JANUARY)
    counts = []
    for bookings in (1, 4):
        for _ in range(bookings):
            book(company, owner_of(company))
            upload(company, clock.now())
        with CaptureQueriesContext(connection) as queries:
            findings_of(company=company, period=JANUARY, digest=digest)
        counts.append(len(queries))

    assert counts[0] == counts[1]
    assert counts[0] <= 8


def test_old_open_items_are_summed_up_by_account(company):
    book_lines(company, ("1200", "119.00", "0"), ("4400", "0", "119.00", "UST19"))
    book_lines(company, ("1200", "119.00", "0"), ("4400", "0", "119.00", "UST19"), period=month(5))
    book_lines(company, ("5400", "11.90", "0", "VST19"), ("3300", "0", "11.90"))
    day = days_of(company=company, period=month(5)).last

    found = overdue_accounts(company=company, day=day, overdue_days=90, limit=10)

    assert [(row.number, row.item_count, row.amount) for row in found] == [("1200", 1, Decimal("119.00")), ("3300", 1, Decimal("11.90"))]
    assert overdue_accounts(company=company, day=days_of(company=company, period=JANUARY).last, overdue_days=90, limit=10) == []
