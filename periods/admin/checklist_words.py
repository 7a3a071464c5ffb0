"""The checklist in words: what the books say about a period, and the questions that only people can answer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounting.models.account import Account
from accounting.selectors.month_checks import Days
from accounting.wording import period_name
from ledgerlou.admin.templatetags.back_office import euro
from ledgerlou.money import ZERO
from periods.admin.actions import page_of
from periods.checklist import Finding, FindingState, Thing
from periods.open_work import OpenWorkSource, open_work_sources

QUESTIONS: Final[Mapping[str, object]] = {
    "opening": gettext_lazy(
        "The opening balances agree with the closing balances of the year before; later changes are booked as differences."
    ),
    "complete": gettext_lazy("All documents of the month are booked, or belong to a later month."),
    "bank": gettext_lazy("Bank and cash agree with the statements and the cash book on the last day."),
    "payroll": gettext_lazy("Wages, salaries and social security contributions are booked."),
    "accruals": gettext_lazy("Depreciation, accruals and deferrals of the month are booked."),
    "vat_return": gettext_lazy("The advance VAT return was prepared from these books."),
    "ledgers": gettext_lazy("Bank, cash, customers and vendors are reconciled, and the clearing accounts are at zero."),
    "depreciation": gettext_lazy("Depreciation and low-value assets are booked."),
    "deferrals": gettext_lazy("Prepaid expenses, deferred income and invoices still to come are booked."),
    "provisions": gettext_lazy("Provisions are booked, those for holidays not taken included."),
    "bad_debts": gettext_lazy("Doubtful claims are written down, and the VAT on lost ones is corrected."),
    "currency": gettext_lazy("Items in foreign currency are valued at the rate of the last day."),
    "stock": gettext_lazy("The stock was counted, and the difference is booked."),
    "vat_year": gettext_lazy("Revenue by tax rate agrees with the output VAT for the annual return."),
    "income_tax": gettext_lazy("The taxes on the result of the year are booked."),
    "result": gettext_lazy("The result of the year is settled, and so is what happens to it."),
    "audit": gettext_lazy("The entries that tax adviser or auditor asked for are booked."),
    "final": gettext_lazy("The books agree with the final annual accounts and tax returns."),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class StateMark:
    """How a point stands: an icon with a name for those who do not see it, and a colour."""

    name: str
    icon: str
    colour: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ThingLine:
    """An account that a point is about."""

    id: UUID | None
    number: str
    name: str
    amount: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """A point of the checklist as its page shows it; `address` leads to what it is about."""

    code: str
    name: str
    text: str
    mark: StateMark
    address: str = ""
    things: Sequence[ThingLine] = ()


def points_of(findings: Sequence[Finding], *, accounts: Mapping[str, Account] | None = None, days: Days | None = None) -> list[Point]:
    """What the books say, in words. `accounts` makes links of account numbers, `days` of what is still to be done."""
    sources = {source.code: source for source in open_work_sources()}
    return [_point(finding, accounts or {}, source=sources.get(finding.code), days=days) for finding in findings]


def question_words(code: str) -> str:
    """A question in the language of the page; the code itself for one that is no longer asked."""
    return str(QUESTIONS.get(code, code))


def _point(finding: Finding, accounts: Mapping[str, Account], *, source: OpenWorkSource | None, days: Days | None) -> Point:
    name, words = _WORDS.get(finding.code, (None, None))
    return Point(
        code=finding.code,
        name=source.name() if source else str(name or finding.code),
        text=words(finding) if words else _work(finding),
        mark=_mark(finding.state),
        address=_address(finding, source, days),
        things=[_thing_line(thing, accounts) for thing in finding.things],
    )


def _address(finding: Finding, source: OpenWorkSource | None, days: Days | None) -> str:
    """Where a point is dealt with; nothing where all is in order, or where it is only looked back at."""
    if days is None or finding.state == FindingState.GOOD:
        return ""
    if finding.code == "order":
        return page_of(finding.detail)
    if source is None:
        return ""
    return source.address(days) if source.address else f"{page_of(days.period)}#{source.code}"


def _thing_line(thing: Thing, accounts: Mapping[str, Account]) -> ThingLine:
    account = accounts.get(thing.account)
    return ThingLine(id=account.id if account else None, number=thing.account, name=thing.name, amount=euro(thing.amount))


def _mark(state: FindingState) -> StateMark:
    return {
        FindingState.GOOD: StateMark(name=_("in order"), icon="check_circle", colour="good"),
        FindingState.LOOK: StateMark(name=_("worth a look"), icon="error", colour="warn"),
        FindingState.STOP: StateMark(name=_("in the way"), icon="block", colour="bad"),
    }[state]


def _order(finding: Finding) -> str:
    if finding.detail:
        return _("%(period)s has to be locked for good first.") % {"period": period_name(finding.detail)}
    return _("All earlier periods are locked for good.")


def _trial_balance(finding: Finding) -> str:
    debit, credit = finding.amount or ZERO, finding.other or ZERO
    if finding.state == FindingState.GOOD:
        return _("Debit and credit are equal: %(amount)s.") % {"amount": euro(debit)}
    return _("Debit %(debit)s and credit %(credit)s differ by %(amount)s.") % {
        "debit": euro(debit),
        "credit": euro(credit),
        "amount": euro(abs(debit - credit)),
    }


def _clearing(finding: Finding) -> str:
    if finding.state == FindingState.GOOD:
        return _("All are at zero on the last day.")
    return _("With a balance on the last day: %(count)s.") % {"count": _figure(finding.count)}


def _cash(finding: Finding) -> str:
    if finding.state == FindingState.GOOD:
        return _("No cash account is below zero on the last day.")
    return _("Below zero on the last day: %(amount)s. Cash is never negative.") % {"amount": euro(finding.amount)}


def _opening(finding: Finding) -> str:
    if finding.state == FindingState.GOOD:
        return _("Nothing is left on the accounts that balances are carried forward against.")
    return _("Carrying forward is not complete: %(amount)s are left on accounts 9000, 9008 and 9009.") % {"amount": euro(finding.amount)}


def _output_tax(finding: Finding) -> str:
    booked, expected = finding.amount or ZERO, finding.other or ZERO
    if not booked and not expected:
        return _("No taxable revenue is booked.")
    said = _("Booked %(booked)s; expected from revenue by tax rate: %(expected)s.") % {"booked": euro(booked), "expected": euro(expected)}
    if finding.state == FindingState.GOOD:
        return said
    return f"{said} {_('Difference %(amount)s.') % {'amount': euro(abs(booked - expected))}}"


def _late(finding: Finding) -> str:
    day = {"day": date_format(date.fromisoformat(finding.detail), "DATE_FORMAT")}
    if finding.state == FindingState.GOOD:
        return _("None was recorded after %(day)s.") % day
    return _("Recorded after %(day)s: %(count)s.") % {**day, "count": _figure(finding.count)}


def _work(finding: Finding) -> str:
    return _("None.") if finding.state == FindingState.GOOD else _figure(finding.count)


def _figure(count: int) -> str:
    return number_format(count, use_l10n=True, force_grouping=True)


_WORDS: Final[Mapping[str, tuple[object, Callable[[Finding], str]]]] = {
    "order": (gettext_lazy("Order of locks"), _order),
    "trial_balance": (gettext_lazy("Trial balance"), _trial_balance),
    "clearing": (gettext_lazy("Clearing accounts"), _clearing),
    "cash": (gettext_lazy("Cash"), _cash),
    "opening": (gettext_lazy("Balances carried forward"), _opening),
    "output_tax": (gettext_lazy("Output VAT"), _output_tax),
    "late": (gettext_lazy("Late bookings"), _late),
}
