"""Account sheets of any range against sums over all lines: pages, running balances, totals of the periods, and the trial balance."""

import random
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounting.models.account import Account
from accounting.models.journal import Event, Intent
from accounting.reports.trial_balance import wanted_range
from accounting.selectors.account_sheet import LineKey, sheet_lines, sheet_page, sheet_totals
from accounting.selectors.account_tree import account_tree
from accounting.selectors.balances import Range, account_balances, periods_of, range_of_dates, range_of_period
from accounting.selectors.money_accounts import money_accounts
from periods.gate import FiscalYear, fiscal_year_named, fiscal_year_of
from tests.accounting.two_years import ZERO, committed, looked_at

Line = tuple[date, int, str, Decimal, Decimal]


@pytest.fixture(params=[1, 7])
def company(request: pytest.FixtureRequest, real_commits: None):
    """Two fiscal years that begin in January, or in July."""
    with looked_at(committed(request.param)) as made:
        yield made


def all_lines(company, account: str) -> list[Line]:
    """Every line of an account by day and number, general reversals with a minus on the side of their original."""
    general = set(Intent.objects.of(company).filter(general_reversal=True).values_list("id", flat=True))
    lines = []
    for event in Event.objects.of(company):
        if account not in (event.account_debit, event.account_credit):
            continue
        is_debit, is_general = event.account_debit == account, event.intent_id in general
        amount = -event.amount if is_general else event.amount
        debit, credit = (amount, ZERO) if is_debit != is_general else (ZERO, amount)
        lines.append((event.booking_date, event.journal_number, event.period, debit, credit))
    return sorted(lines)


def ranges_of(year: FiscalYear, seed: int) -> list[Range]:
    dice = random.Random(seed)  # noqa: S311 -- a test's own dice
    found = [range_of_period(year, None), *(range_of_period(year, period) for period in periods_of(year))]
    days = (year.ends_on - year.starts_on).days
    for _ in range(25):
        first, last = sorted(year.starts_on + timedelta(days=dice.randrange(days + 1)) for _ in range(2))
        found.append(range_of_dates(year, first, last))
    return found


def expected(lines: list[Line], wanted: Range) -> list[Line]:
    first, last = wanted.days
    return [line for line in lines if line[2] in wanted.turnover_periods and first <= line[0] <= last]


def test_sheet_of_any_range_agrees_with_lines_and_trial_balance(company):
    for number in ("1800", "1600", "6815"):
        account, lines = Account.objects.of(company).get(number=number), all_lines(company, number)
        for label in (2026, 2027):
            for wanted in ranges_of(fiscal_year_named(company, label), label):
                totals = sheet_totals(company=company, account=account, wanted=wanted)
                shown = list(sheet_lines(company=company, account=account, wanted=wanted, totals=totals))
                balances = {row.number: row for row in account_balances(company=company, wanted=wanted)}

                hoped = list(reversed(expected(lines, wanted)))
                assert [(line.booking_date, line.journal_number, line.period, line.debit, line.credit) for line in shown] == hoped
                row = balances.get(number)
                if row is None:
                    assert (totals.opening, totals.closing, shown) == (ZERO, ZERO, [])
                    continue
                assert (totals.opening, totals.debit, totals.credit, totals.closing) == (row.opening, row.debit, row.credit, row.closing)
                assert [later.balance - later.debit + later.credit for later in shown] == [
                    *[line.balance for line in shown[1:]],
                    totals.opening,
                ][: len(shown)]
                assert not shown or shown[0].balance == totals.closing


def test_totals_of_periods_are_those_of_their_lines(company):
    account, lines = Account.objects.of(company).get(number="1600"), all_lines(company, "1600")
    for wanted in ranges_of(fiscal_year_named(company, 2026), 5):
        totals = sheet_totals(company=company, account=account, wanted=wanted)

        sums: dict[str, list[Decimal]] = {}
        for _day, _number, period, debit, credit in expected(lines, wanted):
            sums.setdefault(period, [ZERO, ZERO])
            sums[period] = [sums[period][0] + debit, sums[period][1] + credit]
        moved = {period: both for period, both in sums.items() if both != [ZERO, ZERO]}
        assert {total.period: [total.debit, total.credit] for total in totals.periods} == moved
        assert [total.period for total in totals.periods] == [period for period in wanted.turnover_periods if period in moved]


