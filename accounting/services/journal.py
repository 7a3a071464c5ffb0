"""Open the journal of a new company."""

from typing import Final

from accounting.journal_sql import Query, fetch_together
from ledgerlou.companies.models.company import Company

_OPEN_SQL: Final = Query(
    "INSERT INTO accounting_journalhead (company_id, next_number, last_hash, lock_only) VALUES (%(company)s, 1, repeat('0', 64), false)"
)


def open_journal(*, company: Company) -> None:
    """Make the journal's head: the next number is 1, the hash before it 64 zeros."""
    fetch_together((_OPEN_SQL, {"company": company.id}))
