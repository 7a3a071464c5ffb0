"""A bookkeeper's first minutes: sign in, find a booking, read it."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from ledgerlou import clock
from ledgerlou.companies.services.passwords import issue_password_token
from tests.admin.books import PASSWORD, Books

pytestmark = pytest.mark.browser


def sign_in(page: Page, books: Books, role: str = "bookkeeper") -> None:
    page.goto("/admin/")
    page.get_by_label("E-Mail-Adresse").fill(books.people[role].email)
    page.get_by_label("Passwort").fill(PASSWORD)
    page.get_by_role("button", name="Anmelden").click()


def test_bookkeeper_signs_in_and_finds_a_booking(page: Page, books: Books, page_faults: list[str]) -> None:
    sign_in(page, books)
    page.locator("#nav-sidebar").get_by_role("link", name="Journal", exact=True).click()
    page.get_by_placeholder("Text, Belegnummer, Konto, Nummer oder Betrag").fill("lagerhalle")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Miete Lagerhalle").click()

    events = page.locator("[data-test=events] tbody tr")
    expect(events).to_have_count(1)
    expect(events).to_contain_text("1.850,00")
    page.locator("[data-test=verify]").click()
    expect(page.get_by_text("Alle Zeilen sind unversehrt")).to_be_visible()
    assert page_faults == []


def test_invited_person_sets_a_password_with_the_mailed_link(page: Page, books: Books, page_faults: list[str]) -> None:
    token = issue_password_token(person=books.people["auditor"], valid_for=timedelta(hours=1), now=clock.now())

    page.goto(f"/admin/set-password/#{token}")
    page.get_by_label("Neues Passwort").fill("Vier Wörter und 7")
    page.get_by_label("Noch einmal").fill("Vier Wörter und 7")
    address = page.url
    page.get_by_role("button", name="Passwort festlegen").click()

    expect(page.get_by_text("Das Passwort ist festgelegt.")).to_be_visible()
    assert address.endswith("/admin/set-password/")  # the token has left the address line
    assert page_faults == []


def test_search_from_everywhere_finds_an_account(page: Page, books: Books, page_faults: list[str]) -> None:
    sign_in(page, books)
    page.wait_for_url("**/admin/")

    page.keyboard.press("Control+k")
    page.locator("#search-input-command").press_sequentially("bürobedarf")
    page.locator("#command-results").get_by_text("6815 Bürobedarf").click()

    expect(page.get_by_role("heading", name="Kontoblatt")).to_be_visible()
    assert page_faults == []
