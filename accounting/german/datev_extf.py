"""Reads a DATEV booking batch (EXTF or DTVF, category 21): the bytes of a file become a header and rows, or a list of what is wrong.

Nothing here looks at a chart of accounts or a database. `datev_booking` makes bookings of the rows.
Source of the file rules: DATEV developer portal, DATEV format: semicolons, quotes doubled inside quotes, no line breaks in a text.
"""

import csv
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from accounting.german.datev_columns import COLUMNS, column_count, same_name
from accounting.german.datev_header import BatchHeader, DatevFileRefused, read_header
from accounting.german.datev_rows import BatchRow, Identities, read_row
from ledgerlou.errors import Fault
from ledgerlou.money import ZERO

MAX_BYTES: Final = 20 * 1024 * 1024
MAX_LINE: Final = 100_000  # characters; the 125 fields of a row are at most 210 long each
MAX_ROWS: Final = 99_999  # what DATEV's programs take in one batch

# Without these a row cannot be booked; under another heading their content is something else.
_ESSENTIAL: Final = frozenset({1, 2, 7, 8, 9, 10})


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """A booking batch as read. `rows` are the readable rows, `faults` what is wrong with the others, `notices` what is merely odd.

    `row_count` counts all rows, unreadable ones too. `sha256` is that of the file.
    """

    header: BatchHeader
    column_names: tuple[str, ...]
    rows: tuple[BatchRow, ...]
    faults: tuple[Fault, ...]
    notices: tuple[Fault, ...]
    row_count: int
    encoding: str
    sha256: str

    def total(self, side: str) -> Decimal:
        """The sum of the amounts (field 1) of the rows with side S or H, whatever their currency: the check sum of the file."""
        return sum((row.amount for row in self.rows if row.side == side), ZERO)

    @property
    def locked(self) -> bool:
        """Whether DATEV would lock the batch: one row with 1, or empty flags, which have counted as 1 since 2016/17 (field 114)."""
        if any(row.locked for row in self.rows) or self.header.lock_flag:
            return True
        return any(row.locked is None for row in self.rows) and self.header.lock_flag is None


def read_batch(data: bytes) -> Batch:
    """Read the bytes of a booking batch, of header version 510 or 700 and format version 1 to 13.

    A bad row does not stop the good ones: its faults, with line and field in the pointer `/rows/<line>/<field>`, are in the result.
    Raises DatevFileRefused when the file as a whole is too large, of another kind, or without a usable header.
    """
    text, encoding = _decode(data)
    lines = re.split(r"\r\n|\n|\r", text)  # not splitlines: that also breaks at characters that stand inside texts
    header_fields = _split(lines[0])
    if header_fields is None:
        raise DatevFileRefused("Line 1, the header, has wrongly set quotes.", pointer="/header/1")
    header, notices = read_header(header_fields)
    names = _split(lines[1]) if len(lines) > 1 else []
    notices += _check_columns(names or [], header)
    numbered = [(number, line) for number, line in enumerate(lines[2:], start=3) if line.strip()]
    if len(numbered) > MAX_ROWS:
        message = f"The file has {len(numbered)} rows; {MAX_ROWS} are allowed. Export it month by month."
        raise DatevFileRefused(message, pointer="/rows", rows=len(numbered))
    rows, faults = _read_rows(numbered, header)
    return Batch(
        header=header,
        column_names=tuple(names or []),
        rows=tuple(rows),
        faults=tuple(faults),
        notices=(*notices, *_outside_the_batch(rows, header)),
        row_count=len(numbered),
        encoding=encoding,
        sha256=hashlib.sha256(data).hexdigest(),
    )


def _decode(data: bytes) -> tuple[str, str]:
    """The text and its encoding: UTF-8 with or without byte order mark, else Windows-1252, DATEV's own."""
    if len(data) > MAX_BYTES:
        raise DatevFileRefused(f"The file is larger than {MAX_BYTES} bytes. Export it month by month.", size_bytes=len(data))
    if b"\x00" in data:
        message = "The file holds zero bytes, so it is not text in UTF-8 or Windows-1252. It may be UTF-16: save it in one of these."
        raise DatevFileRefused(message, position_bytes=data.index(b"\x00"))
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError as error:
            position = error.start
            continue
        return text, "utf-8" if encoding == "utf-8-sig" else encoding
    message = f"The file is neither UTF-8 nor Windows-1252: byte {data[position]:#04x} at {position} is no character."
    raise DatevFileRefused(message, position_bytes=position)


def _split(line: str) -> list[str] | None:
    """The fields of a line, or None when its quotes are wrong or it is far too long. Line by line, so that an open quote spoils its own line only.

    The length is our own limit: that of the csv module belongs to the whole process, and anything may have raised it.
    """
    if len(line) > MAX_LINE:
        return None
    try:
        return next(csv.reader([line], delimiter=";", quotechar='"', doublequote=True, strict=True), [])
    except csv.Error:
        return None


def _check_columns(names: Sequence[str], header: BatchHeader) -> list[Fault]:
    """Compare the headings with the format: columns count by position, and a wrong heading shows that they are others."""
    notices: list[Fault] = []
    wrong: list[Fault] = []
    for column in COLUMNS[: max(len(names), max(_ESSENTIAL))]:
        name = names[column.number - 1] if column.number <= len(names) else ""
        if same_name(column=column, name=name):
            continue
        found = f"is named {name[:40]!r}" if name else "is missing"
        message = f"Column {column.number} {found}; in this format it is {column.name}."
        (wrong if column.number in _ESSENTIAL else notices).append(
            Fault(pointer=f"/columns/{column.number}", code="INVALID_INPUT", message=message)
        )
    if wrong:
        raise DatevFileRefused("Line 2 does not have the columns of a booking batch in their order.", faults=wrong)
    allowed = column_count(header.format_version)
    if len(names) > allowed:
        message = f"The file has {len(names)} columns; format version {header.format_version} has {allowed} at most."
        notices.append(Fault(pointer="/columns", code="INVALID_INPUT", message=message))
    return notices


def _read_rows(numbered: Sequence[tuple[int, str]], header: BatchHeader) -> tuple[list[BatchRow], list[Fault]]:
    rows: list[BatchRow] = []
    faults: list[Fault] = []
    identities = Identities(header)
    for number, line in numbered:
        fields = _split(line)
        if fields is None:
            message = f"Line {number} has wrongly set quotes, or a text longer than any field. Inner quotes are doubled."
            faults.append(Fault(pointer=f"/rows/{number}", code="INVALID_INPUT", message=message))
            continue
        row = read_row(fields=fields, line=number, header=header, identities=identities)
        if isinstance(row, BatchRow):
            rows.append(row)
        else:
            faults += row
    return rows, faults


def _outside_the_batch(rows: Sequence[BatchRow], header: BatchHeader) -> list[Fault]:
    """Rows in the fiscal year but outside the period of the batch: DATEV would ask, we say so and go by the date of the row."""
    first, last = header.date_from or header.fiscal_year_start, header.date_until or header.fiscal_year_end
    return [
        Fault(
            pointer=f"/rows/{row.line}/10",
            code="INVALID_INPUT",
            message=f"Line {row.line}: {row.document_date} is outside the period of the batch, {first} to {last}.",
        )
        for row in rows
        if not first <= row.document_date <= last
    ]
