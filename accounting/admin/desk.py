"""What the desk and the search show of the books."""

from uuid import UUID

from accounting.models.journal import Intent, JournalHead
from accounting.selectors.journal import JournalFilter, journal_lines
from ledgerlou.companies.models.company import Company

LATEST = 8
_LINES_OF_A_BOOKING = 10  # how many lines are read to find so many bookings


def latest_bookings(company: Company) -> list[Intent]:
    """The bookings recorded last, newest first. Ids are in order of time (UUIDv7), and the index over them is the company's."""
    return list(Intent.objects.of(company).order_by("-id")[:LATEST])


def journal_length(company: Company) -> int:
    """How many lines the journal has, without counting: numbers have no gaps."""
    return JournalHead.objects.get(company=company).next_number - 1


def bookings_found(company: Company, term: str, limit: int) -> list[tuple[UUID, str, int]]:
    """The newest bookings that match: id, text, and the first journal number that was hit."""
    lines = journal_lines(company=company, wanted=JournalFilter(search=term), limit=limit * _LINES_OF_A_BOOKING)
    found: dict[UUID, tuple[UUID, str, int]] = {}
    for line in lines:
        found.setdefault(line.intent_id, (line.intent_id, line.description, line.journal_number))
    return list(found.values())[:limit]
