"""Tax codes: how a gross amount is split, and where base and tax go in the VAT return."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ledgerlou.companies.models.owned import CompanyOwned, CompanyQuerySet


class TaxCode(CompanyOwned):
    """A tax code of a company. `rate` is percent. `kz_*` are fields (Kennzahlen) of the advance VAT return."""

    code = models.CharField(_("code"), max_length=20)
    label = models.CharField(_("label"), max_length=120)
    description = models.CharField(_("description"), max_length=500, null=True, blank=True)  # noqa: DJ001 -- null as published
    rate = models.DecimalField(_("rate in percent"), max_digits=6, decimal_places=3)
    vat_account = models.CharField(_("VAT account"), max_length=9, null=True, blank=True)  # noqa: DJ001 -- codes without tax have none
    self_assess_account = models.CharField(  # noqa: DJ001 -- null as published
        _("self-assessment account"), max_length=9, null=True, blank=True
    )
    direction = models.CharField(_("direction"), max_length=6, blank=True)
    kind = models.CharField(_("kind"), max_length=24, blank=True)
    datev_bu = models.CharField(_("DATEV key"), max_length=4, blank=True)
    kz_base = models.CharField(max_length=4, blank=True)
    kz_tax = models.CharField(max_length=4, blank=True)
    kz_input = models.CharField(max_length=4, blank=True)
    zm_type = models.CharField(max_length=2, blank=True)
    en16931_category = models.CharField(max_length=2, blank=True)
    vatex = models.CharField(max_length=24, blank=True)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    is_system = models.BooleanField(_("from the chart"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"))

    objects = CompanyQuerySet["TaxCode"].as_manager()

    class Meta:
        verbose_name = _("tax code")
        verbose_name_plural = _("tax codes")
        constraints = [
            models.UniqueConstraint(fields=["company", "code"], name="tax_code_once_per_company"),
            models.CheckConstraint(condition=models.Q(code__regex=r"^[A-Z0-9-]{1,20}$"), name="tax_code_is_upper_case"),
            models.CheckConstraint(condition=models.Q(rate__gte=0, rate__lte=100), name="tax_code_rate_is_percent"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.label}"
