"""The journal as people and programs read it: lists of lines, one booking with everything about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import connection

from accounting.models.journal import Intent
from ledgerlou.companies.models.company import Company

_LINE_COLUMNS: Final = """
    e.id, e.journal_number, e.booking_date, e.account_debit, e.account_credit, e.amount, i.description, i.source, e.intent_id,
    e.fx_currency, e.fx_amount, i.external_reference, i.custom_metadata, i.channel, i.actor_type, i.actor_label, i.actor_key_prefix,
    i.document_id, e.period
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class JournalFilter:
    """What to look for. `account` matches either side; `search` looks in text, reference and account numbers."""

    account: str | None = None
    from_date: date | None = None
    until: date | None = None
    search: str | None = None
    external_reference: str | None = None


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One event with the texts of its booking."""

    id: UUID
    journal_number: int
    booking_date: date
    account_debit: str
    account_credit: str
    amount: Decimal
    description: str
    source: str
    intent_id: UUID
    fx_currency: str | None
    fx_amount: Decimal | None
    external_reference: str | None
    custom_metadata: str | None
    channel: str
    actor_type: str
    actor_label: str
    actor_key_prefix: str | None
    document_id: UUID | None
    period: str


def journal_lines(*, company: Company, wanted: JournalFilter, limit: int) -> list[JournalLine]:
    """Lines that match, newest journal number first, at most `limit`."""
    parameters: dict[str, Any] = {
        "company": company.id,
        "account": wanted.account,
        "from": wanted.from_date,
        "until": wanted.until,
        "reference": wanted.external_reference,
        "limit": limit,
    }
    conditions = ["e.company_id = %(company)s"]
    if wanted.account is not None:
        conditions.append("(e.account_debit = %(account)s OR e.account_credit = %(account)s)")
    if wanted.from_date is not None:
        conditions.append("e.booking_date >= %(from)s")
    if wanted.until is not None:
        conditions.append("e.booking_date <= %(until)s")
    if wanted.external_reference is not None:
        conditions.append("i.external_reference = %(reference)s")
    source = "accounting_event e JOIN accounting_intent i ON i.company_id = e.company_id AND i.id = e.intent_id"
    if wanted.search:
        parameters["search"] = wanted.search
        source = (
            "accounting_search_journal(%(search)s, %(account)s, %(from)s, %(until)s, %(reference)s, %(limit)s) AS hit (journal_number) "
            "JOIN accounting_event e ON e.company_id = %(company)s AND e.journal_number = hit.journal_number "
            "JOIN accounting_intent i ON i.company_id = e.company_id AND i.id = e.intent_id"
        )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_LINE_COLUMNS} FROM {source} WHERE {' AND '.join(conditions)} "  # noqa: S608 -- made of constants, values are parameters
            "ORDER BY e.journal_number DESC LIMIT %(limit)s",
            parameters,
        )
        return [JournalLine(*row) for row in cursor.fetchall()]


def opening_set_of(*, company: Company, booking_date: date) -> UUID | None:
    """The opening balances of this date that are not reversed, if there are any."""
    reversed_ids = Intent.objects.of(company).filter(reverses__isnull=False, reverses__booking_date=booking_date).values("reverses_id")
    return (
        Intent.objects.of(company)
        .filter(booking_date=booking_date, period__endswith="-00", reverses=None)
        .exclude(id__in=reversed_ids)
        .values_list("id", flat=True)
        .order_by("id")
        .first()
    )


@dataclass(frozen=True, slots=True)
class BookingEvent:
    """One event of a booking with account names and its place in the hash chain."""

    id: UUID
    journal_number: int
    position: int
    account_debit: str
    account_credit: str
    account_debit_name: str
    account_credit_name: str
    amount: Decimal
    tax_code: str | None
    tax_role: str | None
    fx_currency: str | None
    fx_amount: Decimal | None
    audit_hash: str
    prev_hash: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """A booking that settles, or is settled by, another; euros, positive when it lowers the item."""

    intent_id: UUID
    account: str
    amount: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class BookingView:
    """Everything about one booking: the entry point for audits."""

    intent: Intent
    events: list[BookingEvent]
    reversed_by: UUID | None
    settles: list[Link]
    settled_by: list[Link]
    documents: list[Mapping[str, object]] = field(default_factory=list)

    @property
    def recorded_at(self) -> datetime:
        """The moment the booking was written."""
        return self.intent.created_at


_EVENTS_SQL: Final = """
    SELECT e.id, e.journal_number, e.position, e.account_debit, e.account_credit, d.name, c.name, e.amount, e.tax_code, e.tax_role,
           e.fx_currency, e.fx_amount, e.audit_hash, e.prev_hash
      FROM accounting_event e
      JOIN accounting_account d ON d.company_id = e.company_id AND d.number = e.account_debit
      JOIN accounting_account c ON c.company_id = e.company_id AND c.number = e.account_credit
     WHERE e.company_id = %s AND e.intent_id = %s ORDER BY e.position
"""
_LINKS_SQL: Final = """
    SELECT 'settles', o.intent_id, s.account, -s.movement * sign(o.amount)
      FROM accounting_settlement s JOIN accounting_openitem o ON o.company_id = s.company_id AND o.id = s.open_item_id
     WHERE s.company_id = %(company)s AND s.intent_id = %(intent)s
    UNION ALL
    SELECT 'settled_by', s.intent_id, s.account, -s.movement * sign(o.amount)
      FROM accounting_openitem o JOIN accounting_settlement s ON s.company_id = o.company_id AND s.open_item_id = o.id
     WHERE o.company_id = %(company)s AND o.intent_id = %(intent)s
     ORDER BY 1, 2, 3
"""


def booking_view(*, company: Company, intent_id: UUID) -> BookingView | None:
    """One booking with events, account names, chain, document and links both ways; None when the company has no such booking."""
    intent = Intent.objects.of(company).select_related("document").filter(id=intent_id).first()
    if intent is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_EVENTS_SQL, [company.id, intent_id])
        events = [BookingEvent(*row) for row in cursor.fetchall()]
        cursor.execute(_LINKS_SQL, {"company": company.id, "intent": intent_id})
        links = [(kind, Link(intent_id=other, account=account, amount=amount)) for kind, other, account, amount in cursor.fetchall()]
    document = intent.document
    return BookingView(
        intent=intent,
        events=events,
        reversed_by=Intent.objects.of(company).filter(reverses_id=intent_id).values_list("id", flat=True).first(),
        settles=[link for kind, link in links if kind == "settles"],
        settled_by=[link for kind, link in links if kind == "settled_by"],
        documents=[{"id": document.id, "original_name": document.original_name, "mime_type": document.mime_type}] if document else [],
    )
