"""Recompute the journal line by line: numbers, chain, hashes, and what the headers of bookings say about their lines."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final
from uuid import UUID

from accounting.sealing import FIRST_PREV_HASH
from accounting.verify_findings import Findings
from accounting.verify_source import LINES_SQL, SEALED_SQL, BooksCursor

Progress = Callable[[str], None]
CHUNK: Final = 50_000  # journal lines for one set of statements: some ten megabytes in the database, under a second

_LINES: Final = f"""
    SELECT v.kind, r.journal_number, 'journal number ' || r.journal_number, v.stored, v.recomputed
      FROM (SELECT e.journal_number, e.intent_id, e.prev_hash, e.audit_hash, e.booking_date, e.period,
                   i.id AS booking, i.booking_date AS its_date, i.period AS its_period,
                   lag(e.journal_number, 1, %(number_before)s) OVER chain + 1 AS number_due,
                   lag(e.audit_hash, 1, %(hash_before)s) OVER chain AS hash_due,
                   {SEALED_SQL} AS sealed
              FROM {LINES_SQL}
             WHERE e.company_id = %(company)s AND e.journal_number BETWEEN %(first)s AND %(last)s
            WINDOW chain AS (ORDER BY e.journal_number)) r
     CROSS JOIN LATERAL (VALUES
           ('journal_number', r.journal_number::text, r.number_due::text),
           ('hash_chain', r.prev_hash, r.hash_due),
           ('event_hash', r.audit_hash, r.sealed),
           ('event_without_booking', r.intent_id::text, r.booking::text),
           ('booking_date', r.booking_date::text, r.its_date::text),
           ('booking_period', r.period, r.its_period)) v (kind, stored, recomputed)
     WHERE (r.journal_number <> r.number_due OR r.prev_hash <> r.hash_due OR r.audit_hash <> r.sealed OR r.booking IS NULL
            OR r.booking_date <> r.its_date OR r.period <> r.its_period)
       AND v.stored IS DISTINCT FROM v.recomputed
       AND (r.booking IS NOT NULL OR v.kind IN ('journal_number', 'hash_chain', 'event_without_booking'))
"""  # noqa: S608 -- made of constants

# What a line moves besides tax the recipient owes is the booking's total; every opening balance stands against 9000, so those count twice.
_BOOKINGS: Final = """
    SELECT v.kind, b.first, 'booking ' || i.id || ' (journal number ' || b.first || ')', v.stored, v.recomputed
      FROM (SELECT e.intent_id, count(*) AS lines, min(e.position) AS lowest, max(e.position) AS highest,
                   min(e.journal_number) AS first, max(e.journal_number - e.position) - min(e.journal_number - e.position) AS strays,
                   coalesce(sum(e.amount) FILTER (WHERE e.tax_role IS DISTINCT FROM 'self_assessment'), 0) AS moved,
                   bool_or(coalesce(e.tax_role, '') = 'tax') AS has_tax,
                   array_agg(e.account_debit) || array_agg(e.account_credit) AS accounts
              FROM accounting_event e
             WHERE e.company_id = %(company)s AND e.journal_number BETWEEN %(first)s AND %(last)s
             GROUP BY e.intent_id) b
      JOIN accounting_intent i ON i.company_id = %(company)s AND i.id = b.intent_id
      LEFT JOIN accounting_intent o ON o.company_id = %(company)s AND o.id = i.reverses_id
     CROSS JOIN LATERAL (SELECT b.lines = i.event_count AND b.lowest = 1 AND b.highest = i.event_count AND b.strays = 0 AS whole,
           CASE WHEN i.reverses_id IS NOT NULL THEN coalesce(o.total, i.total)
                WHEN i.period LIKE '____-00' THEN b.moved / 2 ELSE b.moved END AS total,
           b.has_tax OR string_to_array(i.line_accounts, ',') <@ b.accounts::text[] AS listed) c
     CROSS JOIN LATERAL (VALUES
           ('booking_lines', i.event_count::text || ' lines', b.lines || ' lines, positions ' || b.lowest || ' to ' || b.highest, c.whole),
           ('booking_total', i.total::text, round(c.total, 2)::text, i.total > 0 AND i.total = c.total),
           ('booking_accounts', i.line_accounts, array_to_string(b.accounts, ','), c.listed)) v (kind, stored, recomputed, holds)
     WHERE NOT (c.whole AND i.total > 0 AND i.total = c.total AND c.listed) AND NOT v.holds
