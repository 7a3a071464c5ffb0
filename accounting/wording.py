"""Words of the books that several pages say: what made a booking, through which door it came, what a period is called."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

SOURCES: Final[Mapping[str, Any]] = {
    "booking": gettext_lazy("Booking"),
    "opening_balances": gettext_lazy("Opening balances"),
    "reversal": gettext_lazy("Reversal"),
    "import_datev": gettext_lazy("DATEV import"),
}


def source_name(source: str) -> str:
    """What made a booking."""
    return str(SOURCES.get(source, source))


def channel_name(channel: str) -> str:
    """The door a booking came through."""
    return {"api": _("REST API"), "admin": _("Back office"), "command": _("Command line"), "task": _("Background task")}.get(
        channel, channel
    )


def period_name(period: str) -> str:
    """A period as people call it: a month, an adjustment period, the opening entries, or a whole fiscal year."""
    year, _dash, part = period.partition("-")
    if not part:
        return _("Fiscal year %(year)s") % {"year": year}
    if part == "00":
        return _("Opening entries %(year)s") % {"year": year}
    if part.startswith("P"):
        return _("Period %(number)s of %(year)s") % {"number": part[1:], "year": year}
    return date_format(date(int(year), int(part), 1), "F Y")
