"""Lists as files: CSV as spreadsheets in the person's country read it, and XLSX with real numbers and dates.

What a cell says comes from bookings and so from strangers: no cell is ever a formula.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import islice
from tempfile import TemporaryFile
from typing import Any, Final, Literal, assert_never

from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import translation
from xlsxwriter import Workbook

from ledgerlou.admin.request import CompanyRequest
from ledgerlou.companies.context import company_transaction
from ledgerlou.errors import InvalidInput

Cell = str | int | Decimal | date | None
Kind = Literal["text", "number", "money", "date"]
Rows = Callable[[], Iterable[Sequence[Cell]]]
MAX_XLSX_ROWS: Final = 100_000
_CSV_ROWS_AT_A_TIME: Final = 500
_BOM: Final = "\ufeff"  # without it spreadsheets take UTF-8 for the code page of the machine
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_XLSX_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A column of a file: what stands above it, what its cells are, and how many characters wide it is in a spreadsheet."""

    label: str
    kind: Kind = "text"
    width: int = 14


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """A list to hand out. `rows` is called when the file is written; `count` says how many rows there are, `limit` at most."""

    name: str
    columns: Sequence[Column]
    rows: Rows
    count: Callable[[int], int]


def answer_download(request: CompanyRequest, table: Table, form: str) -> HttpResponseBase:
    """The list as `csv` or `xlsx`. Raises InvalidInput for another form, or for more rows than a workbook takes."""
    if form == "csv":
        return csv_answer(request, name=table.name, columns=table.columns, rows=table.rows)
    if form == "xlsx":
        return _xlsx_answer(table)
    raise InvalidInput("A list can be downloaded as csv or xlsx.", pointer="?download")


def neutral(text: str) -> str:
    """Text that no spreadsheet takes for a formula: an apostrophe stands before what could start one."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def csv_answer(request: CompanyRequest, *, name: str, columns: Sequence[Column], rows: Rows) -> StreamingHttpResponse:
    """Sent while it is read, whatever its length, in a transaction of its own: the request's ends before the first row leaves."""
    language = translation.get_language() or "en"
    company_id = request.company.id

    def pieces() -> Iterator[str]:
        # A reader who leaves closes the generator, and with it the transaction.
        with company_transaction(company_id, read_only=True):
            yield _BOM + _csv_text([[column.label for column in columns]])
            left = iter(rows())
            while True:
                with translation.override(language):  # the language of the request has ended, and each piece is made for itself
                    read = list(islice(left, _CSV_ROWS_AT_A_TIME))
                    piece = _csv_text([_csv_cells(row, columns, language) for row in read])
                if not read:
                    return
                yield piece

    response = StreamingHttpResponse(pieces(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    _kept_by_nobody(response)
    return response


def _csv_text(rows: Iterable[Sequence[str]]) -> str:
    piece = io.StringIO()
    csv.writer(piece, delimiter=";", lineterminator="\r\n").writerows(rows)
    return piece.getvalue()


def _csv_cells(row: Sequence[Cell], columns: Sequence[Column], language: str) -> list[str]:
    return [_csv_cell(cell, column.kind, language) for cell, column in zip(row, columns, strict=True)]


def _csv_cell(cell: Cell, kind: Kind, language: str) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return neutral(cell) if kind == "text" else cell
    if isinstance(cell, Decimal):
        return f"{cell:f}".replace(".", ",") if language.startswith("de") else f"{cell:f}"
    if isinstance(cell, date):
        return f"{cell:%d.%m.%Y}" if language.startswith("de") else cell.isoformat()
    return str(cell)


def _xlsx_answer(table: Table) -> FileResponse:
    """Written to a temporary file row by row, so that its size does not matter to memory; bounded, so that nobody waits for minutes."""
    if table.count(MAX_XLSX_ROWS + 1) > MAX_XLSX_ROWS:
        raise InvalidInput(
            f"An Excel file takes {MAX_XLSX_ROWS} rows here, and this list has more. Narrow it with the filters, or download it as CSV.",
            pointer="?download",
        )
    target = TemporaryFile()  # noqa: SIM115 -- the answer closes it when it was sent
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(target, options) as book:
        _write_sheet(book, table)
    target.seek(0)
    response = FileResponse(target, as_attachment=True, filename=f"{table.name}.xlsx", content_type=_XLSX_TYPE)
    _kept_by_nobody(response)
    return response


def _write_sheet(book: Any, table: Table) -> None:
    sheet = book.add_worksheet()
    head = book.add_format({"bold": True, "bottom": 1})
    formats = {
        "text": None,
        "number": book.add_format({"num_format": "0"}),
        "money": book.add_format({"num_format": "#,##0.00"}),
        "date": book.add_format({"num_format": "dd.mm.yyyy" if (translation.get_language() or "").startswith("de") else "yyyy-mm-dd"}),
    }
    for place, column in enumerate(table.columns):
        sheet.set_column(place, place, column.width)
        sheet.write_string(0, place, column.label, head)
    sheet.freeze_panes(1, 0)
    last = 0
    for last, row in enumerate(table.rows(), start=1):
        for place, (cell, column) in enumerate(zip(row, table.columns, strict=True)):
            _write_cell(sheet, (last, place), cell, formats[column.kind])
    sheet.autofilter(0, 0, last, len(table.columns) - 1)


def _write_cell(sheet: Any, place: tuple[int, int], cell: Cell, style: Any) -> None:
    """Numbers as numbers and days as days. Text is written as text, whatever it begins with."""
    if cell is None:
        return
    if isinstance(cell, str):
        sheet.write_string(*place, cell, style)
    elif isinstance(cell, date):
        sheet.write_datetime(*place, cell, style)
    elif isinstance(cell, Decimal | int):
        sheet.write_number(*place, cell, style)
    else:
        assert_never(cell)


def _kept_by_nobody(response: HttpResponseBase) -> None:
    """Books are in nobody's cache."""
    response.headers["Cache-Control"] = "private, no-store"
