"""The chart of accounts with this year's balances, and the sheet of one account."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import URLPattern
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.views import ChangeList

from accounting.admin import chart
from accounting.admin.balance_pages import bank_page, tree_page, trial_balance_page
from accounting.admin.sheet import sheet_context, sheet_file
from accounting.models.account import Account
from accounting.selectors.balances import account_balances, range_of_period
from accounting.sort_key import sort_key
from ledgerlou.admin.base import Button, ReadOnlyAdmin, Section
from ledgerlou.admin.request import CompanyRequest
from ledgerlou.admin.site import site
from ledgerlou.admin.templatetags.back_office import euro, yes_or_no
from periods.gate import fiscal_year_of


class ChartChangeList(ChangeList):  # type: ignore[misc]  # unfold ships no types
    """A page of the chart, with the balances of the fiscal year."""

    result_list: Any

    def get_results(self, request: CompanyRequest) -> None:
        """Read the accounts, then all balances at once."""
        super().get_results(request)
        year = fiscal_year_of(request.company, request.visit.today)
        balances = {row.number: row.closing for row in account_balances(company=request.company, wanted=range_of_period(year, None))}
        page: list[Account] = list(self.result_list)
        for account in page:
            account.balance = balances.get(account.number)  # type: ignore[attr-defined]  # no field of the model
        self.result_list = page


@admin.register(Account, site=site)
class AccountAdmin(ReadOnlyAdmin):
    """The company's accounts."""

    details_template = "admin/account.html"
    list_title = gettext_lazy("Chart of accounts")
    list_display = ("number", "name", "type", "report_group", "tax_code", "bears_items", "active", "money")
    list_display_links = ("number", "name")
    list_filter = ("type", "is_active", "is_item_account")
    list_per_page = 100
    ordering = ("number",)
    sortable_by = ("number",)
    search_fields = ("number",)
    search_help_text = gettext_lazy("Number or name")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type:
        """With balances."""
        return ChartChangeList

    def get_search_results(self, request: CompanyRequest, queryset: QuerySet[Model], search_term: str) -> tuple[QuerySet[Model], bool]:
        """Accounts whose number starts with the term or whose name holds it, whatever its case and accents."""
        term = search_term.strip()
        if not term:
            return queryset, False
        return queryset.filter(Q(number__startswith=term) | Q(sort_key__contains=sort_key(term))), False

    @admin.display(description=gettext_lazy("open items"))
    def bears_items(self, account: Account) -> SafeString:
        """Whether bookings on the account bear open items."""
        return yes_or_no(account.is_item_account)

    @admin.display(description=gettext_lazy("active"))
    def active(self, account: Account) -> SafeString:
        """Whether the account takes bookings."""
        return yes_or_no(account.is_active)

    @admin.display(description=gettext_lazy("balance"), empty_value="")
    def money(self, account: Account) -> str | None:
        """Debit minus credit in this fiscal year; nothing for an account that was not touched."""
        balance = account.balance  # type: ignore[attr-defined]  # put there by ChartChangeList
        return None if balance is None else euro(balance)

    def changelist_view(self, request: CompanyRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The chart, with the button for a new account."""
        return super().changelist_view(request, {**(extra_context or {}), "list_buttons": chart.list_buttons(request)})

    def buttons(self, request: CompanyRequest, row: Model) -> Sequence[Button]:
        """Renaming, switching off and on."""
        return chart.account_buttons(request, row) if isinstance(row, Account) else []

    def pages(self) -> list[URLPattern]:
        """What shows balances of many accounts, and the lines of one as a file."""
        return [
            *chart.pages(self),
            self.page("tree/", tree_page, "tree"),
            self.page("trial-balance/", trial_balance_page, "trial_balance"),
            self.page("bank/", bank_page, "bank"),
            self.page("<uuid:object_id>/file/", self.file_view, "file"),
        ]

    def file_view(self, request: CompanyRequest, object_id: UUID) -> HttpResponseBase:
        """The account's sheet as a file."""
        account = self.row_or_404(request, object_id)
        if not isinstance(account, Account):
            raise TypeError(account)
        return sheet_file(request, account)

    def details_context(self, request: CompanyRequest, row: Model) -> dict[str, Any]:
        """The account and its sheet."""
        context = super().details_context(request, row)
        if not isinstance(row, Account):
            return context
        return {**context, **sheet_context(request, row), "is_fullwidth": "1"}

    def sections(self, request: CompanyRequest, row: Model) -> Sequence[Section]:
        """What the chart says about the account."""
        if not isinstance(row, Account):
            return []
        facts: list[tuple[str, object]] = [
            (_("Number"), row.number),
            (_("Name"), row.name),
            (_("Type"), row.get_type_display()),
            (_("Category"), row.category),
            (_("Report group"), chart.report_group_name(row.report_group)),
            (_("BWA line"), row.bwa_line),
            (_("Automatic tax code"), row.tax_code),
            (_("Open items"), row.is_item_account),
            (_("From the chart"), row.is_system),
            (_("Active"), row.is_active),
        ]
        return [Section(title=_("Account"), facts=facts)]
