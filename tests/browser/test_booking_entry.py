"""Booking by hand in a real browser: by keyboard alone, pasted, against a twin, with a document, without a script, reversed, opened."""

from datetime import date

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from ledgerlou import clock
from tests.admin.books import Books
from tests.admin.sample_pdf import one_page_pdf
from tests.admin.test_amounts_input import READ
from tests.browser.booking_pages import (
    account_name,
    cell,
    drop_file,
    enter,
    events_of,
    is_as_wide_as_the_window,
    metadata,
    newest,
    paste,
    press,
    type_account,
    without_refusals,
)

pytestmark = pytest.mark.browser
NEW, OPENING = "/admin/accounting/intent/new/", "/admin/accounting/intent/opening/"
LANGUAGES = pytest.mark.parametrize("language", ["de", "en"])
SAID = {
    "de": {"booked": "Gebucht: Büro und Bücher, 172,50 Euro", "even": "ausgeglichen", "first": "119", "second": "53,50", "rest": "172,50"},
    "en": {"booked": "Booked: Büro und Bücher, 172.50 euros", "even": "balanced", "first": "119.00", "second": "53.50", "rest": "172.50"},
}


@pytest.fixture
def at_work(browsing: BrowserContext, server_address: str, books: Books, page: Page) -> Page:
    """A bookkeeper in front of an empty German form."""
    enter(browsing, server_address, books)
    page.goto(NEW)
    return page


@LANGUAGES
def test_two_tax_codes_are_booked_by_keyboard_alone(
    browsing: BrowserContext, server_address: str, books: Books, page: Page, page_faults: list[str], language: str
) -> None:
    enter(browsing, server_address, books, language=language)
    page.goto(NEW)
    said, day = SAID[language], "0211" if language == "de" else "1102"
    expect(page.locator("[name=date]")).to_be_focused()

    press(page, "Control+a")
    page.keyboard.type(day)
    press(page, "Enter", "Enter", "Enter", "Enter")  # period, reference, text, first line
    page.keyboard.type("bürob")
    press(page, "Enter")  # before the offer has come
    expect(cell(page, 1, "debit")).to_be_focused()
    page.keyboard.type(said["first"])
    press(page, "Enter")
    page.keyboard.type("vst19")
    press(page, "Enter")
    page.keyboard.type("6820")
    press(page, "Enter", "Shift+Tab")  # the proposal waits on the credit side; this is a second debit line
    page.keyboard.type(said["second"])
    press(page, "Enter")
    page.keyboard.type("vst7")
    press(page, "Enter")
    type_account(page, "1800", "Bank")
    expect(cell(page, 3, "credit")).to_have_value(said["rest"])
    expect(page.locator("[data-balance]")).to_have_text(said["even"])
    expect(page.locator("[data-test=preview-events] tbody tr")).to_have_count(4)
    expect(cell(page, 3, "credit")).to_be_focused()
    press(page, "Enter", "Enter", "Enter")  # tax code, next line, which is empty: on to the text
    expect(page.locator("[name=text]")).to_be_focused()
    page.keyboard.type("Büro und Bücher")
    press(page, "Control+Enter")

    expect(page.get_by_text(said["booked"])).to_be_visible()
    expect(cell(page, 1, "account")).to_be_focused()
    expect(page.locator("[name=date]")).to_have_value("02.11.2026" if language == "de" else "2026-11-02")
    booked = newest(books)
    assert (booked.description, booked.booking_date, booked.channel) == ("Büro und Bücher", date(2026, 11, 2), "admin")
    assert events_of(books, booked) == [
        ("6815", "1800", "100.00", "VST19"),
        ("1406", "1800", "19.00", "VST19"),
        ("6820", "1800", "50.00", "VST7"),
        ("1401", "1800", "3.50", "VST7"),
    ]
    assert page_faults == []


