"""Tax codes of the company: what they mean, from when to when they may be used, and those of its own made and changed."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.views import ChangeList

from accounting.admin.chart import ReasonForm
from accounting.admin.tax_code_forms import LabelForm, NewCodeForm, OwnCodeForm
from accounting.models.account import Account
from accounting.models.tax_code import TaxCode
from accounting.services.tax_codes import NewTaxCode, TaxCodeChange, change_tax_code, create_tax_code
from ledgerlou import clock
from ledgerlou.admin.base import Button, ReadOnlyAdmin, Section
from ledgerlou.admin.request import CompanyRequest
from ledgerlou.admin.service_page import ServicePage, Values, answer, require_scope
from ledgerlou.admin.site import site
from ledgerlou.admin.templatetags.back_office import amount

MANAGE: Final = "config:write"
LIST: Final = "admin:accounting_taxcode_changelist"


class TaxCodeChangeList(ChangeList):  # type: ignore[misc]  # unfold ships no types
    """A page of codes with the accounts they post to."""

    result_list: Any

    def get_results(self, request: CompanyRequest) -> None:
        """Read the codes, then all accounts at once."""
        super().get_results(request)
        page: list[TaxCode] = list(self.result_list)
        numbers = {code.vat_account for code in page if code.vat_account}
        accounts = {account.number: account for account in Account.objects.of(request.company).filter(number__in=numbers)}
        for code in page:
            code.account_row = accounts.get(code.vat_account or "")  # type: ignore[attr-defined]  # no field of the model
        self.result_list = page


@admin.register(TaxCode, site=site)
class TaxCodeAdmin(ReadOnlyAdmin):
    """Which tax a code means, where base and tax go in the VAT return, and how DATEV calls it."""

    list_display = ("code", "label", "percent", "validity", "state", "account", "datev_bu")
    list_filter = ("is_active", "is_system")
    ordering = ("code",)
    sortable_by = ("code", "label")

    class Media:
        css = {"all": ["ledgerlou/settings.css"]}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type:
        """With the names of the accounts."""
        return TaxCodeChangeList

    def pages(self) -> list[URLPattern]:
        """Making and changing."""
        return [
            self.page("new/", self.new_view, "new"),
            self.page("<uuid:object_id>/edit/", self.edit_view, "edit"),
            self.page("<uuid:object_id>/deactivate/", self.deactivate_view, "deactivate"),
            self.page("<uuid:object_id>/activate/", self.activate_view, "activate"),
        ]

    def changelist_view(self, request: CompanyRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, with the button for a new one."""
        buttons = [Button(label=_("New tax code"), address=reverse("admin:accounting_taxcode_new"), icon="add", variant="primary")]
        return super().changelist_view(request, {**(extra_context or {}), "list_buttons": buttons if request.visit.may(MANAGE) else []})

    @admin.display(description=gettext_lazy("rate in percent"))
    def percent(self, code: TaxCode) -> str:
        """The rate, with the places it has."""
        return amount(code.rate).removesuffix(",00").removesuffix(".00")

    @admin.display(description=gettext_lazy("VAT account"), empty_value="")
    def account(self, code: TaxCode) -> SafeString | None:
        """Number and name of the account that takes the tax."""
        return _account_link(code.account_row)  # type: ignore[attr-defined]  # put there by TaxCodeChangeList

    @admin.display(description=gettext_lazy("validity"))
    def validity(self, code: TaxCode) -> str:
        """First and last day; always where neither is set."""
        first, last = (date_format(day, "DATE_FORMAT") if day else "" for day in (code.valid_from, code.valid_until))
        return f"{first} – {last}".strip() if first or last else _("always")

    @admin.display(description=gettext_lazy("status"))
    def state(self, code: TaxCode) -> SafeString:
        """Whether a booking of today may use it, and whether it is the company's own."""
        look, name = _state_of(code)
        own = format_html(' <span class="ll-chip info">{}</span>', _("own")) if not code.is_system else ""
        return format_html('<span class="ll-chip {}">{}</span>{}', look, name, own)

    def sections(self, request: CompanyRequest, row: Model) -> Sequence[Section]:
        """The code, and its place in the returns."""
        if not isinstance(row, TaxCode):
            return []
        numbers = [number for number in (row.vat_account, row.self_assess_account) if number]
        accounts = {account.number: account for account in Account.objects.of(request.company).filter(number__in=numbers)}
        facts: list[tuple[str, object]] = [
            (_("Code"), row.code),
            (_("Label"), row.label),
            (_("Description"), row.description),
            (_("Status"), self.state(row)),
            (_("Rate in percent"), self.percent(row)),
            (_("VAT account"), _account_link(accounts.get(row.vat_account or ""))),
            (_("Self-assessment account"), _account_link(accounts.get(row.self_assess_account or ""))),
            (_("Valid from"), row.valid_from),
            (_("Valid until"), row.valid_until),
            (_("From the chart"), row.is_system),
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

    def buttons(self, request: CompanyRequest, row: Model) -> Sequence[Button]:
        """Changing, switching off and on."""
        if not isinstance(row, TaxCode) or not request.visit.may(MANAGE):
            return []
        edit = Button(label=_("Change"), address=reverse("admin:accounting_taxcode_edit", args=[row.pk]), icon="edit")
        if row.is_active:
            off = reverse("admin:accounting_taxcode_deactivate", args=[row.pk])
            return [edit, Button(label=_("Switch off"), address=off, icon="toggle_off")]
        on = reverse("admin:accounting_taxcode_activate", args=[row.pk])
        return [edit, Button(label=_("Switch on"), address=on, icon="toggle_on")]

    def new_view(self, request: CompanyRequest) -> HttpResponse:
        """A code of the company's own."""
        require_scope(request, MANAGE)

        def act(values: Values) -> str:
            code = create_tax_code(company=request.company, actor=request.actor, facts=NewTaxCode(**values), now=request.visit.now)
            return _address(code)

        page = ServicePage(
            title=_("New tax code"),
            submit=_("Add the tax code"),
            explanation=_(
                "For what the chart has no code for. VAT returns and DATEV know the codes of the chart; take those where they fit."
            ),
            act=act,
            form=partial(NewCodeForm, company=request.company),
            back=reverse(LIST),
            done=_("The tax code is there."),
            trail=self.trail(),
            template="admin/settings_form.html",
        )
        return answer(request, page)

    def edit_view(self, request: CompanyRequest, object_id: UUID) -> HttpResponse:
        """Label and description; on a code of the company's own also rate, accounts and validity, for bookings to come."""
        require_scope(request, MANAGE)
        code = self._code(request, object_id)

        def act(values: Values) -> str:
            cleared: Values = {name: value if value != "" else None for name, value in values.items()}
            change_tax_code(company=request.company, actor=request.actor, code=code.code, change=TaxCodeChange(**cleared))
            return _address(code)

        fixed = _("Rate, accounts and validity of a code of the chart are law and standard; returns and DATEV rely on them.")
        page = ServicePage(
            title=_("Change the tax code"),
            submit=_("Save"),
            explanation=fixed if code.is_system else _("Counts for bookings to come. What is booked keeps the tax it was booked with."),
            act=act,
            form=_form_of(code, request),
            back=_address(code),
            done=_("The tax code is changed."),
            facts=[(_("Code"), code.code), *([(_("Rate in percent"), self.percent(code))] if code.is_system else [])],
            trail=self.trail(code),
            template="admin/settings_form.html",
        )
        return answer(request, page)

    def deactivate_view(self, request: CompanyRequest, object_id: UUID) -> HttpResponse:
        """Ask why, then offer it no more."""
        require_scope(request, MANAGE)
        code = self._code(request, object_id)

        def act(values: Values) -> str:
            change = TaxCodeChange(is_active=False)
            change_tax_code(company=request.company, actor=request.actor, code=code.code, change=change, reason=values["reason"])
            return _address(code)

        page = ServicePage(
            title=_("Switch the tax code off"),
            submit=_("Switch off"),
            explanation=_("No new bookings with it from then on. What is booked keeps its tax; the code can be switched on again."),
            act=act,
            form=ReasonForm,
            back=_address(code),
            done=_("The tax code is switched off."),
            facts=[(_("Tax code"), str(code))],
            trail=self.trail(code),
        )
        return answer(request, page)

    def activate_view(self, request: CompanyRequest, object_id: UUID) -> HttpResponse:
        """Ask once, then offer it again."""
        require_scope(request, MANAGE)
        code = self._code(request, object_id)

        def act(values: Values) -> str:
            change_tax_code(company=request.company, actor=request.actor, code=code.code, change=TaxCodeChange(is_active=True))
            return _address(code)

        page = ServicePage(
            title=_("Switch the tax code on"),
            submit=_("Switch on"),
            act=act,
            back=_address(code),
            done=_("The tax code is switched on."),
            facts=[(_("Tax code"), str(code))],
            trail=self.trail(code),
        )
        return answer(request, page)

    def _code(self, request: CompanyRequest, object_id: UUID) -> TaxCode:
        row = self.row_or_404(request, object_id)
        if not isinstance(row, TaxCode):
            raise TypeError(row)
        return row


def _form_of(code: TaxCode, request: CompanyRequest) -> Callable[..., forms.Form]:
    if code.is_system:
        return partial(LabelForm, initial={"label": code.label, "description": code.description})
    fields = ("label", "description", "vat_account", "self_assess_account", "valid_from", "valid_until")
    initial = {name: getattr(code, name) for name in fields}
    rate = amount(code.rate).removesuffix(",00").removesuffix(".00")
    return partial(OwnCodeForm, company=request.company, code=code, initial={**initial, "rate": rate})


def _state_of(code: TaxCode) -> tuple[str, str]:
    today = clock.today()
    if not code.is_active:
        return "", _("switched off")
    if code.valid_from is not None and code.valid_from > today:
        return "info", _("not valid yet")
    if code.valid_until is not None and code.valid_until < today:
        return "warn", _("no longer valid")
    return "good", _("valid")


def _account_link(account: Account | None) -> SafeString | None:
    if account is None:
        return None
    address = reverse("admin:accounting_account_change", args=[account.pk])
    return format_html(
        '<a href="{}" class="ll-account"><span class="nr">{}</span><span>{}</span></a>', address, account.number, account.name
    )


def _address(code: TaxCode) -> str:
    return reverse("admin:accounting_taxcode_change", args=[code.pk])
