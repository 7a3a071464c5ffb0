"""Days and numbers as they are typed: short, and in the language of the page."""

import re
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from ledgerlou.admin.amounts_input import parse_amount
from ledgerlou.errors import Fault

_ISO: Final = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})", re.ASCII)
_GERMAN: Final = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.?([0-9]{2}|[0-9]{4})?", re.ASCII)
_DIGITS: Final = re.compile(r"[0-9]{4}|[0-9]{6}|[0-9]{8}", re.ASCII)
_CENTURY: Final = 2000


def page_language() -> str:
    """The language of the page at hand."""
    return get_language() or "en"


def parse_day(text: str, language: str, *, today: date) -> date | None:
    """The day a person means, None for what is none.

    2026-11-03 and 03.11.2026 everywhere; without a year it is this year's (3.11.). Digits alone go by the page: 0311, 031126 and 03112026
    on German pages, 1103, 261103 and 20261103 on English ones.
    """
    written = text.strip()
    if found := _ISO.fullmatch(written):
        return _day(int(found[1]), int(found[2]), int(found[3]))
    if found := _GERMAN.fullmatch(written):
        return _day(_year(found[3] or "", today), int(found[2]), int(found[1]))
    if not _DIGITS.fullmatch(written):
        return None
    if language.startswith("de"):
        return _day(_year(written[4:], today), int(written[2:4]), int(written[:2]))
    return _day(_year(written[:-4], today), int(written[-4:-2]), int(written[-2:]))


def _year(digits: str, today: date) -> int:
    if not digits:
        return today.year
    return int(digits) + _CENTURY if len(digits) == 2 else int(digits)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


class DayField(forms.CharField):
    """A day, typed in any of the ways `parse_day` reads. Without a year it is that of `today`, which the page sets."""

    today: date

    def prepare_value(self, value: Any) -> Any:
        """As the page's language writes it."""
        return date_format(value, "SHORT_DATE_FORMAT") if isinstance(value, date) else value

    def clean(self, value: Any) -> Any:
        """The day, or None for an empty field that may be empty."""
        text = super().clean(value)
        if not text:
            return None
        day = parse_day(text, page_language(), today=self.today)
        if day is None:
            example = date_format(self.today, "SHORT_DATE_FORMAT")
            raise forms.ValidationError(_("%(text)s is not a date. Write it like %(example)s.") % {"text": text, "example": example})
        return day


class NumberField(forms.CharField):
    """A number with at most so many decimals, typed as the page's language writes it or unmistakably otherwise."""

    def __init__(self, *, places: int, largest: Decimal, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.places, self.largest = places, largest

    def clean(self, value: Any) -> Any:
        """The number, or None for an empty field that may be empty."""
        text = super().clean(value)
        if not text:
            return None
        number = parse_amount(text, page_language(), places=self.places, largest=self.largest)
        if isinstance(number, Fault):
            raise forms.ValidationError(number.message)
        return number
