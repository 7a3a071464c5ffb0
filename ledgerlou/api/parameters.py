"""Query and path parameters: declared once, checked and described from the declaration."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from rapidfuzz import process

from ledgerlou.api.text import Text
from ledgerlou.api.values import CONVERTERS, SCHEMAS
from ledgerlou.errors import Fault, InvalidInput, LedgerLouError

MAX_QUERY_FIELDS = 100
MAX_OFFSET = 100_000_000


@dataclass(frozen=True, kw_only=True)
class _Parameter:
    """What query and path parameters share: a kind and its limits."""

    enum: tuple[str, ...] = ()
    pattern: str | None = None
    minimum: int | None = None
    maximum: int | None = None
    min_length: int = 0
    max_length: int = 500
    text: Text | None = None

    @cached_property
    def _compiled(self) -> re.Pattern[str] | None:
        return re.compile(self.pattern, re.ASCII) if self.pattern else None

    def convert(self, kind: str, text: str) -> Any:
        """The value of a text. Raises ValueError with the end of a sentence that begins with the parameter's name."""
        value = CONVERTERS[kind](text)
        if self.enum:
            if value not in self.enum:
                raise ValueError(f"must be one of {', '.join(self.enum)}")
        elif kind == "string":
            if not self.min_length <= len(text) <= self.max_length:
                raise ValueError(f"must have {self.min_length} to {self.max_length} characters")
            if self._compiled and not self._compiled.fullmatch(text):
                raise ValueError("is malformed")
        if self.minimum is not None and value < self.minimum:
            raise ValueError(f"must be at least {self.minimum}")
        if self.maximum is not None and value > self.maximum:
            raise ValueError(f"must be at most {self.maximum}")
        return value

    def value_schema(self, kind: str) -> dict[str, Any]:
        """The JSON schema of the value."""
        schema = dict(SCHEMAS[kind])
        if self.enum:
            return {**schema, "enum": list(self.enum)}
        if kind == "string":
            schema["maxLength"] = self.max_length
            if self.min_length:
                schema["minLength"] = self.min_length
            if self.pattern:
                schema["pattern"] = f"^(?:{self.pattern})$"
        if self.minimum is not None:
            schema["minimum"] = self.minimum
        if self.maximum is not None:
            schema["maximum"] = self.maximum
        return schema


@dataclass(frozen=True)
class Query(_Parameter):
    """A query parameter. Its camelCase or snake_case twin is accepted too, without being described."""

    name: str
    kind: str = "string"
    default: Any = None
    required: bool = False

    @property
    def other_spelling(self) -> str:
        """`startDate` for `start_date` and the other way round."""
        if "_" in self.name:
            head, *rest = self.name.split("_")
            return head + "".join(part.capitalize() for part in rest)
        return re.sub(r"(?<!^)([A-Z])", lambda found: "_" + found.group(1).lower(), self.name)


@dataclass(frozen=True)
class PathParameter(_Parameter):
    """A part of the path. A malformed one is answered with `malformed` (InvalidInput or a NotFound, as the operation publishes)."""

    name: str
    kind: str = "string"
    malformed: type[LedgerLouError] = InvalidInput

    def read(self, text: str) -> Any:
        """The value of this part of the path. Raises `malformed`."""
        try:
            return self.convert(self.kind, text)
        except ValueError as fault:
            raise self.malformed(f"{self.name} {fault}.", pointer=f"{{{self.name}}}") from None


def limit(*, default: int = 50, maximum: int = 200) -> Query:
    """The page size of a list."""
    return Query("limit", "integer", default=default, minimum=1, maximum=maximum, text=Text("Rows on a page", "Zeilen je Seite"))


def offset() -> Query:
    """How many rows a list skips."""
    return Query("offset", "integer", default=0, minimum=0, maximum=MAX_OFFSET, text=Text("Rows to skip", "Zu überspringende Zeilen"))


DRY_RUN = Query(
    "dry_run",
    "boolean",
    default=False,
    text=Text(
        "Try it: everything is done and undone, the answer is what would have come (numbers and ids are examples).",
        "Probelauf: Alles wird ausgeführt und zurückgenommen; die Antwort ist die, die gekommen wäre (Nummern und IDs sind Beispiele).",
    ),
)


class QueryReader:
    """Reads the query string of one operation."""

    def __init__(self, declared: Sequence[Query]) -> None:
        self._defaults: Mapping[str, Any] = {query.name: query.default for query in declared}
        self._required = [query.name for query in declared if query.required]
        self._accepted = {query.other_spelling: query for query in declared} | {query.name: query for query in declared}
        self._names = list(self._defaults)

    def read(self, query_string: str) -> dict[str, Any]:
        """A value or default for every declared name. Raises InvalidInput with every fault."""
        values = dict(self._defaults)
        if not query_string and not self._required:
            return values
        faults: list[Fault] = []
        seen: set[str] = set()
        for name, text in _pairs(query_string):
            query = self._accepted.get(name)
            if query is None:
                faults.append(_fault(name, f"Unknown query parameter {name!r}.{suggestion(name, self._names)}"))
            elif query.name in seen:
                faults.append(_fault(query.name, f"{query.name} is given twice."))
            else:
                seen.add(query.name)
                try:
                    values[query.name] = query.convert(query.kind, text)
                except ValueError as fault:
                    faults.append(_fault(query.name, f"{query.name} {fault}."))
        faults += [_fault(name, f"{name} is required.") for name in self._required if name not in seen]
        if faults:
            raise InvalidInput(faults[0].message, faults=faults)
        return values


def suggestion(name: str, known: Sequence[str]) -> str:
    """` Did you mean "description"?` where a known name is close, else nothing."""
    hit = process.extractOne(name, known, score_cutoff=70)
    return f' Did you mean "{hit[0]}"?' if hit else ""


def _pairs(query_string: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query_string, keep_blank_values=True, errors="strict", max_num_fields=MAX_QUERY_FIELDS)
    except UnicodeDecodeError:
        raise InvalidInput("The query string is not UTF-8.", pointer="?") from None
    except ValueError:
        raise InvalidInput(f"More than {MAX_QUERY_FIELDS} query parameters.", pointer="?") from None


def _fault(name: str, message: str) -> Fault:
    return Fault(pointer=f"?{name[:100]}", code=InvalidInput.code, message=message[:500])
