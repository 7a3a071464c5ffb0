"""Whatever the services write, verify finds nothing: no false alarm for any sequence of sales, payments, currencies and reversals."""

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounting.drafts import Fx, Settle
from accounting.item_effects import SettlementTooLarge
from accounting.models.open_item import OpenItem
from accounting.posting import post
from accounting.services.reversals import (
    CURRENT_PERIOD,
    ORIGINAL_PERIOD,
    AlreadyReversed,
    OpenItemSettled,
    ReversalRequest,
    reverse_booking,
)
from accounting.verify import verify_books
from ledgerlou.errors import InvalidInput
from tests.conftest import NOW, TODAY, draft

pytestmark = pytest.mark.django_db
CENT = Decimal("0.01")
days = st.dates(date(2026, 1, 1), date(2026, 11, 20))
amounts = st.integers(2, 500_000).map(lambda cents: cents * CENT)
rates = st.integers(50_000_000, 200_000_000).map(lambda units: Decimal(units).scaleb(-8))
bookings = st.one_of(
    st.tuples(st.just("sale"), days, amounts, st.sampled_from(["UST19", "UST7", None])),
    st.tuples(st.just("purchase"), days, amounts, st.sampled_from(["VST19", "VST-13B19", None])),
    st.tuples(st.just("foreign"), days, amounts, rates),
    st.tuples(st.just("payment"), days, st.integers(0, 30), st.integers(1, 100)),
    st.tuples(st.just("foreign payment"), days, st.integers(0, 30), rates),
    st.tuples(st.just("opening"), days, amounts, st.just(None)),
    st.tuples(st.just("reversal"), days, st.integers(0, 30), st.sampled_from([CURRENT_PERIOD, ORIGINAL_PERIOD])),
)


class Bookkeeper:
    """Does what the steps say, as far as the services allow it."""

    def __init__(self, company, actor):
        self.company, self.actor = company, actor
        self.posted = []

    def book(self, day, *lines, **extra):
        text = f"Booking {len(self.posted)}"
        made = draft(*lines, day=day.isoformat(), text=text, skip_duplicate_check=True, **extra)
        self.posted += post(company=self.company, actor=self.actor, drafts=[made], now=NOW)

    def step(self, what, day, first, second):
        with transaction.atomic():
            getattr(self, what.replace(" ", "_"))(day, first, second)

    def sale(self, day, amount, code):
        metadata = {"due_date": (day + timedelta(14)).isoformat()} if code else {"due_date": "soon"}
        revenue = ("4400", "0.00", str(amount), code) if code else ("4400", "0.00", str(amount))
        self.book(day, ("1200", str(amount), "0.00"), revenue, metadata=metadata, external_reference=f"RE-{day}")

    def purchase(self, day, amount, code):
        cost = ("5923", str(amount), "0.00", code) if code else ("5923", str(amount), "0.00")
        self.book(day, cost, ("3300", "0.00", str(amount)), metadata={"due_date": day.strftime("%Y%m%d")})

    def foreign(self, day, foreign, rate):
        euros = max((foreign / rate).quantize(CENT, ROUND_HALF_UP), CENT)
        fx = Fx(currency="USD", amount=foreign, rate=rate, rate_date=day, rate_source="ecb")
        self.book(day, ("1200", str(euros), "0.00"), ("4120", "0.00", str(euros)), fx=fx)

    def item(self, choice):
        items = list(OpenItem.objects.of(self.company).exclude(amount=0).order_by("id"))
        if not items:
            raise InvalidInput("Nothing is open.")
        return items[choice % len(items)]

    def payment(self, day, choice, percent):
        item = self.item(choice)
        amount = max((abs(item.amount) * percent / 100).quantize(CENT, ROUND_HALF_UP), CENT)
        self.pay(day, item, amount)

    def pay(self, day, item, amount, **extra):
        settles = (Settle(intent_id=item.intent_id, account=item.account, amount=amount, position=item.position),)
        lines = [("1800", str(amount), "0.00"), (item.account, "0.00", str(amount))]
        if item.amount < 0:
            lines = [(item.account, str(amount), "0.00"), ("1800", "0.00", str(amount))]
        self.book(day, *lines, settles=settles, **extra)

    def foreign_payment(self, day, choice, rate):
        item = self.item(choice)
        amount = abs(item.amount)
        fx = Fx(currency="USD", amount=(amount * rate).quantize(CENT, ROUND_HALF_UP), rate=rate, rate_date=day, rate_source="bank")
        self.pay(day, item, amount, fx=fx)

    def opening(self, day, amount, _):
        lines = (("1200", str(amount), "0.00"), ("1200", "0.01", "0.00"), ("2900", "0.00", str(amount + CENT)))
        self.book(day.replace(month=1, day=1), *lines, opening=True)

    def reversal(self, _day, choice, mode):
        if not self.posted:
            raise InvalidInput("Nothing is booked.")
        original = self.posted[choice % len(self.posted)]
        request = ReversalRequest(intent_id=original.intent_id, posting_mode=mode, general_reversal=mode == ORIGINAL_PERIOD)
        self.posted.append(reverse_booking(company=self.company, actor=self.actor, request=request, today=TODAY, now=NOW))


REFUSALS = (InvalidInput, SettlementTooLarge, OpenItemSettled, AlreadyReversed)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=st.lists(bookings, min_size=1, max_size=14))
def test_verify_finds_nothing_in_whatever_the_services_write(company, actor, steps):
    with transaction.atomic():
        keeper = Bookkeeper(company, actor)
        for step in steps:
            try:
                keeper.step(*step)
            except REFUSALS:
                continue  # the services refuse what does not fit, such as a second reversal
        with connection.cursor() as cursor:
            report = verify_books(cursor, company_id=company.id, chunk=4)
        transaction.set_rollback(True)

    assert [str(fault) for fault in report.faults] == []
