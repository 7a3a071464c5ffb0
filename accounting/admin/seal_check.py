"""Recompute the seal of a booking in the database and say, event by event, whether it holds."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import connection

from ledgerlou.companies.models.company import Company

# The line before is asked for by itself: as a join, row-level security would have the whole journal read for it.
_SEALS_SQL: Final = """
    SELECT e.journal_number, e.audit_hash = accounting_event_hash(e, i),
           e.prev_hash = CASE e.journal_number WHEN 1 THEN repeat('0', 64) ELSE coalesce(
               (SELECT p.audit_hash FROM accounting_event p WHERE p.company_id = e.company_id AND p.journal_number = e.journal_number - 1), '') END
      FROM accounting_event e
      JOIN accounting_intent i ON i.company_id = e.company_id AND i.id = e.intent_id
     WHERE e.company_id = %s AND e.intent_id = %s ORDER BY e.journal_number
"""


@dataclass(frozen=True, slots=True)
class SealCheck:
    """Whether an event's hash is that of its content, and whether it follows on the event before."""

    journal_number: int
    content_is_sealed: bool
    follows_on: bool

    @property
    def holds(self) -> bool:
        """Both."""
        return self.content_is_sealed and self.follows_on


def check_seals(*, company: Company, intent_id: UUID) -> list[SealCheck]:
    """One check for each event of a booking, by journal number."""
    with connection.cursor() as cursor:
        cursor.execute(_SEALS_SQL, [company.id, intent_id])
        return [SealCheck(*row) for row in cursor.fetchall()]
