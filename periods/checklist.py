"""The checklist of a period: what the books can tell by themselves, and what only people can answer (reference: periods.md, section 2).

It is shown with a request to lock and kept with it. Nothing here stops a lock but the order of locks, which the database keeps.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from django.db import connection

from accounting.closing_digest import ClosingDigest, closing_digest
from accounting.german.chart import Chart, standard_accounts
from accounting.models.account import Account
from accounting.sealing import FIRST_PREV_HASH, amount_text
from accounting.selectors.balances import AccountBalance, account_balances, range_of_period
from accounting.selectors.month_checks import Days, late_booking_count, output_tax
from ledgerlou import clock
from ledgerlou.companies.models.company import Company, VatPeriod
from ledgerlou.errors import InvalidInput
from ledgerlou.money import ZERO
from periods.gate import FiscalYear
from periods.locks import fiscal_year_of_period, is_adjustment
from periods.models import Period
from periods.open_work import open_work_of, open_work_sources

MAX_THINGS: Final = 10
# A booking's tax is rounded once, by half a cent at most (house rule for money); more than that per journal line has another reason.
_ROUNDING_PER_LINE: Final = Decimal("0.005")

MONTH_QUESTIONS: Final = ("complete", "bank", "payroll", "accruals")
FIRST_MONTH_QUESTION: Final = "opening"
VAT_QUESTION: Final = "vat_return"
# Reference: periods.md, section 3.
YEAR_END_QUESTIONS: Final = (
    "ledgers", "depreciation", "deferrals", "provisions", "bad_debts", "currency", "stock", "vat_year", "income_tax", "result",
)  # fmt: skip
AUDIT_QUESTIONS: Final = ("audit", "final")


class FindingState(StrEnum):
    """How a finding stands: nothing to do, worth a look before the lock, or in the way of the lock."""

    GOOD = "good"
    LOOK = "look"
    STOP = "stop"


@dataclass(frozen=True, kw_only=True, slots=True)
class Thing:
    """An account that a finding is about, with its balance in euros."""

    account: str
    name: str
    amount: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What the books say about one point. `amount` and `other` are euros, `detail` names a period or a day; each point uses what it needs.

    `things` are the first few accounts it is about; they are not kept with a request.
    """

    code: str
    state: FindingState
    count: int = 0
    amount: Decimal | None = None
    other: Decimal | None = None
    detail: str = ""
    things: Sequence[Thing] = ()

    def as_json(self) -> dict[str, Any]:
        """What is kept with a request: amounts as text, exact."""
        return {
            "code": self.code,
            "state": self.state.value,
            "count": self.count,
            "amount": None if self.amount is None else amount_text(self.amount),
            "other": None if self.other is None else amount_text(self.other),
            "detail": self.detail,
        }


def finding_from_json(kept: Mapping[str, Any]) -> Finding:
    """A finding as a request kept it."""
    amount, other = (None if kept[name] is None else Decimal(kept[name]) for name in ("amount", "other"))
    state = FindingState(kept["state"])
    return Finding(code=kept["code"], state=state, count=kept["count"], amount=amount, other=other, detail=kept["detail"])


def questions_of(*, company: Company, period: str) -> tuple[str, ...]:
    """The points of a period that only people can answer, by code. Raises InvalidInput for what is no period."""
    year = fiscal_year_of_period(company, period)
    if is_adjustment(period):
        return YEAR_END_QUESTIONS if period.endswith("13") else AUDIT_QUESTIONS
    month = date(int(period[:4]), int(period[5:]), 1)
    first = (FIRST_MONTH_QUESTION,) if month == year.starts_on else ()
    return (*first, *MONTH_QUESTIONS, *((VAT_QUESTION,) if _has_vat_return(company, month) else ()))


def checked_answers(*, company: Company, period: str, answers: Collection[str]) -> list[dict[str, Any]]:
    """Each question of the period by its code, in order, and whether it was ticked, as a request keeps them.

    Raises InvalidInput for a question that the period does not ask.
    """
    questions = questions_of(company=company, period=period)
    for answer in answers:
        if answer not in questions:
            raise InvalidInput(f"Period {period} has no question {answer}. Leave it out.", pointer="/answers")
    return [{"code": question, "ticked": question in answers} for question in questions]


def days_of(*, company: Company, period: str) -> Days:
    """The days of a period; adjustment periods have those of the last month. Raises InvalidInput for what is no period."""
    year = fiscal_year_of_period(company, period)
    first = year.last_month_starts_on if is_adjustment(period) else date(int(period[:4]), int(period[5:]), 1)
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return Days(period=period, first=first, last=following - timedelta(days=1))


def findings_of(*, company: Company, period: str, digest: ClosingDigest) -> list[Finding]:
    """What the books say about a period as they stand. A fixed number of statements; the journal itself is not read.

    `digest` are the figures of the period (`closing_digest`). Raises InvalidInput for what is no period.
    """
    year, days = fiscal_year_of_period(company, period), days_of(company=company, period=period)
    balances = account_balances(company=company, wanted=range_of_period(year, period))
    return [
        _order(company, period),
        _trial_balance(balances),
        _with_balance("clearing", [row for row in balances if row.category == "clearing" and row.closing]),
        _with_balance("cash", [row for row in balances if row.category == "cash" and row.closing < 0]),
        _opening(company, year, balances),
        _output_tax(company, period, digest),
        *_open_work(company, days),
        *([] if is_adjustment(period) else [_late(company, days)]),
    ]