"""

# A line that bears no tax stands on accounts of the list; a tax line has one of them on one side; 9xxx is where opening balances come from.
_LISTED: Final = """
    SELECT 'booking_accounts', e.journal_number, 'journal number ' || e.journal_number, i.line_accounts,
           e.account_debit || ',' || e.account_credit
      FROM accounting_event e JOIN accounting_intent i ON i.company_id = e.company_id AND i.id = e.intent_id
     CROSS JOIN LATERAL (SELECT string_to_array(i.line_accounts, ',') AS accounts) l
     WHERE e.company_id = %(company)s AND e.journal_number BETWEEN %(first)s AND %(last)s AND e.tax_role IS DISTINCT FROM 'self_assessment'
       AND i.reverses_id IS NULL
       AND NOT CASE WHEN e.tax_role = 'tax' THEN e.account_debit = ANY (l.accounts) OR e.account_credit = ANY (l.accounts)
                    ELSE (e.account_debit = ANY (l.accounts) OR (i.period LIKE '____-00' AND e.account_debit LIKE '9%%'))
                     AND (e.account_credit = ANY (l.accounts) OR (i.period LIKE '____-00' AND e.account_credit LIKE '9%%')) END
"""

_SUMS: Final = """
    SELECT e.period, e.account_debit, e.account_credit, i.general_reversal,
           count(*), min(e.journal_number), max(e.journal_number), sum(e.amount)
      FROM accounting_event e JOIN accounting_intent i ON i.company_id = e.company_id AND i.id = e.intent_id
     WHERE e.company_id = %(company)s AND e.journal_number BETWEEN %(first)s AND %(last)s
     GROUP BY 1, 2, 3, 4
"""

_BOOKINGS_WITHOUT_EVENTS: Final = """
    SELECT 'booking_without_events', NULL::bigint, 'booking ' || i.id, i.event_count || ' lines', '0 lines'
      FROM accounting_intent i
     WHERE i.company_id = %(company)s
       AND NOT EXISTS (SELECT FROM accounting_event e WHERE e.company_id = i.company_id AND e.intent_id = i.id)
"""

_REVERSALS: Final = """
    SELECT 'reversal', NULL::bigint, 'booking ' || r.id, v.stored, v.mirrored
      FROM accounting_intent r
      LEFT JOIN accounting_intent o ON o.company_id = r.company_id AND o.id = r.reverses_id
      LEFT JOIN accounting_event x ON x.company_id = r.company_id AND x.intent_id = r.reverses_id
      LEFT JOIN accounting_event y ON y.company_id = r.company_id AND y.intent_id = r.id AND y.position = x.position
     CROSS JOIN LATERAL (VALUES
           (r.event_count || ' lines, reverses ' || r.reverses_id,
            o.event_count || ' lines, reverses ' || CASE WHEN o.reverses_id IS NULL THEN o.id::text ELSE 'a reversal' END),
           (concat_ws(' ', y.account_debit, y.account_credit, y.amount, y.tax_code, y.tax_role, y.fx_currency, y.fx_amount),
            concat_ws(' ', x.account_credit, x.account_debit, x.amount, x.tax_code, x.tax_role, x.fx_currency, x.fx_amount))
           ) v (stored, mirrored)
     WHERE r.company_id = %(company)s AND r.reverses_id IS NOT NULL AND v.stored IS DISTINCT FROM v.mirrored
"""


# The next lines, up to where a new booking begins. It walks over the numbers that exist: one that was set to a billion costs nothing.
_NEXT_CHUNK: Final = """
    WITH edge AS (SELECT journal_number FROM accounting_event WHERE company_id = %(company)s AND journal_number > %(after)s
                   ORDER BY journal_number OFFSET %(size)s LIMIT 1),
         beginning AS (SELECT journal_number FROM accounting_event
                        WHERE company_id = %(company)s AND journal_number >= (SELECT journal_number FROM edge) AND position = 1
                        ORDER BY journal_number LIMIT 1)
    SELECT min(journal_number), max(journal_number) FROM accounting_event
     WHERE company_id = %(company)s AND journal_number > %(after)s
       AND journal_number <= coalesce((SELECT journal_number FROM beginning) - 1, %(highest)s)
