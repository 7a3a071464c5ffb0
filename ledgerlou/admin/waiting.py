"""What waits for somebody: shown on the desk, and counted beside the pages of the menu.

A part of the program that has work waiting names a function in the setting WAITING. It gets the visit and returns a `Waiting`, or None
where this person has nothing to do with it. Such functions run on every page: one short query each, bounded by `MOST`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils.module_loading import import_string

from ledgerlou.admin.request import Visit, visit_of

MOST: Final = 100  # so many are looked for at most; where there are more, the count says "99+"
SHOWN: Final = 5  # so many are shown on the desk
_CACHE: Final = "_waiting"


@dataclass(frozen=True, kw_only=True, slots=True)
class WaitingRow:
    """One thing that waits: what it is, a remark (who, since when), and where it is dealt with. `action` names a button."""

    title: str
    remark: str = ""
    address: str = ""
    action: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """One kind of work. `address` is the page where all of it stands; the menu shows the count beside that page.

    `count` is at most `MOST`; `rows` are the first few. `is_grave` marks what has gone wrong.
    """

    title: str
    count: int
    address: str
    icon: str
    rows: Sequence[WaitingRow] = field(default=())
    is_grave: bool = False

    @property
    def shown_count(self) -> str:
        """The count as people read it."""
        return f"{MOST - 1}+" if self.count >= MOST else str(self.count)


def waiting_of(request: HttpRequest) -> list[Waiting]:
    """Everything that waits in this visit, asked for once in a request; what waits nowhere is left out.

    The page of a refusal asks nothing: its transaction is over.
    """
    if transaction.get_connection().needs_rollback:
        return []
    known: list[Waiting] | None = getattr(request, _CACHE, None)
    if known is None:
        visit = visit_of(request)
        known = [] if visit is None else [found for ask in _askers() if (found := ask(visit)) is not None and found.count]
        setattr(request, _CACHE, known)
    return known


def count_at(request: HttpRequest, address: str) -> tuple[str, bool]:
    """How much waits on a page, as people read it, and whether any of it is grave; an empty text for nothing."""
    here = [waiting for waiting in waiting_of(request) if waiting.address.partition("?")[0] == address]
    total = sum(waiting.count for waiting in here)
    if not total:
        return "", False
    return (f"{MOST - 1}+" if total >= MOST else str(total)), any(waiting.is_grave for waiting in here)


def _askers() -> list[Callable[[Visit], Waiting | None]]:
    return [import_string(name) for name in settings.WAITING]
