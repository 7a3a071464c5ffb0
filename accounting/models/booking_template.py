"""Templates of recurring bookings: rent, leasing, wages, what is booked month after month with the same accounts."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ledgerlou.companies.models.owned import CompanyOwned, CompanyQuerySet
from ledgerlou.money import EuroField


class BookingTemplate(CompanyOwned):
    """A booking to be repeated. Its name may change and it may be switched off; its lines never change, a new template replaces it.

    `line_count` says how many lines belong to it, so that none is added or lost later. `sort_key` is the name as DIN 5007-1 sorts it.
    """

    name = models.CharField(_("name"), max_length=100)
    sort_key = models.CharField(max_length=255)
    description = models.CharField(_("text"), max_length=500, blank=True)
    external_reference = models.CharField(_("reference"), max_length=500, blank=True)
    line_count = models.PositiveSmallIntegerField(_("lines"))
    is_active = models.BooleanField(_("active"), default=True)
    created_by = models.CharField(_("created by"), max_length=200)
    created_at = models.DateTimeField(_("created"))

    objects = CompanyQuerySet["BookingTemplate"].as_manager()

    class Meta:
        verbose_name = _("recurring booking")
        verbose_name_plural = _("recurring bookings")
        constraints = [
            models.UniqueConstraint(
                fields=["company", "name"], condition=models.Q(is_active=True), name="booking_template_name_once_while_active"
            ),
            models.CheckConstraint(condition=~models.Q(name=""), name="booking_template_has_a_name"),
            models.CheckConstraint(condition=models.Q(line_count__gte=1), name="booking_template_has_lines"),
        ]

    def __str__(self) -> str:
        return self.name


class BookingTemplateLine(CompanyOwned):
    """One line, in euros, gross where it has a tax code. Both amounts zero: the amount is typed each time. Never changed."""

    template = models.ForeignKey(BookingTemplate, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="lines")
    position = models.PositiveSmallIntegerField()
    account = models.CharField(_("account"), max_length=9)
    debit = EuroField(_("debit"))
    credit = EuroField(_("credit"))
    tax_code = models.CharField(_("tax code"), max_length=20, null=True, blank=True)  # noqa: DJ001 -- most lines have none

    objects = CompanyQuerySet["BookingTemplateLine"].as_manager()

    class Meta:
        verbose_name = _("line")
        verbose_name_plural = _("lines")
        constraints = [
            models.UniqueConstraint(fields=["company", "template", "position"], name="booking_template_line_once_per_position"),
            models.CheckConstraint(
                condition=models.Q(debit__gte=0, credit=0) | models.Q(debit=0, credit__gte=0), name="booking_template_line_has_one_side"
            ),
        ]
