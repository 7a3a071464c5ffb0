"""The report of a DATEV import as text for people at a terminal."""

from collections.abc import Iterator
from decimal import Decimal

from accounting.services.datev_import_report import ChangedLine, ImportReport, RefusedLine


def report_as_text(report: ImportReport) -> str:
    """The file, the counts, what was refused and why, and the accounts before and after, each part only where it has something."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: ImportReport) -> Iterator[str]:
    header = report.header
    yield f"{report.file_name}: {header.marker} {header.version}, {header.format_name} {header.format_version}, {report.encoding}"
    yield (
        f"Batch {header.designation!r} of consultant {header.consultant}, client {header.client}, fiscal year from "
        f"{header.fiscal_year_start}, {report.row_count} rows, {'locked' if report.locked else 'not locked'} in DATEV"
    )
    yield f"Sums of the file: S {_money(report.sum_debit)}, H {_money(report.sum_credit)}"
    yield ""
    yield (
        f"Rows {'to book' if report.preview else 'booked'}: {report.booked_count} (bookings: {len(report.booked)}); known already: "
        f"{len(report.known)}; changed: {len(report.changed)}; refused: {len(report.refused)}; held back: {len(report.held_back)}; "
        f"gone from the file: {len(report.gone)}"
    )
    yield from _part("Refused", (text for line in report.refused for text in _refused(line)))
    yield from _part("Changed since they were booked, not booked again", (text for row in report.changed for text in _changed(row)))
    yield from _part("Booked before, no longer in the file", (f"{row.row} (booking {row.intent_id})" for row in report.gone))
    yield from _part("Customers and vendors added to the chart", (f"{made.number} {made.name}" for made in report.created_accounts))
    yield from _part("Booked", _booked(report))
    yield from _part("Notices", (notice.message for notice in report.notices))
    yield from _part(f"Trial balance of fiscal year {report.fiscal_year}, accounts of this import", _trial_balance(report))
    if report.preview:
        yield ""
        yield "This was a dry run: nothing was kept."


def _part(title: str, texts: Iterator[str]) -> Iterator[str]:
    found = list(texts)
    if found:
        yield ""
        yield f"{title}:"
        yield from (f"  {text}" for text in found)


def _refused(line: RefusedLine) -> Iterator[str]:
    yield f"Line {line.line}: {line.row or '(unreadable)'}"
    yield from (f"  {fault.code}: {fault.message}" for fault in line.faults)


def _booked(report: ImportReport) -> Iterator[str]:
    for booking in report.booked:
        last = booking.first_number + booking.event_count - 1
        numbers = f"{booking.first_number}" if last == booking.first_number else f"{booking.first_number}-{last}"
        lines = ", ".join(map(str, booking.lines))
        yield f"No. {numbers}: {booking.booking_date} {_money(booking.total)} {booking.description} (line {lines})"


def _changed(row: ChangedLine) -> Iterator[str]:
    yield f"Line {row.line}: {row.row} (booking {row.intent_id})"
    yield from (f"  field {change.field} ({change.name}): {change.was!r} became {change.now!r}" for change in row.changes)


def _trial_balance(report: ImportReport) -> Iterator[str]:
    if not report.accounts:
        return
    yield f"{'Account':<9} {'before':>18} {'debit':>18} {'credit':>18} {'after':>18}  Name"
    for account in report.accounts:
        before, after = account.before, account.after
        # Opening balances are no turnover, so they show in the difference of the balances only.
        moved = (before.closing, after.debit - before.debit, after.credit - before.credit, after.closing)
        yield f"{account.number:<9} " + " ".join(f"{_money(amount):>18}" for amount in moved) + f"  {account.name}"


def _money(amount: Decimal) -> str:
    return f"{amount:,.2f}"
