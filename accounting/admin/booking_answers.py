"""What the script of the booking page asks while somebody types: accounts, rates, and what would be posted."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from accounting.admin.booking_entry_form import WRITE, entry_of
from accounting.admin.booking_posting import rehearsed
from accounting.selectors.accounts import search_accounts
from accounting.selectors.exchange_rates import newest_rate
from ledgerlou.admin.request import CompanyRequest
from ledgerlou.admin.service_page import require_scope
from ledgerlou.admin.templatetags.back_office import amount, shown

LONGEST_SEARCH = 100


def preview_answer(request: CompanyRequest) -> HttpResponse:
    """What would be posted, as HTML, and every fault with its place. Nothing stays of it. The text of the booking may come later."""
    require_scope(request, WRITE)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    entry = entry_of(request)
    entry.head.fields["text"].required = False
    context = rehearsed(request, entry)
    above = entry.faults_above()
    shown_there = {**context, "faults": above, "twins": entry.twins, "hint": not (context or above)}
    html = render_to_string("admin/posting_preview.html", shown_there, request)
    return json_answer({"html": html, "faults": entry.faults_by_place(), "fits": bool(context), "has_twins": bool(entry.twins)})


def accounts_answer(request: CompanyRequest) -> HttpResponse:
    """Active accounts whose number begins with `q` or whose name contains it, at most 20, each with the tax code to propose."""
    if not (request.visit.may(WRITE) or request.visit.may("journal:read")):
        raise PermissionDenied
    found = search_accounts(company=request.company, text=request.GET.get("q", "")[:LONGEST_SEARCH])
    rows = [{"number": account.number, "name": account.name, "tax_code": account.tax_code or ""} for account in found]
    return json_answer({"accounts": rows})


def rate_answer(request: CompanyRequest) -> HttpResponse:
    """The newest rate of a currency in this company's journal, as it is typed; empty where there is none. Nobody outside is asked."""
    require_scope(request, WRITE)
    currency = request.GET.get("currency", "").upper()
    found = newest_rate(company=request.company, currency=currency) if len(currency) == len("USD") else None
    if found is None:
        return json_answer({})
    day = str(shown(found.rate_date))
    note = _("Newest rate in the journal, of %(day)s.") % {"day": day}
    return json_answer({"rate": amount(found.rate), "rate_date": day, "rate_source": found.rate_source, "note": note})


def json_answer(content: dict[str, Any]) -> HttpResponse:
    """JSON for a script. No cache keeps it, as no page of the back office: the next question may come from another company."""
    return JsonResponse(content)
