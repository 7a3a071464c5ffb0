"""What an import of a DATEV batch did, or would do: every row of the file is in here once, and the balances before and after."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from accounting.german.datev_columns import COLUMNS
from accounting.german.datev_extf import Batch
from accounting.german.datev_header import BatchHeader
from accounting.german.datev_rows import BatchRow
from accounting.selectors.datev_import import Balance
from ledgerlou.errors import Fault

_ENCODING_NAMES: Final = {"cp1252": "Windows-1252", "utf-8": "UTF-8"}


@dataclass(frozen=True, kw_only=True, slots=True)
class BookedRows:
    """A booking and the lines of the file it was made of: one, or all opening balances together. `total` is euros."""

    lines: tuple[int, ...]
    intent_id: UUID
    booking_date: date
    period: str
    description: str
    total: Decimal
    first_number: int
    event_count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class RefusedLine:
    """A row that was not booked, and all the reasons. `row` shows it in short; it is empty where the row could not be read."""

    line: int
    row: str
    faults: tuple[Fault, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownLine:
    """A row that an earlier import booked."""

    line: int
    intent_id: UUID


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldChange:
    """A field of a row that differs from the row booked before, as written in both files."""

    field: int
    name: str
    was: str
    now: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangedLine:
    """A row that an earlier import booked with other content. It is not booked; a person decides."""

    line: int
    row: str
    intent_id: UUID
    changes: tuple[FieldChange, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class GoneRow:
    """A row booked from an earlier export of this batch that the file no longer has. Its booking stays."""

    row: str
    intent_id: UUID


@dataclass(frozen=True, kw_only=True, slots=True)
class CreatedAccount:
    """A customer or vendor account that the chart did not have."""

    number: str
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountChange:
    """An account that the import moves, with its balances of the fiscal year."""

    number: str
    name: str
    before: Balance
    after: Balance


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportReport:
    """The outcome of an import. Amounts are euros; `sum_debit` and `sum_credit` add up field 1 of the rows with S and with H.

    `held_back` are good rows not booked because all or nothing was asked. `locked` is DATEV's flag of the batch (Festschreibung).
    With `preview` nothing was kept: ids and journal numbers are examples. `import_id` is None when nothing was booked.
    """

    file_name: str
    sha256: str
    encoding: str
    column_count: int
    header: BatchHeader
    locked: bool
    row_count: int
    sum_debit: Decimal
    sum_credit: Decimal
    booked: tuple[BookedRows, ...]
    known: tuple[KnownLine, ...]
    changed: tuple[ChangedLine, ...]
    gone: tuple[GoneRow, ...]
    refused: tuple[RefusedLine, ...]
    held_back: tuple[int, ...]
    created_accounts: tuple[CreatedAccount, ...]
    accounts: tuple[AccountChange, ...]
    notices: tuple[Fault, ...]
    fiscal_year: int
    import_id: UUID | None = None
    preview: bool = False

    @property
    def booked_count(self) -> int:
        """Rows booked; a booking may hold several."""
        return sum(len(booking.lines) for booking in self.booked)

    @property
    def is_complete(self) -> bool:
        """Whether every row of the file is in the books as it stands in the file."""
        return not (self.refused or self.changed or self.held_back)


def row_in_short(row: BatchRow) -> str:
    """A row on one line: date, amount, side, accounts, key, document number, text."""
    key = f" key {row.bu_key}" if row.bu_key else ""
    reversal = " general reversal" if row.general_reversal else ""
    parts = [f"{row.document_date} {row.amount:.2f} {row.currency} {row.side} {row.account}/{row.contra_account}{key}{reversal}"]
    return " | ".join([*parts, *(part for part in (row.document_field_1, row.text) if part)])


def known_in_short(features: Sequence[str]) -> str:
    """The same of a row booked before, whose features are kept."""
    money, accounts, day, document_field_1, text = features
    return " | ".join([f"{day} {money} {accounts}", *(part for part in (document_field_1, text) if part)])


def changes_between(*, was: Sequence[str], now: Sequence[str]) -> tuple[FieldChange, ...]:
    """The fields that differ between two rows as written."""
    length = max(len(was), len(now))
    before, after = ([*row, *[""] * (length - len(row))] for row in (was, now))
    return tuple(
        FieldChange(field=column.number, name=column.name, was=old, now=new)
        for column, old, new in zip(COLUMNS, before, after, strict=False)
        if old != new
    )


def unreadable_lines(batch: Batch) -> list[RefusedLine]:
    """The rows that could not be read, with everything that is wrong with each. Their pointers begin /rows/<line>."""
    faults: dict[int, list[Fault]] = {}
    for fault in batch.faults:
        faults.setdefault(int(fault.pointer.split("/")[2]), []).append(fault)
    return [RefusedLine(line=line, row="", faults=tuple(found)) for line, found in faults.items()]


def report_as_json(report: ImportReport) -> dict[str, Any]:
    """The report as plain values; amounts and dates are text, such as "119.00" and "2026-01-31"."""
    header = report.header
    return {
        "file_name": report.file_name,
        "sha256": report.sha256,
        "preview": report.preview,
        "import_id": str(report.import_id) if report.import_id else None,
        "header": {
            "marker": header.marker,
            "version": header.version,
            "format_name": header.format_name,
            "format_version": header.format_version,
            "encoding": _ENCODING_NAMES.get(report.encoding, report.encoding),
            "columns": report.column_count,
            "consultant": header.consultant,
            "client": header.client,
            "fiscal_year_start": header.fiscal_year_start.isoformat(),
            "account_length": header.account_length,
            "period_from": header.date_from.isoformat() if header.date_from else None,
            "period_to": header.date_until.isoformat() if header.date_until else None,
            "designation": header.designation,
            "chart": header.chart,
            "currency": header.currency,
        },
        "locked": report.locked,
        "rows": report.row_count,
        "sum_S": str(report.sum_debit),
        "sum_H": str(report.sum_credit),
        "counts": {
            "booked": report.booked_count,
            "known": len(report.known),
            "changed": len(report.changed),
            "refused": len(report.refused),
            "held_back": len(report.held_back),
            "gone": len(report.gone),
        },
        "complete": report.is_complete,
        "booked": [
            {
                "lines": list(booking.lines),
                "intent_id": str(booking.intent_id),
                "booking_date": booking.booking_date.isoformat(),
                "period": booking.period,
                "description": booking.description,
                "total": str(booking.total),
                "first_number": booking.first_number,
                "event_count": booking.event_count,
            }
            for booking in report.booked
        ],
        "known": [{"line": row.line, "intent_id": str(row.intent_id)} for row in report.known],
        "changed": [_changed_as_json(row) for row in report.changed],
        "gone": [{"row": row.row, "intent_id": str(row.intent_id)} for row in report.gone],
        "refused": [
            {"line": line.line, "row": line.row, "errors": [_fault_as_json(fault) for fault in line.faults]} for line in report.refused
        ],
        "held_back": list(report.held_back),
        "created_accounts": [{"number": account.number, "name": account.name} for account in report.created_accounts],
        "trial_balance": {
            "fiscal_year": report.fiscal_year,
            "accounts": [
                {
                    "account_number": account.number,
                    "account_name": account.name,
                    "before": _balance_as_json(account.before),
                    "after": _balance_as_json(account.after),
                }
                for account in report.accounts
            ],
        },
        "notices": [_fault_as_json(notice) for notice in report.notices],
    }


def _fault_as_json(fault: Fault) -> dict[str, str]:
    return {"pointer": fault.pointer, "code": fault.code, "message": fault.message}


def _changed_as_json(row: ChangedLine) -> dict[str, Any]:
    return {
        "line": row.line,
        "row": row.row,
        "intent_id": str(row.intent_id),
        "fields": [{"field": change.field, "name": change.name, "was": change.was, "now": change.now} for change in row.changes],
    }


def _balance_as_json(balance: Balance) -> dict[str, str]:
    return {
        "opening_balance": str(balance.opening),
        "debit": str(balance.debit),
        "credit": str(balance.credit),
        "balance": str(balance.closing),
    }
