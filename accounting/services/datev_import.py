"""Imports DATEV booking batches: what is new in a file is booked in one go, everything else is reported with its reason."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from django.db import connection, transaction

from accounting.expansion import draft_total
from accounting.german.datev_extf import Batch, read_batch
from accounting.german.datev_plan import BatchPlan, PlannedBooking, net_per_account, plan_batch
from accounting.german.datev_reimport import Comparison, client_key, compare_with_known
from accounting.posting import PostedIntent, lock_journal, post
from accounting.selectors.datev_import import Balance, datev_rows_as_written, known_datev_rows, referenced_events, year_balances
from accounting.services.datev_import_chart import ImportChart, add_personal_accounts, chart_for_batch, codes_of_booked_invoices
from accounting.services.datev_import_fit import require_fitting_header
from accounting.services.datev_import_record import record_import, record_rows
from accounting.services.datev_import_report import (
    AccountChange,
    BookedRows,
    ChangedLine,
    CreatedAccount,
    GoneRow,
    ImportReport,
    KnownLine,
    RefusedLine,
    changes_between,
    known_in_short,
    row_in_short,
    unreadable_lines,
)
from ledgerlou.companies.actor import Actor
from ledgerlou.companies.models.company import Company
from ledgerlou.errors import Fault
from ledgerlou.ids import new_id
from periods.gate import FiscalYear, PeriodLocked, period_of, require_open

SOURCE: Final = "import_datev"


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportOptions:
    """How strict an import is. By default the good rows are booked, and customers and vendors that are missing are added.

    With `all_or_nothing` one row that is refused or changed holds back all others. Other missing accounts are never made: their type,
    and so their place in the annual accounts, cannot be told from a booking.
    """

    all_or_nothing: bool = False
    add_personal_accounts: bool = True


DEFAULTS: Final = ImportOptions()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Booked:
    """What was posted, and what it did to the accounts."""

    posted: tuple[PostedIntent, ...] = ()
    created: tuple[CreatedAccount, ...] = ()
    accounts: tuple[AccountChange, ...] = ()


@transaction.atomic(savepoint=False)
def import_datev_batch(
    *, company: Company, actor: Actor, data: bytes, file_name: str, now: datetime, options: ImportOptions = DEFAULTS
) -> ImportReport:
    """Book the rows of a DATEV booking batch that are not in the books yet, and say what became of every row.

    A row that cannot be booked (unreadable, account or tax key unknown, period closed, …) is reported with all its faults and stops
    no other row. Importing the same file again books nothing; a row that changed since is reported and left to a person. Amounts are
    euros. A batch that DATEV locked (Festschreibung) is booked like any other: bookings never change here, and periods stay as they
    are. Document numbers become references, due dates go to the open items; nothing is settled.

    Raises DatevFileRefused when the file as a whole is unreadable or not for this company, PeriodLocked when a period was closed
    while the import ran.
    """
    batch = read_batch(data)
    year = require_fitting_header(company=company, header=batch.header)
    _wait_for_other_imports(company)
    known = known_datev_rows(company=company, client_key=client_key(batch.header))
    comparison = compare_with_known(batch=batch, known=known)
    chart, plan = _plan(company=company, batch=batch, comparison=comparison, options=options, now=now)
    bookings, locked_out = _in_open_periods(company=company, bookings=plan.bookings)
    refused = sorted([*unreadable_lines(batch), *_refused_by(plan), *locked_out], key=lambda line: line.line)
    held_back: tuple[int, ...] = ()
    if options.all_or_nothing and (refused or comparison.changed):
        held_back = tuple(sorted(row.line for booking in bookings for row in booking.rows))
        bookings = []
    done = _book(company=company, actor=actor, year=year, bookings=bookings, chart=chart, now=now)
    report = ImportReport(
        file_name=file_name[:255],
        sha256=batch.sha256,
        encoding=batch.encoding,
        column_count=len(batch.column_names),
        header=batch.header,
        locked=batch.locked,
        row_count=batch.row_count,
        sum_debit=batch.total("S"),
        sum_credit=batch.total("H"),
        booked=tuple(_booked_rows(booking, intent) for booking, intent in zip(bookings, done.posted, strict=True)),
        known=tuple(KnownLine(line=row.line, intent_id=found.intent_id) for row, found in comparison.unchanged),
        changed=_changed_lines(company=company, comparison=comparison),
        gone=tuple(GoneRow(row=known_in_short(found.features), intent_id=found.intent_id) for found in comparison.gone),
        refused=tuple(refused),
        held_back=held_back,
        created_accounts=done.created,
        accounts=done.accounts,
        notices=(*batch.notices, *_notices(batch=batch, plan=plan, bookings=bookings, chart=chart)),
        fiscal_year=year.label,
        import_id=new_id() if done.posted else None,
    )
    if report.import_id is not None:
        record_import(company=company, actor=actor, import_id=report.import_id, batch=batch, report=report, now=now)
        identities = {found.identity for found in known}
        record_rows(company=company, import_id=report.import_id, bookings=bookings, posted=done.posted, known_identities=identities)
    return report


def preview_datev_batch(
    *, company: Company, actor: Actor, data: bytes, file_name: str, now: datetime, options: ImportOptions = DEFAULTS
) -> ImportReport:
    """What `import_datev_batch` would do now: the same work, all of it, and then rolled back."""
    with transaction.atomic():
        report = import_datev_batch(company=company, actor=actor, data=data, file_name=file_name, now=now, options=options)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what would fail at commit fails here
        transaction.set_rollback(True)
    return replace(report, preview=True)


def _wait_for_other_imports(company: Company) -> None:
    """One import at a time for a company, so that the second sees the rows of the first. Held until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"datev import {company.id}"])


