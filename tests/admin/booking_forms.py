"""A new booking as a browser sends it, and what became of it."""

import re
from typing import Any

from django.urls import reverse

from accounting.models.journal import Event, Intent
from ledgerlou import clock
from ledgerlou.companies.context import company_transaction
from tests.admin.books import Books

NEW, PREVIEW = "accounting_intent_new", "accounting_intent_preview"
OFFICE = [("6815", "119,00", "", "VST19"), ("6300", "53,50", "", "vst7"), ("1800", "", "172,50", "")]


def address(page: str, *args: Any) -> str:
    return reverse(f"admin:{page}", args=args)


def form(lines: list[tuple[str, ...]], **more: Any) -> dict[str, Any]:
    """A form as a browser without a script sends it: cell by cell, with empty lines at the end."""
    rows = [*lines, *[("", "", "", "")] * 5]
    cells = {name: [row[place] for row in rows] for place, name in enumerate(("account", "debit", "credit", "tax_code"))}
    return {"date": clock.today().strftime("%d.%m.%Y"), "text": "Büromaterial", "reference": "", "period": "", **cells, **more}


def text_of(reply: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", reply.content.decode()).split())


def newest(books: Books) -> Intent:
    with company_transaction(books.company.id, read_only=True):
        return Intent.objects.of(books.company).order_by("-id")[0]


def events_of(books: Books, intent: Intent) -> list[tuple[Any, ...]]:
    with company_transaction(books.company.id, read_only=True):
        rows = Event.objects.of(books.company).filter(intent=intent).order_by("position")
        return list(rows.values_list("account_debit", "account_credit", "amount", "tax_code", "tax_role"))
