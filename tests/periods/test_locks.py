"""Soft lock and reopening: what is refused, with which code, and that a refusal changes nothing."""

from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from ledgerlou import clock
from ledgerlou.companies.context import name_company
from ledgerlou.companies.models.history import AuditEntry
from ledgerlou.errors import InvalidInput, NotFound
from periods.gate import PeriodLocked
from periods.locks import PeriodAlreadyLocked, PeriodAlreadySoftLocked, PeriodIrreversible, reopen_period, soft_lock_period
from periods.models import Period
from tests.companies.people import owner_of, refused
from tests.conftest import NOW, new_company, show_company
from tests.periods.books import YEAR, asks, book, book_opening, close, month, state_of

pytestmark = pytest.mark.django_db

JANUARY = month(1)


def soft_lock(company, period=JANUARY, now=None):
    return soft_lock_period(company=company, actor=owner_of(company), period=period, now=now or clock.now())


def test_soft_lock_refuses_postings_until_the_period_is_reopened(company):
    actor = owner_of(company)
    row = soft_lock(company)

    assert (row.period, row.period_number, row.status, row.locked_by) == (JANUARY, 0, "soft_locked", "Erika Beispiel")
    with refused(PeriodLocked) as refusal:
        book(company, actor)
    assert refusal.value.details == {"period": JANUARY, "reason": "soft_locked"}

    reopened = reopen_period(company=company, period=JANUARY)
    assert (reopened.status, reopened.locked_by, reopened.locked_at) == ("open", None, None)
    assert book(company, actor).period == JANUARY


def test_soft_lock_is_set_once_and_not_on_a_hard_lock(company):
    soft_lock(company)
    with refused(PeriodAlreadySoftLocked):
        soft_lock(company)
    reopen_period(company=company, period=JANUARY)
    close(company, JANUARY)

    with refused(PeriodAlreadyLocked):
        soft_lock(company)
    with refused(PeriodIrreversible):
        reopen_period(company=company, period=JANUARY)
    assert state_of(company, JANUARY) == ("locked", "Max Beispiel")


@pytest.mark.parametrize("period", [JANUARY, f"{YEAR}-P13", "2031-05", "2099-P14"])
def test_open_period_is_not_reopened_and_nothing_is_made(company, period):
    before = Period.objects.of(company).count()

    with refused(InvalidInput):
        reopen_period(company=company, period=period)

    assert Period.objects.of(company).count() == before


@pytest.mark.parametrize(
    "period", ["2026-00", "2026-13", "2026-1", "26-01", "2026-P12", "2026-P15", "2026-p13", " 2026-01", "2026-01\n", "٢٠٢٦-01"]
)
def test_malformed_period_is_refused(company, period):
    for service in (lambda: soft_lock(company, period), lambda: reopen_period(company=company, period=period)):
        with refused(InvalidInput) as refusal:
            service()
        assert [fault.pointer for fault in refusal.value.faults] == ["{period}"]


@pytest.mark.parametrize("period", ["0000-01", "0001-05", "1989-12", "2101-01", "9999-12", "0000-P13", "1989-P13", "9999-P14"])
def test_implausible_year_is_refused(company, period):
    with refused(InvalidInput):
        soft_lock(company, period)


def test_month_without_a_row_is_made_with_its_fiscal_year(company):
    soft_lock(company, "2031-05")

    rows = list(Period.objects.of(company).filter(fiscal_year=2031).order_by("sequence").values_list("period", "status"))
    expected = ["2031-00", *(month(number, 2031) for number in range(1, 13)), "2031-P13", "2031-P14"]
    assert rows == [(period, "soft_locked" if period == "2031-05" else "open") for period in expected]


def test_adjustment_period_exists_once_its_fiscal_year_has_begun(company):
    last_moment_of_2026 = datetime(2026, 12, 31, 22, 59, tzinfo=UTC)
    assert soft_lock(company, "2026-P13", now=last_moment_of_2026).period_number == 13

    soft_lock(company, "2027-03", now=last_moment_of_2026)  # makes the rows of 2027, P13 included
    with refused(NotFound):
        soft_lock(company, "2027-P13", now=last_moment_of_2026)
    assert soft_lock(company, "2027-P13", now=datetime(2026, 12, 31, 23, 0, tzinfo=UTC)).status == "soft_locked"  # midnight in Berlin


def test_adjustment_period_of_a_fiscal_year_from_july_is_named_by_the_year_it_ends_in(db):
    company = new_company(fiscal_year_start_month=7)
    show_company(company)

    assert soft_lock(company, "2027-P14", now=NOW).ends_on.isoformat() == "2027-06-30"
    with refused(NotFound):
        soft_lock(company, "2028-P13", now=NOW)


def test_soft_lock_of_the_first_month_closes_the_opening_entries(company):
    soft_lock(company)

    with refused(PeriodLocked) as refusal:
        book_opening(company, owner_of(company))
    assert refusal.value.details == {"period": JANUARY, "reason": "soft_locked"}


def test_soft_lock_and_reopening_leave_a_pending_request_alone(company):
    actor = owner_of(company)
    request = asks(company, actor, JANUARY)

    soft_lock(company)
    reopen_period(company=company, period=JANUARY)

    request.refresh_from_db()
    assert request.status == "pending"
    with refused(PeriodLocked) as refusal:
        book(company, actor)
    assert refusal.value.details == {"period": JANUARY, "reason": "lock_request_pending"}


def test_reopening_is_kept_in_the_audit_history(company):
    soft_lock(company)
    name_company(company.id, actor=owner_of(company))
    reopen_period(company=company, period=JANUARY)

    entry = AuditEntry.objects.filter(company_id=company.id, table_name="periods_period", action="update").order_by("-id")[0]
    assert (entry.actor, entry.old["status"], entry.new) == (
        "Erika Beispiel",
        "soft_locked",
        {"status": "open", "locked_by": None, "locked_at": None},
    )


def test_other_companys_period_of_the_same_name_stays_open(other_company, company):
    soft_lock(company, "2026-03")

    show_company(other_company)
    assert state_of(other_company, "2026-03") == ("open", None)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM periods_period WHERE status <> 'open'")
        assert cursor.fetchone() == (0,)
