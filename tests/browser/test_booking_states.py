"""The booking page in the states that a walk over empty pages does not see: filled, faulty, with a twin, with choices open."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.admin.books import Books
from tests.browser.booking_pages import cell, enter, paste
from tests.browser.test_accessibility import COLOURS, EVERYTHING, FAULTS, STILL, axe_script

pytestmark = pytest.mark.browser
NEW = "/admin/accounting/intent/new/"


def violations(page: Page) -> list[str]:
    """What axe finds in light, then in dark colours."""
    page.add_style_tag(content=STILL)
    page.evaluate(axe_script())
    light = page.evaluate(FAULTS, EVERYTHING)
    page.evaluate("document.documentElement.classList.add('dark')")
    dark = page.evaluate(FAULTS, COLOURS)
    page.evaluate("document.documentElement.classList.remove('dark')")
    return [*light, *(f"dark: {fault}" for fault in dark)]


@pytest.mark.parametrize("language", ["de", "en"])
def test_no_state_of_the_page_has_a_fault_that_axe_can_find(chromium: Browser, server_address: str, books: Books, language: str) -> None:
    context = chromium.new_context(
        base_url=server_address, viewport={"width": 1440, "height": 900}, color_scheme="light", bypass_csp=True, reduced_motion="reduce"
    )
    enter(context, server_address, books, language=language)
    page = context.new_page()
    found: dict[str, list[str]] = {}

    page.goto(NEW)
    page.locator("[name=text]").fill("Miete Lagerhalle")
    cell(page, 1, "account").focus()
    paste(page, "6310\t1850\n1800\t-1850")
    expect(page.locator("[data-preview-place] [data-test=twins]")).to_be_visible()
    for details in page.locator("details").all():
        details.evaluate("one => { one.open = true; }")
    found["filled, with a twin"] = violations(page)
    cell(page, 3, "account").focus()
    page.keyboard.type("bank")
    expect(page.locator(".bg-choices:not([hidden])")).to_be_visible()
    found["choices"] = violations(page)
    page.keyboard.press("Escape")
    cell(page, 1, "account").fill("4711")
    cell(page, 3, "account").fill("")
    expect(page.locator(".bg-grid .bg-fault").first).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(page.locator("[aria-invalid=true]").first).to_be_focused()
    found["refused"] = violations(page)
    page.goto(f"{NEW}?document={books.rows['document']}")
    found["with a document"] = violations(page)
    context.close()

    assert {state: faults for state, faults in found.items() if faults} == {}
