"""What verify and export read of the books: one unchanging view of a company, and journal lines in the form that was hashed."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, Protocol
from uuid import UUID

from django.db import connection, transaction

from ledgerlou.companies.context import company_transaction

# The canonical form of a journal line (RULINGS 12), field by field in order: the name in an export and the text that was hashed. It is
# written out here, not taken from the function in the database, so that a changed function cannot vouch for changed rows.
#
# Form 2 adds the seal of the booking's open items and settlements; bookings without any, and those of the time before it, have form 1.
ITEMS_SEAL: Final = "items_sha256"
CANONICAL_FIELDS: Final = (
    ("form", "'ledgerlou-event-' || CASE WHEN i.items_sha256 IS NULL THEN 1 ELSE 2 END"),
    ("company_id", "e.company_id::text"),
    ("journal_number", "e.journal_number::text"),
    ("event_id", "e.id::text"),
    ("intent_id", "e.intent_id::text"),
    ("booking_date", "e.booking_date::text"),
    ("period", "e.period"),
    ("position", "e.position::text"),
    ("source_line", "e.source_line::text"),
    ("account_debit", "e.account_debit"),
    ("account_credit", "e.account_credit"),
    ("amount", "e.amount::text"),
    ("tax_code", "e.tax_code"),
    ("tax_role", "e.tax_role"),
    ("fx_currency", "e.fx_currency"),
    ("fx_amount", "e.fx_amount::text"),
    ("description", "i.description"),
    ("category", "i.category"),
    ("source", "i.source"),
    ("channel", "i.channel"),
    ("actor_type", "i.actor_type"),
    ("actor_label", "i.actor_label"),
    ("actor_person_id", "i.actor_person_id::text"),
    ("actor_key_prefix", "i.actor_key_prefix"),
    ("external_reference", "i.external_reference"),
    ("custom_metadata", "i.custom_metadata"),
    ("document_id", "i.document_id::text"),
    ("document_sha256", "i.document_sha256"),
    ("reverses_intent_id", "i.reverses_id::text"),
    ("general_reversal", "i.general_reversal::text"),
    ("booking_fx_currency", "i.fx_currency"),
    ("booking_fx_amount", "i.fx_amount::text"),
    ("booking_fx_rate", "i.fx_rate::text"),
    ("booking_fx_rate_date", "i.fx_rate_date::text"),
    ("booking_fx_rate_source", "i.fx_rate_source"),
    ("booking_total", "i.total::text"),
    ("line_accounts", "i.line_accounts"),
    ("event_count", "i.event_count::text"),
    ("item_count", "i.item_count::text"),
    ("settlement_count", "i.settlement_count::text"),
    (ITEMS_SEAL, "i.items_sha256"),
    ("created_at", """to_char(i.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""),
    ("prev_hash", "e.prev_hash"),
)
FIELD_NAMES: Final = tuple(name for name, _ in CANONICAL_FIELDS)
FIELD_TEXTS: Final = tuple(text for _, text in CANONICAL_FIELDS)
_FORM_1: Final = ", ".join(text for name, text in CANONICAL_FIELDS if name != ITEMS_SEAL)
SEALED_SQL: Final = f"""encode(sha256(convert_to(CASE WHEN i.items_sha256 IS NULL THEN json_build_array({_FORM_1})
    ELSE json_build_array({", ".join(FIELD_TEXTS)}) END::text, 'UTF8')), 'hex')"""
LINES_SQL: Final = "accounting_event e LEFT JOIN accounting_intent i ON i.company_id = e.company_id AND i.id = e.intent_id"


class BooksCursor(Protocol):
    """A database cursor: Django's, or psycopg's own."""

    def execute(self, sql: str, params: Mapping[str, Any], /) -> object:
        """Run one statement with `%(name)s` places."""
        ...

    def fetchall(self) -> list[tuple[Any, ...]]:
        """The rows of the statement."""
        ...


@contextmanager
def books_snapshot(company_id: UUID) -> Iterator[None]:
    """A transaction that sees the company's books as they stand now, however long it takes, and can change nothing.

    Under READ COMMITTED each statement would see later postings than the one before, and head and journal would seem to differ.
    """
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        with company_transaction(company_id, read_only=True):
            yield


def write_as_hashed(cursor: BooksCursor) -> None:
    """Let the rest of the transaction write dates and moments the way they were hashed, whatever the server's settings are.

    Compiling the long expressions to machine code (jit) costs more than it saves here.
    """
    cursor.execute(
        "SELECT set_config('datestyle', 'ISO, YMD', true), set_config('timezone', 'UTC', true), set_config('jit', 'off', true)", {}
    )
