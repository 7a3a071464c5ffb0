"""Lists: pages by key, the same few queries whatever their length, search, and no reading of whole tables."""

from datetime import timedelta
from uuid import uuid4

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounting.posting import post
from accounting.services.documents import ReceivedFile, store_document
from ledgerlou import clock
from ledgerlou.companies.models.people import Membership, Person
from ledgerlou.companies.services.keys import create_api_key
from tests.admin.bookkeeping import at_work
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
    "account tree": "/admin/accounting/account/tree/",
    "trial balance": "/admin/accounting/account/trial-balance/",
    "bank": "/admin/accounting/account/bank/",
    "receivables": "/admin/accounting/openitem/receivables/?account=1200",
    "payables": "/admin/accounting/openitem/payables/?account=3300",
}


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


def test_chart_is_searched_by_number_and_name_whatever_the_spelling(books: Books) -> None:
    client = books.client("auditor")

    pages = {term: client.get("/admin/accounting/account/", {"q": term}).content.decode() for term in ("6815", "BÜROBEDARF", "burobedarf")}

    assert {term: "6815" in page and "Bürobedarf" in page for term, page in pages.items()} == dict.fromkeys(pages, True)


def test_chart_shows_balances_in_the_language_of_the_page(books: Books) -> None:
    page = books.client("auditor").get("/admin/accounting/account/", {"q": "1800"}).content.decode()

    assert "-862,40" in page  # 1,000.00 paid in, 1,850.00 rent, 12.40 postage; the cartridges were taken back


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