def test_proposed_amount_gives_way_to_what_is_typed(at_work: Page) -> None:
    cell(at_work, 1, "account").focus()
    type_account(at_work, "4400", "Umsatzerlöse 19 %")
    expect(cell(at_work, 1, "tax_code")).to_have_value("UST19")
    cell(at_work, 1, "credit").fill("119")
    cell(at_work, 2, "account").focus()
    type_account(at_work, "1800", "Bank")
    expect(cell(at_work, 2, "debit")).to_have_value("119,00")

    cell(at_work, 2, "credit").fill("5")

    expect(cell(at_work, 2, "debit")).to_have_value("")
    expect(at_work.locator("[data-balance]")).to_have_text("Differenz 124,00")


@pytest.mark.parametrize(
    "table",
    [
        "Konto\tSoll\tHaben\tSteuer\tText\r\n6815\t1.190,00\t\tVST19\tToner\r\n1800\t\t1.190,00\t\tToner\r\n",
        "Account\tName\tDebit\tCredit\tTax\tText\n6815\tOffice\t1,190.00\t\tVST19\tToner\n1800\tBank\t\t1,190.00\n",
        "6815\t1190,00\t\tVST19\tToner\n1800\t-1190,00",
        '"6815 Bürobedarf"\t"1,190.00"\t\tVST19\tToner\n1800\t(1,190.00)\n',
        "6815;1.190,00;;VST19;Toner\n1800;;1.190,00;;\n",
    ],
    ids=["German", "English with names", "signed", "brackets", "semicolons"],
)
def test_pasted_rows_are_booked(at_work: Page, books: Books, page_faults: list[str], table: str) -> None:
    cell(at_work, 1, "account").focus()
    paste(at_work, table)

    expect(account_name(at_work, 1)).to_have_text("Bürobedarf")
    expect(cell(at_work, 1, "debit")).to_have_value("1.190,00")
    expect(cell(at_work, 2, "credit")).to_have_value("1.190,00")
    expect(at_work.locator("[name=text]")).to_have_value("Toner")
    expect(at_work.locator("[data-test=preview-events] tbody tr")).to_have_count(2)
    press(at_work, "F9")

    expect(at_work.get_by_text("Gebucht: Toner, 1.190,00 Euro")).to_be_visible()
    assert events_of(books, newest(books)) == [("6815", "1800", "1000.00", "VST19"), ("1406", "1800", "190.00", "VST19")]
    assert page_faults == []


def test_faults_stand_at_their_cells_while_typing_and_after(at_work: Page, books: Books, page_faults: list[str]) -> None:
    before = newest(books).id
    cell(at_work, 1, "account").fill("4711")
    cell(at_work, 1, "debit").fill("10")
    cell(at_work, 2, "account").fill("1800")
    cell(at_work, 2, "credit").fill("10")
    cell(at_work, 2, "tax_code").fill("ABC")

    expect(at_work.locator(".bg-grid tbody tr").nth(0)).to_contain_text("Konto 4711 fehlt im Kontenplan.")
    expect(at_work.locator(".bg-grid tbody tr").nth(1)).to_contain_text("'ABC' gibt es nicht.")
    at_work.locator("[name=text]").fill("Falsch")
    press(at_work, "Control+Enter")

    expect(cell(at_work, 1, "account")).to_be_focused()
    expect(cell(at_work, 1, "account")).to_have_attribute("aria-invalid", "true")
    expect(cell(at_work, 1, "debit")).to_have_value("10")
    assert newest(books).id == before
    assert without_refusals(page_faults) == []


def test_twin_is_shown_and_booked_all_the_same_with_a_reason(at_work: Page, books: Books, page_faults: list[str]) -> None:
    rent = books.bookings["rent"]
    at_work.locator("[name=text]").fill("Miete Lagerhalle")
    cell(at_work, 1, "account").focus()
    paste(at_work, "6310\t1850\n1800\t-1850")

    expect(at_work.locator("[data-preview-place] [data-test=twins] a")).to_have_attribute("href", f"/admin/accounting/intent/{rent}/")
    press(at_work, "Control+Enter")
    expect(at_work.get_by_text("Bitte begründen, warum es nicht dieselbe Buchung noch einmal ist.")).to_be_visible()
    expect(at_work.locator("[name=reason]")).to_be_focused()
    at_work.keyboard.type("zweite Halle")
    press(at_work, "Control+Enter")

    expect(at_work.get_by_text("Gebucht: Miete Lagerhalle")).to_be_visible()
    assert metadata(newest(books)) == {"duplicate_reason": "zweite Halle"}
    assert newest(books).id != rent
    assert without_refusals(page_faults) == []


