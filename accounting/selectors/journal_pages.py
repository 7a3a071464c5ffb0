"""The journal by pages of keys, filtered and searched: what the back office lists and hands out as files."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import connection

from ledgerlou.companies.models.company import Company

REVERSALS: Final = "reversals"
REVERSED: Final = "reversed"
NEITHER: Final = "neither"
ROWS_AT_A_TIME: Final = 5000
_NEWEST_POSSIBLE: Final = 2**63 - 1


@dataclass(frozen=True, kw_only=True, slots=True)
class JournalQuery:
    """Which lines of the journal are wanted; what is not given does not restrict.

    `search` looks in text and reference, and finds accounts and journal numbers that are written the same; `search_amount` is the amount
    that the search text means, if it means one: of the line or of the whole booking. `account` matches either side. `periods` are exact
    names, `amount_from` and `amount_to` are euros of the line. `reversal` is REVERSALS, REVERSED or NEITHER.
    """

    search: str = ""
    search_amount: Decimal | None = None
    account: str | None = None
    from_date: date | None = None
    until: date | None = None
    periods: tuple[str, ...] = ()
    source: str | None = None
    amount_from: Decimal | None = None
    amount_to: Decimal | None = None
    has_document: bool | None = None
    reversal: str | None = None


@dataclass(frozen=True, slots=True)
class JournalRow:
    """One event with the names of its accounts and the head of its booking."""

    journal_number: int
    booking_date: date
    period: str
    intent_id: UUID
    description: str
    external_reference: str | None
    account_debit: str
    account_debit_id: UUID
    account_debit_name: str
    account_credit: str
    account_credit_id: UUID
    account_credit_name: str
    amount: Decimal
    tax_code: str | None
    fx_currency: str | None
    fx_amount: Decimal | None
    source: str
    document_id: UUID | None
    document_name: str | None
    is_reversal: bool
    is_reversed: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class JournalPage:
    """Rows by journal number, newest first; the keys of the pages before and after it, None where there is nothing more."""

    rows: list[JournalRow]
    newer: int | None
    older: int | None


# Documents and reversals are asked for by themselves: as outer joins, row-level security would have the whole tables read for them.
_ROWS_SQL: Final = """
    SELECT e.journal_number, e.booking_date, e.period, e.intent_id, i.description, i.external_reference,
           e.account_debit, d.id, d.name, e.account_credit, c.id, c.name, e.amount, e.tax_code, e.fx_currency, e.fx_amount,
           i.source, i.document_id,
           (SELECT f.original_name FROM accounting_document f WHERE f.company_id = i.company_id AND f.id = i.document_id),
           i.reverses_id IS NOT NULL,
           (SELECT r.id FROM accounting_intent r WHERE r.company_id = i.company_id AND r.reverses_id = i.id) IS NOT NULL
      FROM accounting_find_journal(%(wanted)s, %(older)s, %(newer)s, %(limit)s) AS hit (journal_number)
      JOIN accounting_event e ON e.company_id = %(company)s AND e.journal_number = hit.journal_number
      JOIN accounting_intent i ON i.company_id = e.company_id AND i.id = e.intent_id
      JOIN accounting_account d ON d.company_id = e.company_id AND d.number = e.account_debit
      JOIN accounting_account c ON c.company_id = e.company_id AND c.number = e.account_credit
     ORDER BY e.journal_number DESC
"""
_COUNT_SQL: Final = "SELECT count(*) FROM accounting_find_journal(%(wanted)s, NULL, NULL, %(limit)s)"


def journal_page(*, company: Company, wanted: JournalQuery, limit: int, older: int | None = None, newer: int | None = None) -> JournalPage:
    """The newest `limit` lines that match; those below the number `older`; or the next ones above the number `newer`."""
    found = _rows(company, wanted, older=older, newer=newer, limit=limit + 1)
    goes_on = len(found) > limit
    rows = found[-limit:] if newer is not None else found[:limit]
    if not rows:
        return JournalPage(rows=[], newer=None, older=None)
    has_newer = goes_on if newer is not None else older is not None
    has_older = goes_on if newer is None else True
    return JournalPage(rows=rows, newer=rows[0].journal_number if has_newer else None, older=rows[-1].journal_number if has_older else None)


def journal_rows(*, company: Company, wanted: JournalQuery) -> Iterator[JournalRow]:
    """All lines that match, in the order of the list; a few thousand are held at a time."""
    older = _NEWEST_POSSIBLE
    while rows := _rows(company, wanted, older=older, newer=None, limit=ROWS_AT_A_TIME):
        yield from rows
        older = rows[-1].journal_number


def count_up_to(*, company: Company, wanted: JournalQuery, limit: int) -> int:
    """How many lines match, `limit` at most."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT_SQL, {"wanted": _as_json(wanted), "limit": limit})
        return int(cursor.fetchone()[0])


def _rows(company: Company, wanted: JournalQuery, *, older: int | None, newer: int | None, limit: int) -> list[JournalRow]:
    parameters: dict[str, Any] = {"company": company.id, "wanted": _as_json(wanted), "older": older, "newer": newer, "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(_ROWS_SQL, parameters)
        return [JournalRow(*row) for row in cursor.fetchall()]


def _as_json(wanted: JournalQuery) -> str:
    """The query as the database's function reads it; what is not restricted is left out."""
    facts: dict[str, Any] = {
        "term": wanted.search or None,
        "term_cents": _cents(wanted.search_amount),
        "account": wanted.account,
        "from": wanted.from_date.isoformat() if wanted.from_date else None,
        "until": wanted.until.isoformat() if wanted.until else None,
        "periods": list(wanted.periods) or None,
        "source": wanted.source,
        "cents_from": _cents(wanted.amount_from),
        "cents_to": _cents(wanted.amount_to),
        "has_document": wanted.has_document,
        "reversal": wanted.reversal,
    }
    return json.dumps({name: fact for name, fact in facts.items() if fact is not None})


def _cents(amount: Decimal | None) -> int | None:
    """The bigint key beside an amount, which an index under row-level security can search."""
    return None if amount is None else int(amount * 100)
