"""What came in by DATEV booking batches: one row per import that booked something, and each row of the file that was booked."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounting.models.journal import Intent
from ledgerlou.companies.models.owned import CompanyOwned, CompanyQuerySet


class DatevImport(CompanyOwned):
    """One import of a booking batch that booked something. Never changed.

    `client_key` says whose rows may be met again (consultant, client, fiscal year), `batch_key` which batch of the client it was.
    `locked` is DATEV's lock flag (Festschreibung) of the batch. `sum_debit` and `sum_credit` are the check sums of the file: its rows
    with S and with H, whatever their currency. `report` is what the person was told, with amounts as text.
    """

    file_name = models.CharField(_("file name"), max_length=255)
    file_sha256 = models.CharField(_("SHA-256"), max_length=64)
    header_version = models.PositiveSmallIntegerField(_("header version"))
    format_version = models.PositiveSmallIntegerField(_("format version"))
    client_key = models.CharField(max_length=40)
    batch_key = models.TextField()
    designation = models.TextField(_("designation"), blank=True)
    locked = models.BooleanField(_("locked in DATEV"))
    row_count = models.PositiveIntegerField(_("rows"))
    booked_count = models.PositiveIntegerField(_("booked"))
    known_count = models.PositiveIntegerField(_("known already"))
    changed_count = models.PositiveIntegerField(_("changed"))
    refused_count = models.PositiveIntegerField(_("refused"))
    sum_debit = models.DecimalField(_("sum of S"), max_digits=19, decimal_places=2)
    sum_credit = models.DecimalField(_("sum of H"), max_digits=19, decimal_places=2)
    report = models.JSONField(_("report"))
    imported_by = models.CharField(_("imported by"), max_length=200)
    created_at = models.DateTimeField(_("imported"))

    objects = CompanyQuerySet["DatevImport"].as_manager()

    class Meta:
        verbose_name = _("DATEV import")
        verbose_name_plural = _("DATEV imports")
        constraints = [
            models.CheckConstraint(condition=models.Q(file_sha256__regex=r"^[0-9a-f]{64}$"), name="datev_import_sha256_is_hex"),
            models.CheckConstraint(condition=models.Q(booked_count__gte=1), name="datev_import_booked_something"),
            models.CheckConstraint(
                condition=models.Q(
                    row_count=models.F("booked_count") + models.F("known_count") + models.F("changed_count") + models.F("refused_count")
                ),
                name="datev_import_counts_every_row",
            ),
        ]
        indexes = [models.Index(fields=["company", "client_key"], name="datev_import_client")]

    def __str__(self) -> str:
        return self.file_name


class DatevImportedRow(CompanyOwned):
    """A row of a batch that is in the books. Never changed; it is what tells a second import that the row is known.

    `identity`, `fingerprint` and `features` are names of the row (`accounting.german.datev_rows`), `raw` its fields as they stood, the
    empty ones at the end left out. `position` is the event of the booking that begins with this row: opening balances, which are one
    booking, are told apart by it, as are their open items.
    """

    datev_import = models.ForeignKey(DatevImport, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="rows")
    line = models.PositiveIntegerField(_("line"))
    identity = models.CharField(max_length=80)
    fingerprint = models.CharField(max_length=64)
    features = models.JSONField()
    raw = models.JSONField(_("fields"))
    intent = models.ForeignKey(Intent, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="datev_rows")
    position = models.PositiveIntegerField()

    objects = CompanyQuerySet["DatevImportedRow"].as_manager()

    class Meta:
        verbose_name = _("imported DATEV row")
        verbose_name_plural = _("imported DATEV rows")
        constraints = [
            models.UniqueConstraint(fields=["company", "identity"], name="datev_row_imported_once"),
            models.UniqueConstraint(fields=["company", "datev_import", "line"], name="datev_row_line_once_per_import"),
            models.CheckConstraint(condition=models.Q(fingerprint__regex=r"^[0-9a-f]{64}$"), name="datev_row_fingerprint_is_hex"),
        ]
        indexes = [models.Index(fields=["company", "intent"], name="datev_row_of_booking")]

    def __str__(self) -> str:
        return str(self.line)
