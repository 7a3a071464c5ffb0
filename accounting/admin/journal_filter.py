"""What the address of the journal asks for: the form above the list, and the query it means."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from accounting.admin.day_input import DayInAddress, set_today
from accounting.admin.range_choice import period_choices
from accounting.selectors.balances import month_end, periods_of
from accounting.selectors.journal_pages import NEITHER, REVERSALS, REVERSED, JournalQuery
from accounting.wording import SOURCES, period_name
from ledgerlou.admin.amounts_input import parse_amount
from ledgerlou.admin.templatetags.back_office import euro
from ledgerlou.errors import Fault
from periods.gate import FiscalYear

_ACCOUNT: Final = r"^\s*[0-9]{1,9}"
YES, NO = "yes", "no"


class EuroInput(forms.CharField):
    """An amount as people type it in the language of the page; None for nothing."""

    def __init__(self, *, label: Any) -> None:
        widget = forms.TextInput({"class": "short num", "inputmode": "decimal", "autocomplete": "off"})
        super().__init__(label=label, required=False, max_length=60, widget=widget)

    def clean(self, value: Any) -> Any:
        """The amount. Raises ValidationError with the words of the one parser of amounts."""
        text = super().clean(value)
        if not text:
            return None
        found = parse_amount(text, get_language() or "en")
        if isinstance(found, Fault):
            raise forms.ValidationError(found.message)
        return found


class JournalForm(forms.Form):
    """The filters of the journal, all optional, all in the address."""

    q = forms.CharField(
        label=gettext_lazy("Search"),
        required=False,
        max_length=100,
        widget=forms.TextInput({"type": "search", "placeholder": gettext_lazy("Text, reference, account, number or amount")}),
    )
    period = forms.ChoiceField(label=gettext_lazy("Period"), required=False)
    start = DayInAddress(label=gettext_lazy("From"))
    end = DayInAddress(label=gettext_lazy("Until"))
    account = forms.RegexField(
        label=gettext_lazy("Account"),
        required=False,
        regex=_ACCOUNT,
        max_length=100,
        widget=forms.TextInput({"class": "short", "autocomplete": "off"}),
    )
    source = forms.ChoiceField(label=gettext_lazy("Source"), required=False)
    min = EuroInput(label=gettext_lazy("Amount from"))
    max = EuroInput(label=gettext_lazy("Amount to"))
    document = forms.ChoiceField(label=gettext_lazy("Document"), required=False)
    reversal = forms.ChoiceField(label=gettext_lazy("Reversals"), required=False)

    def __init__(self, *args: Any, years: Sequence[FiscalYear], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_today(self, today)
        every = ("", _("All"))
        self._choose("period", [("", _("All periods")), *period_choices(years, with_opening=True)])
        self._choose("source", [every, *((name, str(label)) for name, label in SOURCES.items())])
        self._choose("document", [every, (YES, _("with a document")), (NO, _("without a document"))])
        reversals = [(REVERSALS, _("reversals only")), (REVERSED, _("reversed bookings only")), (NEITHER, _("neither of both"))]
        self._choose("reversal", [every, *reversals])

    def _choose(self, name: str, choices: list[tuple[str, Any]]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices

    def clean_account(self) -> str:
        """The number alone, where the list of accounts wrote number and name."""
        text: str = self.cleaned_data["account"]
        return text.split()[0] if text else ""

    def clean(self) -> dict[str, Any]:
        """Ranges do not end before they begin."""
        facts: dict[str, Any] = super().clean() or {}
        for first, last in (("start", "end"), ("min", "max")):
            if facts.get(first) is not None and facts.get(last) is not None and facts[first] > facts[last]:
                self.add_error(last, _("The range ends before it starts."))
        return facts


@dataclass(frozen=True, kw_only=True, slots=True)
class Chip:
    """A filter that is in force: what it says, and the address without it."""

    text: str
    without: str


@dataclass(frozen=True, kw_only=True, slots=True)
class JournalFilters:
    """The form, the query it means (of what is valid in it), the chips, and the address that keeps them."""

    form: JournalForm
    wanted: JournalQuery
    chips: list[Chip]
    query: str
    is_valid: bool


MORE: Final = ("source", "min", "max", "document", "reversal")


def journal_filters(address: QueryDict, *, years: Sequence[FiscalYear], today: date) -> JournalFilters:
    """Read the filters of an address."""
    asked = {name: value for name in JournalForm.base_fields if (value := address.get(name, "").strip())}
    form = JournalForm(asked, years=years, today=today)
    is_valid = form.is_valid()
    facts = form.cleaned_data
    chips = [
        Chip(text=text, without="?" + urlencode({key: value for key, value in asked.items() if key != name}))
        for name, text in _texts(facts, form)
    ]
    return JournalFilters(form=form, wanted=_query(facts, years), chips=chips, query=urlencode(asked), is_valid=is_valid)


def _query(facts: dict[str, Any], years: Sequence[FiscalYear]) -> JournalQuery:
    """What the valid fields mean."""
    search = facts.get("q") or ""
    meant = parse_amount(search, get_language() or "en") if search else None
    periods, (first, last) = _period(facts.get("period") or "", years)
    starts = [day for day in (first, facts.get("start")) if day]
    ends = [day for day in (last, facts.get("end")) if day]
    return JournalQuery(
        search=search,
        search_amount=abs(meant) if isinstance(meant, Decimal) else None,
        account=facts.get("account") or None,
        from_date=max(starts, default=None),
        until=min(ends, default=None),
        periods=periods,
        source=facts.get("source") or None,
        amount_from=facts.get("min"),
        amount_to=facts.get("max"),
        has_document={YES: True, NO: False}.get(facts.get("document") or ""),
        reversal=facts.get("reversal") or None,
    )


def _period(period: str, years: Sequence[FiscalYear]) -> tuple[tuple[str, ...], tuple[date | None, date | None]]:
    """The exact periods of a choice, and the days between which their lines lie: indexes are by day."""
    for year in years:
        if period == str(year.label):
            return (), (year.starts_on, year.ends_on)
        if period == year.opening_period:
            return (period,), (year.starts_on, year.ends_on)
        if period in periods_of(year):
            months = {f"{month:%Y-%m}": month for month in year.months()}
            first = months.get(period, year.last_month_starts_on)
            return (period,), (first, month_end(first))
    return (), (None, None)


def _texts(facts: dict[str, Any], form: JournalForm) -> list[tuple[str, str]]:
    """What each filter in force says, by its field."""
    texts = []
    for name, value in facts.items():
        if value is None or value == "":
            continue
        field = form.fields[name]
        if name == "period":
            said = period_name(value)
        elif isinstance(value, date):
            said = date_format(value, "DATE_FORMAT")
        elif isinstance(value, Decimal):
            said = euro(value)
        elif isinstance(field, forms.ChoiceField):
            said = str(dict(field.choices)[value])  # type: ignore[arg-type]  # flat choices, all but the periods'
        else:
            said = str(value)
        texts.append((name, said if name in ("period", "reversal", "document") else f"{field.label}: {said}"))
    return texts
