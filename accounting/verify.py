"""Recompute a company's books from the first journal line to the last document file: nothing stored is believed.

What cannot be found: books that somebody with full power over the database replaced as a whole, with every hash made anew. Against that
helps a hash kept elsewhere, such as the last line of an earlier export.
"""

import time
from collections.abc import Callable
from typing import Final
from uuid import UUID

from accounting.verify_balances import verify_closings, verify_head, verify_months
from accounting.verify_currency import verify_currency
from accounting.verify_documents import verify_documents
from accounting.verify_events import CHUNK, Progress, verify_events
from accounting.verify_findings import BooksReport, Findings
from accounting.verify_items import verify_items
from accounting.verify_rows import verify_history, verify_links
from accounting.verify_source import BooksCursor, write_as_hashed

FAULTS_OF_EACH_KIND: Final = 5


def verify_books(
    cursor: BooksCursor,
    *,
    company_id: UUID,
    limit: int = FAULTS_OF_EACH_KIND,
    files: bool = True,
    chunk: int = CHUNK,
    progress: Progress | None = None,
) -> BooksReport:
    """Check everything about one company's books and report what is wrong, at most `limit` faults of each kind.

    The caller's transaction must see one unchanging state (`books_snapshot`). `chunk` is the number of journal lines recomputed at a
    time; `files=False` leaves the document files unread.
    """
    started = time.monotonic()
    say: Callable[[str], None] = progress or _say_nothing
    findings = Findings(limit=limit)
    write_as_hashed(cursor)
    sums = verify_events(cursor, company_id=company_id, findings=findings, progress=say, chunk=chunk)
    verify_head(cursor, company_id=company_id, sums=sums, findings=findings)
    verify_months(cursor, company_id=company_id, sums=sums, findings=findings)
    verify_closings(cursor, company_id=company_id, sums=sums, findings=findings)
    say("head, month balances and closings")
    verify_items(cursor, company_id=company_id, sums=sums, findings=findings)
    verify_currency(cursor, company_id=company_id, findings=findings)
    say("open items")
    verify_links(cursor, company_id=company_id, findings=findings)
    verify_history(cursor, company_id=company_id, findings=findings)
    say("links and history")
    if files:
        verify_documents(cursor, company_id=company_id, findings=findings, progress=say)
    return BooksReport(
        company_id=company_id,
        company_name=_name(cursor, company_id),
        events=sums.events,
        head_hash=sums.last_hash,
        faults=tuple(findings.faults),
        fault_counts=dict(findings.counts),
        seconds=round(time.monotonic() - started, 3),
    )


def _name(cursor: BooksCursor, company_id: UUID) -> str:
    cursor.execute("SELECT name FROM companies_company WHERE id = %(company)s", {"company": company_id})
    return "".join(name for (name,) in cursor.fetchall())


def _say_nothing(_text: str) -> None:
    """Nobody asked how far verify is."""
