"""Vouchers taken in: checked, stored once per company, kept as long as the law wants them."""

import hashlib
import logging
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Final
from uuid import UUID

from django.db import DatabaseError, connection, transaction

from accounting import documents_storage
from accounting.document_names import clean_file_name
from accounting.document_types import voucher_type
from accounting.models.document import Document
from ledgerlou import clock
from ledgerlou.companies.actor import Actor
from ledgerlou.companies.context import company_transaction
from ledgerlou.companies.models.company import Company
from ledgerlou.companies.rollback import after_rollback
from ledgerlou.companies.services.row_checks import require_fit

logger = logging.getLogger(__name__)
_KEPT_YEARS: Final = 8  # § 147 Abs. 3 Satz 1 AO: vouchers (Buchungsbelege)
_MOST_REMOVED: Final = 1000  # each removal holds a lock until the transaction ends


@dataclass(frozen=True, kw_only=True, slots=True)
class ReceivedFile:
    """A file as it came: its bytes, the sender's name for it, and the sender's Content-Type (may be empty)."""

    content: bytes
    name: str
    declared_type: str = ""


@transaction.atomic(savepoint=False)
def store_document(*, company: Company, actor: Actor, received: ReceivedFile, now: datetime) -> Document:
    """Take in a voucher: PDF, JPG or PNG of at most 10 MB. The same content again is the document that is there already.

    Encrypted and scripted PDFs are vouchers, too, and stored as they are. Raises EmptyFile, FileTooLarge, InvalidFileType, MimeMismatch.
    """
    mime_type = voucher_type(content=received.content, declared=received.declared_type)
    return keep_document(company=company, actor=actor, received=received, mime_type=mime_type, now=now)


@transaction.atomic(savepoint=False)
def keep_document(*, company: Company, actor: Actor, received: ReceivedFile, mime_type: str, now: datetime) -> Document:
    """Store bytes whose type the caller has checked (an e-invoice as XML, say), once per company.

    The file lies complete on disk before its row is written. If the transaction is not kept, a file written here is removed again.
    """
    row = Document(
        company=company,
        sha256=hashlib.sha256(received.content).hexdigest(),
        mime_type=mime_type,
        original_name=clean_file_name(received.name, mime_type=mime_type),
        size_bytes=len(received.content),
        retention_until=retention_end(clock.legal_day(now)),
        uploaded_by=actor.label,
        created_at=now,
    )
    _lock_content(row.storage_name)
    known = Document.objects.of(company).filter(sha256=row.sha256).first()
    if documents_storage.keep_bytes(row.storage_name, received.content):
        after_rollback(partial(_forget, company.id, row.storage_name))
    if known is not None:
        return known
    require_fit(row)
    row.save(force_insert=True)
    return row


def retention_end(day: date) -> date:
    """Until when a voucher of this day must be kept: eight years from the end of its calendar year (§ 147 Abs. 3, 4 AO)."""
    return date(day.year + _KEPT_YEARS, 12, 31)


def remove_unreferenced_files(*, company_id: UUID, before: datetime) -> int:
    """Delete the company's files that no document names and that were written before this moment; how many there were.

    They are left by transactions that were not kept. At most 1,000 in one call. Needs the company's transaction.
    """
    removed = 0
    for names in documents_storage.stored_names(company_id):
        hashes = {name.rsplit("/", 1)[-1] for name in names}
        named = set(Document.objects.of(company_id).filter(sha256__in=hashes).values_list("sha256", flat=True))
        for name in names:
            written = None if name.rsplit("/", 1)[-1] in named else documents_storage.written_at(name)
            if written is None or written >= before:
                continue
            removed += _remove_unless_named(company_id, name)
            if removed >= _MOST_REMOVED:
                return removed
    return removed


def _lock_content(name: str) -> None:
    """One at a time for this content of this company until the transaction ends: a file is not removed while somebody relies on it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def _remove_unless_named(company_id: UUID, name: str) -> bool:
    _lock_content(name)
    if Document.objects.of(company_id).filter(sha256=name.rsplit("/", 1)[-1]).exists():
        return False
    documents_storage.remove_bytes(name)
    return True


def _forget(company_id: UUID, name: str) -> None:
    """After a dry run or refusal, in a transaction of its own. What fails here is left to the sweeper."""
    try:
        with company_transaction(company_id):
            _remove_unless_named(company_id, name)
    except (DatabaseError, OSError):
        logger.warning("file %s of a rolled-back upload was not removed; the sweeper will do it", name, exc_info=True)
