"""Verifications of a company's books: asked for, run, and what they found. Kept for good, since a clean past is evidence, too."""

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from ledgerlou.companies.models.owned import CompanyOwned, CompanyQuerySet

# A worker that was killed is followed by another one; books that three could not finish with need somebody to look at them.
MAX_ATTEMPTS: Final = 3


class VerificationRun(CompanyOwned):
    """One verification: a row first, so that a worker that dies loses nothing, and its result once.

    `faults` holds the first few faults of each kind (kind, place, stored, recomputed), `fault_count` counts all of them. `head_hash`
    seals the `line_count` journal lines that were read. `error` says why a verification could not come to a result.
    """

    asked_by = models.CharField(_("asked for by"), max_length=200)
    asked_at = models.DateTimeField(_("asked for"))
    started_at = models.DateTimeField(_("begun"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    with_files = models.BooleanField(_("document files read"), default=True)
    line_count = models.BigIntegerField(_("journal lines"), null=True, blank=True)
    fault_count = models.BigIntegerField(_("faults"), null=True, blank=True)
    faults = models.JSONField(_("first faults"), default=list)
    head_hash = models.CharField(_("last hash"), max_length=64, blank=True)
    seconds = models.DecimalField(_("seconds"), max_digits=9, decimal_places=3, null=True, blank=True)
    error = models.CharField(_("reason"), max_length=200, blank=True)

    objects = CompanyQuerySet["VerificationRun"].as_manager()

    class Meta:
        verbose_name = _("verification")
        verbose_name_plural = _("verifications")
        indexes = [models.Index(fields=["company", "-id"], name="verification_of_company")]
        constraints = [
            models.UniqueConstraint(fields=["company"], condition=models.Q(finished_at=None), name="verification_one_at_a_time"),
            models.CheckConstraint(
                condition=models.Q(finished_at__isnull=True, line_count__isnull=True, fault_count__isnull=True, error="")
                | models.Q(finished_at__isnull=False, line_count__isnull=False, fault_count__isnull=False, error="")
                | (models.Q(finished_at__isnull=False, line_count__isnull=True, fault_count__isnull=True) & ~models.Q(error="")),
                name="verification_ends_with_result_or_error",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asked_at:%Y-%m-%d %H:%M}, {self.asked_by}"

    @property
    def is_clean(self) -> bool:
        """Whether everything was recomputed and nothing was wrong."""
        return self.fault_count == 0
