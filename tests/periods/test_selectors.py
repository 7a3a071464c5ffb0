"""The list of periods and the state of a lock."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledgerlou import clock
from ledgerlou.errors import InvalidInput
from periods.closing import request_lock
from periods.locks import soft_lock_period
from periods.models import Period
from periods.selectors import LockStatus, PeriodSummary, list_periods, lock_status
from tests.companies.people import owner_of, refused
from tests.conftest import NOW, new_company, show_company
from tests.periods.books import JANUARY, YEAR, asks, book, book_opening, close, month

pytestmark = pytest.mark.django_db

NEW_YEAR = datetime(2026, 12, 31, 23, 0, tzinfo=UTC)  # midnight in Berlin


def open_year(year: int, *, adjustments: bool = True) -> list[PeriodSummary]:
    months = [PeriodSummary(period=month(number, year), period_number=0, booking_count=0) for number in range(1, 13)]
    return months + [PeriodSummary(period=f"{year}-P{n}", period_number=n, booking_count=0) for n in (13, 14) if adjustments]


def test_new_company_lists_its_fiscal_year(company):
    assert list_periods(company=company, now=NOW) == open_year(2026)


def test_running_fiscal_year_is_listed_before_anything_happens_in_it(company):
    before = Period.objects.of(company).count()

    assert list_periods(company=company, now=NEW_YEAR - timedelta(seconds=1)) == open_year(2026)
    assert list_periods(company=company, now=NEW_YEAR) == open_year(2026) + open_year(2027)
    assert Period.objects.of(company).count() == before


def test_year_to_come_is_listed_without_adjustment_periods(company):
    soft_lock_period(company=company, actor=owner_of(company), period="2027-02", now=NOW)

    expected = open_year(2026) + open_year(2027, adjustments=False)
    expected[15] = PeriodSummary(
        period="2027-02", status="soft_locked", period_number=0, booking_count=0, locked_by="Erika Beispiel", locked_at=NOW
    )
    assert list_periods(company=company, now=NOW) == expected


def test_fiscal_year_from_july_lists_july_to_june_and_its_adjustment_periods(db):
    company = new_company(fiscal_year_start_month=7)
    show_company(company)

    names = [*(month(number, 2026) for number in range(7, 13)), *(month(number, 2027) for number in range(1, 7)), "2027-P13", "2027-P14"]
    listed = list_periods(company=company, now=NOW)
    assert [(row.period, row.period_number) for row in listed] == list(zip(names, [0] * 12 + [13, 14], strict=True))


def test_list_shows_locks_and_counts_bookings_of_the_month_alone(company):
    actor = owner_of(company)
    book_opening(company, actor)
    for _ in range(3):
        book(company, actor)
    book(company, actor, period=month(12))
    book(company, actor, period=month(12), adjustment_period=13)
    close(company, JANUARY)

    listed = {row.period: row for row in list_periods(company=company, now=clock.now())}
    row = Period.objects.of(company).get(period=JANUARY)
    assert listed[JANUARY] == PeriodSummary(
        period=JANUARY, status="locked", period_number=0, booking_count=3, locked_by="Max Beispiel",
        locked_at=row.locked_at, closing_hash=row.closing_hash,
    )  # fmt: skip
    assert {period: found.booking_count for period, found in listed.items() if found.booking_count} == {
        JANUARY: 3,
        month(12): 1,
        f"{YEAR}-P13": 1,
    }
    assert not [period for period in listed if period.endswith("-00")]


def test_list_takes_the_same_queries_for_one_booking_and_for_three(company):
    counts = []
    for bookings in (1, 2):
        for number in range(bookings):
            book(company, owner_of(company), period=month(number + 1, YEAR - bookings))
        with CaptureQueriesContext(connection) as queries:
            list_periods(company=company, now=NOW)
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_other_companys_periods_are_not_listed(other_company, company):
    show_company(other_company)
    soft_lock_period(company=other_company, actor=owner_of(other_company), period="2019-03", now=NOW)
    show_company(company)

    assert list_periods(company=company, now=NOW) == open_year(2026)


def nothing_pending(period: str, **facts) -> LockStatus:
    empty = dict.fromkeys(("locked_by", "locked_at", "closing_hash", "request_id", "requested_by", "created_at", "expires_at"))
    return LockStatus(**{**empty, "period": period, "status": "open", "has_pending_request": False, **facts})


def test_lock_status_names_the_pending_request(company):
    request = asks(company, owner_of(company), JANUARY)

    assert lock_status(company=company, period=JANUARY, now=clock.now()) == nothing_pending(
        JANUARY,
        has_pending_request=True,
        request_id=request.id,
        requested_by="Erika Beispiel",
        created_at=request.created_at,
        expires_at=request.created_at + timedelta(hours=48),
    )


def test_lock_status_shows_the_closing_hash_to_both_people(company):
    close(company, JANUARY)

    row = Period.objects.of(company).get(period=JANUARY)
    assert lock_status(company=company, period=JANUARY, now=clock.now()) == nothing_pending(
        JANUARY, status="locked", locked_by="Max Beispiel", locked_at=row.locked_at, closing_hash=row.closing_hash
    )


@pytest.mark.parametrize("period", ["2026-05", "2031-05", "2099-P13"])
def test_lock_status_of_an_untouched_period_says_open(company, period):
    assert lock_status(company=company, period=period, now=NOW) == nothing_pending(period)


def test_lock_status_forgets_an_expired_request(company):
    request = request_lock(company=company, actor=owner_of(company), period=JANUARY, now=clock.now() - timedelta(hours=48))

    assert lock_status(company=company, period=JANUARY, now=request.expires_at) == nothing_pending(JANUARY)


def test_lock_status_of_a_malformed_period_is_refused(company):
    with refused(InvalidInput):
        lock_status(company=company, period="2026-00", now=NOW)
