"""Book the planned year through the ordinary services, and lock what is past with two people."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from accounting.drafts import Draft, Settle
from accounting.posting import post
from accounting.services.documents import ReceivedFile, store_document
from accounting.services.opening_balances import BalanceRow, post_opening_balances
from accounting.services.reversals import ORIGINAL_PERIOD, ReversalRequest, reverse_booking
from ledgerlou.companies.actor import Actor
from ledgerlou.companies.context import company_transaction
from ledgerlou.companies.models.company import Company
from ledgerlou.demo.plan import Month, Payment, Planner, line
from ledgerlou.demo.vouchers import voucher_pdf
from ledgerlou.money import ZERO
from periods.closing import approve_lock, request_lock
from periods.gate import fiscal_year_of
from periods.locks import soft_lock_period

_OPENING = (
    ("0640", "18600.00", "0.00"), ("1140", "38420.50", "0.00"), ("1200", "14994.00", "0.00"), ("1600", "1512.40", "0.00"),
    ("1800", "86210.75", "0.00"), ("2900", "0.00", "25000.00"), ("2970", "0.00", "71287.65"), ("3150", "0.00", "45600.00"),
    ("3300", "0.00", "17850.00"),
)  # fmt: skip
_OPEN_MONTHS = 2  # the newest stay open; the one before them is soft-locked, all earlier ones are locked for good


@dataclass(kw_only=True, slots=True)
class Bookkeeping:
    """The demo company's books while they are written; `ids` are bookings by reference."""

    company: Company
    first_person: Actor
    second_person: Actor
    now: datetime
    ids: dict[str, UUID] = field(default_factory=dict)

    def write(self, months: list[date], last_day: date) -> int:
        """Open the books, book the year, lock past months; how many bookings were written."""
        with company_transaction(self.company.id, actor=self.first_person):
            rows = [BalanceRow(account=number, debit=Decimal(debit), credit=Decimal(credit)) for number, debit, credit in _OPENING]
            post_opening_balances(company=self.company, actor=self.first_person, booking_date=months[0], balances=rows, now=self.now)
        count = 1
        for month in Planner(months=months, last_day=last_day).plan():
            with company_transaction(self.company.id, actor=self.first_person):
                count += self._month(month)
        self._lock(months)
        return count

    def _month(self, month: Month) -> int:
        """One month: vouchers first, then all bookings at once, all payments at once, and what has to be undone."""
        documents = self._documents(month)
        drafts = [self._with_document(draft, documents) for draft in month.bookings]
        for draft, posted in zip(drafts, post(company=self.company, actor=self.first_person, drafts=drafts, now=self.now), strict=True):
            if draft.external_reference:
                self.ids[draft.external_reference] = posted.intent_id
        payments = [self._payment(payment) for payment in month.payments if payment.of in self.ids]
        post(company=self.company, actor=self.second_person, drafts=payments, now=self.now)
        for reference, general in month.reversed_references:
            wanted = ReversalRequest(
                intent_id=self.ids[reference], reason="doppelt erfasst", posting_mode=ORIGINAL_PERIOD, general_reversal=general
            )
            reverse_booking(company=self.company, actor=self.second_person, request=wanted, today=month.first, now=self.now)
        return len(drafts) + len(payments) + len(month.reversed_references)

    def _documents(self, month: Month) -> Mapping[str, UUID]:
        days = {draft.external_reference: draft.booking_date.isoformat() for draft in month.bookings}
        found = {}
        for reference, (party, gross) in month.vouchers.items():
            if reference not in days:
                continue
            title = "Ausgangsrechnung" if reference.startswith("RE") else "Eingangsrechnung"
            content = voucher_pdf(title=title, party=party, reference=reference, day=days[reference], gross=gross)
            received = ReceivedFile(name=f"{reference}.pdf", declared_type="application/pdf", content=content)
            found[reference] = store_document(company=self.company, actor=self.first_person, received=received, now=self.now).id
        return found

    def _with_document(self, draft: Draft, documents: Mapping[str, UUID]) -> Draft:
        document_id = documents.get(draft.external_reference or "")
        if document_id is None:
            return draft
        return Draft(
            booking_date=draft.booking_date,
            description=draft.description,
            lines=draft.lines,
            external_reference=draft.external_reference,
            metadata=draft.metadata,
            document_id=document_id,
            fx=draft.fx,
            skip_duplicate_check=True,
        )

    def _payment(self, payment: Payment) -> Draft:
        """Money in for a claim, money out for a debt; an exchange difference goes to gain or loss (4840, 6880)."""
        paid = payment.amount + payment.difference
        if payment.account == "1200":
            lines = [line("1800", debit=payment.amount), line("1200", credit=payment.amount)]
        elif payment.difference > 0:
            lines = [line("3300", debit=payment.amount), line("6880", debit=payment.difference), line("1800", credit=paid)]
        elif payment.difference < 0:
            lines = [line("3300", debit=payment.amount), line("1800", credit=paid), line("4840", credit=-payment.difference)]
        else:
            lines = [line("3300", debit=payment.amount), line("1800", credit=payment.amount)]
        return Draft(
            booking_date=payment.day,
            description=payment.text,
            lines=tuple(lines),
            category="payment",
            external_reference=payment.of,
            fx=payment.fx,
            settles=(Settle(intent_id=self.ids[payment.of], account=payment.account, amount=payment.amount),)
            if payment.amount > ZERO
            else (),
            skip_duplicate_check=True,
        )

    def _lock(self, months: list[date]) -> None:
        """One person asks, another approves."""
        earlier = [first for first in fiscal_year_of(self.company, months[0]).months() if first < months[0]]
        closed, soft = earlier + months[: -_OPEN_MONTHS - 1], months[-_OPEN_MONTHS - 1]
        for first in closed:
            with company_transaction(self.company.id, actor=self.first_person):
                wish = request_lock(company=self.company, actor=self.first_person, period=f"{first:%Y-%m}", now=self.now)
            with company_transaction(self.company.id, actor=self.second_person):
                approve_lock(company=self.company, actor=self.second_person, period=f"{first:%Y-%m}", request_id=wish.id, now=self.now)
        with company_transaction(self.company.id, actor=self.second_person):
            soft_lock_period(company=self.company, actor=self.second_person, period=f"{soft:%Y-%m}", now=self.now)
