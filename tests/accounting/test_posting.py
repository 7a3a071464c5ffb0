"""The posting engine against real PostgreSQL: what is written, what is refused, and that a refusal leaves nothing."""

from decimal import Decimal

import pytest
from django.db import connection, transaction

from accounting.expansion import AccountNotFound, BalanceMismatch, InvalidTaxCode
from accounting.models.journal import AccountMonth, Event, Intent, JournalHead
from accounting.models.open_item import OpenItem, Settlement
from accounting.posting import DuplicateSuspected, post
from tests.conftest import NOW, draft

pytestmark = pytest.mark.django_db

SALE = (("1200", "119.00", "0.00"), ("4400", "0.00", "119.00", "UST19"))


def head(company) -> tuple[int, str]:
    row = JournalHead.objects.get(company=company)
    return row.next_number, row.last_hash


def test_post_writes_numbered_chained_events(company, actor):
    first, second = post(company=company, actor=actor, drafts=[draft(*SALE), draft(*SALE, text='Zweite "\t\\ ä€')], now=NOW)

    events = list(Event.objects.of(company).order_by("journal_number"))
    assert [event.journal_number for event in events] == [1, 2, 3, 4]
    assert [event.intent_id for event in events] == [first.intent_id] * 2 + [second.intent_id] * 2
    assert [(event.account_debit, event.account_credit, event.amount, event.tax_role) for event in events[:2]] == [
        ("1200", "4400", Decimal("100.00"), "base"),
        ("1200", "3806", Decimal("19.00"), "tax"),
    ]
    assert [event.prev_hash for event in events] == ["0" * 64, *[event.audit_hash for event in events[:-1]]]
    assert head(company) == (5, events[-1].audit_hash)


def test_post_moves_month_balances(company, actor):
    post(company=company, actor=actor, drafts=[draft(*SALE), draft(*SALE, text="noch eine")], now=NOW)

    rows = AccountMonth.objects.of(company).order_by("account").values_list("account", "period", "debit", "credit")
    assert list(rows) == [
        ("1200", "2026-03", Decimal("238.00"), Decimal("0.00")),
        ("3806", "2026-03", Decimal("0.00"), Decimal("38.00")),
        ("4400", "2026-03", Decimal("0.00"), Decimal("200.00")),
    ]


def test_post_bears_an_open_item(company, actor):
    made = draft(*SALE, external_reference="RE-1", metadata={"due_date": "2026-04-01"})
    [posted] = post(company=company, actor=actor, drafts=[made], now=NOW)

    item = OpenItem.objects.of(company).get()
    assert (item.intent_id, item.account, item.amount, item.reference, item.due_date.isoformat()) == (
        posted.intent_id, "1200", Decimal("119.00"), "RE-1", "2026-04-01",
    )  # fmt: skip
    assert Settlement.objects.of(company).count() == 0


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        ([("6815", "1.00", "0.00"), ("1800", "0.00", "0.99")], BalanceMismatch),
        ([("6816", "1.00", "0.00"), ("1800", "0.00", "1.00")], AccountNotFound),
        ([("6815", "1.00", "0.00", "VST21"), ("1800", "0.00", "1.00")], InvalidTaxCode),
    ],
)
def test_refused_booking_leaves_nothing(company, actor, lines, error):
    before = head(company)

    with pytest.raises(error), transaction.atomic():
        post(company=company, actor=actor, drafts=[draft(*SALE), draft(*lines)], now=NOW)

    assert head(company) == before
    assert (Intent.objects.of(company).count(), Event.objects.of(company).count(), OpenItem.objects.of(company).count()) == (0, 0, 0)


def test_fault_in_a_bulk_names_the_booking(company, actor):
    with pytest.raises(AccountNotFound) as caught:
        post(company=company, actor=actor, drafts=[draft(*SALE), draft(("6816", "1.00", "0.00"), ("1800", "0.00", "1.00"))], now=NOW)

    assert [fault.pointer for fault in caught.value.faults] == ["/bookings/1/lines/0/account_number"]


def test_duplicate_is_suspected_by_text_and_by_reference(company, actor):
    [first] = post(company=company, actor=actor, drafts=[draft(*SALE, external_reference="A")], now=NOW)

    for again in (draft(*SALE, external_reference="B"), draft(*SALE, text="Anderer Text", external_reference="A")):
        with pytest.raises(DuplicateSuspected) as caught, transaction.atomic():
            post(company=company, actor=actor, drafts=[again], now=NOW)
        assert caught.value.details["intent_ids"] == [first.intent_id]
    post(company=company, actor=actor, drafts=[draft(*SALE, skip_duplicate_check=True)], now=NOW)


def test_posting_makes_the_periods_of_another_year(company, actor):
    [posted] = post(company=company, actor=actor, drafts=[draft(*SALE, day="2024-02-29")], now=NOW)

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM periods_period WHERE fiscal_year = 2024")
        assert cursor.fetchone() == (15,)
    assert posted.period == "2024-02"


def test_statements_of_posting_are_prepared(company, actor):
    """Parsing and planning them again each time would cost a third of a posting."""
    post(company=company, actor=actor, drafts=[draft(("6815", "5.00", "0.00"), ("1600", "0.00", "5.00"))], now=NOW)

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement ILIKE '%INSERT INTO accounting_intent%'")
        assert cursor.fetchone() == (1,)
