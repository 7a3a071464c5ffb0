"""Companies with books to close, as the tests of this folder need them.

The database holds requests against its own clock, so these tests work with the real one and close months of last year.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from threading import Thread
from typing import Any

import psycopg
from django.db import connection

from accounting.posting import PostedIntent, post
from ledgerlou import clock
from ledgerlou.companies.actor import Actor
from ledgerlou.companies.context import company_transaction
from ledgerlou.companies.models.company import Company
from periods.closing import approve_lock, request_lock
from periods.gate import ensure_fiscal_years
from periods.models import LockRequest, Period
from tests.companies.people import acting, member, owner_of
from tests.conftest import draft, new_company

YEAR = clock.today().year - 1


def month(number: int, year: int = YEAR) -> str:
    return f"{year}-{number:02d}"


JANUARY = month(1)


def book(company: Company, actor: Actor, *, period: str = JANUARY, amount: str = "119.00", **extra: Any) -> PostedIntent:
    """A sale in a month, on its second day."""
    lines = (("1200", amount, "0.00"), ("4400", "0.00", amount, "UST19"))
    made = draft(*lines, day=f"{period}-02", skip_duplicate_check=True, **extra)
    [posted] = post(company=company, actor=actor, drafts=[made], now=clock.now())
    return posted


def book_opening(company: Company, actor: Actor, *, amount: str = "10.00") -> PostedIntent:
    """Opening balances of bank and capital on the first day of last year, each against 9000."""
    made = draft(("1800", amount, "0.00"), ("2900", "0.00", amount), day=f"{YEAR}-01-01", text="Eröffnungsbilanz", opening=True)
    [posted] = post(company=company, actor=actor, drafts=[made], now=clock.now())
    return posted


def asks(company: Company, actor: Actor, period: str) -> LockRequest:
    return request_lock(company=company, actor=actor, period=period, now=clock.now())


def approves(company: Company, actor: Actor, request: LockRequest) -> LockRequest:
    period = Period.objects.of(company).get(id=request.period_id).period
    return approve_lock(company=company, actor=actor, period=period, request_id=request.id, now=clock.now())


def close(company: Company, *periods: str) -> None:
    """Lock periods for good: the owner asks, an accountant approves."""
    asker, approver = owner_of(company), acting(member(company))
    for period in periods:
        approves(company, approver, asks(company, asker, period))


def state_of(company: Company, period: str) -> tuple[str, str | None]:
    row = Period.objects.of(company).get(period=period)
    return row.status, row.locked_by


def committed_company(*, people: int = 2, **facts: Any) -> tuple[Company, list[Actor]]:
    """A company that other connections see, with periods of last year, an owner and accountants. For tests with `real_commits`."""
    company = new_company(**facts)
    with company_transaction(company.id):
        ensure_fiscal_years(company=company, days=[date(YEAR, 1, 1)])
        actors = [owner_of(company), *(acting(member(company)) for _ in range(people - 1))]
    return company, actors


@contextmanager
def raw(connected: psycopg.Connection, company: Company) -> Iterator[psycopg.Connection]:
    """A raw transaction in which row-level security shows the company; committed at the end."""
    with connected.transaction():
        connected.execute("SELECT set_config('ledgerlou.company', %s, true)", [str(company.id)])
        yield connected


def refusal_of(connected: psycopg.Connection, company: Company, *statements: tuple[str, list[Any]] | str) -> str | None:
    """The name of the guard that refuses these statements, the commit included; None when they are let through."""
    try:
        with raw(connected, company):
            for statement in statements:
                sql, values = (statement, None) if isinstance(statement, str) else statement
                connected.execute(sql, values)
    except psycopg.Error as refused:
        return refused.diag.constraint_name or refused.diag.message_primary
    return None


def in_thread(work: Callable[[], Any]) -> tuple[Thread, list[Any]]:
    """Start work on a connection of its own; its result or error is put into the list."""
    outcome: list[Any] = []

    def run() -> None:
        try:
            outcome.append(work())
        except Exception as error:  # noqa: BLE001 -- handed to the test, which compares it
            outcome.append(error)
        finally:
            connection.close()

    thread = Thread(target=run)
    thread.start()
    return thread, outcome


def wait_until_blocked(watcher: psycopg.Connection) -> None:
    """Come back once another connection waits for a lock."""
    sql = (
        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        " AND pid <> pg_backend_pid())"
    )
    for _ in range(2000):
        [waits] = watcher.execute(sql).fetchone() or (False,)
        watcher.rollback()
        if waits:
            return
        watcher.execute("SELECT pg_sleep(0.005)")
    raise AssertionError("nobody waits for a lock")