def test_document_dropped_on_the_page_is_booked(at_work: Page, books: Books, page_faults: list[str]) -> None:
    drop_file(at_work, "Quittung Ä.pdf", one_page_pdf("Quittung"), "application/pdf")
    expect(at_work.locator("[data-file-note]")).to_have_text("Quittung Ä.pdf, 1 KB")
    at_work.locator("[name=text]").fill("Mit Beleg")
    cell(at_work, 1, "account").focus()
    paste(at_work, "6815\t20\n1800\t-20")
    press(at_work, "Control+Enter")

    expect(at_work.get_by_text("Gebucht: Mit Beleg")).to_be_visible()
    document = newest(books).document
    assert document is not None
    assert (document.original_name, document.uploaded_by) == ("Quittung Ä.pdf", "Ole Hansen")
    assert page_faults == []


def test_recurring_booking_is_kept_and_filled_in(at_work: Page, books: Books, page_faults: list[str]) -> None:
    at_work.locator("[name=text]").fill("Strom Abschlag")
    cell(at_work, 1, "account").focus()
    paste(at_work, "6325\t119\t\tVST19\n1800\t-119")
    at_work.get_by_text("Als wiederkehrende Buchung merken").click()
    at_work.get_by_label("Name der wiederkehrenden Buchung").fill("Strom")
    at_work.get_by_role("button", name="Merken", exact=True).click()
    expect(at_work.get_by_text("Als wiederkehrende Buchung Strom gemerkt.")).to_be_visible()
    at_work.goto("/admin/accounting/bookingtemplate/")
    at_work.get_by_role("row", name="Strom").get_by_role("link", name="Buchen").click()

    expect(at_work.locator("[name=text]")).to_have_value("Strom Abschlag")
    expect(at_work.locator("[name=date]")).to_have_value(f"{clock.today():%d.%m.%Y}")
    expect(at_work.locator("[data-test=preview-events] tbody tr")).to_have_count(2)
    press(at_work, "Control+Enter")
    expect(at_work.get_by_text("Gebucht: Strom Abschlag, 119,00 Euro")).to_be_visible()
    assert page_faults == []


def test_rate_of_the_journal_is_proposed(at_work: Page, books: Books, page_faults: list[str]) -> None:
    for text, rate in (("Erste", "1,25"), ("Zweite", "")):
        at_work.get_by_text("Fremdwährung", exact=True).click()
        at_work.get_by_label("Währung").fill("usd")
        at_work.get_by_label("Währung").press("Enter")
        if rate:
            at_work.locator("[name=fx_rate]").fill(rate)
        else:
            expect(at_work.locator("[data-fx-note]")).to_contain_text("Neuester Kurs im Journal, vom")
        at_work.get_by_label("Fremdbetrag").fill("1.250,00")
        expect(at_work.locator("[data-fx-note]")).to_contain_text("= 1.000,00 €")
        at_work.locator("[name=text]").fill(text)
        cell(at_work, 1, "account").focus()
        paste(at_work, "6815\t1000\n1800\t-1000")
        press(at_work, "Control+Enter")
        expect(at_work.get_by_text(f"Gebucht: {text}")).to_be_visible()

    booked = newest(books)
    assert (booked.fx_currency, str(booked.fx_amount), str(booked.fx_rate)) == ("USD", "1250.0000", "1.25000000")
    assert page_faults == []


def test_reversal_shows_the_counter_booking_first(at_work: Page, books: Books, page_faults: list[str]) -> None:
    at_work.goto(f"/admin/accounting/intent/{books.bookings['rent']}/reverse/")
    preview = at_work.locator("#reversal-preview")
    expect(preview.locator("[data-test=preview-events]")).to_contain_text("1800")
    expect(preview).to_contain_text("1.850,00")

    at_work.get_by_label("Generalumkehr").check()
    expect(preview).to_contain_text("-1.850,00")
    at_work.get_by_label("Grund").fill("doppelt")
    at_work.get_by_label("Datum der ursprünglichen Buchung").check()
    at_work.get_by_role("button", name="Stornieren").click()

    expect(at_work.get_by_text("Die Buchung ist storniert.")).to_be_visible()
    assert (newest(books).reverses_id, newest(books).description) == (books.bookings["rent"], "Storno: Miete Lagerhalle (doppelt)")
    assert page_faults == []


