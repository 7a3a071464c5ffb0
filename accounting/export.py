"""Hand the whole journal to an auditor, who can verify it without us: `docs/verify_journal.py` needs nothing but Python.

An export is a sequence of records, each with named texts: one `header`, an `event` for every journal line in order of numbers, a
`closing` for every period that is locked for good in order of their locking, and a `head` that says where the journal stands. The fields
of an event are exactly the texts that were hashed, in that order, and then the hash.

- `jsonl`: one JSON object a line, UTF-8, absent values are null.
- `csv`: RFC 4180 with comma and CRLF, UTF-8, one file; the first row names the columns, the first column names the record, and columns
  that are not a record's own are empty. An absent value is written `\\N`; a text that begins with a backslash gets one more in front.
  Programs for tables may take a text that begins with `=` for a formula: import the file as text.
"""

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

from django.db import connection

from accounting.sealing import moment_text
from accounting.verify_source import FIELD_NAMES, FIELD_TEXTS, LINES_SQL, books_snapshot, write_as_hashed

FORMAT: Final = "ledgerlou-journal-2"
_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "header": ("format", "company_id", "company_name", "exported_at", "events", "closings"),
    "event": (*FIELD_NAMES, "audit_hash"),
    "closing": ("period", "opening_period", "closing_position", "closing_prev_hash", "closing_hash"),
    "head": ("next_number", "last_hash"),
}
_COLUMNS: Final = tuple(dict.fromkeys(name for record in ("event", "header", "closing", "head") for name in _FIELDS[record]))
_ROWS_AT_A_TIME: Final = 2000

_HEADER: Final = """
    SELECT c.id::text, c.name, (SELECT count(*) FROM accounting_event WHERE company_id = c.id)::text,
           (SELECT count(*) FROM periods_period WHERE company_id = c.id AND closing_hash IS NOT NULL)::text
      FROM companies_company c WHERE c.id = %(company)s
"""
_EVENTS: Final = f"""
    SELECT {", ".join(FIELD_TEXTS)}, e.audit_hash FROM {LINES_SQL} WHERE e.company_id = %(company)s ORDER BY e.journal_number
"""  # noqa: S608 -- made of constants
# The lock of the first month of a fiscal year closes its opening entries, too, so its hash covers both periods.
_CLOSINGS: Final = """
    SELECT p.period, o.period, p.closing_position::text, p.closing_prev_hash, p.closing_hash
      FROM periods_period p
      LEFT JOIN periods_period o ON o.company_id = p.company_id AND o.governed_by = p.period AND o.period <> p.period
     WHERE p.company_id = %(company)s AND p.closing_hash IS NOT NULL ORDER BY p.closing_position
"""
_HEAD: Final = "SELECT next_number::text, last_hash FROM accounting_journalhead WHERE company_id = %(company)s"

Values = Sequence[str | None]


class Target(Protocol):
    """Where an export goes: a text file in UTF-8 that leaves line ends alone."""

    def write(self, text: str, /) -> object:
        """Take a piece of text."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Exported:
    """What was written."""

    events: int
    closings: int


def export_journal(
    *, company_id: UUID, form: str, target: Target, now: datetime, progress: Callable[[int], None] | None = None
) -> Exported:
    """Write a company's journal as it stands at one moment to `target`; `form` is `jsonl` or `csv`.

    Reads the journal as a stream, so its size does not matter. Opens a transaction of its own.
    """
    write: Callable[[str, Values], None] = _JsonLines(target).write if form == "jsonl" else _CsvRows(target).write
    counts = {"event": 0, "closing": 0}
    with books_snapshot(company_id):
        for record, values in _records(company_id, now):
            write(record, values)
            if record in counts:
                counts[record] += 1
                if progress and counts["event"] % (25 * _ROWS_AT_A_TIME) == 0:
                    progress(counts["event"])
    return Exported(events=counts["event"], closings=counts["closing"])


def _records(company_id: UUID, now: datetime) -> Iterator[tuple[str, Values]]:
    company = {"company": company_id}
    with connection.cursor() as cursor:
        write_as_hashed(cursor)
        cursor.execute(_HEADER, company)
        for own_id, name, events, closings in cursor.fetchall():
            yield "header", (FORMAT, own_id, name, moment_text(now), events, closings)
    with closing(connection.chunked_cursor()) as stream:  # on the server, so that no million rows wait here
        stream.execute(_EVENTS, company)
        while rows := stream.fetchmany(_ROWS_AT_A_TIME):
            for row in rows:
                yield "event", row
    with connection.cursor() as cursor:
        for record, query in (("closing", _CLOSINGS), ("head", _HEAD)):
            cursor.execute(query, company)
            for row in cursor.fetchall():
                yield record, row


class _JsonLines:
    def __init__(self, target: Target) -> None:
        self.target = target
        self.encode = json.JSONEncoder(ensure_ascii=False).encode

    def write(self, record: str, values: Values) -> None:
        fields = {"record": record, **dict(zip(_FIELDS[record], values, strict=True))}
        self.target.write(self.encode(fields) + "\n")


class _CsvRows:
    def __init__(self, target: Target) -> None:
        self.rows = csv.writer(target, lineterminator="\r\n")
        self.rows.writerow(("record", *_COLUMNS))

    def write(self, record: str, values: Values) -> None:
        fields = dict(zip(_FIELDS[record], map(_csv_text, values), strict=True))
        self.rows.writerow((record, *(fields.get(column, "") for column in _COLUMNS)))


def _csv_text(value: str | None) -> str:
    if value is None:
        return "\\N"
    return "\\" + value if value.startswith("\\") else value
