"""Choosing a range of the books in the address of a page: a fiscal year, one of its periods, or two days of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounting.admin.day_input import DayInAddress, set_today
from accounting.reports.trial_balance import wanted_range
from accounting.selectors.balances import Range, fiscal_years_of, periods_of
from accounting.wording import period_name
from ledgerlou.admin.faults import add_faults
from ledgerlou.admin.request import CompanyRequest
from ledgerlou.errors import InvalidInput
from periods.gate import FiscalYear, fiscal_year_of


def period_choices(years: Sequence[FiscalYear], *, with_opening: bool = False) -> list[tuple[str, Any]]:
    """Every fiscal year with its periods, newest year first, as a grouped choice."""
    groups: list[tuple[str, Any]] = []
    for year in years:
        names = [str(year.label), *([year.opening_period] if with_opening else []), *periods_of(year)]
        groups.append((period_name(str(year.label)), [(name, period_name(name)) for name in names]))
    return groups


class RangeForm(forms.Form):
    """A period, or two days instead. Days win over a period, so that typing them is enough."""

    period = forms.ChoiceField(label=gettext_lazy("Period"), required=False)
    start = DayInAddress(label=gettext_lazy("From"))
    end = DayInAddress(label=gettext_lazy("Until"))

    def __init__(self, *args: Any, years: Sequence[FiscalYear], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_today(self, today)
        choice = self.fields["period"]
        if isinstance(choice, forms.ChoiceField):
            choice.choices = [("", _("Free range")), *period_choices(years)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """A neighbouring period: its name and where it is shown."""

    name: str
    query: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ChosenRange:
    """What a page shows: the range, its name, the form to change it, the query that keeps it, and the periods before and after."""

    wanted: Range
    name: str
    form: RangeForm
    query: str
    before: Step | None = None
    after: Step | None = None

    @property
    def file_part(self) -> str:
        """The range in the name of a file."""
        first, last = self.wanted.days
        period = self.form.cleaned_data.get("period") if self.form.is_valid() else ""
        return str(period) if period and "start" not in self.query else f"{first.isoformat()}_{last.isoformat()}"


def chosen_range(request: CompanyRequest) -> ChosenRange:
    """The range that the address asks for; the fiscal year of today where it asks for none, or for one that cannot be."""
    years = fiscal_years_of(company=request.company, today=request.visit.today)
    this_year = str(fiscal_year_of(request.company, request.visit.today).label)
    asked = {name: request.GET.get(name, "") for name in ("period", "start", "end")}
    if not any(asked.values()):
        asked["period"] = this_year
    form = RangeForm(asked, years=years, today=request.visit.today)
    if form.is_valid():
        facts = form.cleaned_data
        start, end = facts["start"], facts["end"]
        period = None if start or end else facts["period"] or this_year
        try:
            wanted = wanted_range(company=request.company, period=period, start=start, end=end, today=request.visit.today)
        except InvalidInput as refused:
            add_faults(form, _on_field(refused))
        else:
            return _chosen(wanted, period, form, (years, request.visit.today))
    wanted = wanted_range(company=request.company, period=this_year, start=None, end=None, today=request.visit.today)
    return ChosenRange(wanted=wanted, name=period_name(this_year), form=form, query=urlencode({"period": this_year}))


def _chosen(wanted: Range, period: str | None, form: RangeForm, known: tuple[Sequence[FiscalYear], date]) -> ChosenRange:
    years, today = known
    if period is None:
        first, last = wanted.days
        name = f"{date_format(first, 'DATE_FORMAT')} – {date_format(last, 'DATE_FORMAT')}"
        # The same days again, and not the period that was chosen before they were typed.
        shown = RangeForm({"period": "", "start": first.isoformat(), "end": last.isoformat()}, years=years, today=today)
        shown.is_valid()
        query = urlencode({"start": first.isoformat(), "end": last.isoformat()})
        return ChosenRange(wanted=wanted, name=name, form=shown, query=query)
    is_year = period == str(wanted.year.label)
    row = [str(year.label) for year in reversed(years)] if is_year else [name for year in reversed(years) for name in periods_of(year)]
    place = row.index(period) if period in row else None
    return ChosenRange(
        wanted=wanted,
        name=period_name(period),
        form=form,
        query=urlencode({"period": period}),
        before=_step(row[place - 1]) if place else None,
        after=_step(row[place + 1]) if place is not None and place + 1 < len(row) else None,
    )


def _step(period: str) -> Step:
    return Step(name=period_name(period), query=urlencode({"period": period}))


def _on_field(refused: InvalidInput) -> InvalidInput:
    """The refusal of a query name of the interface, on the field of this form."""
    names = {"?startDate": "/start", "?endDate": "/end", "?period": "/period"}
    return InvalidInput(refused.message, pointer=names.get(refused.pointer, "/period"))
