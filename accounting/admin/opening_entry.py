"""Opening balances as a grid: typed or pasted account by account, previewed with totals, posted once for a date."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounting.admin.booking_answers import json_answer
from accounting.admin.booking_entry_form import WRITE
from accounting.admin.booking_fields import DayField, page_language
from accounting.admin.booking_rows import Grid, Line, Row, grid_of
from accounting.admin.posting_preview import rehearse
from accounting.services.opening_balances import BalanceRow, OpeningBalances, post_opening_balances
from ledgerlou.admin.base import ReadOnlyAdmin
from ledgerlou.admin.faults import text_of
from ledgerlou.admin.request import CompanyRequest
from ledgerlou.admin.service_page import call, require_scope
from ledgerlou.admin.site import site
from ledgerlou.errors import LedgerLouError
from ledgerlou.money import ZERO

EMPTY_ROWS = 12


class OpeningForm(forms.Form):
    """The day of the balances."""

    date = DayField(
        label=gettext_lazy("Date"),
        max_length=20,
        widget=forms.TextInput({"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, today: datetime.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["date"].today = today  # type: ignore[attr-defined]  # a DayField


@dataclass(frozen=True, kw_only=True, slots=True)
class OpeningTotals:
    """Both sums of the rows, and what would stay on 9000: zero, or the service refuses."""

    debit: Decimal
    credit: Decimal
    row_count: int

    @property
    def difference(self) -> Decimal:
        """Debit minus credit."""
        return self.debit - self.credit


@dataclass(kw_only=True)
class Opening:
    """A set of balances as it stands on the page."""

    form: OpeningForm
    grid: Grid
    totals: OpeningTotals | None = None
    fits: bool = False

    def rows(self) -> list[Line] | None:
        """The balances, or None when something cannot be read."""
        lines = self.grid.lines(needs_amounts=False)
        self.totals = OpeningTotals(
            debit=sum((line.debit for line in lines), ZERO), credit=sum((line.credit for line in lines), ZERO), row_count=len(lines)
        )
        if not lines:
            self.grid.faults.append(_("Give at least one balance."))
        return lines if self.form.is_valid() and self.grid.is_sound else None

    def blame(self, error: LedgerLouError) -> None:
        """Put every fault of the service on its cell, and above the form what is about none."""
        for fault in error.faults:
            text = text_of(fault)
            if not self.grid.place(fault.pointer, text):
                self.form.add_error("date" if fault.pointer == "/booking_date" else None, text)

    def faults_above(self) -> list[str]:
        """What belongs to no cell."""
        return [*(str(text) for text in self.form.non_field_errors()), *self.grid.faults]


def opening_page(pages: ReadOnlyAdmin, request: CompanyRequest) -> HttpResponse:
    """An empty grid, or what was sent: previewed or posted."""
    require_scope(request, WRITE)
    today = request.visit.today
    if request.method != "POST":
        return _page(pages, request, Opening(form=OpeningForm(initial={"date": _first_day(request)}, today=today), grid=Grid()))
    opening = _opening_of(request)
    if "preview" in request.POST:
        _try(request, opening, rehearse)
        return _page(pages, request, opening)
    posted, status = _try(request, opening, call)
    if posted is None:
        return _page(pages, request, opening, status=status)
    messages.success(request, _("The opening balances are posted."))
    return HttpResponseRedirect(reverse("admin:accounting_intent_change", args=[posted.posted.intent_id]))


def opening_preview_answer(request: CompanyRequest) -> HttpResponse:
    """For the script of the page: totals, what stays on 9000, and every fault with its place. Nothing stays of it."""
    require_scope(request, WRITE)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    opening = _opening_of(request)
    _try(request, opening, rehearse)
    html = render_to_string("admin/opening_preview.html", {"opening": opening, "faults": opening.faults_above()}, request)
    faults: list[dict[str, Any]] = [
        {"row": place, "cell": cell, "text": text}
        for place, row in enumerate(opening.grid.rows)
        for cell, texts in row.faults.items()
        for text in texts
    ]
    faults += [{"field": "date", "text": str(text)} for text in opening.form.errors.get("date", [])]
    return json_answer({"html": html, "faults": faults, "fits": opening.fits})


def _opening_of(request: CompanyRequest) -> Opening:
    return Opening(form=OpeningForm(request.POST, today=request.visit.today), grid=grid_of(request.POST))


def _try(
    request: CompanyRequest, opening: Opening, run: Callable[[Callable[[], OpeningBalances]], OpeningBalances]
) -> tuple[OpeningBalances | None, int]:
    """Have the service post the set, for good or rehearsed; its refusals go to their places. Also the status of the answer."""
    lines = opening.rows()
    if lines is None:
        return None, 400
    try:
        posted = run(partial(_post, request, opening.form.cleaned_data["date"], lines))
    except LedgerLouError as refused:
        opening.blame(refused)
        return None, refused.http_status
    opening.fits = True
    return posted, 200


def _post(request: CompanyRequest, day: datetime.date, lines: list[Line]) -> OpeningBalances:
    balances = [BalanceRow(account=line.account, debit=line.debit, credit=line.credit) for line in lines]
    return post_opening_balances(company=request.company, actor=request.actor, booking_date=day, balances=balances, now=request.visit.now)


def _first_day(request: CompanyRequest) -> datetime.date:
    """The first day of the fiscal year at hand."""
    today, month = request.visit.today, request.company.fiscal_year_start_month
    return datetime.date(today.year if today.month >= month else today.year - 1, month, 1)


def _page(pages: ReadOnlyAdmin, request: CompanyRequest, opening: Opening, *, status: int = 200) -> HttpResponse:
    opening.grid.name_accounts(request.company)
    title = _("Opening balances")
    context = {
        **site.each_context(request),
        "title": title,
        "trail": [*pages.trail(), (title, None)],
        "is_fullwidth": "1",
        "opening": opening if opening.totals else None,
        "form": opening.form,
        "rows": opening.grid.padded(EMPTY_ROWS),
        "empty_row": Row(),
        "faults_above": opening.faults_above(),
        "page_language": page_language(),
    }
    return TemplateResponse(request, "admin/opening_entry.html", context, status=status)
