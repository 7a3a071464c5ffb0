"""Recurring bookings in the back office: listed with their totals, booked from, renamed, removed, and never lost from the history."""

from decimal import Decimal
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounting.models.booking_template import BookingTemplate
from accounting.services.booking_templates import NewTemplate, TemplateLine, save_template
from ledgerlou import clock
from ledgerlou.companies.actor import system_actor
from ledgerlou.companies.context import company_transaction
from tests.admin.booking_forms import address, text_of
from tests.admin.books import Books

LIST = "accounting_bookingtemplate_changelist"


def page(name: str, books: Books) -> str:
    return address(f"accounting_bookingtemplate_{name}", books.rows["bookingtemplate"])


def template(books: Books) -> BookingTemplate:
    with company_transaction(books.company.id, read_only=True):
        return BookingTemplate.objects.of(books.company).get(id=books.rows["bookingtemplate"])


def test_list_shows_what_is_booked_and_leads_to_the_form(books: Books) -> None:
    reply = books.client("bookkeeper").get(address(LIST))

    assert "Monatsmiete Miete Lagerhalle" in text_of(reply)
    assert "1.850,00" in text_of(reply)
    assert f'href="{address("accounting_intent_new")}?template={books.rows["bookingtemplate"]}"' in reply.content.decode()


def test_list_finds_by_name(books: Books) -> None:
    found, none = (books.client("auditor").get(f"{address(LIST)}?q={text}") for text in ("monats", "leasing"))

    assert ("Monatsmiete" in text_of(found), "Monatsmiete" in text_of(none)) == (True, False)


def test_auditor_reads_and_cannot_book(books: Books) -> None:
    shown = text_of(books.client("auditor").get(page("change", books)))

    assert "6310 Miete für Räume und Grundstücke 1.850,00" in shown
    assert ("Umbenennen" in shown, "Entfernen" in shown) == (False, False)
    assert "template=" not in books.client("auditor").get(address(LIST)).content.decode()


def test_template_is_renamed(own_books: Books) -> None:
    client = own_books.client("bookkeeper")

    done = client.post(page("rename", own_books), {"name": "  Miete   Kiel "})
    empty = client.post(page("rename", own_books), {"name": " "})

    assert (done.headers["Location"], template(own_books).name) == (address(LIST), "Miete Kiel")
    assert (empty.status_code, list(empty.context["form"].errors)) == (400, ["name"])
    assert "Name: Monatsmiete → Miete Kiel" in text_of(client.get(page("history", own_books)))


def test_removed_template_leaves_the_list_and_keeps_its_page(own_books: Books) -> None:
    client = own_books.client("bookkeeper")

    done = client.post(page("remove", own_books))
    twice = client.post(page("remove", own_books))

    kept = text_of(client.get(page("change", own_books)))
    assert (done.status_code, template(own_books).is_active) == (302, False)
    assert (twice.status_code, "Diese wiederkehrende Buchung ist schon entfernt." in text_of(twice)) == (409, True)
    assert "Monatsmiete" not in text_of(client.get(address(LIST)))
    assert ("6310 Miete" in kept, "Umbenennen" in kept) == (True, False)
    assert client.get(f"{address('accounting_intent_new')}?template={own_books.rows['bookingtemplate']}").status_code == 404


def test_empty_list_says_how_to_make_one(own_books: Books) -> None:
    client = own_books.client("bookkeeper")
    client.post(page("remove", own_books))

    shown = text_of(client.get(address(LIST)))

    assert "Noch ist nichts gemerkt. Eine Buchung einmal eintippen" in shown


def test_list_takes_the_same_queries_for_one_row_and_for_many(own_books: Books) -> None:
    def queries() -> int:
        client = own_books.client("bookkeeper")
        with CaptureQueriesContext(connection) as seen:
            client.get(address(LIST))
        return len(seen)

    one = queries()
    lines: Any = (TemplateLine(account="6815", debit=Decimal(1)), TemplateLine(account="1800", credit=Decimal(1)))
    with company_transaction(own_books.company.id):
        for number in range(5):
            facts = NewTemplate(name=f"Abo {number}", lines=lines)
            save_template(company=own_books.company, actor=system_actor("Tests"), facts=facts, now=clock.now())

    assert queries() == one
