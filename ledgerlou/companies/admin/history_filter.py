"""What the address of the audit history asks for: kind, person, days, one row."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db import connection
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledgerlou import clock
from ledgerlou.admin.audit_trail import table_label
from ledgerlou.companies.models.company import Company
from ledgerlou.companies.models.history import AuditEntry
from ledgerlou.companies.models.people import Membership, Person

_DAY_FORMATS = ["%Y-%m-%d", "%d.%m.%Y"]  # the browser sends the first, people who write addresses the second


class _Day(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class HistoryForm(forms.Form):
    """The filters, all optional, all in the address."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), required=False)
    person = forms.CharField(
        label=gettext_lazy("Who"),
        required=False,
        max_length=200,
        widget=forms.TextInput({"list": "history-people", "autocomplete": "off"}),
    )
    start = forms.DateField(label=gettext_lazy("From"), required=False, input_formats=_DAY_FORMATS, widget=_Day())
    end = forms.DateField(label=gettext_lazy("Until"), required=False, input_formats=_DAY_FORMATS, widget=_Day())
    row = forms.UUIDField(
        label=gettext_lazy("Id of a row"),
        required=False,
        widget=forms.TextInput({"maxlength": "36", "autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kinds = recorded_tables()
        kind = self.fields["kind"]
        if isinstance(kind, forms.ChoiceField):
            kind.choices = [("", _("All")), *sorted(((table, table_label(table)) for table in self.kinds), key=lambda pair: pair[1])]

    def clean(self) -> dict[str, Any]:
        """The range does not end before it begins."""
        facts: dict[str, Any] = super().clean() or {}
        if facts.get("start") and facts.get("end") and facts["start"] > facts["end"]:
            self.add_error("end", _("The range ends before it starts."))
        return facts


@dataclass(frozen=True, kw_only=True, slots=True)
class Chip:
    """A filter that is in force: what it says, and the address without it."""

    text: str
    without: str


@dataclass(frozen=True, kw_only=True, slots=True)
class HistoryFilters:
    """The form, what is valid in it, the chips, and the query that keeps them."""

    form: HistoryForm
    facts: dict[str, Any]
    chips: list[Chip]
    query: str
    is_valid: bool


def history_filters(address: QueryDict) -> HistoryFilters:
    """Read the filters of an address; what cannot be read is named at its field and filters nothing."""
    asked = {name: value for name in HistoryForm.base_fields if (value := address.get(name, "").strip())}
    form = HistoryForm(asked)
    is_valid = form.is_valid()
    facts = {name: value for name, value in form.cleaned_data.items() if value}
    chips = [
        Chip(
            text=f"{form.fields[name].label}: {_shown(name, value)}",
            without="?" + urlencode({key: kept for key, kept in asked.items() if key != name}),
        )
        for name, value in facts.items()
    ]
    return HistoryFilters(form=form, facts=facts, chips=chips, query=urlencode(asked), is_valid=is_valid)


def filtered_history(*, company: Company, filters: HistoryFilters, known_people: Collection[str]) -> QuerySet[AuditEntry]:
    """The entries that the filters mean, newest first. Days are those of the legal time zone, both included.

    A name that somebody in the company has is meant exactly, which an index serves; any other text may stand anywhere in the name.
    """
    facts = filters.facts
    entries = AuditEntry.objects.filter(company_id=company.id).order_by("-id")
    if kind := facts.get("kind"):
        entries = entries.filter(table_name=kind)
    if person := facts.get("person"):
        entries = entries.filter(actor=person) if person in known_people else entries.filter(actor__icontains=person)
    if start := facts.get("start"):
        entries = entries.filter(at__gte=_begin_of(start))
    if end := facts.get("end"):
        entries = entries.filter(at__lt=_begin_of(end + timedelta(days=1)))
    if row := facts.get("row"):
        entries = entries.filter(row_id=str(row), table_name__in=[kind] if kind else filters.form.kinds)
    return entries


def people_of(company: Company) -> list[Person]:
    """Everybody who belongs or belonged to the company, by name."""
    members = Membership.objects.of(company).select_related("person").order_by("person__name", "id")
    return [member.person for member in members]


def recorded_tables() -> tuple[str, ...]:
    """Tables whose changes the database records, as its catalog says."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'audit_history' ORDER BY 1")
        return tuple(table for (table,) in cursor.fetchall())


def _begin_of(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=clock.BERLIN)


def _shown(name: str, value: object) -> str:
    if name == "kind":
        return table_label(str(value))
    return date_format(value, "DATE_FORMAT") if isinstance(value, date) else str(value)
