"""Two fiscal years of random bookings with everything that makes balances hard: openings, adjustment periods, reversals of both kinds."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.db import transaction

from accounting.posting import post
from accounting.services.opening_balances import BalanceRow, post_opening_balances
from accounting.services.reversals import ReversalRequest, reverse_booking
from ledgerlou.companies.actor import system_actor
from periods.gate import fiscal_year_of
from tests.conftest import NOW, draft, new_company, show_company

ACTOR = system_actor("Tests")
ZERO = Decimal("0.00")
PAIRS = (("6815", "1800"), ("1800", "4400"), ("1600", "1800"), ("6310", "1600"), ("1800", "3150"))


def filled(start_month: int):
    """Two fiscal years: opening balances, 90 bookings, adjustment periods, reversals of both kinds in the original period."""
    company = new_company(fiscal_year_start_month=start_month)
    show_company(company)
    first = fiscal_year_of(company, date(2026, 3, 1))
    rows = [
        BalanceRow(account="1800", debit=Decimal("900.00"), credit=ZERO),
        BalanceRow(account="2900", debit=ZERO, credit=Decimal("900.00")),
    ]
    post_opening_balances(company=company, actor=ACTOR, booking_date=first.starts_on, balances=rows, now=NOW)
    dice = random.Random(start_month)  # noqa: S311 -- a test's own dice
    drafts = []
    for number in range(90):
        debit, credit = dice.choice(PAIRS)
        amount = f"{dice.randrange(1, 50_000) / 100:.2f}"
        day = first.starts_on + timedelta(days=dice.randrange(700))
        drafts.append(draft((debit, amount, "0.00"), (credit, "0.00", amount), day=day.isoformat(), text=f"Buchung {number}"))
    for period in (13, 14):
        last = first.ends_on - timedelta(days=period - 13)
        lines = (("6200", "7.00", "0.00"), ("1600", "0.00", "7.00"))
        drafts.append(draft(*lines, day=last.isoformat(), text=f"Abschluss {period}", adjustment_period=period))
    posted = post(company=company, actor=ACTOR, drafts=drafts, now=NOW)
    for number, made in enumerate(posted[:90:6]):
        request = ReversalRequest(intent_id=made.intent_id, posting_mode="original_period", general_reversal=number % 2 == 0)
        reverse_booking(company=company, actor=ACTOR, request=request, today=NOW.date(), now=NOW)
    return company


@lru_cache(maxsize=2)
def committed(start_month: int) -> Any:
    """The same, committed once for all tests of a run that only look. Needs `real_commits`."""
    with transaction.atomic():
        return filled(start_month)


@contextmanager
def looked_at(company: Any) -> Iterator[Any]:
    """A transaction that shows a committed company and takes back whatever a test does to it."""
    with transaction.atomic():
        show_company(company)
        yield company
        transaction.set_rollback(True)
