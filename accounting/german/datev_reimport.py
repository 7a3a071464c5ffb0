"""The same batch a second time: which rows are in the books already, which changed, which are new, which are gone. Pure.

Nothing is booked twice: a row that is in the books for this consultant, client and fiscal year counts as known, whatever the batch is
called and wherever the row stands in it. Two equal rows are two bookings; they are counted. A row that is nearly a known one is
reported as changed and left to a person, because booking it as new would leave the old booking beside it.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from uuid import UUID

from accounting.german.datev_extf import Batch
from accounting.german.datev_header import BatchHeader
from accounting.german.datev_rows import BatchRow


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownRow:
    """A row imported before: its names (those of `BatchRow`), the batch it came with (`batch_key`), the booking made of it."""

    identity: str
    fingerprint: str
    features: tuple[str, ...]
    batch_key: str
    intent_id: UUID


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """`unchanged` and `changed` pair a row of the file with the known one; `gone` are known rows of this batch no longer in the file."""

    new: tuple[BatchRow, ...]
    unchanged: tuple[tuple[BatchRow, KnownRow], ...]
    changed: tuple[tuple[BatchRow, KnownRow], ...]
    gone: tuple[KnownRow, ...]


def client_key(header: BatchHeader) -> str:
    """Whose rows may be the same: consultant, client and fiscal year. Known rows are looked up by this."""
    return f"{header.consultant}/{header.client}/{header.fiscal_year_start:%Y%m%d}"


def batch_key(header: BatchHeader) -> str:
    """Which batch of a client it is: period and designation, which a second export of it keeps."""
    return f"{client_key(header)}/{header.date_from}/{header.date_until}/{header.designation}"


def compare_with_known(*, batch: Batch, known: Sequence[KnownRow]) -> Comparison:
    """Pair the rows of a batch with the known rows of its client and fiscal year, each known row at most once.

    In this order: equal in identity and content; equal in content (moved, or met again in an overlapping export); equal in identity;
    equal in four of five features; in three of five, within the same batch only. A booking GUID that differs makes rows different,
    however equal they are.
    """
    this_batch = batch_key(batch.header)
    pairs: dict[int, KnownRow] = {}
    unused = list(known)
    for each in _rounds():
        candidates = [found for found in unused if not each.same_batch_only or found.batch_key == this_batch]
        taken = _pair(each, rows=(row for row in batch.rows if row.line not in pairs), candidates=candidates)
        if taken:
            pairs.update(taken)
            used = {id(found) for found in taken.values()}
            unused = [found for found in unused if id(found) not in used]
    paired = [(row, pairs[row.line]) for row in batch.rows if row.line in pairs]
    return Comparison(
        new=tuple(row for row in batch.rows if row.line not in pairs),
        unchanged=tuple((row, found) for row, found in paired if row.fingerprint == found.fingerprint),
        changed=tuple((row, found) for row, found in paired if row.fingerprint != found.fingerprint),
        gone=tuple(found for found in unused if found.batch_key == this_batch),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Round:
    """`name` gives what two rows must share to be taken for the same, or None for a row that has no such name."""

    name: Callable[[BatchRow | KnownRow], tuple[str, ...] | None]
    by_identity: bool = False
    same_batch_only: bool = False


def _rounds() -> Iterator[_Round]:
    yield _Round(name=lambda row: (row.identity, row.fingerprint), by_identity=True)
    yield _Round(name=lambda row: (row.fingerprint,))
    yield _Round(name=lambda row: (row.identity,), by_identity=True)
    for four in combinations(range(5), 4):
        yield _Round(name=_features_at(four))
    for three in combinations(range(5), 3):
        yield _Round(name=_features_at(three), same_batch_only=True)


def _features_at(places: tuple[int, ...]) -> Callable[[BatchRow | KnownRow], tuple[str, ...] | None]:
    def name(row: BatchRow | KnownRow) -> tuple[str, ...] | None:
        features = row.features
        shared = tuple(features[place] for place in places)
        return shared if all(shared) else None  # two rows without a document number do not share one

    return name


def _pair(each: _Round, *, rows: Iterable[BatchRow], candidates: Sequence[KnownRow]) -> dict[int, KnownRow]:
    """Rows, by line, with the first candidate not yet taken that has the same name; in order, so that equal rows are counted off."""
    waiting: dict[tuple[bool, tuple[str, ...]], deque[KnownRow]] = defaultdict(deque)
    for candidate in candidates:
        if (name := each.name(candidate)) is not None:
            waiting[_has_guid(candidate), name].append(candidate)
    pairs: dict[int, KnownRow] = {}
    if not waiting:
        return pairs
    for row in rows:
        if (name := each.name(row)) is None:
            continue
        # Two GUIDs that differ are two bookings, so a row with one looks among those without.
        for guid in (True, False) if each.by_identity or not _has_guid(row) else (False,):
            if same := waiting.get((guid, name)):
                pairs[row.line] = same.popleft()
                break
    return pairs


def _has_guid(row: BatchRow | KnownRow) -> bool:
    return row.identity.startswith("guid:")
