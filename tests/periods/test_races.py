"""Posting against closing, with real commits and many connections: nothing lands in a closed period, and the closer need not wait long."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from threading import Event, Lock
from typing import Any

import pytest

from accounting.closing_digest import closing_digest
from accounting.models.journal import Event as JournalLine
from accounting.models.journal import JournalHead
from ledgerlou import clock
from ledgerlou.companies.context import company_transaction
from periods.closing import LockRequestPending, RequestNotPending, approve_lock, request_lock
from periods.gate import PeriodLocked, ensure_fiscal_years
from periods.locks import PeriodAlreadySoftLocked, soft_lock_period
from periods.models import LockRequest, Period
from tests.periods.books import JANUARY, approves, asks, book, committed_company, in_thread, month, state_of, wait_until_blocked

pytestmark = pytest.mark.usefixtures("real_commits")

CLIENTS, BOOKINGS_EACH, BEFORE_THE_CLOSE = 8, 50, 40


@dataclass
class Load:
    """Eight clients that post into January, and into February once January is closed, a fixed number of bookings each."""

    company: Any
    actor: Any
    posted: int = 0
    refused: int = 0
    well_under_way: Event = field(default_factory=Event)
    counting: Any = field(default_factory=Lock)

    def post_all(self) -> None:
        period = JANUARY
        for _ in range(BOOKINGS_EACH):
            try:
                self._post(period)
            except PeriodLocked:
                period = month(2)
                self._post(period)
                with self.counting:
                    self.refused += 1
            with self.counting:
                self.posted += 1
                if self.posted >= BEFORE_THE_CLOSE:
                    self.well_under_way.set()

    def _post(self, period: str) -> None:
        with company_transaction(self.company.id, actor=self.actor):
            book(self.company, self.actor, period=period)


def soft_locks(company, actor):
    soft_lock_period(company=company, actor=actor, period=JANUARY, now=clock.now())


def requests(company, actor):
    request_lock(company=company, actor=actor, period=JANUARY, now=clock.now())


def locks_for_good(company, actor):
    """The only person who may approve does both at once."""
    approves(company, actor, asks(company, actor, JANUARY))


@pytest.mark.parametrize("closing", [soft_locks, requests, locks_for_good])
def test_eight_clients_post_while_one_closes(closing: Callable[[Any, Any], None]):
    company, [actor] = committed_company(people=1)
    load = Load(company, actor)
    clients = [in_thread(load.post_all) for _ in range(CLIENTS)]
    assert load.well_under_way.wait(timeout=60)

    began = time.perf_counter()
    with company_transaction(company.id, actor=actor):
        closing(company, actor)
        head_when_closed = JournalHead.objects.get(company=company).next_number
    waited = time.perf_counter() - began

    for thread, _ in clients:
        thread.join()
    print(f"{closing.__name__}: closed after {waited * 1000:.0f} ms, at {head_when_closed} of {CLIENTS * BOOKINGS_EACH * 2} lines")  # noqa: T201
    assert [outcome for _, outcome in clients] == [[None]] * CLIENTS
    assert (load.posted, load.refused) == (CLIENTS * BOOKINGS_EACH, CLIENTS)
    with company_transaction(company.id):
        lines = JournalLine.objects.of(company)
        january = lines.filter(period=JANUARY).order_by("-journal_number").values_list("journal_number", flat=True)
        assert january[0] < head_when_closed
        assert lines.filter(period=month(2), journal_number__lt=head_when_closed).count() == 0
        # the closer was not kept waiting until the clients had nothing more to post
        assert lines.filter(journal_number__gte=head_when_closed).count() > lines.count() // 2
        row = Period.objects.of(company).get(period=JANUARY)
        if row.status == "locked":
            assert row.closing_hash == closing_digest(company_id=company.id, period=JANUARY).closing_hash("0" * 64)


@pytest.mark.parametrize("closing", [soft_locks, requests, locks_for_good])
def test_closer_waits_for_a_posting_and_seals_it(connect, closing):
    company, [actor] = committed_company(people=1)
    with company_transaction(company.id):
        book(company, actor)
        thread, outcome = in_thread(lambda: in_transaction(company, actor, lambda: closing(company, actor)))
        wait_until_blocked(connect("superuser"))
        assert state_of(company, JANUARY) == ("open", None)
    thread.join()

    assert outcome == [None]
    with company_transaction(company.id):
        assert JournalLine.objects.of(company).filter(period=JANUARY).count() == 2
        row = Period.objects.of(company).get(period=JANUARY)
        if closing is locks_for_good:
            assert row.closing_hash == closing_digest(company_id=company.id, period=JANUARY).closing_hash("0" * 64)


@pytest.mark.parametrize("closing", [soft_locks, requests, locks_for_good])
def test_posting_waits_for_a_closer_and_is_refused(connect, closing):
    company, [actor] = committed_company(people=1)
    with company_transaction(company.id):
        closing(company, actor)
        thread, outcome = in_thread(lambda: in_transaction(company, actor, lambda: book(company, actor)))
        wait_until_blocked(connect("superuser"))
    thread.join()

    assert [type(found) for found in outcome] == [PeriodLocked]
    with company_transaction(company.id):
        assert JournalLine.objects.of(company).count() == 0


def test_two_people_approve_at_once_and_one_succeeds(connect):
    company, [asker, first, second] = committed_company(people=3)
    with company_transaction(company.id):
        request = asks(company, asker, JANUARY)

    def approve(actor):
        return approve_lock(company=company, actor=actor, period=JANUARY, request_id=request.id, now=clock.now())

    with company_transaction(company.id):
        approve(first)
        thread, outcome = in_thread(lambda: in_transaction(company, second, lambda: approve(second)))
        wait_until_blocked(connect("superuser"))
    thread.join()

    assert [type(found) for found in outcome] == [RequestNotPending]
    with company_transaction(company.id):
        closed = Period.objects.of(company).exclude(closing_position=None)
        assert list(closed.values_list("period", "closing_position")) == [(JANUARY, 1)]
        assert LockRequest.objects.of(company).get().decided_by_person_id == first.person_id


def test_two_people_ask_at_once_and_one_succeeds(connect):
    company, [first, second] = committed_company()
    with company_transaction(company.id):
        asks(company, first, JANUARY)
        thread, outcome = in_thread(lambda: in_transaction(company, second, lambda: asks(company, second, JANUARY)))
        wait_until_blocked(connect("superuser"))
    thread.join()

    assert [type(found) for found in outcome] == [LockRequestPending]
    with company_transaction(company.id):
        assert LockRequest.objects.of(company).get().requested_by_person_id == first.person_id


def test_two_people_soft_lock_at_once_and_one_succeeds(connect):
    company, [first, second] = committed_company()
    with company_transaction(company.id):
        soft_locks(company, first)
        thread, outcome = in_thread(lambda: in_transaction(company, second, lambda: soft_locks(company, second)))
        wait_until_blocked(connect("superuser"))
    thread.join()

    assert [type(found) for found in outcome] == [PeriodAlreadySoftLocked]


def test_closer_and_posting_that_both_make_a_new_year_do_not_deadlock(connect):
    """Posting makes the rows of a year, then takes the posting lock; the closer keeps to the same order."""
    company, [actor] = committed_company(people=1)

    def close():
        soft_lock_period(company=company, actor=actor, period="2031-01", now=clock.now())

    with company_transaction(company.id):
        ensure_fiscal_years(company=company, days=[date(2031, 1, 1)])
        thread, outcome = in_thread(lambda: in_transaction(company, actor, close))
        wait_until_blocked(connect("superuser"))
        book(company, actor, period="2031-01")
    thread.join()

    assert outcome == [None]
    with company_transaction(company.id):
        assert state_of(company, "2031-01") == ("soft_locked", "Erika Beispiel")
        assert JournalLine.objects.of(company).filter(period="2031-01").count() == 2


def in_transaction(company: Any, actor: Any, work: Callable[[], Any]) -> Any:
    with company_transaction(company.id, actor=actor):
        return work()
