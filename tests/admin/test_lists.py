"""Lists: pages by key, the same few queries whatever their length, search, and no reading of whole tables."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounting.posting import post
from accounting.services.documents import ReceivedFile, store_document
from ledgerlou import clock
from ledgerlou.admin.base import CompanyAdmin
from ledgerlou.companies.actor import person_actor
from ledgerlou.companies.context import company_transaction
from ledgerlou.companies.models.people import Membership, Person
from ledgerlou.companies.services.keys import create_api_key
from tests.admin.books import Books
from tests.admin.sample_pdf import one_page_pdf
from tests.conftest import draft

JOURNAL = "/admin/accounting/event/"
LISTS = {
    "journal": JOURNAL,
    "chart": "/admin/accounting/account/",
    "documents": "/admin/accounting/document/",
    "people": "/admin/companies/membership/",
    "keys": "/admin/companies/apikey/",
    "history": "/admin/companies/auditentry/",
    "periods": "/admin/periods/period/",
    "desk": "/admin/",
    "imports": "/admin/accounting/datevimport/",
    "tax codes": "/admin/accounting/taxcode/",
}


@contextmanager
def at_work(books: Books) -> Iterator[Any]:
    owner = books.people["owner"]
    actor = person_actor(person_id=owner.id, label=owner.name, role="owner", channel="admin")
    with company_transaction(books.company.id, actor=actor):
        yield actor


def add_two_of_everything(books: Books) -> None:
    now, day = clock.now(), clock.today().isoformat()
    with at_work(books) as actor:
        for number in range(2):
            person = Person.objects.create(email=f"{uuid4().hex}@example.org", name=f"Neu {number}", created_at=now)
            end = clock.today() + timedelta(days=9)
            Membership.objects.create(company=books.company, person=person, role="auditor", valid_until=end, created_at=now)
            create_api_key(company=books.company, actor=actor, name=f"K{number}", scopes=["journal:read"], expires_at=None, now=now)
            file = ReceivedFile(content=one_page_pdf(f"Beleg {number}"), name=f"{number}.pdf", declared_type="application/pdf")
            document = store_document(company=books.company, actor=actor, received=file, now=now)
            lines = (("6815", f"{number + 5}.00", "0"), ("1800", "0", f"{number + 5}.00"))
            booking = draft(*lines, day=day, text=f"Einkauf {number}", document_id=document.id)
            post(company=books.company, actor=actor, drafts=[booking], now=now)


def book(books: Books, count: int) -> list[UUID]:
    day = clock.today().isoformat()
    with at_work(books) as actor:
        drafts = [
            draft(("6815", f"{n + 1}.00", "0"), ("1800", "0", f"{n + 1}.00"), day=day, text=f"Beleg Nr. {n:03d}") for n in range(count)
        ]
        return [row.intent_id for row in post(company=books.company, actor=actor, drafts=drafts, now=clock.now())]


def test_lists_take_the_same_queries_whatever_their_length(own_books: Books) -> None:
    client = own_books.client("owner")

    def counts() -> dict[str, int]:
        found = {}
        for name, address in LISTS.items():
            with CaptureQueriesContext(connection) as queries:
                assert client.get(address).status_code == 200
            found[name] = len(queries)
        return found

    before = counts()
    add_two_of_everything(own_books)

    assert counts() == before
    assert {name: count for name, count in before.items() if count > 16} == {}


def numbers_on(page: str) -> list[int]:
    return [int(number) for number in re.findall(r"field-journal_number.*?<a [^>]*>(\d+)</a>", page, flags=re.DOTALL)]


@pytest.fixture
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CompanyAdmin, "list_per_page", 4)


def test_journal_pages_by_key_forth_and_back(own_books: Books, short_pages: None) -> None:
    client = own_books.client("auditor")

    def links(page: str) -> dict[str, str]:
        return {
            name: target.replace("&amp;", "&")
            for target, name in re.findall(r'<a class="ll-button" href="(\?[^"]*)"[^>]*>.*?(Neueste|Neuere|Ältere)', page)
        }

    first = client.get(JOURNAL).content.decode()
    second = client.get(JOURNAL + links(first)["Ältere"]).content.decode()
    third = client.get(JOURNAL + links(second)["Ältere"]).content.decode()
    back = client.get(JOURNAL + links(third)["Neuere"]).content.decode()

    assert [numbers_on(page) for page in (first, second, third, back)] == [[9, 8, 7, 6], [5, 4, 3, 2], [1], [5, 4, 3, 2]]
    assert [sorted(links(page)) for page in (first, second, third)] == [["Ältere"], ["Neuere", "Neueste", "Ältere"], ["Neuere", "Neueste"]]


def test_journal_counts_nothing_and_skips_nothing(own_books: Books) -> None:
    client = own_books.client("auditor")

    with CaptureQueriesContext(connection) as queries:
        client.get(f"{JOURNAL}?older=6")

    journal = [query["sql"] for query in queries if "accounting_event" in query["sql"]]
    assert [sql for sql in journal if "COUNT(" in sql or "OFFSET" in sql] == []
    with at_work(own_books), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plans = []
        for sql in journal:
            cursor.execute(f"EXPLAIN {sql}")
            plans.append("\n".join(row[0] for row in cursor.fetchall()))
    assert [
        plan for plan in plans if "Seq Scan on accounting_event" in plan or "Index Scan Backward using event_journal_number" not in plan
    ] == []


def test_key_in_the_address_that_is_none_leads_to_the_list(books: Books) -> None:
    reply = books.client("auditor").get(f"{JOURNAL}?older=quatsch")

    assert (reply.status_code, reply.headers["Location"]) == (302, f"{JOURNAL}?e=1")


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("lagerhalle", [5]),
        ("RE-2207", [2, 1]),
        ("4400", [1]),
        ("3", [3]),
        ("gibt es nicht", []),
        ("100%", []),
        ("99999999999999999999", []),
    ],
)
def test_journal_is_searched_by_text_reference_account_and_number(books: Books, term: str, found: list[int]) -> None:
    page = books.client("auditor").get(JOURNAL, {"q": term}).content.decode()

    assert numbers_on(page) == found


def test_journal_is_filtered_by_date(books: Books) -> None:
    today, tomorrow = clock.today(), clock.today() + timedelta(days=1)
    client = books.client("auditor")

    some = client.get(JOURNAL, {"booking_date_from": f"{today:%d.%m.%Y}", "booking_date_to": f"{today:%d.%m.%Y}"}).content.decode()
    none = client.get(JOURNAL, {"booking_date_from": f"{tomorrow:%d.%m.%Y}"}).content.decode()

    assert (len(numbers_on(some)), numbers_on(none)) == (8, [])


def test_chart_is_searched_by_number_and_name_whatever_the_spelling(books: Books) -> None:
    client = books.client("auditor")

    pages = {term: client.get("/admin/accounting/account/", {"q": term}).content.decode() for term in ("6815", "BÜROBEDARF", "burobedarf")}

    assert {term: "6815" in page and "Bürobedarf" in page for term, page in pages.items()} == dict.fromkeys(pages, True)


def test_chart_shows_balances_in_the_language_of_the_page(books: Books) -> None:
    page = books.client("auditor").get("/admin/accounting/account/", {"q": "1800"}).content.decode()

    assert "-862,40" in page  # 1,000.00 paid in, 1,850.00 rent, 12.40 postage; the cartridges were taken back


def test_account_sheet_pages_by_key(own_books: Books) -> None:
    book(own_books, 60)
    address = reverse("admin:accounting_account_change", args=[own_books.rows["account"]])
    client = own_books.client("auditor")

    first = client.get(address)
    older = client.get(f"{address}?before={first.context['older']}")

    lines = [(line.booking_date, line.journal_number) for page in (first, older) for line in page.context["lines"]]
    assert lines == sorted(set(lines), reverse=True)
    assert (len(first.context["lines"]), older.context["older"]) == (50, None)
    assert len(lines) == 60 + 5


def test_search_finds_pages_accounts_and_bookings(books: Books) -> None:
    client = books.client("auditor")

    found = {
        term: client.get("/admin/search/", {"s": term}).content.decode() for term in ("kontenplan", "6310", "lagerhalle", "nichts davon")
    }

    assert "/admin/accounting/account/" in found["kontenplan"]
    assert "6310 Miete für Räume und Grundstücke" in found["6310"]
    assert reverse("admin:accounting_intent_change", args=[books.bookings["rent"]]) in found["lagerhalle"]
    assert "Nichts gefunden." in found["nichts davon"]


def test_search_looks_in_this_company_only(books: Books, other_books: Books) -> None:
    page = other_books.client("owner").get("/admin/search/", {"s": "lagerhalle"}).content.decode()

    assert str(books.bookings["rent"]) not in page
    assert str(other_books.bookings["rent"]) in page
