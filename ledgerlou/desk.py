"""The start page over all apps, and the search that is open from every page."""

from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from accounting.admin.desk import bookings_found, journal_length, latest_bookings
from accounting.selectors.accounts import search_accounts
from ledgerlou.admin.request import visit_of
from periods.admin import WRITE, pending_requests, period_name
from periods.selectors import list_periods

MAX_OF_A_KIND: Final = 6


@dataclass(frozen=True, kw_only=True, slots=True)
class Tile:
    """A figure at the top of the desk, and where it leads."""

    figure: str
    name: str
    address: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Hit:
    """One thing that was found."""

    title: str
    kind: str
    address: str
    icon: str


def desk(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the start page shows: figures, the latest bookings, and locks that wait."""
    visit = visit_of(request)
    if visit is None:
        return context
    company = visit.company
    periods = list_periods(company=company, now=visit.now)
    this_month = f"{visit.today:%Y-%m}"
    open_until_now = [period for period in periods if period.status == "open" and period.period_number == 0 and period.period <= this_month]
    waiting = pending_requests(visit)
    tiles = [
        Tile(
            figure=number_format(journal_length(company), use_l10n=True, force_grouping=True),
            name=_("Journal lines"),
            address=reverse("admin:accounting_event_changelist"),
        ),
        Tile(
            figure=number_format(sum(period.booking_count for period in periods if period.period == this_month), force_grouping=True),
            name=_("Bookings in %(month)s") % {"month": period_name(this_month)},
        ),
        Tile(figure=str(len(open_until_now)), name=_("Open months until today"), address=reverse("admin:periods_period_changelist")),
        Tile(figure=str(len(waiting)), name=_("Locks that wait for approval"), address=reverse("admin:periods_period_changelist")),
    ]
    requests = [
        {
            "name": period_name(period),
            "request": pending,
            "address": reverse("admin:periods_period_approve", args=[period, pending.id]) if visit.may(WRITE) else "",
        }
        for period, pending in waiting.items()
    ]
    return {**context, "tiles": tiles, "bookings": latest_bookings(company), "requests": requests}


def found(request: HttpRequest, term: str) -> list[Hit]:
    """Pages of the menu, accounts and bookings that match, a few of each."""
    visit = visit_of(request)
    if visit is None:
        return []
    hits = [
        Hit(title=str(entry["title"]), kind=_("Page"), address=str(entry["link"]), icon=entry["icon"])
        for group in settings.UNFOLD["SIDEBAR"]["navigation"]
        for entry in group["items"]
        if term.casefold() in str(entry["title"]).casefold() and entry["permission"](request)
    ]
    if not visit.may("journal:read"):
        return hits
    accounts = search_accounts(company=visit.company, text=term)[:MAX_OF_A_KIND]
    hits += [
        Hit(
            title=str(account),
            kind=_("Account"),
            address=reverse("admin:accounting_account_change", args=[account.id]),
            icon="account_tree",
        )
        for account in accounts
    ]
    bookings = bookings_found(visit.company, term, MAX_OF_A_KIND)
    hits += [
        Hit(
            title=text,
            kind=_("Booking %(number)s") % {"number": number},
            address=reverse("admin:accounting_intent_change", args=[intent_id]),
            icon="menu_book",
        )
        for intent_id, text, number in bookings
    ]
    return hits
