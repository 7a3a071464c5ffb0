"""Any sequence of post, bulk, reverse, settle, lock, reopen and final lock leaves verify clean and equals a model kept in memory."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounting.drafts import Settle
from accounting.item_effects import SettlementTooLarge
from accounting.posting import post
from accounting.services.reversals import AlreadyReversed, OpenItemSettled, ReversalRequest, reverse_booking
from accounting.verify import verify_books
from ledgerlou import clock
from ledgerlou.companies.actor import person_actor
from ledgerlou.errors import LedgerLouError, WrongState
from periods.closing import approve_lock, request_lock
from periods.gate import PeriodLocked
from periods.locks import reopen_period, soft_lock_period
from tests.conftest import draft, new_company, new_person, show_company

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

MONTHS = ("2026-02", "2026-03")
CLOSED_IN_ORDER = ("2026-01", *MONTHS)
ACCOUNTS = ("1600", "1800", "6815", "6530")
cents = st.integers(1, 200_000).map(lambda value: Decimal(value) / 100)
operations = st.lists(
    st.one_of(
        st.tuples(st.just("post"), st.sampled_from(MONTHS), st.sampled_from(ACCOUNTS), cents, st.sampled_from((None, "VST19", "VST7"))),
        st.tuples(st.just("invoice"), st.sampled_from(MONTHS), cents),
        st.tuples(st.just("bulk"), st.sampled_from(MONTHS), st.lists(cents, min_size=2, max_size=4)),
        st.tuples(st.just("reverse"), st.integers(0, 30), st.booleans(), st.sampled_from(("original_period", "current_period"))),
        st.tuples(st.just("settle"), st.integers(0, 30), cents),
        st.tuples(st.just("lock"), st.sampled_from(MONTHS)),
        st.tuples(st.just("reopen"), st.sampled_from(MONTHS)),
        st.tuples(st.just("close"), st.sampled_from(CLOSED_IN_ORDER)),
    ),
    min_size=1,
    max_size=14,
)


class Model:
    """The ledger as a few dictionaries."""

    def __init__(self):
        self.balance, self.locked, self.closed, self.items, self.posted, self.reversed = {}, set(), set(), {}, [], set()
        self.events = 0

    def move(self, transfers, sign=1):
        for transfer in transfers:
            self.balance[transfer.debit] = self.balance.get(transfer.debit, Decimal(0)) + sign * transfer.amount
            self.balance[transfer.credit] = self.balance.get(transfer.credit, Decimal(0)) - sign * transfer.amount


class Run:
    """Carries out one operation on the real ledger and on the model, and compares the outcome."""

    def __init__(self, company, actor):
        self.company, self.actor, self.model, self.number = company, actor, Model(), 0

    def text(self):
        self.number += 1
        return f"Buchung {self.number}"

    def book(self, month, drafts, settles=()):
        model = self.model
        try:
            with transaction.atomic():
                posted = post(company=self.company, actor=self.actor, drafts=drafts, now=clock.now())
        except PeriodLocked:
            assert month in model.locked
            return []
        assert month not in model.locked
        for one in posted:
            model.posted.append((one, month, settles))
            model.move(one.transfers)
            model.events += one.event_count
        return posted

    def post(self, month, account, amount, code):
        contra = "1460"
        code = code if account.startswith("6") else None
        self.book(month, [draft((account, str(amount), "0.00", code), (contra, "0.00", str(amount)), day=f"{month}-05", text=self.text())])

    def invoice(self, month, amount):
        for one in self.book(
            month, [draft(("1200", str(amount), "0.00"), ("4300", "0.00", str(amount), "UST7"), day=f"{month}-05", text=self.text())]
        ):
            self.model.items[one.intent_id] = [amount, amount]

    def bulk(self, month, amounts):
        lines = [(("6530", str(amount), "0.00"), ("1600", "0.00", str(amount))) for amount in amounts]
        self.book(month, [draft(*pair, day=f"{month}-06", text=self.text()) for pair in lines])

    def settle(self, place, amount):
        waiting = [key for key, (_, left) in self.model.items.items() if key not in self.model.reversed]
        if not waiting:
            return
        intent_id = waiting[place % len(waiting)]
        left = self.model.items[intent_id][1]
        settles = (Settle(intent_id=intent_id, account="1200", amount=amount),)
        payment = draft(("1800", str(amount), "0.00"), ("1200", "0.00", str(amount)), day="2026-10-05", text=self.text(), settles=settles)
        if amount > left:
            with pytest.raises(SettlementTooLarge), transaction.atomic():
                post(company=self.company, actor=self.actor, drafts=[payment], now=clock.now())
            return
        self.book("2026-10", [payment], settles=((intent_id, amount),))
        self.model.items[intent_id][1] -= amount

    def reverse(self, place, general, mode):
        model = self.model
        if not model.posted:
            return
        one, month, settles = model.posted[place % len(model.posted)]
        request = ReversalRequest(intent_id=one.intent_id, general_reversal=general, posting_mode=mode)
        expected = self.refusal(one, month, mode)
        try:
            with transaction.atomic():
                made = reverse_booking(company=self.company, actor=self.actor, request=request, today=date(2026, 11, 25), now=clock.now())
            refused = None
        except LedgerLouError as error:
            refused = type(error)
        assert refused is expected
        if refused is not None:
            return
        model.reversed.add(one.intent_id)
        model.move(one.transfers, sign=-1)
        model.events += made.event_count
        if one.intent_id in model.items:
            model.items[one.intent_id][1] = Decimal(0)
        for intent_id, amount in settles:
            model.items[intent_id][1] += amount

    def refusal(self, one, month, mode):
        if one.intent_id in self.model.reversed:
            return AlreadyReversed
        item = self.model.items.get(one.intent_id)
        if item is not None and item[0] != item[1]:
            return OpenItemSettled
        return PeriodLocked if mode == "original_period" and month in self.model.locked else None

    def lock(self, month):
        self.change(
            month in self.model.locked, lambda: soft_lock_period(company=self.company, actor=self.actor, period=month, now=clock.now())
        )
        self.model.locked.add(month)

    def reopen(self, month):
        model = self.model
        self.change(month not in model.locked or month in model.closed, lambda: reopen_period(company=self.company, period=month))
        if month not in model.closed:
            model.locked.discard(month)

    def close(self, month):
        """Lock for good; the owner is the only one who may, so may approve the own request."""
        model = self.model
        earlier = CLOSED_IN_ORDER[: CLOSED_IN_ORDER.index(month)]
        refused = month in model.closed or not model.closed.issuperset(earlier)

        def act():
            request = request_lock(company=self.company, actor=self.actor, period=month, now=clock.now())
            approve_lock(company=self.company, actor=self.actor, period=month, request_id=request.id, now=clock.now())

        self.change(refused, act)
        if not refused:
            model.closed.add(month)
            model.locked.add(month)

    def change(self, refused, act):
        try:
            with transaction.atomic():
                act()
        except (WrongState, LedgerLouError):
            assert refused
            return
        assert not refused


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=operations)
def test_any_sequence_equals_the_model(db, steps):
    with transaction.atomic():
        person = new_person()
        company = new_company(owner=person)
        show_company(company)
        run = Run(company, person_actor(person_id=person.id, label="Erika", role="owner", channel="api"))

        for name, *arguments in steps:
            getattr(run, name)(*arguments)

        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(
                "SELECT account, sum(debit - credit) FROM accounting_accountmonth WHERE company_id = %s GROUP BY account HAVING sum(debit - credit) <> 0",
                [company.id],
            )
            assert dict(cursor.fetchall()) == {account: amount for account, amount in run.model.balance.items() if amount}
            cursor.execute(
                "SELECT coalesce(sum(o.amount), 0) + coalesce((SELECT sum(movement) FROM accounting_settlement), 0) FROM accounting_openitem o",
            )
            assert cursor.fetchone()[0] == sum(left for _, left in run.model.items.values())
            report = verify_books(cursor, company_id=company.id, files=False)
        assert (report.faults, report.events) == ((), run.model.events)
        transaction.set_rollback(True)
