"""The chart of accounts of a company."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ledgerlou.companies.models.owned import CompanyOwned, CompanyQuerySet


class AccountType(models.TextChoices):
    """Where an account belongs in the annual accounts."""

    ASSET = "asset", _("asset")
    LIABILITY = "liability", _("liability")
    EQUITY = "equity", _("equity")
    REVENUE = "revenue", _("revenue")
    EXPENSE = "expense", _("expense")


class Account(CompanyOwned):
    """One account. `number` is text (leading zeros count); `tax_code` is the automatic code DATEV knows for it.

    `is_item_account` marks control and personal accounts whose bookings bear open items (RULINGS 22).
    `sort_key` is the name as DIN 5007-1 sorts it, since collations differ between PostgreSQL builds.
    """

    number = models.CharField(_("number"), max_length=9)
    name = models.CharField(_("name"), max_length=255)
    sort_key = models.CharField(max_length=255)
    type = models.CharField(_("type"), max_length=9, choices=AccountType.choices)
    category = models.CharField(_("category"), max_length=100, null=True, blank=True)  # noqa: DJ001 -- null as published
    report_group = models.CharField(_("report group"), max_length=40, null=True, blank=True)  # noqa: DJ001 -- null as published
    bwa_line = models.CharField(_("BWA line"), max_length=10, blank=True)
    tax_code = models.CharField(_("automatic tax code"), max_length=20, null=True, blank=True)  # noqa: DJ001 -- most accounts have none
    is_item_account = models.BooleanField(_("open items"), default=False)
    is_reconcilable = models.BooleanField(_("reconcilable"), default=False)
    is_system = models.BooleanField(_("from the chart"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"))

    objects = CompanyQuerySet["Account"].as_manager()

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="account_number_once_per_company"),
            models.CheckConstraint(condition=models.Q(number__regex=r"^[0-9]{1,9}$"), name="account_number_is_digits"),
            models.CheckConstraint(condition=models.Q(type__in=AccountType.values), name="account_type_is_known"),
        ]
        indexes = [models.Index(fields=["company", "number"], name="account_bears_items", condition=models.Q(is_item_account=True))]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"
