"""What closing a period seals: its bookings in one hash, chained to the period locked before it (RULINGS 20).

The canonical form is the same in PostgreSQL (`accounting_closing_hash`), which recomputes it before a period is locked.
"""

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from accounting.journal_sql import Query, fetch_together
from accounting.sealing import amount_text

# The lock of the first month of a fiscal year closes its opening entries, too: `governed_by` leads from one to the other. Periods
# without bookings are left out first, because opening entries may bear any date of their year and finding them reads all of it.
_CLOSED: Final = """
    WITH closed AS MATERIALIZED (
        SELECT p.period, p.starts_on, p.ends_on FROM periods_period p
         WHERE p.company_id = %(company)s AND p.governed_by = %(period)s
           AND EXISTS (SELECT FROM accounting_accountmonth m WHERE m.company_id = p.company_id AND m.period = p.period))
"""
EVENTS_SQL: Final = Query(f"""{_CLOSED}
    SELECT v.count, v.lowest, v.highest,
           (SELECT audit_hash FROM accounting_event WHERE company_id = %(company)s AND journal_number = v.highest)
      FROM (SELECT count(*) AS count, min(e.journal_number) AS lowest, max(e.journal_number) AS highest
              FROM closed c
              JOIN accounting_event e
                ON e.company_id = %(company)s AND e.booking_date BETWEEN c.starts_on AND c.ends_on AND e.period = c.period) v
""")  # noqa: S608 -- made of constants
TOTALS_SQL: Final = Query(f"""{_CLOSED}
    SELECT m.account, sum(m.debit), sum(m.credit)
      FROM closed c JOIN accounting_accountmonth m ON m.company_id = %(company)s AND m.period = c.period
     GROUP BY m.account
""")  # noqa: S608 -- made of constants
COUNTS_SQL: Final = Query("SELECT period, count(*) FROM accounting_intent WHERE company_id = %(company)s GROUP BY period")
COUNTS_OF_PERIODS_SQL: Final = Query(
    "SELECT period, count(*) FROM accounting_intent WHERE company_id = %(company)s AND period = ANY (%(periods)s) GROUP BY period"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ClosingDigest:
    """The bookings of a period in figures. `totals` are (account, debit, credit) in euros; a period without bookings has no numbers.

    A general reversal (Generalumkehr) subtracts from the sides of its original, as in the month balances.
    """

    company_id: UUID
    period: str
    event_count: int
    first_number: int | None
    last_number: int | None
    last_hash: str | None
    totals: tuple[tuple[str, Decimal, Decimal], ...]

    def closing_hash(self, prev_hash: str) -> str:
        """SHA-256 (hex) over these figures and the closing hash of the period locked before (64 zeros for the first)."""
        fields = [
            "ledgerlou-closing-1",
            str(self.company_id),
            self.period,
            str(self.event_count),
            None if self.first_number is None else str(self.first_number),
            None if self.last_number is None else str(self.last_number),
            self.last_hash,
            [
                [account, amount_text(debit), amount_text(credit)]
                for account, debit, credit in sorted(self.totals)
                if debit != 0 or credit != 0
            ],
            prev_hash,
        ]
        return hashlib.sha256(json.dumps(fields, ensure_ascii=False).encode()).hexdigest()


def closing_digest(*, company_id: UUID, period: str) -> ClosingDigest:
    """The figures of a period as they stand; the caller holds the posting lock when they are to be final."""
    place = {"company": company_id, "period": period}
    [[count, first, last, last_hash]], totals = fetch_together((EVENTS_SQL, place), (TOTALS_SQL, place))
    return ClosingDigest(
        company_id=company_id,
        period=period,
        event_count=count,
        first_number=first,
        last_number=last,
        last_hash=last_hash,
        totals=tuple((account, debit, credit) for account, debit, credit in totals),
    )


def booking_counts(*, company_id: UUID, periods: Collection[str] | None = None) -> dict[str, int]:
    """How many bookings each period holds, of all periods or of these; periods without bookings are absent.

    The counts come from an index alone, but grow with the bookings counted: ask for the periods that are shown.
    """
    if periods is None:
        [rows] = fetch_together((COUNTS_SQL, {"company": company_id}))
    else:
        [rows] = fetch_together((COUNTS_OF_PERIODS_SQL, {"company": company_id, "periods": list(periods)}))
    return dict(rows)