@pytest.mark.parametrize(("number", "limit"), [("1800", 3), ("1800", 7), ("1600", 1), ("1600", 4)])
def test_pages_forth_and_back_show_the_same_lines_and_balances(company, number, limit):
    """The cash account has lines of periods 13 and 14 among those of the last month."""
    account = Account.objects.of(company).get(number=number)
    year = fiscal_year_named(company, 2026)
    for wanted in (
        range_of_period(year, None),
        range_of_dates(year, year.starts_on + timedelta(days=40), year.ends_on - timedelta(days=9)),
    ):
        totals = sheet_totals(company=company, account=account, wanted=wanted)
        whole = [(line.key, line.balance) for line in sheet_lines(company=company, account=account, wanted=wanted, totals=totals)]

        def page(wanted=wanted, totals=totals, **key: LineKey | None):
            return sheet_page(company=company, account=account, wanted=wanted, totals=totals, limit=limit, **key)

        forth, shown = [], page()
        while True:
            forth.append([(line.key, line.balance) for line in shown.lines])
            if shown.older is None:
                break
            shown = page(older=shown.older)
        back = [forth[-1]]
        while shown.newer is not None:
            shown = page(newer=shown.newer)
            back.append([(line.key, line.balance) for line in shown.lines])

        assert [entry for part in forth for entry in part] == whole
        assert [entry for part in reversed(back) for entry in part] == whole


def test_sheet_takes_the_same_statements_whatever_its_length(company):
    account, year = Account.objects.of(company).get(number="1800"), fiscal_year_named(company, 2026)

    def count(wanted: Range, limit: int) -> int:
        with CaptureQueriesContext(connection) as queries:
            totals = sheet_totals(company=company, account=account, wanted=wanted)
            page = sheet_page(company=company, account=account, wanted=wanted, totals=totals, limit=limit)
            sheet_page(company=company, account=account, wanted=wanted, totals=totals, limit=limit, older=page.older)
        return len(queries)

    assert {count(range_of_period(year, None), limit) for limit in (1, 5, 20)} == {5}


def test_tree_holds_every_balance_once_and_balances(company):
    for label in (2026, 2027):
        year = fiscal_year_named(company, label)
        for wanted in (range_of_period(year, None), range_of_period(year, periods_of(year)[4])):
            tree = account_tree(company=company, wanted=wanted)

            rows = [row for row in account_balances(company=company, wanted=wanted) if row.opening or row.debit or row.credit]
            found = dict(leaves(tree))
            assert {number: abs(amount) for number, amount in found.items()} == {
                row.number: abs(row.closing) for row in rows if not row.number.startswith("9")
            }
            technical = sum((row.closing for row in rows if row.number.startswith("9")), ZERO)
            assert tree.unassigned == -technical
            assert tree.result.amount == -sum((row.closing for row in rows if row.type in ("revenue", "expense")), ZERO)


def leaves(tree):
    def walk(groups):
        for group in groups:
            assert group.amount == sum((part.amount for part in (*group.accounts, *group.groups)), group.computed)
            yield from ((account.number, account.amount) for account in group.accounts)
            yield from walk(group.groups)

    for side in (tree.assets, tree.liabilities, tree.result):
        yield from walk(side.groups)
    yield from ((account.number, account.amount) for account in tree.others)


def test_money_accounts_show_the_balance_of_the_day_and_the_newest_line(company):
    year = fiscal_year_named(company, 2026)
    days = [
        year.starts_on,
        year.starts_on + timedelta(days=77),
        year.ends_on - timedelta(days=20),
        year.ends_on,
        year.ends_on + timedelta(days=50),
    ]
    for day in days:
        found = {account.number: account for account in money_accounts(company=company, day=day)}

        own = fiscal_year_of(company, day)
        balances = {row.number: row.closing for row in account_balances(company=company, wanted=range_of_dates(own, own.starts_on, day))}
        assert {number: found[number].balance for number in ("1600", "1800")} == {
            number: balances.get(number, ZERO) for number in ("1600", "1800")
        }
        assert found["1800"].last_day == all_lines(company, "1800")[-1][0]
    assert (found["1820"].balance, found["1820"].last_day) == (ZERO, None)


def test_wanted_range_knows_its_days(company):
    year = fiscal_year_named(company, 2026)
    first, last = year.starts_on + timedelta(days=3), year.ends_on - timedelta(days=3)

    assert range_of_dates(year, first, last).days == (first, last)
    assert range_of_period(year, "2026-P13").days == (year.last_month_starts_on, year.ends_on)
    assert wanted_range(company=company, period="2026", start=None, end=None, today=last).days == (year.starts_on, year.ends_on)
