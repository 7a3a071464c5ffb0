"""Opening balances by hand or pasted: totals, faults at their cells, posted once, many rows in one go; and the reversal with its preview."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounting.models.open_item import OpenItem
from ledgerlou.companies.context import company_transaction
from tests.admin.booking_forms import address, events_of, newest, text_of
from tests.admin.books import Books
from tests.admin.states import state_of

OPENING, PREVIEW, REVERSE = "accounting_intent_opening", "accounting_intent_opening_preview", "accounting_intent_reverse"
BALANCES = [["1800", "12.345,67", "", ""], ["1200", "5.000,00", "", ""], ["", "", "", ""], ["2900", "", "17.345,67", ""]]


def opening(rows: list[list[str]], day: str = "01.01.2025", **more: str) -> dict[str, str]:
    return {"date": day, "lines": json.dumps(rows), **more}


def test_page_proposes_the_first_day_of_the_fiscal_year(books: Books) -> None:
    body = books.client("bookkeeper").get(address(OPENING)).content.decode()

    assert f'name="date" value="01.01.{books.month[:4]}"' in body
    assert body.partition("<template")[0].count('name="account"') == 12
    assert 'name="tax_code"' not in body


def test_balances_are_posted_against_the_carry_forward_account(own_books: Books) -> None:
    reply = own_books.client("bookkeeper").post(address(OPENING), opening(BALANCES))

    booked = newest(own_books)
    with company_transaction(own_books.company.id, read_only=True):
        items = list(OpenItem.objects.of(own_books.company).filter(intent=booked).values_list("account", "amount"))
    assert reply.headers["Location"] == address("accounting_intent_change", booked.id)
    assert (booked.source, booked.channel, booked.period, booked.booking_date) == ("opening_balances", "admin", "2025-00", date(2025, 1, 1))
    assert events_of(own_books, booked) == [
        ("1800", "9000", Decimal("12345.67"), None, None),
        ("1200", "9000", Decimal("5000.00"), None, None),
        ("9000", "2900", Decimal("17345.67"), None, None),
    ]
    assert items == [("1200", Decimal("5000.00"))]


def test_plain_form_posts_cell_by_cell(own_books: Books) -> None:
    cells = {"account": ["1800", "", "2900"], "debit": ["5", "", ""], "credit": ["", "", "5,00"]}

    reply = own_books.client("bookkeeper").post(address(OPENING), {"date": "2025-01-01", **cells})

    assert (reply.status_code, newest(own_books).total) == (302, Decimal("5.00"))


def test_second_set_of_a_day_is_refused(own_books: Books) -> None:
    client = own_books.client("bookkeeper")
    client.post(address(OPENING), opening(BALANCES))
    before = state_of(own_books)

    again = client.post(address(OPENING), opening(BALANCES))

    assert again.status_code == 409
    assert again.context["faults_above"] == ["Eröffnungswerte zum 01.01.2025 sind schon gebucht. Bitte diese zuerst stornieren."]
    assert state_of(own_books) == before


def test_every_fault_stands_at_its_cell_with_the_difference(own_books: Books) -> None:
    before = state_of(own_books)
    rows = [["1800", "10,00", "", ""], ["6815", "5,00", "", ""], ["4711", "", "1,00", ""], ["9000", "", "", ""]]

    reply = own_books.client("bookkeeper").post(address(OPENING), opening(rows))

    assert reply.status_code == 400
    assert [row.faults for row in reply.context["rows"][:4]] == [
        {},
        {
            "account": [
                "Konto 6815 hat keinen Eröffnungswert: Den haben nur Aktiva, Schulden und Eigenkapital; Konten 9xxx sind die Gegenseite."
            ]
        },
        {"account": ["Konto 4711 steht nicht im Kontenplan."]},
        {
            "account": [
                "Konto 9000 hat keinen Eröffnungswert: Den haben nur Aktiva, Schulden und Eigenkapital; Konten 9xxx sind die Gegenseite."
            ]
        },
    ]
    assert reply.context["faults_above"] == ["Die Sollsalden ergeben 15,00, die Habensalden 1,00. Beide müssen gleich sein."]
    assert "Rest auf Konto 9000 14,00 nicht ausgeglichen" in text_of(reply)
    assert state_of(own_books) == before


def test_preview_shows_totals_and_posts_nothing(own_books: Books) -> None:
    before = state_of(own_books)
    client = own_books.client("bookkeeper")

    even = client.post(address(PREVIEW), opening(BALANCES)).json()
    odd = client.post(address(PREVIEW), opening([*BALANCES, ["Bank", "x", "", ""]], day="gestern")).json()
    plain = client.post(address(OPENING), opening(BALANCES, preview="1"))

    assert (even["fits"], even["faults"], "17.345,67" in even["html"]) == (True, [], True)
    assert [(fault.get("row"), fault.get("cell"), fault.get("field")) for fault in odd["faults"]] == [
        (4, "debit", None),
        (4, "account", None),
        (None, None, "date"),
    ]
    assert "Rest auf Konto 9000 0,00 ausgeglichen" in text_of(plain)
    assert state_of(own_books) == before


@pytest.mark.parametrize("rows", [[], [["", "", "", ""]]], ids=["none", "empty"])
def test_nothing_typed_is_told(books: Books, rows: list[list[str]]) -> None:
    reply = books.client("bookkeeper").post(address(OPENING), opening(rows))

    assert (reply.status_code, reply.context["faults_above"]) == (400, ["Bitte mindestens einen Saldo angeben."])


def test_five_thousand_rows_fit_and_more_are_refused(own_books: Books) -> None:
    rows = [["1800", "1,00", "", ""], ["2900", "", "1,00", ""]] * 2500

    fits = own_books.client("bookkeeper").post(address(PREVIEW), opening(rows)).json()
    too_many = own_books.client("bookkeeper").post(address(OPENING), opening([*rows, *rows[:2]]))

    assert fits["fits"]
    assert "Auf diese Seite passen höchstens 5000 Zeilen." in too_many.context["faults_above"]


def test_rows_cost_no_queries(books: Books) -> None:
    counts = []
    client = books.client("bookkeeper")
    for times in (1, 50):
        rows = [["1800", "1,00", "", ""], ["2900", "", "1,00", ""]] * times
        with CaptureQueriesContext(connection) as queries:
            client.post(address(PREVIEW), opening(rows))
        counts.append(len(queries))

    assert counts[0] == counts[1]


def reverse_form(**more: str) -> dict[str, str]:
    return {"reason": "doppelt", "posting_mode": "current_period", **more}


def test_reversal_is_previewed_without_writing(own_books: Books) -> None:
    before = state_of(own_books)
    page = address(REVERSE, own_books.bookings["purchase"])
    client = own_books.client("bookkeeper")

    swapped = text_of(client.post(page, reverse_form(preview="part")))
    general = text_of(client.post(page, reverse_form(preview="part", general_reversal="on")))
    whole = client.post(page, reverse_form(preview="1"))

    assert "Gegenkonto" not in swapped
    assert "3300 Lieferantenverbindlichkeiten (Kreditoren) 5400" in swapped
    assert "1406 Vorsteuer 19 % Soll Haben 3300 95,00" in swapped
    assert "1406 Vorsteuer 19 % Soll Haben 3300 -95,00" in general
    assert "Die Gegenbuchung" in text_of(whole)
    assert state_of(own_books) == before


def test_preview_of_a_reversal_says_why_it_is_refused(own_books: Books) -> None:
    page = address(REVERSE, own_books.bookings["sale"])

    part = own_books.client("bookkeeper").post(page, reverse_form(preview="part"))

    assert part.status_code == 200
    assert text_of(part) == "Ein offener Posten dieser Buchung ist teilweise oder ganz ausgeglichen. Bitte zuerst die Zahlung stornieren."


def test_reversal_names_both_days_to_choose_from(own_books: Books) -> None:
    page: Any = own_books.client("bookkeeper").get(address(REVERSE, own_books.bookings["rent"]))

    assert "Datum der ursprünglichen Buchung (" in text_of(page)
