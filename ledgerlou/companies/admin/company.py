"""The company itself: what it says about itself, shown and changed."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse
from django.utils.dates import MONTHS
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from ledgerlou.admin.base import Button, ReadOnlyAdmin, Section
from ledgerlou.admin.grouped_form import Group, GroupedForm
from ledgerlou.admin.request import CompanyRequest
from ledgerlou.admin.service_page import ServicePage, Values, answer, require_scope
from ledgerlou.admin.site import site
from ledgerlou.companies.models.company import Company, VatPeriod
from ledgerlou.companies.services.company import CompanyChanges, change_company

MANAGE: Final = "config:write"
PAGE: Final = "admin:companies_company_changelist"


def _text(label: Any, length: int, *, required: bool = False, help_text: Any = "", **attributes: str) -> forms.CharField:
    widget = UnfoldAdminTextInputWidget({"maxlength": str(length), **attributes})
    return forms.CharField(label=label, max_length=length, required=required, help_text=help_text, widget=widget)


class CompanyForm(GroupedForm):
    """What may change. Formats are the service's business."""

    layout = (
        Group(title=gettext_lazy("Company"), fields={"name": "two-thirds", "legal_form": "third"}),
        Group(
            title=gettext_lazy("Address"),
            fields={"street": "full", "postal_code": "third", "city": "two-thirds", "country": "third", "locale": "two-thirds"},
        ),
        Group(
            title=gettext_lazy("Tax"), fields={"tax_number": "half", "vat_id": "half", "vat_period": "half", "is_small_business": "half"}
        ),
    )

    name = _text(gettext_lazy("Name"), 200, required=True, autocomplete="organization")
    legal_form = _text(
        gettext_lazy("Legal form"), 60, help_text=gettext_lazy("As registered, such as GmbH, UG (haftungsbeschränkt), e. K.")
    )
    street = _text(gettext_lazy("Street"), 200, autocomplete="street-address")
    postal_code = _text(gettext_lazy("Postal code"), 12, autocomplete="postal-code")
    city = _text(gettext_lazy("City"), 100, autocomplete="address-level2")
    country = _text(gettext_lazy("Country"), 2, required=True, help_text=gettext_lazy("Two letters, such as DE, AT, CH."))
    tax_number = _text(gettext_lazy("Tax number"), 20, help_text=gettext_lazy("As the tax office writes it, such as 20/123/45678."))
    vat_id = _text(gettext_lazy("VAT id"), 20, help_text=gettext_lazy("DE and nine digits; the last digit is checked."))
    vat_period = forms.ChoiceField(
        label=gettext_lazy("VAT return"),
        choices=VatPeriod.choices,
        help_text=gettext_lazy("How often the tax office wants the advance return (§ 18 UStG)."),
        widget=UnfoldAdminSelectWidget(),
    )
    is_small_business = forms.BooleanField(label=gettext_lazy("Small business (§ 19 UStG)"), required=False, widget=UnfoldBooleanWidget())
    locale = forms.ChoiceField(
        label=gettext_lazy("Language of documents"), choices=[("de", "Deutsch"), ("en", "English")], widget=UnfoldAdminSelectWidget()
    )


@admin.register(Company, site=site)
class CompanyPage(ReadOnlyAdmin):
    """One page: the company at hand. The others are a switch away."""

    details_template = "admin/company.html"
    read_scope = "config:read"

    def get_queryset(self, request: CompanyRequest) -> QuerySet[Model]:
        """This company alone."""
        rows: QuerySet[Model] = self.model._default_manager.filter(pk=request.company.pk)
        return rows

    def pages(self) -> list[URLPattern]:
        """Changing it."""
        return [self.page("edit/", self.edit_view, "edit")]

    def changelist_view(self, request: CompanyRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """A list of one is its page."""
        return HttpResponseRedirect(reverse("admin:companies_company_change", args=[request.company.pk]))

    def trail(self, row: Model | None = None) -> list[tuple[str, str | None]]:
        """There is no list above it."""
        return [(_("Company"), reverse(PAGE))]

    def sections(self, request: CompanyRequest, row: Model) -> Sequence[Section]:
        """Address, tax, and what the books were opened with."""
        if not isinstance(row, Company):
            return []
        address: list[tuple[str, object]] = [
            (_("Name"), row.name),
            (_("Legal form"), row.legal_form),
            (_("Street"), row.street),
            (_("Postal code and city"), f"{row.postal_code} {row.city}".strip()),
            (_("Country"), row.country),
            (_("Language of documents"), row.get_locale_display()),
        ]
        tax: list[tuple[str, object]] = [
            (_("Tax number"), row.tax_number),
            (_("VAT id"), row.vat_id),
            (_("VAT return"), row.get_vat_period_display()),
            (_("Small business (§ 19 UStG)"), row.is_small_business),
        ]
        books: list[tuple[str, object]] = [
            (_("Standard chart"), _fixed(row.get_chart_display(), _why_chart())),
            (_("First month of the fiscal year"), _fixed(str(MONTHS[row.fiscal_year_start_month]), _why_year())),
            (_("Opened"), row.created_at),
        ]
        return [
            Section(title=_("Company"), facts=address),
            Section(title=_("Tax"), facts=tax),
            Section(title=_("Fixed since the books were opened"), facts=books),
        ]

    def buttons(self, request: CompanyRequest, row: Model) -> Sequence[Button]:
        """Changing it, for those who may."""
        if not request.visit.may(MANAGE):
            return []
        return [Button(label=_("Change"), address=reverse("admin:companies_company_edit"), icon="edit", variant="primary")]

    def edit_view(self, request: CompanyRequest) -> HttpResponse:
        """Name, address, tax."""
        require_scope(request, MANAGE)
        company = request.company

        def act(values: Values) -> str:
            change_company(company=company, actor=request.actor, changes=CompanyChanges(**values))
            return reverse(PAGE)

        page = ServicePage(
            title=_("Change the company's data"),
            submit=_("Save"),
            explanation=f"{_why_chart()} {_why_year()}",
            act=act,
            form=partial(CompanyForm, initial={name: getattr(company, name) for name in CompanyForm.base_fields}),
            back=reverse(PAGE),
            done=_("The company's data is changed."),
            trail=self.trail(),
            template="admin/settings_form.html",
        )
        return answer(request, page)


def _why_chart() -> str:
    return _("The chart of accounts stays: accounts, tax codes and everything booked since were made from it.")


def _why_year() -> str:
    return _("The first month of the fiscal year stays: the periods, their locks and the balances of every year follow from it.")


def _fixed(value: str, reason: str) -> SafeString:
    return format_html('{}<p class="ll-quiet">{}</p>', value, reason)
