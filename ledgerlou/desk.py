"""The start page over all apps, and the search that is open from every page."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format, number_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounting.admin.desk import bookings_found, journal_length, latest_bookings
from accounting.selectors.accounts import search_accounts
from accounting.selectors.journal_pages import JournalRow
from ledgerlou.admin.amounts_input import parse_amount
from ledgerlou.admin.menu import menu_of
from ledgerlou.admin.request import Visit, visit_of
from ledgerlou.admin.templatetags.back_office import euro, shown
from ledgerlou.admin.waiting import Waiting, WaitingRow, waiting_of
from ledgerlou.companies.roles import APPROVING_ROLES
from periods.admin import WRITE, pending_requests, period_name
from periods.closing import people_who_may_approve
from periods.selectors import list_periods

MAX_OF_A_KIND: Final = 6
ACTION_KEYS: Final = ("n", "o", "i")  # pages of the menu where something new begins; the desk offers them by the same letters


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """A figure in the head of the desk, and where it leads."""

    name: str
    figure: str
    address: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Hit:
    """One thing that was found. `remark` stands quietly behind the title; `key` opens a page of the menu after `g`."""

    title: str
    kind: str
    address: str
    icon: str
    remark: str = ""
    key: str = ""


def desk(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the start page shows: what waits, how the books stand, and the latest bookings."""
    visit = visit_of(request)
    if visit is None:
        return context
    return {
        **context,
        "waiting": waiting_of(request),
        "facts": _facts(visit),
        "actions": [entry for group in menu_of(request) for entry in group.entries if entry.key in ACTION_KEYS],
        "bookings": latest_bookings(visit.company),
    }


def _facts(visit: Visit) -> list[Fact]:
    this_month = f"{visit.today:%Y-%m}"
    periods = list_periods(company=visit.company, now=visit.now, counted=[this_month])
    open_until_now = [period for period in periods if period.status == "open" and period.period_number == 0 and period.period <= this_month]
    bookings = sum(period.booking_count for period in periods if period.period == this_month)
    journal, board = reverse("admin:accounting_event_changelist"), reverse("admin:periods_period_changelist")
    return [
        Fact(name=_("Bookings in %(month)s") % {"month": period_name(this_month)}, figure=_count(bookings), address=journal),
        Fact(name=_("Journal lines"), figure=_count(journal_length(visit.company)), address=journal),
        Fact(name=_("Open months until today"), figure=_count(len(open_until_now)), address=board),
    ]


def _count(number: int) -> str:
    return number_format(number, use_l10n=True, force_grouping=True)


def locks_to_approve(visit: Visit) -> Waiting | None:
    """Requests to lock a period for good that this person may approve: somebody else's, or their own where nobody else may."""
    if not visit.may(WRITE) or visit.role not in APPROVING_ROLES:
        return None
    person, requests = visit.actor.person_id, pending_requests(visit)
    own = {period for period, pending in requests.items() if pending.requested_by_person_id == person}
    if own and people_who_may_approve(company=visit.company, today=visit.today) != {person}:
        requests = {period: pending for period, pending in requests.items() if period not in own}
    return Waiting(
        title=_("Locks that wait for approval"),
        count=len(requests),
        address=reverse("admin:periods_period_changelist"),
        icon="gpp_good",
        rows=[
            WaitingRow(
                title=period_name(period),
                remark=_("%(person)s, until %(moment)s") % {"person": pending.requested_by, "moment": shown(pending.expires_at)},
                address=reverse("admin:periods_period_approve", args=[period, pending.id]),
                action=_("Look and approve"),
            )
            for period, pending in requests.items()
        ],
    )


def found(request: HttpRequest, term: str) -> list[Hit]:
    """Pages of the menu, accounts and bookings that match, a few of each, newest bookings first; all pages without a term."""
    visit = visit_of(request)
    if visit is None:
        return []
    hits = list(_pages(request, term))
    if term and visit.may("journal:read"):
        hits += [*_accounts(visit, term), *_bookings(visit, term)]
    return hits


def _pages(request: HttpRequest, term: str) -> Iterator[Hit]:
    wanted = term.casefold()
    for group in menu_of(request):
        for entry in group.entries:
            if wanted in entry.title.casefold() or (len(wanted) > 1 and wanted in group.title.casefold()):
                yield Hit(title=entry.title, kind=_("Page"), address=entry.address, icon=entry.icon, key=entry.key)


def _accounts(visit: Visit, term: str) -> Iterator[Hit]:
    for account in search_accounts(company=visit.company, text=term)[:MAX_OF_A_KIND]:
        address = reverse("admin:accounting_account_change", args=[account.id])
        yield Hit(title=str(account), kind=_("Account"), address=address, icon="list_alt")


def _bookings(visit: Visit, term: str) -> Iterator[Hit]:
    for line in bookings_found(visit.company, term, _amount(term), MAX_OF_A_KIND):
        yield Hit(
            title=line.description,
            kind=_("Booking %(number)s") % {"number": line.journal_number},
            remark=" · ".join(_facts_of(line)),
            address=reverse("admin:accounting_intent_change", args=[line.intent_id]),
            icon="menu_book",
        )


def _facts_of(line: JournalRow) -> Iterator[str]:
    yield date_format(line.booking_date, "SHORT_DATE_FORMAT")
    if line.external_reference:
        yield line.external_reference
    yield f"{line.account_debit} {line.account_debit_name}"
    yield f"{line.account_credit} {line.account_credit_name}"
    yield f"{euro(line.amount)} €"


def _amount(term: str) -> Decimal | None:
    """The amount a term means in the language of the page, if it means one; whether it went in or out does not matter."""
    amount = parse_amount(term, get_language() or "")
    return abs(amount) if isinstance(amount, Decimal) else None
