"""Work that is still to be done in a period, counted for the board and the checklist.

Documents without booking are counted here. Each further part of the program that knows of such work adds a source when it starts
(`AppConfig.ready`), as banking does for its unmatched lines. Nothing is shown for parts that are not there, and a count never decides
whether a period may be locked.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from accounting.selectors.month_checks import Days, unbooked_document_counts
from ledgerlou.companies.models.company import Company


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenWorkSource:
    """One kind of work. `name` says it in the language of the request, as a plural ("Documents without booking").

    `count` takes the company and periods with their days, and answers with one number of statements whatever their number; periods
    without such work are absent. `address` leads from a period to its work; without it the page of the period does.
    """

    code: str
    name: Callable[[], str]
    count: Callable[[Company, Sequence[Days]], Mapping[str, int]]
    address: Callable[[Days], str] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenWork:
    """So much of one kind of work in one period."""

    source: OpenWorkSource
    count: int


def documents_without_booking(company: Company, spans: Sequence[Days]) -> Mapping[str, int]:
    """Documents that came in on the days of each period and prove no booking yet. Adjustment periods share the days of a month."""
    return unbooked_document_counts(company=company, spans=[span for span in spans if "P" not in span.period])


DOCUMENTS: Final = OpenWorkSource(code="documents", name=lambda: _("Documents without booking"), count=documents_without_booking)
_sources: dict[str, OpenWorkSource] = {DOCUMENTS.code: DOCUMENTS}


def add_open_work(source: OpenWorkSource) -> None:
    """Let a kind of work be counted from now on. Raises ValueError when its code is taken."""
    if source.code in _sources:
        raise ValueError(source.code)
    _sources[source.code] = source


def open_work_sources() -> tuple[OpenWorkSource, ...]:
    """The kinds of work that are counted, in the order in which they were added."""
    return tuple(_sources.values())


def open_work_of(*, company: Company, spans: Sequence[Days]) -> dict[str, list[OpenWork]]:
    """What is to be done in each of these periods; periods without work are absent. One look for each kind of work."""
    found: dict[str, list[OpenWork]] = {}
    for source in open_work_sources():
        for period, count in source.count(company, spans).items():
            if count:
                found.setdefault(period, []).append(OpenWork(source=source, count=count))
    return found