@LANGUAGES
def test_opening_balances_are_pasted_and_posted(
    browsing: BrowserContext, server_address: str, books: Books, page: Page, page_faults: list[str], language: str
) -> None:
    enter(browsing, server_address, books, language=language)
    page.goto(OPENING)
    page.locator("[name=date]").fill("2025-01-01")
    cell(page, 1, "account").focus()
    paste(page, "Konto\tBezeichnung\tSaldo\n1800\tBank\t12.345,67\n1200\tForderungen\t5.000,00\n2900\tKapital\t-17.345,66\n")
    expect(page.locator("[data-test=opening-totals]")).to_contain_text("0,01" if language == "de" else "0.01")
    expect(account_name(page, 3)).to_have_text("Gezeichnetes Kapital")
    cell(page, 3, "credit").fill("17345,67")
    expect(page.locator("[data-test=opening-totals] .good")).to_be_visible()
    press(page, "Control+Enter")

    expect(
        page.get_by_text("Die Eröffnungswerte sind gebucht." if language == "de" else "The opening balances are posted.")
    ).to_be_visible()
    assert events_of(books, newest(books)) == [
        ("1800", "9000", "12345.67", None),
        ("1200", "9000", "5000.00", None),
        ("9000", "2900", "17345.67", None),
    ]
    assert page_faults == []


def test_form_posts_without_any_script(chromium: Browser, server_address: str, books: Books) -> None:
    context = chromium.new_context(base_url=server_address, java_script_enabled=False)
    enter(context, server_address, books)
    page = context.new_page()
    page.goto(NEW)

    page.locator("[name=text]").fill("Ohne Skript")
    for row, name, text in (
        (1, "account", "6815"),
        (1, "debit", "23,80"),
        (1, "tax_code", "VST19"),
        (3, "account", "1800"),
        (3, "credit", "23,80"),
    ):
        cell(page, row, name).fill(text)
    page.locator("[data-book]").click()

    expect(page.get_by_text("Gebucht: Ohne Skript, 23,80 Euro")).to_be_visible()
    assert events_of(books, newest(books)) == [("6815", "1800", "20.00", "VST19"), ("1406", "1800", "3.80", "VST19")]
    context.close()


def test_page_reads_amounts_and_days_as_the_server_does(at_work: Page) -> None:
    script = """async ([table, days]) => {
        const { parseCents } = await import("/static/ledgerlou/booking_amounts.js");
        const { readDay, writeDay } = await import("/static/ledgerlou/booking_days.js");
        const day = (text, language) => { const read = readDay(text, language, "2025-06-01"); return read && writeDay(read, "en"); };
        return [table.map((text) => ["de", "en"].map((language) => parseCents(text, language))),
                days.map((text) => ["de", "en"].map((language) => day(text, language)))];
    }"""
    days = {
        "0311": ["2025-11-03", "2025-03-11"],
        "3.11.": ["2025-11-03"] * 2,
        "29.2.2026": [None] * 2,
        "261103": ["2003-11-26", "2026-11-03"],
    }

    amounts, read = at_work.evaluate(script, [[text for text, _german, _english in READ], list(days)])

    as_cents = [[None if text is None else round(float(text) * 100) for text in texts] for _text, *texts in READ]
    assert amounts == as_cents
    assert read == list(days.values())


def test_pages_fit_a_small_window(at_work: Page, books: Books) -> None:
    at_work.set_viewport_size({"width": 1024, "height": 700})
    wide = [
        address for address in (NEW, OPENING, f"/admin/accounting/intent/{books.bookings['rent']}/reverse/") if not _fits(at_work, address)
    ]

    assert wide == []


def _fits(page: Page, address: str) -> bool:
    page.goto(address)
    return is_as_wide_as_the_window(page)
