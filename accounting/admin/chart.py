"""The chart of accounts, kept: accounts of the company's own added, renamed, placed in the reports, switched off with a reason."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Final
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.urls import URLPattern, reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from accounting.german.report_keys import layout as positions
from accounting.german.report_keys import position_of
from accounting.models.account import Account, AccountType
from accounting.models.tax_code import TaxCode
from accounting.selectors.tax_codes import tax_codes_of
from accounting.services.accounts import AccountChange, NewAccount, change_account, create_account
from ledgerlou.admin.base import Button, ReadOnlyAdmin
from ledgerlou.admin.grouped_form import Group, GroupedForm
from ledgerlou.admin.request import CompanyRequest
from ledgerlou.admin.service_page import ServicePage, Values, answer, require_scope
from ledgerlou.companies.models.company import Company
from ledgerlou.companies.reason import MAX_LENGTH

ADD: Final = "journal:write"  # as the interface has it: whoever books adds the account that is missing
KEEP_UP: Final = "config:write"
LIST: Final = "admin:accounting_account_changelist"


class ReasonForm(forms.Form):
    """Why something is switched off; kept in the audit history with the change."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=MAX_LENGTH,
        help_text=gettext_lazy("Stands in the audit history beside the change."),
        widget=UnfoldAdminTextareaWidget({"rows": 3, "autofocus": True}),
    )


class _PlacedForm(GroupedForm):
    """What new and old accounts have in common."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=255, widget=UnfoldAdminTextInputWidget({"autocomplete": "off"}))
    report_group = forms.ChoiceField(
        label=gettext_lazy("Report group"),
        required=False,
        help_text=gettext_lazy("Where the account stands in balance sheet or P&L (§§ 266, 275 HGB)."),
        widget=UnfoldAdminSelectWidget(),
    )
    tax_code = forms.ChoiceField(
        label=gettext_lazy("Tax code"),
        required=False,
        help_text=gettext_lazy("The code that bookings on the account usually have (DATEV: automatic account)."),
        widget=UnfoldAdminSelectWidget(),
    )
    category = forms.CharField(
        label=gettext_lazy("Category"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("A finer group, as you like; vat_input and vat_output mark accounts that hold VAT."),
        widget=UnfoldAdminTextInputWidget({"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, company: Company, account: Account | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        group, code = (account.report_group, account.tax_code) if account else (None, None)
        self._choose("report_group", report_group_choices(group, is_new=account is None))
        self._choose("tax_code", tax_code_choices(company, code))

    def _choose(self, name: str, choices: list[tuple[str, Any]]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices


class NewAccountForm(_PlacedForm):
    """An account of the company's own."""

    layout = (
        Group(title="", fields={"number": "third", "name": "two-thirds", "type": "third", "report_group": "two-thirds"}),
        Group(title=gettext_lazy("Usual bookings"), fields={"tax_code": "half", "category": "half"}),
    )
    number = forms.CharField(
        label=gettext_lazy("Number"),
        max_length=8,
        help_text=gettext_lazy("1 to 8 digits; 10000 to 69999 are customers, 70000 to 99999 vendors."),
        widget=UnfoldAdminTextInputWidget({"inputmode": "numeric", "autocomplete": "off", "autofocus": True}),
    )
    type = forms.ChoiceField(label=gettext_lazy("Type"), choices=AccountType.choices, widget=UnfoldAdminSelectWidget())


