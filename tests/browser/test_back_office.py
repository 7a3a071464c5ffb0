"""A bookkeeper's first minutes: sign in, find a booking, read it."""

import pytest
from playwright.sync_api import Page, expect

from tests.admin.books import PASSWORD, Books

pytestmark = pytest.mark.browser


def sign_in(page: Page, books: Books, role: str = "bookkeeper") -> None:
    page.goto("/admin/")
    page.get_by_label("E-Mail-Adresse").fill(books.people[role].email)
    page.get_by_label("Passwort").fill(PASSWORD)
    page.get_by_role("button", name="Anmelden").click()


def test_bookkeeper_signs_in_and_finds_a_booking(page: Page, books: Books, page_faults: list[str]) -> None:
    sign_in(page, books)
    page.locator("#nav-sidebar").get_by_text("Journal", exact=True).click()
    page.get_by_placeholder("Text, Beleg, Konto oder Journalnummer").fill("lagerhalle")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Miete Lagerhalle").click()

    events = page.locator("[data-test=events] tbody tr")
    expect(events).to_have_count(1)
    expect(events).to_contain_text("1.850,00")
    page.locator("[data-test=verify]").click()
    expect(page.get_by_text("unversehrt")).to_be_visible()
    assert page_faults == []
