"""A company: one set of books."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from ledgerlou.ids import new_id


class Chart(models.TextChoices):
    """The standard charts of accounts (DATEV Standardkontenrahmen) that a company can be opened with."""

    SKR03 = "skr03", "SKR 03"
    SKR04 = "skr04", "SKR 04"


class VatPeriod(models.TextChoices):
    """How often the advance VAT return is due (§ 18 Abs. 2 UStG)."""

    MONTHLY = "monthly", _("Monthly")
    QUARTERLY = "quarterly", _("Quarterly")
    YEARLY = "yearly", _("Yearly only")


class Company(models.Model):
    """One legal entity with its books. `fiscal_year_start_month` is the first month of the fiscal year (Wirtschaftsjahr)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(_("name"), max_length=200)
    legal_form = models.CharField(_("legal form"), max_length=60, blank=True)
    street = models.CharField(_("street"), max_length=200, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=12, blank=True)
    city = models.CharField(_("city"), max_length=100, blank=True)
    country = models.CharField(_("country"), max_length=2, default="DE")
    tax_number = models.CharField(_("tax number"), max_length=20, blank=True)
    vat_id = models.CharField(_("VAT id"), max_length=16, blank=True)
    chart = models.CharField(_("chart of accounts"), max_length=5, choices=Chart.choices)
    fiscal_year_start_month = models.PositiveSmallIntegerField(
        _("first month of the fiscal year"), default=1, validators=[MinValueValidator(1), MaxValueValidator(12)]
    )
    locale = models.CharField(_("language"), max_length=2, choices=[("de", "Deutsch"), ("en", "English")], default="de")
    is_small_business = models.BooleanField(_("small business (§ 19 UStG)"), default=False)
    vat_period = models.CharField(_("VAT return"), max_length=9, choices=VatPeriod.choices, default=VatPeriod.MONTHLY)
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("company")
        verbose_name_plural = _("companies")
        constraints = [
            models.CheckConstraint(condition=models.Q(chart__in=Chart.values), name="company_chart_is_known"),
            models.CheckConstraint(
                condition=models.Q(fiscal_year_start_month__range=(1, 12)), name="company_fiscal_year_starts_in_a_month"
            ),
        ]

    def __str__(self) -> str:
        return self.name
