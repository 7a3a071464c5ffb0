"""What a handler may return besides the plain object of its operation."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ledgerlou.errors import LedgerLouError


@dataclass(frozen=True, slots=True)
class Answer:
    """A body with something to say about it. `plain`: already dictionaries in exactly the declared shape, written as they are."""

    body: object = None
    status: int | None = None
    location: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    plain: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a bare array; `total` counts the rows before paging."""

    rows: Sequence[object]
    total: int
    plain: bool = False


@dataclass(frozen=True, slots=True)
class FileAnswer:
    """Bytes to download, or to show in the browser with `inline`. An iterator is sent as it comes and opens its own transaction."""

    content: bytes | Iterable[bytes]
    content_type: str
    filename: str = ""
    inline: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True, slots=True)
class Refused:
    """Answer the error, but keep what was written: an attempt that must be recorded although it failed."""

    error: LedgerLouError
