"""The clock of the edges. Services never look at it: `now` and `today` are passed in."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")


def now() -> datetime:
    """This moment, aware, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The legal day: the date in Europe/Berlin."""
    return datetime.now(BERLIN).date()


def legal_day(moment: datetime) -> date:
    """The date in Europe/Berlin of a moment."""
    return moment.astimezone(BERLIN).date()
