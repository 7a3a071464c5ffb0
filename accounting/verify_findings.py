"""What verify found: faults by kind, each with its place, the stored value and the recomputed one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from accounting.verify_source import BooksCursor

KINDS: Final[Mapping[str, str]] = {
    "journal_number": "the number does not follow on the one before",
    "hash_chain": "the hash it builds on is not the hash of the line before",
    "event_hash": "the hash is not that of the line and its booking",
    "event_without_booking": "its booking is missing",
    "booking_without_events": "the booking has no journal lines",
    "booking_date": "line and booking have different dates",
    "booking_period": "line and booking have different periods",
    "booking_lines": "the booking's lines are not complete and in sequence",
    "booking_total": "the booking's total is not what its lines come to",
    "booking_accounts": "the booking's list of accounts does not fit its lines",
    "reversal": "the reversal does not mirror its original",
    "head": "the head of the journal does not fit its last line",
    "month_balance": "the month balance is not what the journal lines come to",
    "closing_sequence": "closings do not follow one another",
    "closing_hash": "the closing hash is not that of the period's lines",
    "posted_after_lock": "the booking was recorded after its period was locked",
    "item_count": "the booking's open items are not all there, or there are too many",
    "settlement_count": "the booking's settlements are not all there, or there are too many",
    "items_seal": "the seal of the booking's open items and settlements is not that of their rows",
    "item_movement": "open items and settlements do not come to what the booking moved on the account",
    "item_facts": "the open item does not fit its booking",
    "settlement_facts": "the settlement does not fit its booking and open item",
    "item_overpaid": "the open item is settled beyond its amount",
    "item_currency": "the foreign amounts of open item and settlements do not fit",
    "item_balance": "open items do not come to the balance of the account",
    "link": "the row points to something that is not there",
    "history": "the row is not what the audit history tells",
    "document_file": "the document's file is missing or is not what was stored",
}

# Counts all rows of a kind and keeps the first few of each, so that a broken company does not flood memory.
_FIRST_OF_EACH_KIND: Final = """
    SELECT kind, place, stored, recomputed, number, found FROM (
        SELECT f.*, count(*) OVER (PARTITION BY kind) AS found, row_number() OVER (PARTITION BY kind ORDER BY number, place) AS rank
          FROM ({faults}) f (kind, number, place, stored, recomputed)) ranked
     WHERE rank <= %(limit)s ORDER BY kind, rank
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class BookFault:
    """One thing in a company's books that is not as it must be. `journal_number` is set where the place is a journal line."""

    kind: str
    place: str
    stored: str | None
    recomputed: str | None
    journal_number: int | None = None

    def __str__(self) -> str:
        return f"{self.place}: {KINDS[self.kind]} (stored {_shown(self.stored)}, recomputed {_shown(self.recomputed)})"


class Findings:
    """The faults of one company: all are counted, the first `limit` of each kind are kept."""

    def __init__(self, *, limit: int) -> None:
        self.limit = limit
        self.counts: dict[str, int] = {}
        self._kept: dict[str, list[BookFault]] = {}

    @property
    def faults(self) -> list[BookFault]:
        """The faults that were kept, kind by kind in the order of `KINDS`."""
        return [fault for kind in KINDS for fault in self._kept.get(kind, ())]

    def add(self, fault: BookFault, *, count: int = 1) -> None:
        """Note a fault that stands for `count` of its kind (0 when it was counted already)."""
        self.counts[fault.kind] = self.counts.get(fault.kind, 0) + count
        kept = self._kept.setdefault(fault.kind, [])
        if len(kept) < self.limit:
            kept.append(fault)

    def query(self, cursor: BooksCursor, faults_sql: str, params: Mapping[str, Any]) -> None:
        """Note what a query finds. It selects kind, journal number (or null), place, stored and recomputed value of each fault."""
        cursor.execute(_FIRST_OF_EACH_KIND.format(faults=faults_sql), {**params, "limit": self.limit})
        self._note(cursor.fetchall())

    def _note(self, rows: Iterable[tuple[Any, ...]]) -> None:
        seen: set[str] = set()
        for kind, place, stored, recomputed, number, found in rows:
            fault = BookFault(kind=kind, place=place, stored=stored, recomputed=recomputed, journal_number=number)
            self.add(fault, count=0 if kind in seen else found)
            seen.add(kind)


@dataclass(frozen=True, kw_only=True, slots=True)
class BooksReport:
    """What verify says about one company. `head_hash` seals everything counted in `events`."""

    company_id: UUID
    company_name: str
    events: int
    head_hash: str
    faults: tuple[BookFault, ...]
    fault_counts: Mapping[str, int]
    seconds: float


def _shown(value: str | None) -> str:
    return "nothing" if value is None else repr(value)
