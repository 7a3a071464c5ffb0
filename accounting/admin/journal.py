"""The journal as a list: one row for each event, newest number first, filtered by what stands in the address, and as a file."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounting.admin.journal_filter import MORE, JournalFilters, journal_filters
from accounting.models.account import Account
from accounting.models.journal import Event
from accounting.selectors.balances import fiscal_years_of
from accounting.selectors.journal_pages import JournalRow, count_up_to, journal_page, journal_rows
from accounting.wording import source_name
from ledgerlou.admin.base import ReadOnlyAdmin
from ledgerlou.admin.downloads import Cell, Column, Table, answer_download
from ledgerlou.admin.key_paging import NEWER, OLDER
from ledgerlou.admin.request import CompanyRequest
from ledgerlou.admin.site import site
from ledgerlou.companies.models.company import Company
from ledgerlou.errors import InvalidInput

_DIGITS_OF_A_KEY: Final = 18


def accounts_by_number(company: Company, numbers: Iterable[str]) -> dict[str, Account]:
    """Accounts by number, in one query."""
    return {account.number: account for account in Account.objects.of(company).filter(number__in=set(numbers))}


@dataclass(frozen=True, kw_only=True, slots=True)
class Ways:
    """The ways on from a page of a list; an empty address where there is nothing more."""

    newest: str
    newer: str
    older: str


@admin.register(Event, site=site)
class JournalAdmin(ReadOnlyAdmin):
    """The journal. Nothing in it is ever changed, here or elsewhere."""

    list_title = gettext_lazy("Journal")

    def get_urls(self) -> list[URLPattern]:
        """The list alone: an event is shown with its booking."""
        return [self.page("", self.list_view, "changelist")]

    def list_view(self, request: CompanyRequest) -> HttpResponseBase:
        """A page of the list, or all of it as a file."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        years = fiscal_years_of(company=request.company, today=request.visit.today)
        filters = journal_filters(request.GET, years=years, today=request.visit.today)
        if "download" in request.GET:
            return _file(request, filters)
        keys = {name: request.GET.get(name, "") for name in (OLDER, NEWER)}
        if any(key and not _is_key(key) for key in keys.values()):  # an address that somebody has changed by hand
            return HttpResponseRedirect(f"{request.path}?{filters.query}")
        older, newer = (int(key) if key else None for key in keys.values())
        page = journal_page(company=request.company, wanted=filters.wanted, limit=self.list_per_page, older=older, newer=newer)
        return TemplateResponse(
            request,
            "admin/journal.html",
            {
                **self.admin_site.each_context(request),
                "title": self.title_of_list,
                "trail": [(self.title_of_list, None)],
                "is_fullwidth": "1",
                "filters": filters,
                "form": filters.form,
                "has_more_filters": any(filters.form.data.get(name) for name in MORE),
                "rows": page.rows,
                "may_book": request.visit.may("journal:write"),
                "ways": _ways(filters, newer=page.newer, older=page.older, is_newest=older is None and newer is None),
                "downloads": [(form, f"?{_joined(filters.query, download=form)}") for form in ("csv", "xlsx")],
            },
        )


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _DIGITS_OF_A_KEY


def _ways(filters: JournalFilters, *, newer: int | None, older: int | None, is_newest: bool) -> Ways:
    """Links that keep the filters."""
    return Ways(
        newest="" if is_newest else f"?{filters.query}",
        newer="" if newer is None else f"?{_joined(filters.query, newer=newer)}",
        older="" if older is None else f"?{_joined(filters.query, older=older)}",
    )


def _joined(query: str, **more: object) -> str:
    return "&".join(part for part in (query, urlencode(more)) if part)


def _file(request: CompanyRequest, filters: JournalFilters) -> HttpResponseBase:
    """The filtered list as a file. A filter that cannot be read is refused: the file would hold something else."""
    if not filters.is_valid:
        raise InvalidInput("A filter of this list cannot be read. Correct it before the download.", pointer="?download")
    company, wanted = request.company, filters.wanted
    columns = [
        Column(label=_("Number"), kind="number", width=9),
        Column(label=_("Date"), kind="date", width=11),
        Column(label=_("Period"), width=9),
        Column(label=_("Debit"), width=9),
        Column(label=_("Debit account"), width=30),
        Column(label=_("Credit"), width=9),
        Column(label=_("Credit account"), width=30),
        Column(label=_("Text"), width=44),
        Column(label=_("Reference"), width=16),
        Column(label=_("Amount in euros"), kind="money"),
        Column(label=_("Tax code"), width=10),
        Column(label=_("Foreign amount"), kind="money"),
        Column(label=_("Currency"), width=9),
        Column(label=_("Source"), width=16),
        Column(label=_("Document"), width=24),
    ]

    def rows() -> Iterator[list[Cell]]:
        return (_cells(row) for row in journal_rows(company=company, wanted=wanted))

    def count(limit: int) -> int:
        return count_up_to(company=company, wanted=wanted, limit=limit)

    name = f"{_('Journal').lower()}_{request.visit.today.isoformat()}"
    return answer_download(request, Table(name=name, columns=columns, rows=rows, count=count), request.GET["download"])


def _cells(row: JournalRow) -> list[Cell]:
    return [
        row.journal_number,
        row.booking_date,
        row.period,
        row.account_debit,
        row.account_debit_name,
        row.account_credit,
        row.account_credit_name,
        row.description,
        row.external_reference,
        row.amount,
        row.tax_code,
        row.fx_amount,
        row.fx_currency,
        source_name(row.source),
        row.document_name,
    ]


def journal_address(**filters: object) -> str:
    """The journal with filters in force."""
    return f"{reverse('admin:accounting_event_changelist')}?{urlencode(filters)}"
