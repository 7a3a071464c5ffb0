"""Trial balances and account sheets of any range against sums over all lines, with general reversals, adjustment periods and two years."""

import random
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from accounting.models.account import Account
from accounting.models.journal import Event, Intent
from accounting.reports.trial_balance import wanted_range
from accounting.selectors.balances import account_balances
from accounting.selectors.statements import account_statement
from ledgerlou.errors import InvalidInput
from periods.gate import fiscal_year_of
from tests.accounting.two_years import ZERO, filled
from tests.conftest import NOW

pytestmark = pytest.mark.django_db

PROFIT, LOSS = "2970", "2978"


def sides(company):
    """Every line twice: account, date, period, debit, credit as balances see it, and as stored."""
    general = dict(Intent.objects.of(company).values_list("id", "general_reversal"))
    for event in Event.objects.of(company).order_by("booking_date", "journal_number"):
        for account, debit, credit in ((event.account_debit, event.amount, ZERO), (event.account_credit, ZERO, event.amount)):
            seen = (-credit, -debit) if general[event.intent_id] else (debit, credit)
            yield account, event, seen, debit - credit


def carried(company, year):
    """What the year before leaves to a year without opening entries, worked out line by line."""
    left, result = defaultdict(lambda: ZERO), ZERO
    types = dict(Account.objects.of(company).values_list("number", "type"))
    for account, event, _, movement in sides(company):
        if event.booking_date >= year.starts_on:
            continue
        if types[account] in ("revenue", "expense"):
            result += movement
        elif not account.startswith("9"):
            left[account] += movement
    if result:
        left[PROFIT if result < 0 else LOSS] += result
    return left


def expected(company, start, end):
    year = fiscal_year_of(company, end)
    whole = (start, end) == (year.starts_on, year.ends_on)
    opening, debit, credit = (defaultdict(lambda: ZERO) for _ in range(3))
    own_opening = False
    for account, event, seen, movement in sides(company):
        if not year.starts_on <= event.booking_date <= end:
            continue
        if event.period.endswith("-00"):
            own_opening = True
            opening[account] += movement
        elif "-P" in event.period and not whole:
            continue
        elif event.booking_date < start:
            opening[account] += movement
        else:
            debit[account] += seen[0]
            credit[account] += seen[1]
    if not own_opening:
        for account, amount in carried(company, year).items():
            opening[account] += amount
    accounts = {*opening, *debit, *credit}
    rows = {account: (opening[account], debit[account], credit[account]) for account in accounts}
    return {account: row for account, row in rows.items() if any(row) and not account.startswith("9")}


def ranges(company, count):
    dice = random.Random(7)  # noqa: S311 -- a test's own dice
    first = fiscal_year_of(company, date(2026, 3, 1))
    second = fiscal_year_of(company, first.ends_on + timedelta(days=1))
    for year in (first, second):
        yield year.starts_on, year.ends_on
        yield year.starts_on, year.starts_on
        yield year.ends_on, year.ends_on
        for _ in range(count):
            days = sorted(year.starts_on + timedelta(days=dice.randrange(365)) for _ in range(2))
            yield min(days[0], year.ends_on), min(days[1], year.ends_on)


@pytest.mark.parametrize("start_month", [1, 7])
def test_trial_balance_of_any_range_equals_the_sum_of_lines(start_month):
    company = filled(start_month)

    for start, end in ranges(company, 25):
        wanted = wanted_range(company=company, period=None, start=start, end=end, today=NOW.date())
        got = {row.number: (row.opening, row.debit, row.credit) for row in account_balances(company=company, wanted=wanted)}
        got = {account: row for account, row in got.items() if any(row) and not account.startswith("9")}
        assert got == expected(company, start, end), (start, end)


@pytest.mark.parametrize("start_month", [1, 7])
def test_account_sheet_runs_on_from_its_fiscal_years_opening(start_month):
    company = filled(start_month)
    account = Account.objects.of(company).get(number="1800")
    running, balances, year = ZERO, {}, None
    for number, event, _, movement in sides(company):
        if number != "1800":
            continue
        if fiscal_year_of(company, event.booking_date) != year:
            year = fiscal_year_of(company, event.booking_date)
            running = ZERO if year.label == fiscal_year_of(company, date(2026, 3, 1)).label else carried(company, year)["1800"]
        running += movement
        balances[event.journal_number] = (movement, running)

    for start, end in [(None, None), *ranges(company, 8)]:
        sheet = account_statement(company=company, account=account, start=start, end=end, limit=1000)
        rows = [(line.journal_number, line.debit - line.credit, line.running_balance) for line in sheet.lines]
        wanted = [
            (number, *balances[number])
            for number in Event.objects.of(company)
            .filter(journal_number__in=balances, booking_date__range=(start or date.min, end or date.max))
            .order_by("booking_date", "journal_number")
            .values_list("journal_number", flat=True)
        ]
        assert rows == wanted, (start, end)
        if start is not None and rows:
            assert sheet.opening_balance + sum(row[1] for row in rows) == sheet.closing_balance or rows[0][1] == Decimal("900.00"), (
                start,
                end,
            )


def test_a_page_of_a_sheet_continues_the_page_before_it():
    company = filled(1)
    account = Account.objects.of(company).get(number="1800")
    whole = account_statement(company=company, account=account, start=None, end=None, limit=1000).lines

    pages, before = [], None
    while True:
        page = account_statement(company=company, account=account, start=None, end=None, limit=7, before=before)
        lines = page.lines
        if not lines:
            break
        if lines[0].booking_date.year == lines[-1].booking_date.year:  # a balance belongs to its fiscal year
            assert page.opening_balance + sum(line.debit - line.credit for line in lines) == page.closing_balance
        pages = lines + pages
        before = lines[0].journal_number

    assert pages == whole


def test_ranges_over_two_fiscal_years_are_refused():
    company = filled(7)

    with pytest.raises(InvalidInput) as caught, transaction.atomic():
        wanted_range(company=company, period=None, start=date(2026, 6, 30), end=date(2026, 7, 1), today=NOW.date())

    assert [fault.pointer for fault in caught.value.faults] == ["?startDate"]
