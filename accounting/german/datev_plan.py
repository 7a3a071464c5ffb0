"""From a batch as read to what would be booked and what is refused: the preview of an import, and the drafts for posting. Pure."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from accounting.drafts import Draft, Transfer
from accounting.expansion import expand
from accounting.german.datev_booking import CATEGORY, MAX_DESCRIPTION, DatevRowRefused, row_to_draft
from accounting.german.datev_chart import DatevChart
from accounting.german.datev_extf import Batch
from accounting.german.datev_rows import BatchRow
from ledgerlou.errors import Fault, LedgerLouError
from ledgerlou.money import ZERO


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedBooking:
    """A booking to come, the rows it was made of (one; all opening balances together), and the events it will have."""

    rows: tuple[BatchRow, ...]
    draft: Draft
    transfers: tuple[Transfer, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class RefusedRow:
    """A readable row that cannot be booked, and all the reasons."""

    row: BatchRow
    faults: tuple[Fault, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchPlan:
    """What an import would do. Bookings stand in the order of their first rows. Unreadable rows are in `Batch.faults`, not here."""

    bookings: tuple[PlannedBooking, ...]
    refused: tuple[RefusedRow, ...]

    @property
    def balances(self) -> dict[str, Decimal]:
        """What the bookings add to each account in euros, debit minus credit."""
        return net_per_account(transfer for booking in self.bookings for transfer in booking.transfers)


def net_per_account(transfers: Iterable[Transfer]) -> dict[str, Decimal]:
    """Debit minus credit of each account that the events touch, in order of the account numbers."""
    net: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for transfer in transfers:
        net[transfer.debit] += transfer.amount
        net[transfer.credit] -= transfer.amount
    return dict(sorted(net.items()))


def plan_batch(
    *,
    batch: Batch,
    chart: DatevChart,
    lines: Collection[int] | None = None,
    discounted_codes: Mapping[int, str] | None = None,
) -> BatchPlan:
    """Make bookings of the rows of a batch, or of those on the given lines, and expand each, so that only what can be posted is left.

    The opening balances become one booking, or are all refused when they do not add up. For a payment with discount the tax code
    comes from its invoice: a row of the batch with the same document field 1 and customer or vendor, else `discounted_codes`, by
    line, for invoices that are in the books already.
    """
    drafts: dict[int, Draft] = {}
    refused: list[RefusedRow] = []
    later: list[BatchRow] = []
    for row in batch.rows:
        if row.discount is not None:
            later.append(row)
            continue
        try:
            drafts[row.line] = row_to_draft(row=row, header=batch.header, chart=chart)
        except DatevRowRefused as error:
            refused.append(RefusedRow(row=row, faults=error.faults))
    invoices = _codes_of_invoices(drafts.values(), chart)
    for row in later:
        code = _code_of_invoice(row, batch, chart, invoices) or (discounted_codes or {}).get(row.line)
        try:
            drafts[row.line] = row_to_draft(row=row, header=batch.header, chart=chart, discounted_code=code)
        except DatevRowRefused as error:
            refused.append(RefusedRow(row=row, faults=error.faults))
    wanted = [row for row in batch.rows if lines is None or row.line in lines]
    wanted_lines = {row.line for row in wanted}
    bookings: list[PlannedBooking] = []
    for rows, draft in _joined(batch, wanted, drafts):
        try:
            bookings.append(PlannedBooking(rows=rows, draft=draft, transfers=expand(draft, chart.facts)))
        except LedgerLouError as error:
            refused += [RefusedRow(row=row, faults=_at_row(row, error)) for row in rows]
    return BatchPlan(
        bookings=tuple(bookings),
        refused=tuple(sorted((found for found in refused if found.row.line in wanted_lines), key=lambda found: found.row.line)),
    )


def _joined(batch: Batch, wanted: list[BatchRow], drafts: Mapping[int, Draft]) -> list[tuple[tuple[BatchRow, ...], Draft]]:
    """Each row with its draft; the opening balances as one, in the place of the first of them."""
    opening = tuple(row for row in wanted if row.line in drafts and drafts[row.line].opening)
    joined: list[tuple[tuple[BatchRow, ...], Draft]] = []
    for row in wanted:
        draft = drafts.get(row.line)
        if draft is None or (draft.opening and row.line != opening[0].line):
            continue
        if not draft.opening:
            joined.append(((row,), draft))
            continue
        together = replace(
            draft,
            description=(batch.header.designation or draft.description)[:MAX_DESCRIPTION],
            lines=tuple(line for each in opening for line in drafts[each.line].lines),
            category=CATEGORY,
            external_reference=None,
            metadata={"datev_rows": len(opening)},
            general_reversal=False,  # openings are no turnover, so only their sides matter
        )
        joined.append((opening, together))
    return joined


def _at_row(row: BatchRow, error: LedgerLouError) -> tuple[Fault, ...]:
    return tuple(Fault(pointer=f"/rows/{row.line}", code=fault.code, message=f"Line {row.line}: {fault.message}") for fault in error.faults)


def _codes_of_invoices(drafts: Iterable[Draft], chart: DatevChart) -> dict[tuple[str, str], set[str]]:
    """The tax codes of the invoices of a batch by document field 1 and item account; "output" or "input" for one without tax.

    An invoice raises what a customer owes or what a vendor is owed, against an account that could bear tax.
    """
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for draft in drafts:
        if draft.external_reference is None or draft.general_reversal or draft.opening or len(draft.lines) != 2:
            continue
        for line, other in (draft.lines, draft.lines[::-1]):
            facts = chart.account(line.account)
            if facts is None or not chart.is_item_account(line.account) or not chart.may_bear_tax(other.account):
                continue
            if (facts.type == "asset") == (line.debit > 0):
                untaxed = "output" if facts.type == "asset" else "input"
                found[draft.external_reference, line.account].add(other.tax_code or untaxed)
    return found


def _code_of_invoice(row: BatchRow, batch: Batch, chart: DatevChart, invoices: Mapping[tuple[str, str], set[str]]) -> str | None:
    """The one tax code of the invoice that a payment names, or None when there is no invoice, or one with several codes."""
    for number in (row.account, row.contra_account):
        account = chart.find(number=number, header=batch.header)
        codes = invoices.get((row.document_field_1, account or ""), set())
        if len(codes) == 1:
            return next(iter(codes))
    return None
