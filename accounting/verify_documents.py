"""Read every stored document again: its file is there and is what its row says."""

import hashlib
from collections.abc import Iterator
from typing import Final
from uuid import UUID

from django.core.files.storage import storages

from accounting.models.document import Document
from accounting.verify_events import Progress
from accounting.verify_findings import BookFault, Findings
from accounting.verify_source import BooksCursor

_DOCUMENTS: Final = """
    SELECT id, sha256, size_bytes FROM accounting_document
     WHERE company_id = %(company)s AND id > %(after)s ORDER BY id LIMIT %(page)s
"""
_PAGE: Final = 1000
_BLOCK: Final = 1024 * 1024


def verify_documents(cursor: BooksCursor, *, company_id: UUID, findings: Findings, progress: Progress) -> None:
    """Compare size and SHA-256 of every document's file with its row, block by block."""
    for checked, (document_id, sha256, size) in enumerate(_documents(cursor, company_id), start=1):
        place = f"document {document_id}"
        content = _read(Document(company_id=company_id, sha256=sha256).storage_name)
        due = f"{size} bytes, SHA-256 {sha256}"
        if content != due:
            findings.add(BookFault(kind="document_file", place=place, stored=content, recomputed=due))
        if checked % _PAGE == 0:
            progress(f"{checked} document files")


def _documents(cursor: BooksCursor, company_id: UUID) -> Iterator[tuple[UUID, str, int]]:
    after = UUID(int=0)
    while True:
        cursor.execute(_DOCUMENTS, {"company": company_id, "after": after, "page": _PAGE})
        rows = cursor.fetchall()
        yield from rows
        if len(rows) < _PAGE:
            return
        after = rows[-1][0]


def _read(name: str) -> str | None:
    """Size and hash of what lies there; nothing when there is no file, the reason when it cannot be read."""
    digest, size = hashlib.sha256(), 0
    try:
        with storages["default"].open(name) as stored:
            for block in stored.chunks(_BLOCK):
                digest.update(block)
                size += len(block)
    except FileNotFoundError:
        return None
    except OSError as error:  # a failing disk is a fault of this file, and the others are still to be read
        return f"unreadable: {error.strerror or error}"
    return f"{size} bytes, SHA-256 {digest.hexdigest()}"
