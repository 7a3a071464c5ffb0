"""Accounting periods of a company and the requests to lock them (four-eyes principle)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ledgerlou.companies.models.owned import CompanyOwned, CompanyQuerySet
from ledgerlou.companies.models.people import Person

MONTH, ADJUSTMENT, OPENING = "month", "adjustment", "opening"


class PeriodStatus(models.TextChoices):
    """What a period takes. A hard lock (Festschreibung) is for good."""

    OPEN = "open", _("open")
    SOFT_LOCKED = "soft_locked", _("soft-locked")
    LOCKED = "locked", _("locked")


class LockRequestStatus(models.TextChoices):
    """What became of a request to lock. A pending one counts as expired 48 hours after it was made."""

    PENDING = "pending", _("pending")
    APPROVED = "approved", _("approved")
    CANCELLED = "cancelled", _("cancelled")
    EXPIRED = "expired", _("expired")


class Period(CompanyOwned):
    """One period of a fiscal year: `YYYY-00` (opening entries), `YYYY-MM`, `YYYY-P13`, `YYYY-P14`.

    `fiscal_year` is the calendar year in which the fiscal year ends. `governed_by` is the period whose lock decides:
    itself, or the first month for the opening period. `sequence` orders the periods of a fiscal year: 0, 1 to 12, 13, 14.
    The digest fields are filled when the period is locked for good and make up the closing hash (RULINGS 20).
    """

    period = models.CharField(_("period"), max_length=8)
    kind = models.CharField(max_length=10, choices=[(MONTH, MONTH), (ADJUSTMENT, ADJUSTMENT), (OPENING, OPENING)])
    fiscal_year = models.PositiveSmallIntegerField(_("fiscal year"))
    sequence = models.PositiveSmallIntegerField()
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))
    governed_by = models.CharField(max_length=8)
    status = models.CharField(_("status"), max_length=11, choices=PeriodStatus.choices, default=PeriodStatus.OPEN)
    locked_by = models.CharField(_("locked by"), max_length=200, null=True, blank=True)  # noqa: DJ001 -- null until locked, as published
    locked_at = models.DateTimeField(_("locked at"), null=True, blank=True)
    closing_hash = models.CharField(_("closing hash"), max_length=64, null=True, blank=True)  # noqa: DJ001 -- null until closed
    closing_prev_hash = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001 -- null until closed
    closing_position = models.PositiveIntegerField(null=True, blank=True)

    objects = CompanyQuerySet["Period"].as_manager()

    class Meta:
        verbose_name = _("period")
        verbose_name_plural = _("periods")
        constraints = [
            models.UniqueConstraint(fields=["company", "period"], name="period_once_per_company"),
            models.UniqueConstraint(fields=["company", "closing_position"], name="period_closing_position_is_unique"),
            models.CheckConstraint(condition=models.Q(status__in=PeriodStatus.values), name="period_status_is_known"),
            models.CheckConstraint(condition=models.Q(starts_on__lte=models.F("ends_on")), name="period_ends_after_it_starts"),
            models.CheckConstraint(
                condition=models.Q(status=PeriodStatus.LOCKED, closing_hash__isnull=False, closing_position__isnull=False)
                | (~models.Q(status=PeriodStatus.LOCKED) & models.Q(closing_hash=None, closing_prev_hash=None, closing_position=None)),
                name="period_locked_has_a_closing_hash",
            ),
        ]

    def __str__(self) -> str:
        return self.period

    @property
    def period_number(self) -> int:
        """0 for an ordinary month, 13 or 14 for an adjustment period, as published."""
        return self.sequence if self.kind == ADJUSTMENT else 0


class LockRequest(CompanyOwned):
    """One person's request to lock a period for good, to be approved by another within 48 hours.

    What the approver is shown is kept as it was when the request was made, and never changes: `checklist` (what was found in the books,
    and which questions the person ticked), `note`, and `digest`, the figures that the closing hash covers. The database compares the
    hash in `digest` with the books. Requests made before there were checklists have none.
    """

    period = models.ForeignKey(Period, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="lock_requests")
    status = models.CharField(max_length=9, choices=LockRequestStatus.choices, default=LockRequestStatus.PENDING)
    requested_by_person = models.ForeignKey(Person, on_delete=models.PROTECT, db_index=False, related_name="+")
    requested_by = models.CharField(max_length=200)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    decided_by_person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, blank=True, db_index=False, related_name="+")
    decided_by = models.CharField(max_length=200, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    checklist = models.JSONField(default=dict, blank=True)
    note = models.CharField(max_length=2000, blank=True)
    digest = models.JSONField(default=dict, blank=True)

    objects = CompanyQuerySet["LockRequest"].as_manager()

    class Meta:
        verbose_name = _("lock request")
        verbose_name_plural = _("lock requests")
        constraints = [
            models.UniqueConstraint(
                fields=["company", "period"], condition=models.Q(status=LockRequestStatus.PENDING), name="lock_request_one_pending"
            ),
            models.CheckConstraint(condition=models.Q(status__in=LockRequestStatus.values), name="lock_request_status_is_known"),
        ]
