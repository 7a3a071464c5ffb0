"""New bookings by hand: the plain form, faults at their cells, preview, twins, recurring bookings."""

import json
import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounting.models.booking_template import BookingTemplate
from ledgerlou import clock
from ledgerlou.companies.context import company_transaction
from tests.admin.booking_forms import NEW, OFFICE, PREVIEW, address, events_of, form, newest, text_of
from tests.admin.books import Books
from tests.admin.states import state_of


def test_page_opens_with_todays_date_and_empty_lines(books: Books) -> None:
    reply = books.client("bookkeeper").get(address(NEW))

    body = reply.content.decode()
    assert f'name="date" value="{clock.today():%d.%m.%Y}"' in body
    assert len(re.findall(r'name="account"', body.partition("<template")[0])) == 8


def test_plain_form_books_two_tax_codes_and_keeps_the_date(own_books: Books) -> None:
    reply = own_books.client("bookkeeper").post(address(NEW), form(OFFICE, reference="RE 7", date="1.11.2026"))

    booked = newest(own_books)
    assert reply.headers["Location"] == f"{address(NEW)}?date=2026-11-01&period="
    assert (booked.description, booked.external_reference, booked.channel) == ("Büromaterial", "RE 7", "admin")
    assert (booked.actor_label, booked.booking_date, booked.custom_metadata) == ("Ole Hansen", date(2026, 11, 1), None)
    assert events_of(own_books, booked) == [
        ("6815", "1800", Decimal("100.00"), "VST19", "base"),
        ("1406", "1800", Decimal("19.00"), "VST19", "tax"),
        ("6300", "1800", Decimal("50.00"), "VST7", "base"),
        ("1401", "1800", Decimal("3.50"), "VST7", "tax"),
    ]


def test_gathered_lines_and_english_amounts_book_the_same(own_books: Books) -> None:
    client = own_books.client("bookkeeper", language="en")
    client.post("/admin/language/", {"language": "en"})
    lines = json.dumps([["6815 Bürobedarf", "1,190.00", "", "VST19"], ["", "", "", ""], ["1800", "", "1190", ""]])

    reply = client.post(address(NEW), {"date": "2026-11-02", "text": "  Paper \t and toner ", "lines": lines, "period": ""})

    booked = newest(own_books)
    assert reply.status_code == 302
    assert (booked.description, booked.total, booked.booking_date) == ("Paper and toner", Decimal("1190.00"), date(2026, 11, 2))


@pytest.mark.parametrize(
    "gathered", ["quatsch", "{}", "[[1,2,3,4]]", '[["6815"]]', "null", "[" * 2000, '[["6815","1","","",""]]'], ids=range(7)
)
def test_lines_that_no_script_of_ours_gathered_are_no_lines(books: Books, gathered: str) -> None:
    reply = books.client("bookkeeper").post(address(NEW), {"date": "25.11.2026", "text": "x", "lines": gathered})

    assert (reply.status_code, reply.context["faults_above"]) == (400, ["Eine Buchung hat mindestens eine Soll- und eine Habenzeile."])


def test_every_fault_of_the_service_stands_at_its_cell(own_books: Books) -> None:
    before = state_of(own_books)
    lines = [("6815", "119,00", "", "QUATSCH"), ("", "", "", ""), ("4711", "", "119,00", "")]

    reply = own_books.client("bookkeeper").post(address(NEW), form(lines))

    first, second = reply.context["rows"][:2]
    assert reply.status_code == 400
    assert first.faults == {"tax_code": ["Einen Steuerschlüssel 'QUATSCH' gibt es nicht. Bitte einen aus der Liste wählen."]}
    assert second.faults == {"account": ["Konto 4711 fehlt im Kontenplan. Bitte ein anderes wählen oder es anlegen."]}
    assert state_of(own_books) == before


