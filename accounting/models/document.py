"""Documents (Belege): bytes as received, stored once per company under their SHA-256."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ledgerlou.companies.models.owned import CompanyOwned, CompanyQuerySet


class Document(CompanyOwned):
    """The row that names a stored file. `retention_until` is the day until which it must be kept (§ 147 Abs. 3 AO)."""

    sha256 = models.CharField(_("SHA-256"), max_length=64)
    mime_type = models.CharField(_("type"), max_length=100)
    original_name = models.CharField(_("file name"), max_length=255)
    size_bytes = models.PositiveIntegerField(_("size in bytes"))
    retention_until = models.DateField(_("kept until"))
    uploaded_by = models.CharField(_("uploaded by"), max_length=200)
    created_at = models.DateTimeField(_("uploaded"))

    objects = CompanyQuerySet["Document"].as_manager()

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        constraints = [
            models.UniqueConstraint(fields=["company", "sha256"], name="document_content_once_per_company"),
            models.CheckConstraint(condition=models.Q(sha256__regex=r"^[0-9a-f]{64}$"), name="document_sha256_is_hex"),
        ]

    def __str__(self) -> str:
        return self.original_name

    @property
    def storage_name(self) -> str:
        """Where the bytes lie: company, then two letters of the hash to keep folders small."""
        return f"{self.company_id}/{self.sha256[:2]}/{self.sha256}"
