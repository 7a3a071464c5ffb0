"""Open items of customers and vendors: by account with ages as of a day, and the items of an account with what settled them."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounting.admin.day_input import DayInAddress, set_today
from accounting.models.account import Account
from accounting.models.open_item import OpenItem
from accounting.selectors.ageing import PAYABLES, RECEIVABLES, AccountAges, ItemKey, aged_items, ages_by_account, total_ages
from ledgerlou.admin.base import ReadOnlyAdmin
from ledgerlou.admin.downloads import Cell, Column, Table, answer_download
from ledgerlou.admin.key_paging import OLDER
from ledgerlou.admin.request import CompanyRequest
from ledgerlou.admin.site import site

ITEMS: Final = 100
ACCOUNTS: Final = 200
_KEY: Final = re.compile(r"(\d{4}-\d{2}-\d{2})\.([0-9a-f-]{36})", re.ASCII)


class DayForm(forms.Form):
    """The day on which items are counted as open."""

    day = DayInAddress(label=gettext_lazy("As of"))


@admin.register(OpenItem, site=site)
class OpenItemAdmin(ReadOnlyAdmin):
    """Open items are looked at by account; an item is shown with its booking."""

    def get_urls(self) -> list[URLPattern]:
        """The two sides."""
        return [
            self.page("receivables/", self.receivables_view, "receivables"),
            self.page("payables/", self.payables_view, "payables"),
        ]

    def receivables_view(self, request: CompanyRequest) -> HttpResponseBase:
        """What customers owe."""
        return self._answer(request, RECEIVABLES, "receivables:read", _("Receivables"))

    def payables_view(self, request: CompanyRequest) -> HttpResponseBase:
        """What is owed to vendors."""
        return self._answer(request, PAYABLES, "payables:read", _("Payables"))

    def _answer(self, request: CompanyRequest, kind: str, scope: str, title: str) -> HttpResponseBase:
        if not request.visit.may(scope):
            raise PermissionDenied
        form = DayForm({"day": request.GET.get("day") or request.visit.today.isoformat()})
        set_today(form, request.visit.today)
        day: date = form.cleaned_data["day"] if form.is_valid() else request.visit.today
        rows = ages_by_account(company=request.company, kind=kind, day=day)
        if "download" in request.GET:
            return _file(request, title, day, rows)
        number = request.GET.get("account", "")
        after = request.GET.get("after", "")
        page = [row for row in rows if row.number > after][: ACCOUNTS + 1]
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": title,
            "trail": [(title, None)],
            "form": form,
            "day": day,
            "is_receivables": kind == RECEIVABLES,
            "rows": page[:ACCOUNTS],
            "totals": total_ages(rows),
            "count": sum(row.count for row in rows),
            "next_accounts": f"?{urlencode({'day': day.isoformat(), 'after': page[ACCOUNTS - 1].number})}" if len(page) > ACCOUNTS else "",
            "opened": _opened(request, kind, day, number) if number else None,
            "downloads": [(form_, f"?{urlencode({'day': day.isoformat(), 'download': form_})}") for form_ in ("csv", "xlsx")],
        }
        return TemplateResponse(request, "admin/open_items.html", context)


def _opened(request: CompanyRequest, kind: str, day: date, number: str) -> dict[str, Any]:
    """The items of the account that the address names, from the oldest due on. Raises Http404 for an account that is not there."""
    account = Account.objects.of(request.company).filter(number=number, type=kind).first()
    if account is None:
        raise Http404
    items, following = aged_items(
        company=request.company, kind=kind, account=account.number, day=day, limit=ITEMS, after=_key_of(request.GET.get(OLDER, ""))
    )
    query = {"day": day.isoformat(), "account": account.number}
    return {
        "account": account,
        "items": items,
        "first": f"?{urlencode(query)}#items" if OLDER in request.GET else "",
        "next": f"?{urlencode({**query, OLDER: f'{following.due.isoformat()}.{following.id}'})}#items" if following else "",
        "close": f"?{urlencode({'day': day.isoformat()})}",
    }


def _key_of(text: str) -> ItemKey | None:
    """The key in an address; None for none, and for one that somebody has changed by hand."""
    found = _KEY.fullmatch(text)
    if found is None:
        return None
    try:
        return ItemKey(due=date.fromisoformat(found[1]), id=UUID(found[2]))
    except ValueError:
        return None


def _file(request: CompanyRequest, title: str, day: date, rows: list[AccountAges]) -> HttpResponseBase:
    columns = [
        Column(label=_("Account"), width=10),
        Column(label=_("Name"), width=40),
        Column(label=_("Items"), kind="number", width=8),
        Column(label=_("Open amount"), kind="money"),
        Column(label=_("Not due"), kind="money"),
        Column(label=_("1–30 days"), kind="money"),
        Column(label=_("31–60 days"), kind="money"),
        Column(label=_("61–90 days"), kind="money"),
        Column(label=_("Over 90 days"), kind="money"),
    ]

    def cells() -> Iterator[list[Cell]]:
        for row in rows:
            ages = row.ages
            yield [
                row.number,
                row.name,
                row.count,
                ages.total,
                ages.not_due,
                ages.up_to_30,
                ages.up_to_60,
                ages.up_to_90,
                ages.over_90,
            ]

    table = Table(name=f"{title.lower()}_{day.isoformat()}", columns=columns, rows=cells, count=lambda limit: min(len(rows), limit))
    return answer_download(request, table, request.GET["download"])
