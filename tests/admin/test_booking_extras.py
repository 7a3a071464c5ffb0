"""What hangs on a new booking: its document, a foreign currency, accounts to choose from, days as they are typed."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounting.admin.booking_fields import parse_day
from accounting.drafts import Fx
from accounting.models.document import Document
from accounting.posting import post
from accounting.selectors.exchange_rates import newest_rate
from ledgerlou import clock
from ledgerlou.companies.actor import system_actor
from ledgerlou.companies.context import company_transaction
from tests.admin.booking_forms import NEW, OFFICE, address, form, newest, text_of
from tests.admin.books import Books
from tests.admin.sample_pdf import one_page_pdf
from tests.admin.states import state_of
from tests.conftest import draft


def pdf(name: str = "beleg.pdf", text: str = "Quittung 12", content_type: str = "application/pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, one_page_pdf(text), content_type=content_type)


def documents(books: Books) -> list[str]:
    with company_transaction(books.company.id, read_only=True):
        return list(Document.objects.of(books.company).order_by("id").values_list("original_name", flat=True))


def test_document_is_stored_and_booked_in_one_go(own_books: Books) -> None:
    own_books.client("bookkeeper").post(address(NEW), form(OFFICE, file=pdf()))

    with company_transaction(own_books.company.id, read_only=True):
        document = Document.objects.of(own_books.company).get(original_name="beleg.pdf")
    assert newest(own_books).document_id == document.id


def test_document_of_a_refused_booking_waits_for_the_next_try(own_books: Books) -> None:
    client = own_books.client("bookkeeper")

    refused = client.post(address(NEW), form([*OFFICE[:2], ("1800", "", "1,00", "")], file=pdf(text="Quittung 13")))
    between = documents(own_books)
    stranger = own_books.client("accountant").post(address(NEW), form(OFFICE, text="Fremd", upload=refused.context["upload"]))
    without = newest(own_books).document_id
    client.post(address(NEW), form(OFFICE, upload=refused.context["upload"]))

    assert (refused.status_code, refused.context["upload_name"], between) == (400, "beleg.pdf", ["RE-2207.pdf"])
    assert (stranger.status_code, without) == (302, None)
    assert documents(own_books) == ["RE-2207.pdf", "beleg.pdf"]
    assert newest(own_books).document_id is not None


def test_file_that_is_no_voucher_is_told_at_its_field(own_books: Books) -> None:
    before = state_of(own_books)
    script = SimpleUploadedFile("beleg.pdf", b"MZ no pdf at all", content_type="application/pdf")

    reply = own_books.client("bookkeeper").post(address(NEW), form(OFFICE, file=script))

    assert (reply.status_code, list(reply.context["head"].errors)) == (400, ["file"])
    assert "gibt sich als application/pdf aus" in text_of(reply)
    assert state_of(own_books) == before


def test_document_that_lies_there_is_picked_by_its_address(own_books: Books, other_books: Books) -> None:
    client, document = own_books.client("bookkeeper"), own_books.rows["document"]

    page = client.get(f"{address(NEW)}?document={document}")
    client.post(address(NEW), form(OFFICE, document=str(document)))
    foreign = client.get(f"{address(NEW)}?document={other_books.rows['document']}")
    stolen = client.post(address(NEW), form(OFFICE, text="Fremder Beleg", document=str(other_books.rows["document"])))

    assert (page.context["document"].document.id, newest(own_books).document_id) == (document, document)
    assert (foreign.status_code, stolen.status_code) == (404, 404)
    assert stolen.context["head"].errors == {"file": ["Einen solchen Beleg gibt es nicht. Bitte zuerst hochladen."]}


FX = {"fx_currency": "usd", "fx_amount": "1.083,00", "fx_rate": "1,083", "fx_rate_date": "24.11.26", "fx_rate_source": "bank"}
DOLLARS = [("6815", "1.000,00", "", ""), ("1800", "", "1.000,00", "")]


def test_foreign_currency_is_booked_with_its_rate(own_books: Books) -> None:
    reply = own_books.client("bookkeeper").post(address(NEW), form(DOLLARS, **FX))

    booked = newest(own_books)
    assert reply.status_code == 302
    assert (booked.fx_currency, booked.fx_amount, booked.fx_rate) == ("USD", Decimal("1083.0000"), Decimal("1.08300000"))
    assert (booked.fx_rate_date, booked.fx_rate_source) == (date(2026, 11, 24), "bank")


def test_half_a_foreign_side_and_a_rate_that_does_not_fit_are_told_at_their_fields(own_books: Books) -> None:
    client = own_books.client("bookkeeper")

    half = client.post(address(NEW), form(DOLLARS, fx_currency="USD", fx_rate="quatsch"))
    wrong = client.post(address(NEW), form(DOLLARS, **{**FX, "fx_rate": "1,2"}))
    unknown = client.post(address(NEW), form(DOLLARS, **{**FX, "fx_currency": "XXX"}))

    assert list(half.context["head"].errors) == ["fx_rate", "fx_amount", "fx_rate_date"]
    assert wrong.context["head"].errors["fx_amount"][0].startswith("1.083,00 USD zu 1,2 USD je Euro sind 902,50 EUR")
    assert unknown.context["head"].errors == {
        "fx_currency": ["'XXX' ist keine Währung. Bitte den Code nach ISO 4217 angeben, drei Großbuchstaben."]
    }


def rate(books: Books, currency: str) -> dict[str, str]:
    return dict(books.client("bookkeeper").get(f"{address('accounting_intent_rate')}?currency={currency}").json())


def test_newest_rate_of_the_journal_is_proposed(own_books: Books, other_books: Books) -> None:
    before = rate(own_books, "USD")
    with company_transaction(own_books.company.id, actor=system_actor("Tests")):
        for day, units in (("2026-03-02", "1.10"), ("2026-05-04", "1.25"), ("2026-04-01", "1.20")):
            fx = Fx(
                currency="USD",
                amount=Decimal(units) * 1000,
                rate=Decimal(units),
                rate_date=date.fromisoformat(day),
                rate_source="ecb",
            )
            paid = draft(("6815", "1000", "0"), ("1800", "0", "1000"), day=day, text=units, fx=fx)
            post(company=own_books.company, actor=system_actor("Tests"), drafts=[paid], now=clock.now())

    assert before == {}
    assert rate(own_books, "usd") == {
        "rate": "1,25",
        "rate_date": "04.05.2026",
        "rate_source": "ecb",
        "note": "Neuester Kurs im Journal, vom 04.05.2026.",
    }
    assert (rate(own_books, "CHF"), rate(own_books, "US"), rate(other_books, "USD")) == ({}, {}, {})


def test_newest_rate_is_found_by_its_index(own_books: Books) -> None:
    with company_transaction(own_books.company.id, read_only=True), CaptureQueriesContext(connection) as queries:
        newest_rate(company=own_books.company, currency="USD")
        [sql] = [query["sql"] for query in queries]
        with connection.cursor() as cursor:
            # A company of these tests has a dozen lines, which may as well be read and sorted.
            cursor.execute("SET LOCAL enable_sort = off; SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
            cursor.execute(f"EXPLAIN {sql}")
            plan = "\n".join(row[0] for row in cursor.fetchall())

    assert "event_newest_rate" in plan


def accounts(books: Books, text: str, role: str = "bookkeeper") -> list[dict[str, str]]:
    return list(books.client(role).get(f"{address('accounting_intent_accounts')}?q={text}").json()["accounts"])


def test_accounts_are_found_by_number_and_words_and_bring_their_tax_code(books: Books) -> None:
    assert accounts(books, "6815") == [{"number": "6815", "name": "Bürobedarf", "tax_code": ""}]
    assert {"number": "6815", "name": "Bürobedarf", "tax_code": ""} in accounts(books, "büroBED", "auditor")
    assert [row["tax_code"] for row in accounts(books, "4400")] == ["UST19"]
    assert (len(accounts(books, "1")), len(accounts(books, "")), accounts(books, "x" * 5000)) == (20, 20, [])


@pytest.mark.parametrize(
    ("text", "german", "english"),
    [
        ("2026-11-03", date(2026, 11, 3), date(2026, 11, 3)),
        ("03.11.2026", date(2026, 11, 3), date(2026, 11, 3)),
        ("3.11.26", date(2026, 11, 3), date(2026, 11, 3)),
        ("3.11.", date(2025, 11, 3), date(2025, 11, 3)),
        (" 3.11 ", date(2025, 11, 3), date(2025, 11, 3)),
        ("0311", date(2025, 11, 3), date(2025, 3, 11)),
        ("031126", date(2026, 11, 3), date(2003, 11, 26)),
        ("261103", date(2003, 11, 26), date(2026, 11, 3)),
        ("03112026", date(2026, 11, 3), None),
        ("20261103", None, date(2026, 11, 3)),
        ("29.2.2024", date(2024, 2, 29), date(2024, 2, 29)),
        ("29.2.2026", None, None),
        ("31.11.", None, None),
        ("11/03/2026", None, None),
        ("0.1.2026", None, None),
        ("٣.١١.", None, None),
        ("", None, None),
        ("heute", None, None),
    ],
)
def test_day_is_read_as_it_is_typed(text: str, german: date | None, english: date | None) -> None:
    today = date(2025, 6, 1)

    assert [parse_day(text, language, today=today) for language in ("de", "en")] == [german, english]