def test_every_cell_that_cannot_be_read_is_told_at_once(own_books: Books) -> None:
    before = state_of(own_books)
    lines = [("Bank", "1,005", "", ""), ("6815", "5", "5", ""), ("1800", "-3", "", ""), ("1200", "", "", ""), ("", "5", "", "")]

    reply = own_books.client("bookkeeper").post(address(NEW), form(lines, date="31.2.2026", text=" "))

    assert [row.faults for row in reply.context["rows"][:5]] == [
        {
            "debit": ["1,005 hat mehr als 2 Nachkommastellen."],
            "account": ["Bank ist keine Kontonummer. Bitte ein Konto aus der Liste wählen."],
        },
        {"credit": ["Eine Zeile hat Soll oder Haben, nicht beides."]},
        {"debit": ["Beträge sind positiv; die Richtung sagt die Seite."]},
        {"debit": ["Es fehlt ein Betrag."]},
        {"account": ["Bitte ein Konto wählen."]},
    ]
    assert list(reply.context["head"].errors) == ["date", "text"]
    assert state_of(own_books) == before


def test_closed_period_is_told_at_the_date(own_books: Books) -> None:
    reply = own_books.client("bookkeeper").post(address(NEW), form(OFFICE, date=f"5.1.{own_books.month[:4]}"))

    assert reply.status_code == 400
    assert [text[:34] for text in reply.context["head"].errors["date"]] == [f"Periode {own_books.month} wartet auf die Fre"]


def test_adjustment_period_is_booked_and_kept_for_the_next_form(own_books: Books) -> None:
    reply = own_books.client("bookkeeper").post(address(NEW), form(OFFICE, date="31.12.2026", period="13"))

    assert newest(own_books).period == "2026-P13"
    assert reply.headers["Location"].endswith("?date=2026-12-31&period=13")
    assert own_books.client("bookkeeper").get(reply.headers["Location"]).context["head"]["period"].value() == "13"


def test_preview_shows_lines_and_accounts_and_leaves_nothing(own_books: Books) -> None:
    before = state_of(own_books)

    reply = own_books.client("bookkeeper").post(address(PREVIEW), form(OFFICE, text=""))

    answer = reply.json()
    shown = " ".join(re.sub(r"<[^>]+>", " ", answer["html"]).split())
    assert (answer["fits"], answer["faults"], answer["has_twins"]) == (True, [], False)
    assert "6815 Bürobedarf 1800 Bank 100,00 VST19 Grundlage 1406 Vorsteuer 19 % 1800 Bank 19,00 VST19 Steuer" in shown
    assert "1800 Bank Soll Haben 6815 100,00 1406 19,00 6300 50,00 1401 3,50" in shown
    assert "no-store" in reply.headers["Cache-Control"]
    assert state_of(own_books) == before


def test_preview_names_the_row_of_the_page_and_the_field(books: Books) -> None:
    lines = json.dumps([["", "", "", ""], ["4711", "10,00", "", ""], ["", "", "", ""], ["1800", "", "10,00", "XX"]])

    answer = books.client("bookkeeper").post(address(PREVIEW), {"date": "heute", "lines": lines}).json()
    again = books.client("bookkeeper").post(address(PREVIEW), {"date": "25.11.2026", "lines": lines}).json()

    assert answer["faults"] == [{"field": "date", "text": f"heute ist kein Datum. Schreibweise: {clock.today():%d.%m.%Y}."}]
    assert [(fault["row"], fault["cell"]) for fault in again["faults"]] == [(1, "account"), (3, "tax_code")]
    assert (answer["fits"], again["fits"]) == (False, False)


def test_preview_of_the_plain_form_books_nothing(own_books: Books) -> None:
    before = state_of(own_books)

    reply = own_books.client("bookkeeper").post(address(NEW), form(OFFICE, preview="1"))

    assert (reply.status_code, reply.context["rows"][0].name) == (200, "Bürobedarf")
    assert "Künftige Journalzeilen" in text_of(reply)
    assert state_of(own_books) == before


RENT = [("6310", "1.850,00", "", ""), ("1800", "", "1.850,00", "")]


