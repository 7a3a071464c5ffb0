"""Texts of an address (query and path) turned into values, strictly: one spelling per value."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,14})", re.ASCII)
NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,10})?", re.ASCII)
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
MONTH_PATTERN: Final = r"[0-9]{4}-(0[1-9]|1[0-2])"
PERIOD_PATTERN: Final = r"[0-9]{4}-(0[1-9]|1[0-2]|P13|P14)"
MONTH = re.compile(MONTH_PATTERN, re.ASCII)
PERIOD = re.compile(PERIOD_PATTERN, re.ASCII)
UUID_FORM = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)


def to_integer(text: str) -> int:
    """A whole number in plain digits."""
    if not INTEGER.fullmatch(text):
        raise ValueError("must be a whole number")
    return int(text)


def to_number(text: str) -> Decimal:
    """A decimal number with a point, exact."""
    if not NUMBER.fullmatch(text):
        raise ValueError("must be a number such as 119.10")
    return Decimal(text)


def to_boolean(text: str) -> bool:
    """The texts `true` and `false`."""
    if text not in ("true", "false"):
        raise ValueError("must be true or false")
    return text == "true"


def to_date(text: str) -> date:
    """A day, `YYYY-MM-DD`."""
    if not DAY.fullmatch(text):
        raise ValueError("must be a date, YYYY-MM-DD")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("is not a day of the calendar") from None


def to_month(text: str) -> str:
    """A month, `YYYY-MM`."""
    if not MONTH.fullmatch(text):
        raise ValueError("must be a month, YYYY-MM")
    return text


def to_period(text: str) -> str:
    """A period: `YYYY-MM`, `YYYY-P13` or `YYYY-P14`."""
    if not PERIOD.fullmatch(text):
        raise ValueError("must be a period, YYYY-MM, YYYY-P13 or YYYY-P14")
    return text


def to_uuid(text: str) -> UUID:
    """An id in its usual form with hyphens."""
    if not UUID_FORM.fullmatch(text):
        raise ValueError("must be a UUID")
    return UUID(text)


def to_string(text: str) -> str:
    """The text as it is; zero bytes cannot be stored or searched."""
    if "\x00" in text:
        raise ValueError("must not contain a zero byte")
    return text


CONVERTERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "string": to_string,
    "integer": to_integer,
    "number": to_number,
    "boolean": to_boolean,
    "date": to_date,
    "month": to_month,
    "period": to_period,
    "uuid": to_uuid,
}
SCHEMAS: Final[Mapping[str, Mapping[str, Any]]] = {
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "month": {"type": "string", "pattern": f"^{MONTH_PATTERN}$"},
    "period": {"type": "string", "pattern": f"^{PERIOD_PATTERN}$"},
    "uuid": {"type": "string", "format": "uuid"},
}
