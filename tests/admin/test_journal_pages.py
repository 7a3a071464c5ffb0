"""The journal as list, file and booking: figures, ways, filters, search and downloads."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounting.services.documents import ReceivedFile, store_document
from ledgerlou import clock
from ledgerlou.admin import downloads
from ledgerlou.admin.base import CompanyAdmin
from ledgerlou.admin.request import Visit
from tests.admin.bookkeeping import at_work, book, book_all
from tests.admin.books import Books
from tests.admin.page_texts import numbers_on, rows_of_csv, text_of, ways_on
from tests.admin.sample_pdf import one_page_pdf
from tests.admin.workbook import cells_of
from tests.conftest import draft

JOURNAL = "/admin/accounting/event/"


@pytest.fixture
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CompanyAdmin, "list_per_page", 4)


def test_journal_pages_by_key_forth_and_back(own_books: Books, short_pages: None) -> None:
    client = own_books.client("auditor")

    first = client.get(JOURNAL)
    second = client.get(JOURNAL + ways_on(first)["Ältere"])
    third = client.get(JOURNAL + ways_on(second)["Ältere"])
    back = client.get(JOURNAL + ways_on(third)["Neuere"])
    start = client.get(JOURNAL + ways_on(back)["Neuere"])

    assert [numbers_on(page) for page in (first, second, third, back, start)] == [
        [9, 8, 7, 6],
        [5, 4, 3, 2],
        [1],
        [5, 4, 3, 2],
        [9, 8, 7, 6],
    ]
    assert [sorted(ways_on(page)) for page in (first, second, third, start)] == [
        ["Ältere"],
        ["Neuere", "Neueste", "Ältere"],
        ["Neuere", "Neueste"],
        ["Neueste", "Ältere"],
    ]


def test_hits_of_a_search_have_no_end(own_books: Books) -> None:
    book(own_books, 120)
    client = own_books.client("auditor")

    found, query = [], "?q=beleg+nr"
    while query:
        page = client.get(JOURNAL + query)
        found += numbers_on(page)
        query = ways_on(page).get("Ältere", "")
        assert not query or "q=beleg" in query

    assert found == list(range(129, 9, -1))


def test_journal_counts_nothing_and_skips_nothing(own_books: Books) -> None:
    client = own_books.client("auditor")

    with CaptureQueriesContext(connection) as queries:
        client.get(f"{JOURNAL}?older=6&q=miete&account=1800&document=no")

    journal = [query["sql"] for query in queries if "accounting_event" in query["sql"]]
    assert len(journal) == 1
    assert [sql for sql in journal if "count(" in sql.lower() or "OFFSET" in sql] == []


@pytest.mark.parametrize("key", ["quatsch", "-1", "1" * 40, "٣"])
def test_key_in_the_address_that_is_none_leads_to_the_list(books: Books, key: str) -> None:
    reply = books.client("auditor").get(JOURNAL, {"older": key, "q": "miete"})

    assert (reply.status_code, reply.headers["Location"]) == (302, f"{JOURNAL}?q=miete")


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("lagerhalle", [5]),
        ("RE-2207", [2, 1]),
        ("4400", [1]),
        ("3", [3]),
        ("1.428,00", [2, 1]),
        ("1428", [2, 1]),
        ("1.850,00 €", [5]),
        ("95,00", [4]),
        ("595", [4, 3]),
        ("gibt es nicht", []),
        ("100%", []),
        ("99999999999999999999", []),
    ],
)
def test_journal_is_searched_by_text_reference_account_number_and_amount(books: Books, term: str, found: list[int]) -> None:
    page = books.client("auditor").get(JOURNAL, {"q": term})

    assert numbers_on(page) == found


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"account": "4400"}, [1]),
        ({"account": "4400 Erlöse 19 % USt"}, [1]),
        ({"source": "reversal"}, [8]),
        ({"source": "import_datev"}, [9]),
        ({"min": "1.000", "max": "1.200,00"}, [7, 1]),
        ({"min": "1.850,00"}, [5]),
        ({"document": "yes"}, [2, 1]),
        ({"document": "no"}, [9, 8, 7, 6, 5, 4, 3]),
        ({"reversal": "reversals"}, [8]),
        ({"reversal": "reversed"}, [6]),
        ({"reversal": "neither"}, [9, 7, 5, 4, 3, 2, 1]),
        ({"reversal": "reversed", "account": "1800", "q": "patronen"}, [6]),
        ({"reversal": "reversed", "account": "4400"}, []),
    ],
)
def test_journal_is_filtered(books: Books, filters: dict[str, str], found: list[int]) -> None:
    page = books.client("auditor").get(JOURNAL, filters)

    assert numbers_on(page) == found


def test_journal_is_filtered_by_day_and_period(books: Books) -> None:
    today, tomorrow = clock.today(), clock.today() + timedelta(days=1)
    client = books.client("auditor")
    year = today.year

    def found(**filters: str) -> list[int]:
        return numbers_on(client.get(JOURNAL, filters))

    assert found(start=today.isoformat(), end=today.isoformat()) == [8, 7, 6, 5, 4, 3, 2, 1]
    assert found(start=f"{tomorrow:%d.%m.%Y}") == []
    assert found(period=f"{year}-02") == ([9] if today.month != 2 else list(range(9, 0, -1)))
    assert found(period=str(year)) == list(range(9, 0, -1))
    assert found(period=f"{year}-P13") == []


def test_filter_that_cannot_be_read_is_told_at_its_field(books: Books) -> None:
    client = books.client("auditor")

    page = client.get(JOURNAL, {"min": "viel", "start": "2026-13-01", "period": "2026-99"})
    file = client.get(JOURNAL, {"min": "viel", "download": "csv"})

    assert sorted(page.context["form"].errors) == ["min", "period", "start"]
    assert "viel ist kein Betrag" in page.content.decode()
    assert file.status_code == 400
    assert "Ein Filter dieser Liste ist nicht lesbar." in file.content.decode()


def test_chips_take_one_filter_away(books: Books) -> None:
    page = books.client("auditor").get(JOURNAL, {"account": "1800", "source": "reversal", "min": "5"})

    assert [(chip.text, chip.without) for chip in page.context["filters"].chips] == [
        ("Konto: 1800", "?source=reversal&min=5"),
        ("Quelle: Storno", "?account=1800&min=5"),
        ("Betrag von: 5,00", "?account=1800&source=reversal"),
    ]


def test_journal_as_csv_holds_the_rows_of_the_list_in_its_order(own_books: Books) -> None:
    book(own_books, 60)
    today = clock.today()
    client = own_books.client("auditor")

    german = client.get(JOURNAL, {"account": "6815", "download": "csv"})
    client.post("/admin/language/", {"language": "en"})
    english = client.get(JOURNAL, {"account": "6815", "download": "csv"})
    rows, lines = rows_of_csv(text_of(german)), rows_of_csv(text_of(english))

    assert german.headers["Content-Disposition"] == f'attachment; filename="journal_{today.isoformat()}.csv"'
    assert [int(row[0]) for row in rows[1:]] == [*range(69, 9, -1), 8, 6]
    assert (rows[0][:2], lines[0][:2]) == (["Nummer", "Datum"], ["Number", "Date"])
    assert (rows[1][1], rows[1][3:5], rows[1][9]) == (f"{today:%d.%m.%Y}", ["6815", "Bürobedarf"], "60,00")
    assert (lines[1][1], lines[1][9], lines[1][13]) == (today.isoformat(), "60.00", "Booking")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t="])
def test_text_of_a_file_is_no_formula(own_books: Books, start: str) -> None:
    evil = f"{start}HYPERLINK(1)"
    book_all(
        own_books, draft(("6815", "1.00", "0"), ("1800", "0", "1.00"), day=clock.today().isoformat(), text="x", external_reference=evil)
    )
    client = own_books.client("auditor")

    rows = rows_of_csv(text_of(client.get(JOURNAL, {"download": "csv"})))
    cells = cells_of(b"".join(client.get(JOURNAL, {"download": "xlsx"}).streaming_content))

    assert rows[1][8] == f"'{evil}"
    assert cells["I2"][:2] == ("text", evil)
    assert {kind for kind, _value, _format in cells.values()} == {"text", "number"}


def test_journal_as_workbook_has_numbers_and_days(books: Books) -> None:
    reply = books.client("auditor").get(JOURNAL, {"download": "xlsx"})
    cells = cells_of(b"".join(reply.streaming_content))

    day = (clock.today() - date(1899, 12, 30)).days  # how workbooks count days
    assert [cells[f"A{row}"][1] for row in range(2, 11)] == [str(number) for number in range(9, 0, -1)]
    assert [cells[place] for place in ("B3", "D3", "J3")] == [
        ("number", str(day), "dd.mm.yyyy"),
        ("text", "1800", "General"),
        ("number", "84.90", "#,##0.00"),
    ]


def test_workbook_that_would_be_too_long_is_refused(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "MAX_XLSX_ROWS", 8)
    client = books.client("auditor")

    refused = client.get(JOURNAL, {"download": "xlsx"})
    narrowed = client.get(JOURNAL, {"download": "xlsx", "source": "booking"})

    assert refused.status_code == 400
    assert "Eine Excel-Datei fasst hier 8 Zeilen" in refused.content.decode()
    assert narrowed.status_code == 200
    narrowed.close()


def test_file_holds_nothing_of_another_company(books: Books, other_books: Books) -> None:
    text = text_of(other_books.client("owner").get(JOURNAL, {"download": "csv"}))

    assert len(rows_of_csv(text)) == 10
    assert "1800" not in {cell for row in rows_of_csv(text) for cell in row}


def test_booking_shows_t_accounts_and_both_ends_of_its_links(books: Books) -> None:
    client = books.client("auditor")

    def page(name: str) -> Any:
        return client.get(reverse("admin:accounting_intent_change", args=[books.bookings[name]]))

    sale, payment, wrong, reversal = (page(name) for name in ("sale", "payment", "wrong", "reversal"))

    assert [(sheet.number, sheet.debit, sheet.credit) for _, sheet in sale.context["t_accounts"]] == [
        ("1200", Decimal("1428.00"), Decimal("0.00")),
        ("4400", Decimal("0.00"), Decimal("1200.00")),
        ("3806", Decimal("0.00"), Decimal("228.00")),
    ]
    links = {
        "sale": (sale, "payment"),
        "payment": (payment, "sale"),
        "wrong": (wrong, "reversal"),
        "reversal": (reversal, "wrong"),
    }
    assert {
        name: reverse("admin:accounting_intent_change", args=[books.bookings[other]]) in reply.content.decode()
        for name, (reply, other) in links.items()
    } == dict.fromkeys(links, True)
    assert "offen 428,00" in sale.content.decode()


def test_booking_shows_its_document_beside_it(books: Books) -> None:
    page = books.client("auditor").get(reverse("admin:accounting_intent_change", args=[books.bookings["sale"]])).content.decode()

    assert "ll-beside two" in page
    assert f'src="{reverse("admin:accounting_document_content", args=[books.document_id])}' in page


def test_booking_verifies_its_lines_when_asked(books: Books) -> None:
    client, address = books.client("auditor"), reverse("admin:accounting_intent_change", args=[books.bookings["sale"]])

    plain, checked = client.get(address), client.get(f"{address}?verify=1")

    assert (plain.context["checks"], [check.holds for check in checked.context["checks"]]) == (None, [True, True])
    assert "Alle Zeilen sind unversehrt" in checked.content.decode()


def test_empty_filters_say_what_to_do_next(books: Books) -> None:
    client = books.client("auditor")

    page = client.get(JOURNAL, {"q": "gibt es nicht"}).content.decode()

    assert "Keine Buchung passt zu diesen Filtern." in page
    assert "Das ganze Journal zeigen" in page


def test_documents_without_a_booking_are_found(own_books: Books) -> None:
    with at_work(own_books) as actor:
        received = ReceivedFile(content=one_page_pdf("Beleg"), name="wartet.pdf", declared_type="application/pdf")
        store_document(company=own_books.company, actor=actor, received=received, now=clock.now())
    client, address = own_books.client("auditor"), "/admin/accounting/document/"

    pages = {booked: client.get(address, {"booked": booked} if booked else {}).content.decode() for booked in ("", "no", "yes")}

    assert {booked: ("wartet.pdf" in page, "RE-2207.pdf" in page) for booked, page in pages.items()} == {
        "": (True, True),
        "no": (True, False),
        "yes": (False, True),
    }


@pytest.mark.parametrize(
    ("page", "scope"),
    [
        ("accounting_account_tree", "reports:read"),
        ("accounting_account_trial_balance", "reports:read"),
        ("accounting_account_bank", "bank:read"),
        ("accounting_openitem_receivables", "receivables:read"),
        ("accounting_openitem_payables", "payables:read"),
        ("accounting_event_changelist", "journal:read"),
    ],
)
def test_page_asks_for_its_scope(books: Books, monkeypatch: pytest.MonkeyPatch, page: str, scope: str) -> None:
    """Every role holds the scopes to read; a role to come may not."""
    may = Visit.may
    monkeypatch.setattr(Visit, "may", lambda visit, wanted: wanted != scope and may(visit, wanted))

    assert books.client("owner").get(reverse(f"admin:{page}")).status_code == 403
