"""The sheet of an account: range in the address, running balance, totals of the periods, and the same as a file."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any, Final

from django.http import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from accounting.admin.range_choice import ChosenRange, chosen_range
from accounting.models.account import Account
from accounting.selectors.account_sheet import (
    LineKey,
    PeriodTotal,
    SheetLine,
    SheetPage,
    SheetTotals,
    count_of_lines,
    sheet_lines,
    sheet_page,
    sheet_totals,
)
from accounting.wording import source_name
from ledgerlou.admin.downloads import Cell, Column, Table, answer_download
from ledgerlou.admin.key_paging import NEWER, OLDER
from ledgerlou.admin.request import CompanyRequest

LINES: Final = 50
_KEY: Final = re.compile(r"(\d{4}-\d{2}-\d{2})\.(\d{1,18})", re.ASCII)


@dataclass(frozen=True, kw_only=True, slots=True)
class MonthOfLines:
    """The lines of a page that lie in one month, under what the whole month moved."""

    total: PeriodTotal | None
    month: str
    lines: list[SheetLine]


@dataclass(frozen=True, kw_only=True, slots=True)
class SheetWays:
    """The ways on from a page of the sheet."""

    newest: str
    newer: str
    older: str


def sheet_context(request: CompanyRequest, account: Account) -> dict[str, Any]:
    """What the page of an account shows of its lines."""
    chosen = chosen_range(request)
    totals = sheet_totals(company=request.company, account=account, wanted=chosen.wanted)
    older, newer = (_key_of(request.GET.get(name, "")) for name in (OLDER, NEWER))
    page = sheet_page(company=request.company, account=account, wanted=chosen.wanted, totals=totals, limit=LINES, older=older, newer=newer)
    oldest = page.lines[-1] if page.lines else None
    return {
        "chosen": chosen,
        "totals": totals,
        "page": page,
        "months": _months(page, totals),
        "carried": oldest.balance - oldest.debit + oldest.credit if oldest and page.older else None,
        "ways": _ways(chosen, page, is_newest=older is None and newer is None),
        "opening_address": _opening_address(chosen, account) if not totals.is_carried and totals.opening else "",
        "downloads": [
            (form, f"{reverse('admin:accounting_account_file', args=[account.pk])}?{chosen.query}&download={form}")
            for form in ("csv", "xlsx")
        ],
    }


def sheet_file(request: CompanyRequest, account: Account) -> HttpResponseBase:
    """All lines of the range, in the order of the page."""
    chosen = chosen_range(request)
    totals = sheet_totals(company=request.company, account=account, wanted=chosen.wanted)
    columns = [
        Column(label=_("Number"), kind="number", width=9),
        Column(label=_("Date"), kind="date", width=11),
        Column(label=_("Period"), width=9),
        Column(label=_("Text"), width=44),
        Column(label=_("Reference"), width=16),
        Column(label=_("Contra account"), width=10),
        Column(label=_("Name of the contra account"), width=30),
        Column(label=_("Tax code"), width=10),
        Column(label=_("Debit"), kind="money"),
        Column(label=_("Credit"), kind="money"),
        Column(label=_("Balance"), kind="money"),
        Column(label=_("Foreign amount"), kind="money"),
        Column(label=_("Currency"), width=9),
        Column(label=_("Source"), width=16),
        Column(label=_("Document"), width=24),
    ]

    def rows() -> Iterator[list[Cell]]:
        lines = sheet_lines(company=request.company, account=account, wanted=chosen.wanted, totals=totals)
        return (_cells(line) for line in lines)

    def count(limit: int) -> int:
        return count_of_lines(company=request.company, account=account, wanted=chosen.wanted, limit=limit)

    table = Table(name=f"{account.number}_{chosen.file_part}", columns=columns, rows=rows, count=count)
    return answer_download(request, table, request.GET.get("download", "csv"))


def _cells(line: SheetLine) -> list[Cell]:
    return [
        line.journal_number,
        line.booking_date,
        line.period,
        line.description,
        line.external_reference,
        line.contra_account,
        line.contra_account_name,
        line.tax_code,
        line.debit,
        line.credit,
        line.balance,
        line.fx_amount,
        line.fx_currency,
        source_name(line.source),
        line.document_name,
    ]


def _months(page: SheetPage, totals: SheetTotals) -> list[MonthOfLines]:
    """The page's lines by calendar month, newest first, each under the total of the whole month."""
    by_period = {total.period: total for total in totals.periods}
    return [
        MonthOfLines(month=month, total=by_period.get(month), lines=list(lines))
        for month, lines in groupby(page.lines, key=lambda line: f"{line.booking_date:%Y-%m}")
    ]


def _ways(chosen: ChosenRange, page: SheetPage, *, is_newest: bool) -> SheetWays:
    def link(name: str, key: LineKey | None) -> str:
        return f"?{chosen.query}&{name}={key.day.isoformat()}.{key.number}" if key else ""

    return SheetWays(newest="" if is_newest else f"?{chosen.query}", newer=link(NEWER, page.newer), older=link(OLDER, page.older))


def _key_of(text: str) -> LineKey | None:
    """The key in an address; None for none, and for one that somebody has changed by hand."""
    found = _KEY.fullmatch(text)
    if found is None:
        return None
    try:
        return LineKey(date.fromisoformat(found[1]), int(found[2]))
    except ValueError:
        return None


def _opening_address(chosen: ChosenRange, account: Account) -> str:
    """The opening entries of the year on this account, in the journal."""
    query = f"period={chosen.wanted.year.opening_period}&account={account.number}"
    return f"{reverse('admin:accounting_event_changelist')}?{query}"