# What can be booked?


def _plan(
    *, company: Company, batch: Batch, comparison: Comparison, options: ImportOptions, now: datetime
) -> tuple[ImportChart, BatchPlan]:
    references = {row.document_field_1 for row in comparison.new if row.discount is not None and row.document_field_1}
    events = referenced_events(company=company, references=references)
    chart = chart_for_batch(company=company, batch=batch, events=events, add_personal_accounts=options.add_personal_accounts, now=now)
    plan = plan_batch(
        batch=batch,
        chart=chart.datev,
        lines={row.line for row in comparison.new},
        discounted_codes=codes_of_booked_invoices(batch=batch, events=events, chart=chart.datev),
    )
    return chart, plan


def _refused_by(plan: BatchPlan) -> Iterable[RefusedLine]:
    return (RefusedLine(line=found.row.line, row=row_in_short(found.row), faults=found.faults) for found in plan.refused)


def _in_open_periods(*, company: Company, bookings: Sequence[PlannedBooking]) -> tuple[list[PlannedBooking], list[RefusedLine]]:
    """Part the bookings whose periods are open from those whose periods take none. Posting asks once more, under its lock."""
    if not bookings:
        return [], []
    periods = [
        period_of(company, day=draft.booking_date, adjustment_period=draft.adjustment_period, opening=draft.opening)
        for draft in (booking.draft for booking in bookings)
    ]
    reasons = _closed(company=company, periods=sorted(set(periods)))
    kept: list[PlannedBooking] = []
    refused: list[RefusedLine] = []
    for booking, period in zip(bookings, periods, strict=True):
        if period not in reasons:
            kept.append(booking)
            continue
        for row in booking.rows:
            message = f"Line {row.line}: {reasons[period]}"
            fault = Fault(pointer=f"/rows/{row.line}/10", code=PeriodLocked.code, message=message)
            refused.append(RefusedLine(line=row.line, row=row_in_short(row), faults=(fault,)))
    return kept, refused


