"""Open items by account and age on a day, and the items of an account with what settled part of them."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounting.drafts import Settle
from accounting.posting import post
from accounting.reports.trial_balance import trial_balance
from accounting.selectors.ageing import PAYABLES, RECEIVABLES, AgedItem, Ages, aged_items, ages_by_account, total_ages
from accounting.selectors.balances import range_of_dates
from periods.gate import fiscal_year_of
from tests.conftest import NOW, TODAY, draft

DAYS_OVERDUE = {
    "not_due": (-400, -1, 0),
    "up_to_30": (1, 29, 30),
    "up_to_60": (31, 60),
    "up_to_90": (61, 90),
    "over_90": (91, 250),
}


def invoice(account: str, amount: str, day: date, **extra: Any) -> Any:
    lines = ((account, amount, "0"), ("4400", "0", amount)) if account != "3300" else (("6815", amount, "0"), (account, "0", amount))
    return draft(*lines, day=day.isoformat(), text=f"Rechnung {amount}", skip_duplicate_check=True, **extra)


def due(day: date) -> dict[str, Any]:
    return {"metadata": {"due_date": day.isoformat()}}


def book(company: Any, actor: Any, *drafts: Any) -> list[Any]:
    return [row.intent_id for row in post(company=company, actor=actor, drafts=list(drafts), now=NOW)]


def paid(intent_id: Any, account: str, amount: str, day: date) -> Any:
    settles = (Settle(intent_id=intent_id, account=account, amount=Decimal(amount)),)
    lines = (("1800", amount, "0"), (account, "0", amount)) if account != "3300" else ((account, amount, "0"), ("1800", "0", amount))
    return draft(*lines, day=day.isoformat(), text=f"Zahlung {amount}", settles=settles)


def items_of(company: Any, account: str, day: date = TODAY, kind: str = RECEIVABLES) -> list[AgedItem]:
    items, following = aged_items(company=company, kind=kind, account=account, day=day, limit=100)
    assert following is None
    return items


@pytest.mark.parametrize(("bucket", "days"), [(bucket, days) for bucket, group in DAYS_OVERDUE.items() for days in group])
def test_item_ages_by_the_days_since_it_was_due(company, actor, bucket, days):
    booked = TODAY - timedelta(days=300)
    book(company, actor, invoice("1200", "119.00", booked, **due(TODAY - timedelta(days=days))))

    [row] = ages_by_account(company=company, kind=RECEIVABLES, day=TODAY)

    assert row.ages == Ages(**{bucket: Decimal("119.00")})
    assert (row.ages.total, row.ages.overdue) == (Decimal("119.00"), Decimal("0.00") if bucket == "not_due" else Decimal("119.00"))
    assert [(item.days_overdue, item.open) for item in items_of(company, "1200")] == [(max(days, 0), Decimal("119.00"))]


def test_what_is_settled_until_the_day_is_no_longer_open(company, actor):
    first, second = book(company, actor, invoice("1200", "100.00", date(2026, 3, 1)), invoice("1200", "50.00", date(2026, 3, 2)))
    [part] = book(company, actor, paid(first, "1200", "30.00", date(2026, 4, 10)))
    [whole] = book(company, actor, paid(second, "1200", "50.00", date(2026, 4, 20)))

    before = items_of(company, "1200", date(2026, 4, 9))
    between = items_of(company, "1200", date(2026, 4, 10))
    after = items_of(company, "1200", date(2026, 4, 20))

    assert [(item.intent_id, item.open, item.settled) for item in before] == [
        (first, Decimal("100.00"), ()),
        (second, Decimal("50.00"), ()),
    ]
    assert [item.open for item in between] == [Decimal("70.00"), Decimal("50.00")]
    assert [(item.intent_id, item.original, item.open) for item in after] == [(first, Decimal("100.00"), Decimal("70.00"))]
    assert [(settled.intent_id, settled.booking_date, settled.amount) for settled in after[0].settled] == [
        (part, date(2026, 4, 10), Decimal("30.00"))
    ]
    assert whole not in {settled.intent_id for item in (*before, *between, *after) for settled in item.settled}


def test_payables_are_positive_and_stand_apart_from_receivables(company, actor):
    book(company, actor, invoice("3300", "238.00", date(2026, 11, 20)), invoice("1200", "119.00", date(2026, 11, 20)))

    receivables, payables = (ages_by_account(company=company, kind=kind, day=TODAY) for kind in (RECEIVABLES, PAYABLES))

    assert [(row.number, row.ages.total) for row in receivables] == [("1200", Decimal("119.00"))]
    assert [(row.number, row.ages.total) for row in payables] == [("3300", Decimal("238.00"))]
    assert [item.original for item in items_of(company, "3300", kind=PAYABLES)] == [Decimal("238.00")]


def test_sum_of_the_ages_is_the_balance_of_the_account_on_any_day(company, actor):
    first, _second, third = book(
        company,
        actor,
        invoice("1200", "100.00", date(2026, 3, 1)),
        invoice("1200", "77.77", date(2026, 5, 5)),
        invoice("1200", "31.10", date(2026, 7, 7)),
    )
    book(company, actor, paid(first, "1200", "40.00", date(2026, 6, 1)), paid(third, "1200", "31.10", date(2026, 8, 1)))

    for day in (date(2026, 3, 1), date(2026, 5, 31), date(2026, 6, 1), date(2026, 7, 31), TODAY):
        rows = ages_by_account(company=company, kind=RECEIVABLES, day=day)
        year = fiscal_year_of(company, day)
        balances = trial_balance(company=company, wanted=range_of_dates(year, year.starts_on, day))
        assert {row.number: row.ages.total for row in rows} == {row.number: row.closing for row in balances if row.number == "1200"}


def test_items_page_by_due_day_and_end(company, actor):
    days = [date(2026, 5, 5), date(2026, 3, 1), date(2026, 5, 5), date(2026, 4, 1), date(2026, 9, 9)]
    book(company, actor, *(invoice("1200", f"{number + 10}.00", day) for number, day in enumerate(days)))

    pages, after = [], None
    while True:
        items, after = aged_items(company=company, kind=RECEIVABLES, account="1200", day=TODAY, limit=2, after=after)
        pages.append([(item.due_date, item.original) for item in items])
        if after is None:
            break

    assert pages == [
        [(date(2026, 3, 1), Decimal("11.00")), (date(2026, 4, 1), Decimal("13.00"))],
        [(date(2026, 5, 5), Decimal("10.00")), (date(2026, 5, 5), Decimal("12.00"))],
        [(date(2026, 9, 9), Decimal("14.00"))],
    ]


def test_ages_of_all_accounts_add_up(company, actor):
    book(company, actor, invoice("1200", "119.00", date(2026, 1, 1)), invoice("1200", "10.00", TODAY))

    total = total_ages(ages_by_account(company=company, kind=RECEIVABLES, day=TODAY))

    assert total == Ages(not_due=Decimal("10.00"), over_90=Decimal("119.00"))


def test_statements_do_not_grow_with_items(company, actor):
    def count() -> tuple[int, int]:
        with CaptureQueriesContext(connection) as ages:
            ages_by_account(company=company, kind=RECEIVABLES, day=TODAY)
        with CaptureQueriesContext(connection) as items:
            items_of(company, "1200")
        return len(ages), len(items)

    [first] = book(company, actor, invoice("1200", "100.00", date(2026, 3, 1)))
    one = count()
    book(company, actor, *(invoice("1200", f"{number}.00", date(2026, 4, 1)) for number in range(1, 30)))
    book(company, actor, paid(first, "1200", "30.00", date(2026, 4, 10)), paid(first, "1200", "20.00", date(2026, 4, 11)))

    assert (one, count()) == ((1, 2), (1, 2))


def test_another_companys_items_are_not_seen(other_company, company, actor):
    book(company, actor, invoice("1200", "100.00", date(2026, 3, 1)))

    assert ages_by_account(company=other_company, kind=RECEIVABLES, day=TODAY) == []
    assert aged_items(company=other_company, kind=RECEIVABLES, account="1200", day=TODAY, limit=10) == ([], None)
