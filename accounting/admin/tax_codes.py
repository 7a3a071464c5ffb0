"""Tax codes of the company."""

from collections.abc import Sequence

from django.contrib import admin
from django.db.models import Model
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounting.models.tax_code import TaxCode
from ledgerlou.admin.base import ReadOnlyAdmin, Section
from ledgerlou.admin.request import CompanyRequest
from ledgerlou.admin.site import site
from ledgerlou.admin.templatetags.back_office import amount, yes_or_no


@admin.register(TaxCode, site=site)
class TaxCodeAdmin(ReadOnlyAdmin):
    """Which tax a code means, where base and tax go in the VAT return, and how DATEV calls it."""

    list_display = ("code", "label", "percent", "vat_account", "datev_bu", "valid_from", "valid_until", "active")
    list_filter = ("is_active",)
    ordering = ("code",)
    sortable_by = ("code", "label")

    @admin.display(description=gettext_lazy("rate in percent"))
    def percent(self, code: TaxCode) -> str:
        """The rate, with the places it has."""
        return amount(code.rate).removesuffix(",00").removesuffix(".00")

    @admin.display(description=gettext_lazy("active"))
    def active(self, code: TaxCode) -> SafeString:
        """Whether new bookings may use the code."""
        return yes_or_no(code.is_active)

    def sections(self, request: CompanyRequest, row: Model) -> Sequence[Section]:
        """The code, and its place in the returns."""
        if not isinstance(row, TaxCode):
            return []
        facts: list[tuple[str, object]] = [
            (_("Code"), row.code),
            (_("Label"), row.label),
            (_("Description"), row.description),
            (_("Rate in percent"), self.percent(row)),
            (_("VAT account"), row.vat_account),
            (_("Self-assessment account"), row.self_assess_account),
            (_("Valid from"), row.valid_from),
            (_("Valid until"), row.valid_until),
            (_("From the chart"), row.is_system),
            (_("Active"), row.is_active),
        ]
        returns: list[tuple[str, object]] = [
            (_("Field for the base"), row.kz_base),
            (_("Field for the tax"), row.kz_tax),
            (_("Field for input tax"), row.kz_input),
            (_("Recapitulative statement"), row.zm_type),
            (_("DATEV key"), row.datev_bu),
            (_("EN 16931 category"), row.en16931_category),
            (_("Reason for exemption (VATEX)"), row.vatex),
        ]
        return [Section(title=_("Tax code"), facts=facts), Section(title=_("VAT return and interfaces"), facts=returns)]
