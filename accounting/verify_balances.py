"""Compare what the journal lines come to with the head of the journal, the month balances and the closings."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final
from uuid import UUID

from accounting.closing_digest import ClosingDigest
from accounting.sealing import FIRST_PREV_HASH, amount_text
from accounting.verify_events import JournalSums, hash_at
from accounting.verify_findings import BookFault, Findings
from accounting.verify_source import BooksCursor

_NOTHING: Final = (Decimal(0), Decimal(0))
_HEAD: Final = "SELECT next_number, last_hash, lock_only FROM accounting_journalhead WHERE company_id = %(company)s"
_MONTHS: Final = "SELECT period, account, debit, credit FROM accounting_accountmonth WHERE company_id = %(company)s"

# The lock of the first month of a fiscal year closes its opening entries, too: `governed_by` leads from one to the other.
_CLOSINGS: Final = """
    SELECT p.period, p.closing_position, p.closing_prev_hash, p.closing_hash,
           ARRAY(SELECT g.period::text FROM periods_period g
                  WHERE g.company_id = p.company_id AND g.governed_by = p.period ORDER BY g.period)
      FROM periods_period p
     WHERE p.company_id = %(company)s AND (p.status = 'locked' OR p.closing_position IS NOT NULL OR p.closing_hash IS NOT NULL)
     ORDER BY p.closing_position NULLS LAST, p.period
"""

# The history knows when the lock was written, which is after the last posting before it: both hold the posting lock. `locked_at` is when
# the request arrived, so a posting that came later and was quicker may rightly be younger: hence the minute where there is no history.
_POSTED_AFTER_LOCK: Final = """
    SELECT 'posted_after_lock', NULL::bigint, 'booking ' || i.id || ' in period ' || i.period, i.created_at::text, 'before ' || l.moment
      FROM (SELECT p.period, coalesce((SELECT max(h.at) FROM companies_auditentry h
                                        WHERE h.company_id = g.company_id AND h.table_name = 'periods_period' AND h.row_id = g.id::text
                                          AND h.new ->> 'status' = 'locked'),
                                      g.locked_at + interval '1 minute') AS moment
              FROM periods_period p JOIN periods_period g ON g.company_id = p.company_id AND g.period = p.governed_by
             WHERE p.company_id = %(company)s AND g.status = 'locked') l
      JOIN accounting_intent i ON i.company_id = %(company)s AND i.period = l.period
     WHERE i.created_at > l.moment
"""


def verify_head(cursor: BooksCursor, *, company_id: UUID, sums: JournalSums, findings: Findings) -> None:
    """The head names the number after the last line and that line's hash: a line cut off the end shows here."""
    cursor.execute(_HEAD, {"company": company_id})
    rows = cursor.fetchall()
    due = (sums.last_number + 1, sums.last_hash, False)
    found = tuple(rows[0]) if rows else (None, None, None)
    for name, stored, recomputed in zip(("next_number", "last_hash", "lock_only"), found, due, strict=True):
        if stored != recomputed:
            _note(findings, "head", f"journal head, {name}", None if stored is None else str(stored), str(recomputed))


def verify_months(cursor: BooksCursor, *, company_id: UUID, sums: JournalSums, findings: Findings) -> None:
    """Month balances are the sums of the lines; a general reversal subtracts (RULINGS 17). Missing and surplus rows are faults."""
    cursor.execute(_MONTHS, {"company": company_id})
    stored = {(period, account): (debit, credit) for period, account, debit, credit in cursor.fetchall()}
    for place in sorted({*stored, *sums.balances}):
        told, due = stored.get(place), sums.balances.get(place)
        if told != due:
            _note(findings, "month_balance", f"account {place[1]} in period {place[0]}", _balance_text(told), _balance_text(due))


def verify_closings(cursor: BooksCursor, *, company_id: UUID, sums: JournalSums, findings: Findings) -> None:
    """Recompute the closing hash of every locked period and the chain of closings (RULINGS 20); nothing was booked after a lock."""
    cursor.execute(_CLOSINGS, {"company": company_id})
    closings = cursor.fetchall()
    prev_due = FIRST_PREV_HASH
    for position_due, (period, position, prev_hash, closing_hash, closed) in enumerate(closings, start=1):
        place = f"closing of period {period}"
        if position != position_due:
            _note(findings, "closing_sequence", f"{place}, position", None if position is None else str(position), str(position_due))
        if prev_hash != prev_due:
            _note(findings, "closing_sequence", f"{place}, closing hash before it", prev_hash, prev_due)
        recomputed = _digest(cursor, company_id=company_id, period=period, closed=closed, sums=sums).closing_hash(prev_hash or "")
        if closing_hash != recomputed:
            _note(findings, "closing_hash", place, closing_hash, recomputed)
        prev_due = closing_hash or ""
    findings.query(cursor, _POSTED_AFTER_LOCK, {"company": company_id})


def _digest(cursor: BooksCursor, *, company_id: UUID, period: str, closed: list[str], sums: JournalSums) -> ClosingDigest:
    """The figures of a closing, from the journal lines alone."""
    lines = [sums.periods[name] for name in closed if name in sums.periods]
    last = max((part.last for part in lines if part.last is not None), default=None)
    return ClosingDigest(
        company_id=company_id,
        period=period,
        event_count=sum(part.count for part in lines),
        first_number=min((part.first for part in lines if part.first is not None), default=None),
        last_number=last,
        last_hash=None if last is None else hash_at(cursor, company_id=company_id, number=last),
        totals=tuple(_totals(closed, sums)),
    )


def _totals(closed: list[str], sums: JournalSums) -> Iterator[tuple[str, Decimal, Decimal]]:
    for account in sorted({account for period, account in sums.balances if period in closed}):
        balances = [sums.balances.get((period, account), _NOTHING) for period in closed]
        yield account, sum((debit for debit, _ in balances), Decimal(0)), sum((credit for _, credit in balances), Decimal(0))


def _balance_text(balance: tuple[Decimal, Decimal] | None) -> str | None:
    return None if balance is None else f"debit {amount_text(balance[0])}, credit {amount_text(balance[1])}"


def _note(findings: Findings, kind: str, place: str, stored: str | None, recomputed: str | None) -> None:
    findings.add(BookFault(kind=kind, place=place, stored=stored, recomputed=recomputed))