"""
_LOWEST, _HIGHEST = -(2**63), 2**63 - 1

# A chunk is joined to its bookings by look-up. Left to itself the planner reads all bookings for every chunk, and the cost grows with the
# square of the books (measured among a million lines: 1.8 s a chunk, this way 0.6).
_OTHER_WAYS: Final = ("enable_hashjoin", "enable_mergejoin", "enable_seqscan")


@dataclass(kw_only=True, slots=True)
class PeriodLines:
    """The journal lines of a period: how many, and the numbers of the first and last."""

    count: int = 0
    first: int | None = None
    last: int | None = None


@dataclass(kw_only=True, slots=True)
class JournalSums:
    """What the journal lines come to. `balances` holds debit and credit in euros by period and account, as month balances must be."""

    events: int = 0
    last_number: int = 0
    last_hash: str = FIRST_PREV_HASH
    periods: dict[str, PeriodLines] = field(default_factory=dict)
    balances: dict[tuple[str, str], tuple[Decimal, Decimal]] = field(default_factory=dict)

    def add(self, period: str, count: int, first: int, last: int) -> None:
        """Count lines of a period."""
        lines = self.periods.setdefault(period, PeriodLines())
        lines.count += count
        lines.first = first if lines.first is None else min(first, lines.first)
        lines.last = last if lines.last is None else max(last, lines.last)
        self.events += count

    def move(self, period: str, account: str, debit: Decimal, credit: Decimal) -> None:
        """Add to the balance of an account."""
        before = self.balances.get((period, account), (Decimal(0), Decimal(0)))
        self.balances[period, account] = (before[0] + debit, before[1] + credit)


def verify_events(cursor: BooksCursor, *, company_id: UUID, findings: Findings, progress: Progress, chunk: int = CHUNK) -> JournalSums:
    """Recompute every journal line and booking, a few ten thousand at a time, and add the lines up."""
    sums = JournalSums()
    company = {"company": company_id}
    for way in _OTHER_WAYS:
        cursor.execute(f"SET LOCAL {way} TO off", {})
    for first, last in _chunks(cursor, company_id=company_id, size=chunk):
        window = {**company, "first": first, "last": last}
        findings.query(cursor, _LINES, {**window, "number_before": sums.last_number, "hash_before": sums.last_hash})
        findings.query(cursor, _BOOKINGS, window)
        findings.query(cursor, _LISTED, window)
        cursor.execute(_SUMS, window)
        for period, debit_account, credit_account, general_reversal, count, lowest, highest, amount in cursor.fetchall():
            sums.add(period, count, lowest, highest)
            if general_reversal:  # subtracts from the sides of the original instead of adding to the swapped ones (RULINGS 17)
                sums.move(period, debit_account, Decimal(0), -amount)
                sums.move(period, credit_account, -amount, Decimal(0))
            else:
                sums.move(period, debit_account, amount, Decimal(0))
                sums.move(period, credit_account, Decimal(0), amount)
        sums.last_number, sums.last_hash = last, hash_at(cursor, company_id=company_id, number=last)
        progress(f"journal lines up to number {last}")
    for way in _OTHER_WAYS:
        cursor.execute(f"SET LOCAL {way} TO DEFAULT", {})
    findings.query(cursor, _BOOKINGS_WITHOUT_EVENTS, company)
    findings.query(cursor, _REVERSALS, company)
    return sums


def hash_at(cursor: BooksCursor, *, company_id: UUID, number: int) -> str:
    """The stored hash of a journal line that exists."""
    cursor.execute(
        "SELECT audit_hash FROM accounting_event WHERE company_id = %(company)s AND journal_number = %(number)s",
        {"company": company_id, "number": number},
    )
    [(audit_hash,)] = cursor.fetchall()
    return str(audit_hash)


def _chunks(cursor: BooksCursor, *, company_id: UUID, size: int) -> Iterator[tuple[int, int]]:
    after = _LOWEST
    while True:
        cursor.execute(_NEXT_CHUNK, {"company": company_id, "after": after, "size": size, "highest": _HIGHEST})
        [(first, last)] = cursor.fetchall()
        if first is None:
            return
        yield first, last
        after = last