def _closed(*, company: Company, periods: Sequence[str]) -> dict[str, str]:
    """The periods that take no bookings, and why. One query when all are open."""
    try:
        require_open(company=company, periods=periods)
    except PeriodLocked as locked:
        if len(periods) == 1:
            return {periods[0]: locked.message}
        found = [_closed(company=company, periods=[period]) for period in periods]
        return {period: why for one in found for period, why in one.items()}
    return {}


# Booking.


def _book(
    *, company: Company, actor: Actor, year: FiscalYear, bookings: Sequence[PlannedBooking], chart: ImportChart, now: datetime
) -> _Booked:
    """Add the accounts that are missing, post, and measure the accounts before and after under the posting lock."""
    if not bookings:
        return _Booked()
    touched = list(net_per_account(transfer for booking in bookings for transfer in booking.transfers))
    missing = [chart.missing_personal[number] for number in touched if number in chart.missing_personal]
    if missing:
        add_personal_accounts(missing)
    lock_journal(company_id=company.id)
    before = year_balances(company=company, year=year, accounts=touched)
    posted = post(company=company, actor=actor, drafts=[booking.draft for booking in bookings], now=now, source=SOURCE)
    after = year_balances(company=company, year=year, accounts=touched)
    return _Booked(
        posted=tuple(posted),
        created=tuple(CreatedAccount(number=account.number, name=account.name) for account in missing),
        accounts=tuple(
            AccountChange(number=number, name=chart.names[number], before=before.get(number, Balance()), after=after.get(number, Balance()))
            for number in touched
        ),
    )


def _booked_rows(booking: PlannedBooking, intent: PostedIntent) -> BookedRows:
    return BookedRows(
        lines=tuple(row.line for row in booking.rows),
        intent_id=intent.intent_id,
        booking_date=intent.booking_date,
        period=intent.period,
        description=booking.draft.description,
        total=draft_total(booking.draft),
        first_number=intent.first_number,
        event_count=intent.event_count,
    )


# What a person should know besides.


def _changed_lines(*, company: Company, comparison: Comparison) -> tuple[ChangedLine, ...]:
    if not comparison.changed:
        return ()
    written = datev_rows_as_written(company=company, identities=[found.identity for _, found in comparison.changed])
    return tuple(
        ChangedLine(
            line=row.line,
            row=row_in_short(row),
            intent_id=found.intent_id,
            changes=changes_between(was=written[found.identity], now=row.raw),
        )
        for row, found in comparison.changed
    )


def _notices(*, batch: Batch, plan: BatchPlan, bookings: Sequence[PlannedBooking], chart: ImportChart) -> list[Fault]:
    notices: list[Fault] = []
    if batch.header.chart is None:
        notices.append(_notice("/header/27", "The header names no chart of accounts; the numbers were taken for the company's chart."))
    if batch.locked:
        notices.append(
            _notice("/header/21", "DATEV counts the batch as locked (Festschreibung). Bookings never change here; no period was locked.")
        )
    missing = Counter(
        number
        for refused in plan.refused
        for number in {refused.row.account, refused.row.contra_account}
        if chart.datev.find(number=number, header=batch.header) is None
    )
    if missing:
        listed = ", ".join(f"{number} ({count})" for number, count in sorted(missing.items()))
        notices.append(
            _notice("/rows", f"The chart does not have these accounts (rows in brackets): {listed}. Add them and import the file again.")
        )
    ambiguous = Counter(
        (str(booking.rows[0].bu_key), str((booking.draft.metadata or {}).get("datev_other_tax_codes", ""))) for booking in bookings
    )
    for (key, others), count in sorted(ambiguous.items()):
        if others:
            notices.append(_notice("/rows", f"Key {key} could also mean {others}; the usual tax code was taken (rows: {count})."))
    return notices


def _notice(pointer: str, message: str) -> Fault:
    return Fault(pointer=pointer, code="NOTICE", message=message)
