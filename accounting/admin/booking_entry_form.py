"""The form of a new booking: head and lines as typed, turned into a draft, and every fault put where it belongs."""

import datetime
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounting.admin.booking_fields import DayField, NumberField
from accounting.admin.booking_rows import Grid, grid_of
from accounting.drafts import Draft, DraftLine, Fx
from accounting.fx import MAX_FOREIGN_AMOUNT, MAX_RATE
from accounting.metadata import MAX_TEXT_LENGTH
from accounting.services.changes import one_line
from ledgerlou.admin.faults import text_of
from ledgerlou.admin.request import CompanyRequest
from ledgerlou.errors import InvalidInput, LedgerLouError

WRITE: Final = "journal:write"
DUPLICATE_REASON: Final = "duplicate_reason"
_FIELD_OF: Final = {
    "booking_date": "date",
    "description": "text",
    "external_reference": "reference",
    "adjustment_period": "period",
    "document_id": "file",
    "custom_metadata": "reason",
    "name": "save_as",
}
_FX: Final = ("currency", "amount", "rate", "rate_date", "rate_source")


class HeadForm(forms.Form):
    """Everything of a booking that stands in it once."""

    date = DayField(label=gettext_lazy("Date"), max_length=20)
    period = forms.ChoiceField(
        label=gettext_lazy("Period"),
        choices=[("", gettext_lazy("month")), ("13", "P13"), ("14", "P14")],
        required=False,
    )
    reference = forms.CharField(label=gettext_lazy("Reference"), max_length=500, required=False)
    text = forms.CharField(label=gettext_lazy("Text"), max_length=500)
    fx_currency = forms.CharField(label=gettext_lazy("Currency"), max_length=3, required=False)
    fx_amount = NumberField(label=gettext_lazy("Foreign amount"), places=4, largest=MAX_FOREIGN_AMOUNT, required=False)
    fx_rate = NumberField(label=gettext_lazy("Rate (foreign units per euro)"), places=8, largest=MAX_RATE, required=False)
    fx_rate_date = DayField(label=gettext_lazy("Rate of"), max_length=20, required=False)
    fx_rate_source = forms.ChoiceField(
        label=gettext_lazy("Source"),
        choices=[("manual", gettext_lazy("by hand")), ("ecb", gettext_lazy("ECB")), ("bank", gettext_lazy("bank"))],
        initial="manual",
        required=False,
    )
    file = forms.FileField(label=gettext_lazy("Document"), required=False)
    upload = forms.CharField(required=False, widget=forms.HiddenInput())
    document = forms.UUIDField(required=False, widget=forms.HiddenInput())
    reason = forms.CharField(label=gettext_lazy("Reason to book it all the same"), max_length=MAX_TEXT_LENGTH, required=False)
    save_as = forms.CharField(label=gettext_lazy("Name of the recurring booking"), max_length=100, required=False)
    save_over = forms.BooleanField(label=gettext_lazy("Replace the one of this name"), required=False)

    def __init__(self, *args: Any, today: datetime.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for day in (self.fields["date"], self.fields["fx_rate_date"]):
            day.today = today  # type: ignore[attr-defined]  # a DayField

    def clean(self) -> dict[str, Any]:
        """Texts on one line; the foreign side whole or not at all."""
        values: dict[str, Any] = self.cleaned_data
        for name in ("text", "reference", "reason", "save_as"):
            try:
                values[name] = one_line(values.get(name) or "", pointer="")
            except InvalidInput as refused:
                self.add_error(name, text_of(refused.faults[0]))
        if any(values.get(name) or name in self.errors for name in ("fx_currency", "fx_amount", "fx_rate")):
            for name in ("fx_currency", "fx_amount", "fx_rate", "fx_rate_date"):
                if not values.get(name) and name not in self.errors:
                    self.add_error(name, _("This belongs to a booking in a foreign currency."))
        return values


@dataclass(kw_only=True)
class Entry:
    """A booking as it stands on the page."""

    head: HeadForm
    grid: Grid
    twins: list[Any] = field(default_factory=list)

    @property
    def reason(self) -> str:
        """Why a booking that resembles another is posted all the same."""
        return str(self.head.cleaned_data.get("reason") or "")

    def blame(self, error: LedgerLouError) -> None:
        """Put every fault of a service on the field or cell it is about, and above the form what is about none."""
        for fault in error.faults:
            text = text_of(fault)
            if not self.grid.place(fault.pointer, text):
                self.head.add_error(self._field_of(fault.pointer), text)

    def draft(self) -> Draft | None:
        """The draft, or None when something cannot be read; the faults are in their places then."""
        lines = self.grid.lines()
        is_sound = self.head.is_valid()
        if not lines:
            self.grid.faults.append(_("A booking has at least one debit and one credit line."))
        if not (is_sound and self.grid.is_sound):
            return None
        values = self.head.cleaned_data
        return Draft(
            booking_date=values["date"],
            description=values["text"],
            lines=tuple(DraftLine(account=line.account, debit=line.debit, credit=line.credit, tax_code=line.tax_code) for line in lines),
            adjustment_period=int(values["period"]) if values["period"] else None,
            external_reference=values["reference"] or None,
            document_id=values["document"],
            fx=_fx_of(values),
        )

    def faults_by_place(self) -> list[dict[str, Any]]:
        """All faults for the script of the page: `field` of the head, or `row` (place on the page) and `cell`."""
        found: list[dict[str, Any]] = [
            {"field": name, "text": str(text)} for name, texts in self.head.errors.items() if name != "__all__" for text in texts
        ]
        for place, row in enumerate(self.grid.rows):
            found += [{"row": place, "cell": cell, "text": text} for cell, texts in row.faults.items() for text in texts]
        return found

    def faults_above(self) -> list[str]:
        """What belongs to no field."""
        return [*(str(text) for text in self.head.non_field_errors()), *self.grid.faults]

    def _field_of(self, pointer: str) -> str | None:
        name, _slash, rest = pointer.strip("/").partition("/")
        name = f"fx_{rest}" if name == "fx" and rest in _FX else _FIELD_OF.get(name, name)
        return name if name in self.head.fields else None


def entry_of(request: CompanyRequest) -> Entry:
    """The booking that was sent."""
    head = HeadForm(request.POST, request.FILES, today=request.visit.today)
    return Entry(head=head, grid=grid_of(request.POST))


def day_in_address(text: str) -> datetime.date | None:
    """A day from the address of the page."""
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        return None


def id_in_address(text: str) -> UUID | None:
    """An id from the address of the page."""
    try:
        return UUID(text)
    except ValueError:
        return None


def _fx_of(values: dict[str, Any]) -> Fx | None:
    if not values.get("fx_currency"):
        return None
    rate: Decimal = values["fx_rate"]
    return Fx(
        currency=values["fx_currency"].upper(),
        amount=values["fx_amount"],
        rate=rate,
        rate_date=values["fx_rate_date"],
        rate_source=values["fx_rate_source"] or "manual",
    )
