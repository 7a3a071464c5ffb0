"""The board: fiscal years with their periods as tiles."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from accounting.wording import period_name
from ledgerlou.admin.request import Visit
from periods import board
from periods.admin.actions import LIST, WRITE, needs_approval, page_of
from periods.board import Board, BoardPeriod, BoardYear, PeriodState, period_board
from periods.locks import is_adjustment
from periods.models import LockRequest


@dataclass(frozen=True, kw_only=True, slots=True)
class StateWords:
    """A state as people see it: never by colour alone."""

    name: str
    icon: str
    colour: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Tile:
    """A period on the board."""

    facts: BoardPeriod
    name: str
    short_name: str
    state: StateWords
    address: str
    work: Sequence[tuple[str, int]]


@dataclass(frozen=True, kw_only=True, slots=True)
class TileYear:
    """A fiscal year on the board."""

    facts: BoardYear
    tiles: Sequence[Tile]


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A request that waits: for the person at work, or for somebody else."""

    request: LockRequest
    name: str
    address: str
    is_for_me: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class BoardPage:
    """What the board's template shows."""

    years: Sequence[TileYear]
    asked: Sequence[Asked]
    older: str
    newer: str


def pending_requests(visit: Visit) -> dict[str, LockRequest]:
    """The requests that wait for somebody, by period."""
    return board.pending_requests(company=visit.company, now=visit.now)


def state_words(state: PeriodState) -> StateWords:
    """The name, icon and colour of a state."""
    return {
        PeriodState.OPEN: StateWords(name=_("open"), icon="lock_open", colour="good"),
        PeriodState.SOFT_LOCKED: StateWords(name=_("soft-locked"), icon="lock_clock", colour="warn"),
        PeriodState.REQUESTED: StateWords(name=_("lock asked for"), icon="hourglass_top", colour="info"),
        PeriodState.LOCKED: StateWords(name=_("locked for good"), icon="lock", colour=""),
    }[state]


def board_page(visit: Visit, *, until: int | None) -> BoardPage:
    """The board for this person, beginning with a fiscal year or with the newest."""
    found = period_board(company=visit.company, now=visit.now, until=until)
    mine = {request.id for request in needs_approval(visit, list(found.waiting.values()))}
    return BoardPage(
        years=[TileYear(facts=year, tiles=[_tile(tile) for tile in year.periods]) for year in found.years],
        asked=[_asked(visit, period, request, is_for_me=request.id in mine) for period, request in found.waiting.items()],
        older=_page_from(found, found.older),
        newer=_page_from(found, found.newer),
    )


def _tile(facts: BoardPeriod) -> Tile:
    name = period_name(facts.period)
    return Tile(
        facts=facts,
        name=name,
        short_name=_("Period %(number)s") % {"number": facts.period[-2:]} if is_adjustment(facts.period) else name.rpartition(" ")[0],
        state=state_words(facts.state),
        address=page_of(facts.period),
        work=[(work.source.name(), work.count) for work in facts.open_work],
    )


def _asked(visit: Visit, period: str, request: LockRequest, *, is_for_me: bool) -> Asked:
    may_look = visit.may(WRITE)
    address = reverse("admin:periods_period_approve", args=[period, request.id]) if may_look else page_of(period)
    return Asked(request=request, name=period_name(period), address=address, is_for_me=is_for_me)


def _page_from(found: Board, label: int | None) -> str:
    """The address of a neighbouring page of the board."""
    if label is None:
        return ""
    return f"{reverse(LIST)}?until={label}"
