"""An accountant reads the books in a real browser: filters, sheets, balances, open items, a booking beside its document."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from accounting.services.documents import ReceivedFile, store_document
from ledgerlou import clock
from tests.accounting.vouchers import PNG
from tests.admin.bookkeeping import at_work, book, book_all
from tests.admin.books import Books
from tests.browser.booking_pages import enter
from tests.conftest import draft

pytestmark = pytest.mark.browser


@pytest.fixture
def page(browsing: BrowserContext, server_address: str, books: Books) -> Page:
    """A tab in which the accountant has signed in."""
    enter(browsing, server_address, books, role="accountant")
    return browsing.new_page()


def test_filters_stay_in_the_address_and_in_the_file(page: Page, books: Books, page_faults: list[str]) -> None:
    page.goto("/admin/accounting/event/")

    page.get_by_label("Konto", exact=True).fill("1800")
    page.get_by_text("Weitere Filter").click()
    page.get_by_label("Betrag von").fill("1.000,00")
    page.get_by_label("Storni").select_option(label="weder noch")
    page.get_by_role("button", name="Filtern").click()
    page.wait_for_url("**account=1800**")

    assert re.sub(r"^.*\?", "", page.url) == "account=1800&min=1.000%2C00&reversal=neither"
    expect(page.locator("[data-test=journal] tbody tr")).to_have_count(2)
    with page.expect_download() as waiting:
        page.locator("[data-test=csv]").click()
    lines = waiting.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert [line.split(";")[9] for line in lines[1:]] == ["1000,00", "1850,00"]
    page.get_by_title("Diesen Filter entfernen").filter(has_text="Betrag von").click()
    expect(page.locator("[data-test=journal] tbody tr")).to_have_count(3)
    assert page_faults == []


def test_journal_is_read_with_the_keyboard_alone(page: Page, books: Books, page_faults: list[str]) -> None:
    page.goto("/admin/accounting/event/")

    page.get_by_placeholder("Text, Belegnummer, Konto, Nummer oder Betrag").focus()
    page.keyboard.type("1.850,00")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=1.850*")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == "Miete Lagerhalle":
            break
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Miete Lagerhalle", exact=True)).to_be_visible()
    assert page_faults == []


def test_figures_lead_from_balances_to_sheet_to_booking(page: Page, books: Books, page_faults: list[str]) -> None:
    today = clock.today()
    page.goto(f"/admin/accounting/account/trial-balance/?period={today:%Y-%m}")

    page.locator("[data-test=balances]").get_by_role("link", name="6310").click()
    page.wait_for_url(f"**?period={today:%Y-%m}")
    expect(page.locator("[data-test=closing]")).to_have_text("1.850,00")
    page.locator("[data-test=sheet]").get_by_role("link", name="1800").click()
    page.wait_for_url(f"**?period={today:%Y-%m}")
    page.locator("[data-test=sheet]").get_by_role("link", name="Zahlung Kranbau Lübeck").click()
    page.locator("[data-test=links]").get_by_role("link", name="Ausgangsrechnung RE-2207 Kranbau Lübeck").click()

    expect(page.get_by_role("heading", name="Ausgangsrechnung RE-2207 Kranbau Lübeck", exact=True)).to_be_visible()
    accounts = page.locator("[data-test=t-accounts] .ll-taccount")
    texts = [" ".join(text.split()) for text in accounts.all_inner_texts()]
    assert texts == [
        "1200 Kundenforderungen (Debitoren) Soll 4400 1.200,00 3806 228,00 Haben",
        "4400 Umsatzerlöse 19 % Soll Haben 1200 1.200,00",
        "3806 Umsatzsteuer 19 % Soll Haben 1200 228,00",
    ]
    assert page_faults == []


def test_period_is_chosen_at_once_and_days_replace_it(page: Page, books: Books, page_faults: list[str]) -> None:
    today = clock.today()
    page.goto("/admin/accounting/account/tree/")

    page.get_by_label("Periode").select_option(f"{today:%Y-%m}")
    page.wait_for_url(f"**?period={today:%Y-%m}")
    expect(page.get_by_text("Seit Jahresbeginn")).to_be_visible()
    page.get_by_label("Von").fill(f"01.01.{today.year}")
    page.get_by_label("Bis").fill(f"{today:%d.%m.%Y}")
    page.get_by_role("button", name="Anzeigen").click()

    page.wait_for_url("**start=01.01.*")
    expect(page.get_by_label("Periode")).to_have_value("")
    expect(page.get_by_label("Von")).to_have_value(f"01.01.{today.year}")
    assert page_faults == []


def test_tree_folds(page: Page, books: Books, page_faults: list[str]) -> None:
    page.goto("/admin/accounting/account/tree/")
    bank = page.get_by_role("link", name="1800")

    expect(bank).to_be_hidden()
    page.get_by_role("button", name="Alle aufklappen").click()
    expect(bank).to_be_visible()
    page.get_by_role("button", name="Alle zuklappen").click()
    expect(bank).to_be_hidden()
    assert page_faults == []


def test_open_items_open_to_the_booking_and_its_payment(page: Page, books: Books, page_faults: list[str]) -> None:
    page.goto("/admin/accounting/openitem/receivables/")

    page.get_by_role("link", name="Posten von Konto 1200").click()
    items = page.locator("[data-test=items] tbody tr")
    expect(items).to_have_count(1)
    expect(items).to_contain_text("428,00")
    items.get_by_role("link", name="Zahlung Kranbau Lübeck").click()

    expect(page.get_by_role("heading", name="Zahlung Kranbau Lübeck", exact=True)).to_be_visible()
    assert page_faults == []


def test_sheet_pages_by_key(page: Page, books: Books, page_faults: list[str]) -> None:
    book(books, 60)
    page.goto(f"/admin/accounting/account/{books.rows['account']}/")

    page.get_by_role("link", name="Ältere").click()
    page.wait_for_url("**older=*")
    expect(page.locator("[data-test=sheet] tr[data-number]")).to_have_count(15)
    page.get_by_role("link", name="Neuere").click()
    page.wait_for_url("**newer=*")
    expect(page.locator("[data-test=sheet] tr[data-number]")).to_have_count(50)
    assert page_faults == []


def test_picture_stands_beside_its_booking_and_is_enlarged(page: Page, books: Books, page_faults: list[str]) -> None:
    with at_work(books) as actor:
        received = ReceivedFile(content=PNG, name="quittung.png", declared_type="image/png")
        document = store_document(company=books.company, actor=actor, received=received, now=clock.now())
    lines = (("6815", "5.00", "0"), ("1800", "0", "5.00"))
    [booking] = book_all(books, draft(*lines, day=clock.today().isoformat(), text="Quittung", document_id=document.id))
    page.goto(f"/admin/accounting/intent/{booking}/")

    events, picture = page.locator("[data-test=events]").bounding_box(), page.get_by_alt_text("quittung.png")
    before = picture.bounding_box()
    page.get_by_role("button", name="Größer").click()
    page.get_by_role("button", name="Größer").click()
    after = picture.bounding_box()

    assert None not in (events, before, after)
    assert before["x"] > events["x"] + events["width"]
    assert round(after["width"] / before["width"], 1) == 2.0
    expect(page.locator("[data-zoom-value]")).to_have_text("200 %")
    assert page_faults == []


@pytest.mark.parametrize("width", [1024, 1440])
def test_pages_of_the_books_scroll_inside_their_boxes_alone(page: Page, books: Books, page_faults: list[str], width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    addresses = [
        "event/",
        f"intent/{books.bookings['sale']}/?verify=1",
        f"account/{books.rows['account']}/",
        "account/tree/",
        "account/trial-balance/",
        "account/bank/",
        "openitem/receivables/?account=1200",
    ]

    too_wide = {}
    for address in addresses:
        page.goto(f"/admin/accounting/{address}")
        too_wide[address] = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")

    assert too_wide == dict.fromkeys(addresses, 0)
    assert page_faults == []
