"""Balances of all accounts: the account tree by report group, the trial balance, and the accounts that hold money."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounting.admin.range_choice import ChosenRange, chosen_range
from accounting.models.account import Account
from accounting.reports.trial_balance import trial_balance
from accounting.selectors.account_tree import account_tree
from accounting.selectors.balances import AccountBalance
from accounting.selectors.money_accounts import money_accounts
from ledgerlou.admin.downloads import Cell, Column, Table, answer_download
from ledgerlou.admin.request import CompanyRequest
from ledgerlou.admin.site import site
from ledgerlou.money import ZERO

REPORTS: Final = "reports:read"
BANK: Final = "bank:read"


def tree_page(request: CompanyRequest) -> HttpResponse:
    """The accounts in their groups, with sums."""
    _require(request, REPORTS)
    chosen = chosen_range(request)
    tree = account_tree(company=request.company, wanted=chosen.wanted)
    begins_with_year = chosen.wanted.days[0] == chosen.wanted.year.starts_on
    shared = {"query": chosen.query, "in_german": (get_language() or "").startswith("de")}
    sides = [
        {**shared, "title": _("Assets"), "side": tree.assets, "total": _("Total assets")},
        {**shared, "title": _("Equity and liabilities"), "side": tree.liabilities, "total": _("Total equity and liabilities")},
    ]
    result = {**shared, "title": _("Profit and loss"), "side": tree.result, "has_turnover": not begins_with_year, "total": _("Result")}
    context = {
        **_context(request, _("Account tree"), chosen),
        "tree": tree,
        "sides": sides,
        "result": result,
        "is_empty": not (tree.assets.groups or tree.liabilities.groups or tree.result.groups or tree.others),
    }
    return TemplateResponse(request, "admin/account_tree.html", context)


def trial_balance_page(request: CompanyRequest) -> HttpResponseBase:
    """Opening, turnover and closing of every account in the range, with totals; or the same as a file."""
    _require(request, REPORTS)
    chosen = chosen_range(request)
    rows = trial_balance(company=request.company, wanted=chosen.wanted)
    if "download" in request.GET:
        return _trial_balance_file(request, chosen, rows)
    ids = dict(Account.objects.of(request.company).filter(number__in=[row.number for row in rows]).values_list("number", "id"))
    context = {
        **_context(request, _("Trial balance"), chosen),
        "rows": [(ids[row.number], row) for row in rows],
        "totals": {
            "opening": _sum(row.opening for row in rows),
            "debit": _sum(row.debit for row in rows),
            "credit": _sum(row.credit for row in rows),
            "closing": _sum(row.closing for row in rows),
        },
        "downloads": [(form, f"?{chosen.query}&download={form}") for form in ("csv", "xlsx")],
    }
    return TemplateResponse(request, "admin/trial_balance.html", context)


def bank_page(request: CompanyRequest) -> HttpResponse:
    """What is on the bank and cash accounts today."""
    _require(request, BANK)
    accounts = money_accounts(company=request.company, day=request.visit.today)
    used = [account for account in accounts if account.last_day is not None or account.balance]
    context = {
        **site.each_context(request),
        "title": _("Bank"),
        "trail": [(_("Bank"), None)],
        "used": used,
        "unused": [account for account in accounts if account not in used],
        "total": _sum(account.balance for account in used),
        "today": request.visit.today,
    }
    return TemplateResponse(request, "admin/bank.html", context)


def _context(request: CompanyRequest, title: str, chosen: ChosenRange) -> dict[str, Any]:
    return {
        **site.each_context(request),
        "title": title,
        "trail": [(title, None)],
        "chosen": chosen,
        "journal": reverse("admin:accounting_event_changelist"),
    }


def _trial_balance_file(request: CompanyRequest, chosen: ChosenRange, rows: list[AccountBalance]) -> HttpResponseBase:
    columns = [
        Column(label=_("Account"), width=10),
        Column(label=_("Name"), width=40),
        Column(label=_("Opening balance"), kind="money"),
        Column(label=_("Debit"), kind="money"),
        Column(label=_("Credit"), kind="money"),
        Column(label=_("Closing balance"), kind="money"),
    ]

    def cells() -> Iterator[list[Cell]]:
        return ([row.number, row.name, row.opening, row.debit, row.credit, row.closing] for row in rows)

    name = f"{_('Trial balance').lower().replace(' ', '-')}_{chosen.file_part}"
    table = Table(name=name, columns=columns, rows=cells, count=lambda limit: min(len(rows), limit))
    return answer_download(request, table, request.GET["download"])


def _sum(amounts: Iterator[Decimal]) -> Decimal:
    return sum(amounts, ZERO)


def _require(request: CompanyRequest, scope: str) -> None:
    """Raises PermissionDenied for a role that lacks the scope."""
    if not request.visit.may(scope):
        raise PermissionDenied
