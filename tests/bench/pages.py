"""Pages of the back office over HTTP, as a browser asks for them: a signed-in owner, one connection, the medians."""

import http.client
import time
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounting.models.account import Account
from accounting.models.journal import Event
from ledgerlou.companies.context import company_transaction
from ledgerlou.companies.models.people import Membership


def addresses(company: Any) -> dict[str, str]:
    """What is measured: every list and report, the pages of a booking and an account, searches."""
    with company_transaction(company.id, read_only=True):
        bank = Account.objects.of(company).get(number="1800")
        event = Event.objects.of(company).order_by("journal_number").first()
    journal = reverse("admin:accounting_event_changelist")
    named = {
        "desk": "index", "journal": "accounting_event_changelist", "chart of accounts": "accounting_account_changelist",
        "account tree": "accounting_account_tree", "trial balance": "accounting_account_trial_balance", "bank": "accounting_account_bank",
        "receivables": "accounting_openitem_receivables", "payables": "accounting_openitem_payables", "new booking": "accounting_intent_new",
        "documents": "accounting_document_changelist", "periods": "periods_period_changelist", "audit history": "companies_auditentry_changelist",
        "company": "companies_company_changelist", "people": "companies_membership_changelist", "backup and verify": "ledgerlou_state",
    }  # fmt: skip
    found = {name: reverse(f"admin:{page}") for name, page in named.items()}
    return {
        **found,
        "journal, search for a text": f"{journal}?q={quote('Beleg 4711 der')}",
        "journal, search for an amount": f"{journal}?q={quote('119,00')}",
        "journal, search for a word of every line": f"{journal}?q=Messung",
        "booking": reverse("admin:accounting_intent_change", args=[event.intent_id]),
        "account sheet": reverse("admin:accounting_account_change", args=[bank.id]),
        "search from everywhere": f"{reverse('admin:search')}?s={quote('Beleg 4711')}",
    }


def page_ms(company: Any, port: int, *, times: int = 9) -> dict[str, float]:
    """Median milliseconds of each page."""
    with company_transaction(company.id):
        person = Membership.objects.of(company).select_related("person").get().person
    browser = Client()
    browser.force_login(person)
    cookie = f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"
    return {name: _median(port, cookie, address, times) for name, address in addresses(company).items()}


def _median(port: int, cookie: str, address: str, times: int) -> float:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    taken = []
    while len(taken) < times + 2:
        started = time.perf_counter()
        link.request("GET", address, headers={"Cookie": cookie, "Accept-Language": "de"})
        answer = link.getresponse()
        answer.read()
        taken.append((time.perf_counter() - started) * 1000)
        if answer.status in (301, 302):
            address, taken = answer.getheader("Location") or address, []
        elif answer.status != 200:
            raise RuntimeError(f"{address}: {answer.status}")
    return sorted(taken[2:])[times // 2]
