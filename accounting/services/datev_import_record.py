"""Keeps what an import booked: the import, and each row of the file with the booking that was made of it."""

import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from accounting.german.datev_extf import Batch
from accounting.german.datev_plan import PlannedBooking
from accounting.german.datev_reimport import batch_key, client_key
from accounting.models.datev import DatevImport, DatevImportedRow
from accounting.posting import PostedIntent
from accounting.services.datev_import_report import ImportReport, report_as_json
from ledgerlou.companies.actor import Actor
from ledgerlou.companies.models.company import Company


def record_import(*, company: Company, actor: Actor, import_id: UUID, batch: Batch, report: ImportReport, now: datetime) -> None:
    """Write the row of an import that booked something."""
    made = DatevImport(
        id=import_id,
        company=company,
        file_name=report.file_name,
        file_sha256=report.sha256,
        header_version=batch.header.version,
        format_version=batch.header.format_version,
        client_key=client_key(batch.header),
        batch_key=batch_key(batch.header),
        designation=batch.header.designation,
        locked=report.locked,
        row_count=report.row_count,
        booked_count=report.booked_count,
        known_count=len(report.known),
        changed_count=len(report.changed),
        refused_count=len(report.refused),
        sum_debit=report.sum_debit,
        sum_credit=report.sum_credit,
        report=report_as_json(report),
        imported_by=actor.label,
        created_at=now,
    )
    made.full_clean(exclude=["company"])
    made.save(force_insert=True)


def record_rows(
    *,
    company: Company,
    import_id: UUID,
    bookings: Sequence[PlannedBooking],
    posted: Sequence[PostedIntent],
    known_identities: Collection[str],
) -> None:
    """Write the rows of an import beside their bookings, in one statement.

    The unique constraint on identities is what keeps two imports at the same time from booking a row twice: they name it alike.
    """
    taken = set(known_identities)
    rows = []
    for booking, intent in zip(bookings, posted, strict=True):
        for position, row in enumerate(booking.rows, start=1):  # an opening balance is one event, and other bookings have one row
            identity = _free_identity(row.identity, taken)
            taken.add(identity)
            rows.append(
                DatevImportedRow(
                    company=company,
                    datev_import_id=import_id,
                    line=row.line,
                    identity=identity,
                    fingerprint=row.fingerprint,
                    features=list(row.features),
                    raw=list(row.raw),
                    intent_id=intent.intent_id,
                    position=position,
                )
            )
    DatevImportedRow.objects.bulk_create(rows)


def _free_identity(identity: str, taken: Collection[str]) -> str:
    """The identity, or one made of it where a known row has it that the comparison found to be another row of the file.

    Rows without a booking GUID are the first, second, … with their date and document number. When such a row is put in above, the
    counts below move on, while rows of equal content keep the booking they have.
    """
    found, count = identity, 1
    while found in taken:
        count += 1
        kind = identity.partition(":")[0]
        found = f"{kind}:{hashlib.sha256(f'{identity}/{count}'.encode()).hexdigest()}"
    return found
