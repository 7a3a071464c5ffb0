"""A day among the filters of an address: typed short, kept as it was typed, shown written out in the language of the page."""

from datetime import date
from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy

from accounting.admin.booking_fields import DayField, page_language, parse_day


class DayInAddress(DayField):
    """Reads what `parse_day` reads, among it the ISO days of our own links."""

    def __init__(self, *, label: Any) -> None:
        widget = forms.TextInput({"placeholder": gettext_lazy("YYYY-MM-DD"), "class": "day", "autocomplete": "off"})
        super().__init__(label=label, required=False, max_length=10, widget=widget)

    def bound_data(self, data: Any, initial: Any) -> Any:
        """What the field shows of an address: the day as the page's language writes it, or what cannot be read."""
        day = parse_day(data or "", page_language(), today=self.today)
        return data if day is None else date_format(day, "SHORT_DATE_FORMAT")


def set_today(form: forms.Form, today: date) -> None:
    """Tell every day of a form what a day without a year means."""
    for field in form.fields.values():
        if isinstance(field, DayInAddress):
            field.today = today