def kept_digest(*, company: Company, digest: ClosingDigest) -> dict[str, Any]:
    """The figures that a lock of the period would seal now, with the hash it would get, as a request keeps them."""
    before = Period.objects.of(company).exclude(closing_position=None).order_by("-closing_position").first()
    prev_hash = (before and before.closing_hash) or FIRST_PREV_HASH
    return {
        "event_count": digest.event_count,
        "first_number": digest.first_number,
        "last_number": digest.last_number,
        "debit": amount_text(sum((debit for _account, debit, _credit in digest.totals), ZERO)),
        "credit": amount_text(sum((credit for _account, _debit, credit in digest.totals), ZERO)),
        "prev_hash": prev_hash,
        "closing_hash": digest.closing_hash(prev_hash),
    }


def earlier_open_period(*, company: Company, period: str) -> str | None:
    """The period that has to be locked for good before this one may be (RULINGS 18).

    Nothing for a year that nobody has touched yet: its periods are made, and their order is looked at, when the lock is asked for.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT periods_earlier_open(%s, %s)", [company.id, period])
        [earlier] = cursor.fetchone() or [None]
    return earlier if isinstance(earlier, str) else None


def digest_of(*, company: Company, period: str) -> ClosingDigest:
    """The figures of a period as they stand."""
    return closing_digest(company_id=company.id, period=period)


def _has_vat_return(company: Company, month: date) -> bool:
    """Whether an advance return ends with this month (§ 18 Abs. 1 and 2 UStG): each month, each quarter, or none in the year."""
    if company.is_small_business or company.vat_period == VatPeriod.YEARLY:
        return False
    return company.vat_period == VatPeriod.MONTHLY or month.month % 3 == 0


def _order(company: Company, period: str) -> Finding:
    earlier = earlier_open_period(company=company, period=period)
    return Finding(code="order", state=FindingState.STOP if earlier else FindingState.GOOD, detail=earlier or "")


def _trial_balance(balances: Sequence[AccountBalance]) -> Finding:
    debit, credit = (sum((getattr(row, side) for row in balances), ZERO) for side in ("debit", "credit"))
    return Finding(code="trial_balance", state=_good_if(debit == credit), amount=debit, other=credit)


def _with_balance(code: str, rows: Sequence[AccountBalance]) -> Finding:
    things = tuple(Thing(account=row.number, name=row.name, amount=row.closing) for row in rows[:MAX_THINGS])
    total = sum((row.closing for row in rows), ZERO)
    return Finding(code=code, state=_good_if(not rows), count=len(rows), amount=total, things=things)


def _opening(company: Company, year: FiscalYear, balances: Sequence[AccountBalance]) -> Finding:
    """What is left on 9000, 9008 and 9009: together they are zero once everything was carried forward (periods.md, section 4)."""
    chart: Chart = "skr03" if company.chart == "skr03" else "skr04"
    standard = standard_accounts(chart)
    numbers = {standard.opening_gl, standard.opening_customers, standard.opening_vendors}
    left = sum((row.closing for row in balances if row.number in numbers), ZERO)
    return Finding(code="opening", state=_good_if(left == 0), amount=left, detail=str(year.label))


def _output_tax(company: Company, period: str, digest: ClosingDigest) -> Finding:
    expected, booked = output_tax(company=company, period=period)
    explained = abs(booked - expected) <= digest.event_count * _ROUNDING_PER_LINE
    return Finding(code="output_tax", state=_good_if(explained), amount=booked, other=expected)


def _open_work(company: Company, days: Days) -> list[Finding]:
    counts = {work.source.code: work.count for work in open_work_of(company=company, spans=[days]).get(days.period, [])}
    codes = [source.code for source in open_work_sources()]
    return [Finding(code=code, state=_good_if(code not in counts), count=counts.get(code, 0)) for code in codes]


def _late(company: Company, days: Days) -> Finding:
    """Bookings recorded after the end of the following month, by which books are closed in good practice (gobd.md, rn. 47 to 50)."""
    following = days.last + timedelta(days=1)
    limit = date(following.year + following.month // 12, following.month % 12 + 1, 1)
    after = datetime.combine(limit, time.min, tzinfo=clock.BERLIN)
    count = late_booking_count(company=company, period=days.period, after=after)
    return Finding(code="late", state=_good_if(count == 0), count=count, detail=(limit - timedelta(days=1)).isoformat())


def _good_if(fine: bool) -> FindingState:
    return FindingState.GOOD if fine else FindingState.LOOK


def accounts_by_number(*, company: Company, findings: Sequence[Finding]) -> dict[str, Account]:
    """The accounts that findings are about, so that a page can lead to them."""
    numbers = {thing.account for finding in findings for thing in finding.things}
    return {account.number: account for account in Account.objects.of(company).filter(number__in=numbers)}