def test_twin_is_linked_and_a_reason_is_asked_for(own_books: Books) -> None:
    before = state_of(own_books)
    client = own_books.client("bookkeeper")

    reply = client.post(address(NEW), form(RENT, text="Miete Lagerhalle"))
    preview = client.post(address(PREVIEW), form(RENT, text="Miete Lagerhalle")).json()

    twin = address("accounting_intent_change", own_books.bookings["rent"])
    assert reply.status_code == 409
    assert reply.context["head"].errors == {"reason": ["Bitte begründen, warum es nicht dieselbe Buchung noch einmal ist."]}
    assert f'href="{twin}"' in reply.content.decode()
    assert (preview["has_twins"], preview["fits"], f'href="{twin}"' in preview["html"]) == (True, True, True)
    assert state_of(own_books) == before


def test_reason_is_kept_with_a_booking_that_resembles_another(own_books: Books) -> None:
    reply = own_books.client("bookkeeper").post(address(NEW), form(RENT, text="Miete Lagerhalle", reason=" zweite  Halle "))

    assert reply.status_code == 302
    assert json.loads(newest(own_books).custom_metadata or "") == {"duplicate_reason": "zweite Halle"}


def test_reason_of_a_booking_that_resembles_none_is_not_kept(own_books: Books) -> None:
    own_books.client("bookkeeper").post(address(NEW), form(OFFICE, reason="Vorsicht"))

    assert newest(own_books).custom_metadata is None


def test_lines_are_kept_as_a_recurring_booking_with_open_amounts(own_books: Books) -> None:
    before = state_of(own_books)["head"]
    lines = [("6325", "", "", "VST19"), ("1800", "", "", "")]
    wanted = form(lines, save_template="1", save_as="Strom", date="", text="Abschlag Strom")

    reply = own_books.client("bookkeeper").post(address(NEW), wanted)
    again = own_books.client("bookkeeper").post(address(NEW), wanted)
    nameless = own_books.client("bookkeeper").post(address(NEW), {**wanted, "save_as": ""})

    with company_transaction(own_books.company.id, read_only=True):
        saved = BookingTemplate.objects.of(own_books.company).get(name="Strom")
    assert "Als wiederkehrende Buchung Strom gemerkt. Gebucht wurde nichts." in text_of(reply)
    assert (saved.description, saved.line_count, saved.created_by, state_of(own_books)["head"]) == (
        "Abschlag Strom",
        2,
        "Ole Hansen",
        before,
    )
    assert again.context["head"].errors == {
        "save_as": ["Eine wiederkehrende Buchung heißt schon Strom. Bitte anders benennen oder sie ersetzen."]
    }
    assert nameless.context["head"].errors == {"save_as": ["Bitte einen Namen für die wiederkehrende Buchung angeben."]}


def test_template_fills_the_form_with_todays_date(books: Books, other_books: Books) -> None:
    client = books.client("bookkeeper")

    page = client.get(f"{address(NEW)}?template={books.rows['bookingtemplate']}")
    foreign = client.get(f"{address(NEW)}?template={other_books.rows['bookingtemplate']}")

    rows = [(row.account, row.name, row.debit, row.credit) for row in page.context["rows"][:2]]
    assert rows == [("6310", "Miete für Räume und Grundstücke", "1.850,00", ""), ("1800", "Bank", "", "1.850,00")]
    assert page.context["head"]["text"].value() == "Miete Lagerhalle"
    assert f'name="date" value="{clock.today():%d.%m.%Y}"' in page.content.decode()
    assert foreign.status_code == 404


def queries_of(books: Books, lines: int, page: str, **more: Any) -> int:
    client = books.client("bookkeeper")
    rows = [["6815", "1,00", "", "VST19"]] * lines + [["1800", "", f"{lines},00", ""]]
    client.get(address(NEW))
    with CaptureQueriesContext(connection) as queries:
        reply = client.post(address(page), {"date": "25.11.2026", "text": f"{lines} Zeilen", "lines": json.dumps(rows), **more})
    assert reply.status_code == 200
    return len(queries)


@pytest.mark.parametrize(("page", "more"), [(PREVIEW, {}), (NEW, {"preview": "1"})])
def test_preview_takes_as_many_queries_for_two_lines_as_for_two_hundred(books: Books, page: str, more: dict[str, str]) -> None:
    assert queries_of(books, 2, page, **more) == queries_of(books, 200, page, **more)
