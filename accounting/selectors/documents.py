"""Documents and their bytes."""

import logging
from uuid import UUID

from django.core.files.base import File

from accounting import documents_storage
from accounting.models.document import Document
from ledgerlou.companies.models.company import Company
from ledgerlou.errors import LedgerLouError, NotFound

logger = logging.getLogger(__name__)


class DocumentFileMissing(LedgerLouError):
    """The books name a document whose file is gone or cut short in the storage. The operator must restore it from a backup."""

    code, http_status, title = "DOCUMENT_FILE_MISSING", 500, "The file of the document is missing"


def document_of(*, company: Company, document_id: UUID) -> Document:
    """The document with this id. Raises NotFound, for another company's document too."""
    document = Document.objects.of(company).filter(id=document_id).first()
    if document is None:
        raise NotFound("There is no such document.", document_id=document_id)
    return document


def open_document(document: Document) -> File:  # type: ignore[type-arg]  # Django's File is generic in the stubs alone
    """The bytes of a document, to be read and closed by the caller. Raises DocumentFileMissing."""
    stored = documents_storage.open_bytes(document.storage_name)
    if stored is not None and stored.size == document.size_bytes:
        return stored
    if stored is not None:
        stored.close()
    logger.error("document %s: the file %s is %s", document.id, document.storage_name, "missing" if stored is None else "damaged")
    raise DocumentFileMissing(
        "The file of this document is missing or damaged in the storage. It must be restored from a backup.", document_id=document.id
    )