class AccountForm(_PlacedForm):
    """What may change on an account; number and type never do."""

    layout = (
        Group(title="", fields={"name": "full", "report_group": "two-thirds", "bwa_line": "third"}),
        Group(title=gettext_lazy("Usual bookings"), fields={"tax_code": "half", "category": "half"}),
    )
    bwa_line = forms.CharField(
        label=gettext_lazy("BWA line"),
        max_length=10,
        required=False,
        help_text=gettext_lazy("Line of the monthly report, such as 1260."),
        widget=UnfoldAdminTextInputWidget({"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, account=account, **kwargs)
        if account.is_system:  # DATEV fixes the automatic codes of its own charts
            del self.fields["tax_code"]


def report_group_choices(current: str | None, *, is_new: bool) -> list[tuple[str, Any]]:
    """Positions that take accounts, under their headings, in the language of the page; a key of the company's own stays choosable."""
    is_german = get_language() == "de"
    labels = {place.code: place.label_de if is_german else place.label_en for place in positions()}
    nothing = _("Like its neighbour in the chart") if is_new else _("none")
    choices: list[tuple[str, Any]] = [("", nothing)]
    if current and current not in labels:
        meant = position_of(current)
        choices.append((current, f"{current}: {labels[meant]}" if meant else current))
    groups: dict[str, list[tuple[str, str]]] = {}
    for place in positions():
        if position_of(place.code) is not None:
            heading = labels.get(place.parent) or (_("Profit and loss") if place.statement == "profit_loss" else _("Balance sheet"))
            groups.setdefault(heading, []).append((place.code, f"{labels[place.code]} ({place.code})"))
    return [*choices, *groups.items()]


def tax_code_choices(company: Company, current: str | None) -> list[tuple[str, Any]]:
    """Active codes, and the present one even if it is switched off."""
    codes: Sequence[TaxCode] = list(tax_codes_of(company=company))
    known = [(code.code, f"{code.code} · {code.label}") for code in codes]
    former = [(current, current)] if current and current not in {code.code for code in codes} else []
    return [("", _("none")), *former, *known]


def report_group_name(key: str | None) -> str | None:
    """A report key with the heading of its position, in the language of the page."""
    place = next((place for place in positions() if place.code == position_of(key)), None)
    if place is None:
        return key
    return f"{key} {place.label_de if get_language() == 'de' else place.label_en}"


def pages(accounts: ReadOnlyAdmin) -> list[URLPattern]:
    """The addresses under which the chart is kept."""
    return [
        accounts.page("new/", partial(new_view, accounts), "new"),
        accounts.page("<uuid:object_id>/edit/", partial(edit_view, accounts), "edit"),
        accounts.page("<uuid:object_id>/deactivate/", partial(deactivate_view, accounts), "deactivate"),
        accounts.page("<uuid:object_id>/activate/", partial(activate_view, accounts), "activate"),
    ]


def list_buttons(request: CompanyRequest) -> list[Button]:
    """Above the chart."""
    if not request.visit.may(ADD):
        return []
    return [Button(label=_("New account"), address=reverse("admin:accounting_account_new"), icon="add", variant="primary")]


def account_buttons(request: CompanyRequest, account: Account) -> list[Button]:
    """On the page of an account."""
    if not request.visit.may(KEEP_UP):
        return []
    edit = Button(label=_("Change"), address=reverse("admin:accounting_account_edit", args=[account.pk]), icon="edit")
    if account.is_active:
        off = reverse("admin:accounting_account_deactivate", args=[account.pk])
        return [edit, Button(label=_("Switch off"), address=off, icon="toggle_off")]
    on = reverse("admin:accounting_account_activate", args=[account.pk])
    return [edit, Button(label=_("Switch on"), address=on, icon="toggle_on")]


def new_view(accounts: ReadOnlyAdmin, request: CompanyRequest) -> HttpResponse:
    """Ask for number, name and type; the rest follows from the neighbour in the chart where it is left out."""
    require_scope(request, ADD)

    def act(values: Values) -> str:
        facts = NewAccount(**values)
        account = create_account(company=request.company, actor=request.actor, facts=facts, now=request.visit.now)
        return _address(account)

    page = ServicePage(
        title=_("New account"),
        submit=_("Add the account"),
        act=act,
        form=partial(NewAccountForm, company=request.company, initial={"type": AccountType.EXPENSE}),
        back=reverse(LIST),
        done=_("The account is in the chart."),
        trail=accounts.trail(),
        template="admin/settings_form.html",
    )
    return answer(request, page)


def edit_view(accounts: ReadOnlyAdmin, request: CompanyRequest, object_id: UUID) -> HttpResponse:
    """Rename it, place it elsewhere."""
    require_scope(request, KEEP_UP)
    account = _account(accounts, request, object_id)

    def act(values: Values) -> str:
        cleared: Values = {name: value if value or name == "bwa_line" else None for name, value in values.items()}
        change_account(company=request.company, actor=request.actor, number=account.number, change=AccountChange(**cleared))
        return _address(account)

    fields = ("name", "report_group", "bwa_line", "tax_code", "category")
    form = partial(AccountForm, company=request.company, account=account, initial={name: getattr(account, name) for name in fields})
    page = ServicePage(
        title=_("Change the account"),
        submit=_("Save"),
        explanation=_("Number and type stay: bookings, balances and returns stand on them. A new name shows in old bookings, too."),
        act=act,
        form=form,
        back=_address(account),
        done=_("The account is changed."),
        facts=[(_("Account"), str(account)), (_("Type"), account.get_type_display())],
        trail=accounts.trail(account),
        template="admin/settings_form.html",
    )
    return answer(request, page)


def deactivate_view(accounts: ReadOnlyAdmin, request: CompanyRequest, object_id: UUID) -> HttpResponse:
    """Ask why, then take no more bookings on it."""
    require_scope(request, KEEP_UP)
    account = _account(accounts, request, object_id)

    def act(values: Values) -> str:
        change = AccountChange(is_active=False)
        change_account(company=request.company, actor=request.actor, number=account.number, change=change, reason=values["reason"])
        return _address(account)

    page = ServicePage(
        title=_("Switch the account off"),
        submit=_("Switch off"),
        explanation=_(
            "No new bookings from then on. What was booked stays, with its balance in every report; it can be switched on again."
        ),
        act=act,
        form=ReasonForm,
        back=_address(account),
        done=_("The account is switched off."),
        facts=[(_("Account"), str(account))],
        trail=accounts.trail(account),
    )
    return answer(request, page)


def activate_view(accounts: ReadOnlyAdmin, request: CompanyRequest, object_id: UUID) -> HttpResponse:
    """Ask once, then take bookings again."""
    require_scope(request, KEEP_UP)
    account = _account(accounts, request, object_id)

    def act(values: Values) -> str:
        change_account(company=request.company, actor=request.actor, number=account.number, change=AccountChange(is_active=True))
        return _address(account)

    page = ServicePage(
        title=_("Switch the account on"),
        submit=_("Switch on"),
        act=act,
        back=_address(account),
        done=_("The account is switched on."),
        facts=[(_("Account"), str(account))],
        trail=accounts.trail(account),
    )
    return answer(request, page)


def _account(accounts: ReadOnlyAdmin, request: CompanyRequest, object_id: UUID) -> Account:
    row = accounts.row_or_404(request, object_id)
    if not isinstance(row, Account):
        raise TypeError(row)
    return row


def _address(account: Account) -> str:
    return reverse("admin:accounting_account_change", args=[account.pk])
