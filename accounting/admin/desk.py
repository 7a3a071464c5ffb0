"""What the desk and the search show of the books."""

import re
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from accounting.models.document import Document
from accounting.models.journal import Intent, JournalHead
from accounting.selectors.journal_pages import JournalQuery, JournalRow, journal_page
from ledgerlou.admin.request import Visit
from ledgerlou.admin.templatetags.back_office import shown
from ledgerlou.admin.waiting import MOST, SHOWN, Waiting, WaitingRow
from ledgerlou.companies.models.company import Company
from ledgerlou.companies.models.verification import VerificationRun

LATEST: Final = 12
SHORTEST_TEXT: Final = 3  # a trigram index finds nothing shorter
_LINES_OF_A_BOOKING: Final = 5  # how many lines are read to find so many bookings
_NEWEST_DOCUMENTS: Final = 1000  # how far back the desk looks for documents without a booking; the list of documents looks at all
# The planner cannot push anything into a subquery with a limit: what is read stays within the newest, however many there are.
_WITHOUT_BOOKING: Final = """
    SELECT newest.id, newest.original_name, newest.uploaded_by, newest.created_at
      FROM (SELECT id, original_name, uploaded_by, created_at FROM accounting_document
             WHERE company_id = %(company)s ORDER BY id DESC LIMIT %(newest)s) AS newest
     WHERE NOT EXISTS (SELECT FROM accounting_intent i WHERE i.company_id = %(company)s AND i.document_id = newest.id)
     ORDER BY newest.id DESC LIMIT %(most)s
"""
_IBAN: Final = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{6,30}")  # ISO 13616: country, check digits, account; a search may name its beginning


def latest_bookings(company: Company) -> list[Intent]:
    """The bookings recorded last, newest first. Ids are in order of time (UUIDv7), and the index over them is the company's."""
    return list(Intent.objects.of(company).order_by("-id")[:LATEST])


def journal_length(company: Company) -> int:
    """How many lines the journal has, without counting: numbers have no gaps."""
    return JournalHead.objects.get(company=company).next_number - 1


def documents_without_booking(visit: Visit) -> Waiting | None:
    """Documents that came in and were not booked, newest first, among the newest thousand: every page asks."""
    if not visit.may("journal:read"):
        return None
    facts = {"company": visit.company.id, "newest": _NEWEST_DOCUMENTS, "most": MOST}
    documents = list(Document.objects.raw(_WITHOUT_BOOKING, facts))
    return Waiting(
        title=_("Documents without a booking"),
        count=len(documents),
        address=f"{reverse('admin:accounting_document_changelist')}?booked=no",
        icon="description",
        rows=[_document_row(document) for document in documents[:SHOWN]],
    )


def _document_row(document: Document) -> WaitingRow:
    return WaitingRow(
        title=document.original_name,
        remark=f"{document.uploaded_by}, {shown(document.created_at)}",
        address=reverse("admin:accounting_document_change", args=[document.id]),
    )


def check_that_failed(visit: Visit) -> Waiting | None:
    """The last verification of the books, where it found faults or came to no result."""
    if not visit.may("config:read"):
        return None
    last = VerificationRun.objects.of(visit.company).exclude(finished_at=None).order_by("-id").first()
    if last is None or last.is_clean:
        return None
    return Waiting(
        title=_("Checks that failed"),
        count=1,
        address=reverse("admin:ledgerlou_state"),
        icon="health_and_safety",
        rows=[
            WaitingRow(
                title=_("Verification of %(moment)s") % {"moment": shown(last.asked_at)},
                remark=_("without a result") if last.error else _("faults: %(count)s") % {"count": last.fault_count},
                address=reverse("admin:companies_verificationrun_change", args=[last.id]),
            )
        ],
        is_grave=True,
    )


def bookings_found(company: Company, term: str, amount: Decimal | None, limit: int) -> list[JournalRow]:
    """The newest bookings that match in number, amount, text, reference or account, each by the line that was hit first.

    Short terms are looked for among numbers alone. An IBAN is found with and without its spaces.
    """
    if len(term) < SHORTEST_TEXT and not term.isdigit():
        return []
    compact = term.replace(" ", "").upper()
    terms = (
        {term, compact, " ".join(compact[start : start + 4] for start in range(0, len(compact), 4))} if _IBAN.fullmatch(compact) else {term}
    )
    lines = [
        line
        for text in sorted(terms)
        for line in journal_page(
            company=company, wanted=JournalQuery(search=text, search_amount=amount), limit=limit * _LINES_OF_A_BOOKING
        ).rows
    ]
    found: dict[UUID, JournalRow] = {}
    for line in sorted(lines, key=lambda line: line.journal_number, reverse=True):
        found.setdefault(line.intent_id, line)
    return list(found.values())[:limit]
