"""Open items in foreign currency: what a payment takes from them, and what it leaves."""

from datetime import date
from decimal import Decimal

import pytest

from accounting.drafts import Fx, Settle
from accounting.models.open_item import OpenItem, Settlement
from accounting.posting import post
from tests.conftest import NOW, draft

pytestmark = pytest.mark.django_db


def fx(currency: str, amount: str, rate: str) -> Fx:
    return Fx(currency=currency, amount=Decimal(amount), rate=Decimal(rate), rate_date=date(2026, 3, 2), rate_source="ecb")


def test_a_payment_in_another_currency_keeps_its_own_amount_on_what_it_leaves(company, actor):
    bill = draft(("5559", "100.00", "0.00"), ("3300", "0.00", "100.00"), text="Rechnung in CHF", fx=fx("CHF", "95.00", "0.95"))
    [owed] = post(company=company, actor=actor, drafts=[bill], now=NOW)
    settles = (Settle(intent_id=owed.intent_id, account="3300", amount=Decimal("100.00")),)
    payment = draft(
        ("3300", "200.00", "0.00"), ("1800", "0.00", "200.00"), text="Zahlung in USD", fx=fx("USD", "220.00", "1.1"), settles=settles
    )

    [paid] = post(company=company, actor=actor, drafts=[payment], now=NOW)

    rest = OpenItem.objects.of(company).get(intent_id=paid.intent_id)
    moved = Settlement.objects.of(company).get(intent_id=paid.intent_id)
    assert (moved.movement, moved.fx_movement) == (Decimal("100.00"), Decimal("95.0000"))
    assert (rest.amount, rest.fx_currency, rest.fx_amount) == (Decimal("100.00"), "USD", Decimal("110.0000"))
