"""The back office by keyboard alone: search, palette, list of keys, ways to pages; focus that is seen and comes back."""

from typing import Any

import pytest
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page, expect

from tests.admin.books import Books
from tests.browser.test_accessibility import EVERYTHING, FAULTS, STILL, axe_script

pytestmark = pytest.mark.browser

JOURNAL, ACCOUNTS = "/admin/accounting/event/", "/admin/accounting/account/"


@pytest.fixture
def desk(browsing: BrowserContext, server_address: str, books: Books) -> Page:
    """The desk of a bookkeeper who has signed in."""
    return open_desk(browsing, server_address, books)


def open_desk(browsing: BrowserContext, server_address: str, books: Books, role: str = "bookkeeper") -> Page:
    cookie = books.client(role).cookies[settings.SESSION_COOKIE_NAME]
    browsing.add_cookies([{"name": cookie.key, "value": cookie.value, "url": server_address}])
    page = browsing.new_page()
    page.goto("/admin/")
    return page


def focused(page: Page) -> str:
    """The id of what has the focus, else its text."""
    said: str = page.evaluate("document.activeElement.id || document.activeElement.textContent.trim().replace(/\\s+/g, ' ')")
    return said


def options(page: Page) -> list[str]:
    return page.locator("#command-results .title, #command-results .what:not(:has(.title))").all_text_contents()


def test_slash_goes_to_the_search_of_the_page_and_types_in_a_field(desk: Page, page_faults: list[str]) -> None:
    desk.goto(ACCOUNTS)
    desk.keyboard.press("/")
    field = focused(desk)
    desk.keyboard.type("1/2?gj")

    assert field == "searchbar"
    expect(desk.locator("#searchbar")).to_have_value("1/2?gj")
    expect(desk.locator("dialog[open]")).to_have_count(0)
    assert page_faults == []


def test_slash_goes_to_the_search_of_the_journal(desk: Page) -> None:
    desk.goto(JOURNAL)
    desk.keyboard.press("/")
    desk.keyboard.type("lagerhalle")
    desk.keyboard.press("Enter")

    expect(desk.get_by_role("link", name="Miete Lagerhalle").first).to_be_visible()
    expect(desk.get_by_role("link", name="Druckerpatronen")).to_have_count(0)


def test_slash_opens_the_palette_where_the_page_has_no_search(desk: Page) -> None:
    desk.keyboard.press("/")

    expect(desk.locator("#ll-palette")).to_be_visible()
    assert focused(desk) == "search-input-command"


def test_question_mark_lists_the_keys_of_the_page_and_gives_the_focus_back(desk: Page) -> None:
    opener = desk.get_by_role("link", name="Zum Journal")
    opener.focus()
    desk.keyboard.press("?")
    listed = desk.locator("[data-keys-of-page] dl > div").all_text_contents()
    everywhere = desk.locator("#ll-keys dl > div").all_text_contents()
    desk.keyboard.press("g")  # a dialog lies over the page: no way to elsewhere
    desk.keyboard.press("Escape")

    assert listed == ["nNeue Buchung", "oEröffnungsbilanz", "iDATEV-Import"]
    assert [line for line in everywhere if line.startswith("g j")] == ["g jJournal"]
    expect(desk.locator("dialog[open]")).to_have_count(0)
    expect(opener).to_be_focused()


def test_key_of_the_page_opens_what_it_names(desk: Page) -> None:
    desk.keyboard.press("n")

    desk.wait_for_url(f"**{reverse('admin:accounting_intent_new')}")


@pytest.mark.parametrize(
    ("letter", "address"), [("j", JOURNAL), ("k", ACCOUNTS), ("p", "/admin/periods/period/"), ("m", "/admin/companies/membership/")]
)
def test_g_and_a_letter_go_to_a_page(desk: Page, letter: str, address: str) -> None:
    desk.keyboard.press("g")
    expect(desk.locator("html.ll-going .ll-menu kbd").first).to_be_visible()
    desk.keyboard.press(letter)

    desk.wait_for_url(f"**{address}")


def test_g_is_forgotten_after_another_key(desk: Page) -> None:
    desk.keyboard.press("g")
    desk.keyboard.press("q")
    desk.keyboard.press("j")
    expect(desk.locator("html.ll-going")).to_have_count(0)

    assert desk.url.endswith("/admin/")


def test_palette_opens_a_booking_by_its_amount_with_the_keyboard_alone(desk: Page, books: Books, page_faults: list[str]) -> None:
    desk.keyboard.press("Control+k")
    desk.keyboard.type("1.850,00")
    desk.keyboard.press("Enter")  # at once: the answer is waited for

    desk.wait_for_url(f"**{reverse('admin:accounting_intent_change', args=[books.bookings['rent']])}")
    assert page_faults == []


def test_palette_moves_its_mark_and_returns_the_focus(desk: Page) -> None:
    opener = desk.locator("[data-open=ll-palette]")
    opener.focus()
    desk.keyboard.press("Enter")
    expect(desk.locator("#command-results [role=option]").first).to_be_visible()
    offered = options(desk)
    marked = desk.locator("#command-results [aria-selected=true] .what")
    first = marked.text_content()
    desk.keyboard.press("ArrowDown")
    second = marked.text_content()
    desk.keyboard.press("ArrowUp")
    desk.keyboard.press("ArrowUp")
    last = marked.text_content()
    desk.keyboard.press("Escape")

    assert [text and text.strip() for text in (first, second, last)] == [offered[0], offered[1], offered[-1]]
    assert offered[:3] == ["Neue Buchung", "Eröffnungsbilanz", "DATEV-Import"]  # what the page itself offers comes first, and once
    assert offered.count("Neue Buchung") == 1
    expect(desk.locator("#ll-palette")).to_be_hidden()
    expect(opener).to_be_focused()


def test_palette_says_that_it_found_nothing(desk: Page) -> None:
    desk.keyboard.press("Control+k")
    desk.keyboard.type("gibt es nicht")

    expect(desk.locator("#command-results-note")).to_have_text("Nichts gefunden.")
    desk.keyboard.press("Enter")
    expect(desk.locator("#ll-palette")).to_be_visible()


def test_palette_runs_a_page_of_the_menu_by_its_name(desk: Page) -> None:
    desk.keyboard.press("Control+k")
    desk.keyboard.type("kontenplan")
    desk.keyboard.press("Enter")

    desk.wait_for_url(f"**{ACCOUNTS}")


@pytest.mark.parametrize("key", ["?", "Control+k"])
def test_dialogs_have_no_fault_that_axe_can_find(browsing: BrowserContext, desk: Page, books: Books, server_address: str, key: str) -> None:
    browser = browsing.browser
    assert browser is not None
    open_to_axe = browser.new_context(base_url=server_address, locale="de", bypass_csp=True)  # the policy of the page would refuse axe
    page = open_desk(open_to_axe, server_address, books)
    page.keyboard.press(key)
    expect(page.locator("dialog[open]")).to_be_visible()
    if key == "Control+k":
        page.keyboard.type("miete")
        expect(page.get_by_role("option", name="Miete Lagerhalle")).to_be_visible()
    page.add_style_tag(content=STILL)
    page.evaluate(axe_script())

    light = page.evaluate(FAULTS, EVERYTHING)
    page.evaluate("document.documentElement.classList.add('dark')")
    found: list[Any] = [*light, *page.evaluate(FAULTS, EVERYTHING)]
    open_to_axe.close()

    assert found == [], "\n".join(found)


def test_first_tab_leads_past_the_menu(desk: Page) -> None:
    desk.keyboard.press("Tab")
    skip = focused(desk)
    expect(desk.locator(".ll-skip")).to_be_in_viewport()
    desk.keyboard.press("Enter")
    desk.keyboard.press("Tab")

    assert skip == "Zum Inhalt"
    assert desk.evaluate("document.activeElement.closest('#content-area') !== null")


def test_focus_is_seen_on_everything_that_takes_it(desk: Page) -> None:
    unseen, steps = [], 0
    while steps < 80:
        desk.keyboard.press("Tab")
        steps += 1
        name, style = desk.evaluate(
            "[document.activeElement.outerHTML.slice(0, 120), getComputedStyle(document.activeElement).outlineStyle]"
        )
        if name.startswith("<body"):
            break
        if style == "none":
            unseen.append(name)

    assert unseen == []
    assert 20 < steps < 80  # all of the menu and the desk, and out again


def test_own_menu_opens_closes_and_returns_the_focus(desk: Page) -> None:
    opener = desk.locator("[data-test=own-menu-opener]")
    opener.focus()
    desk.keyboard.press("Enter")
    expect(desk.locator("[data-test=own-menu]")).to_be_visible()
    desk.get_by_role("button", name="Tasten").focus()
    desk.keyboard.press("Enter")
    expect(desk.locator("#ll-keys")).to_be_visible()
    desk.keyboard.press("Escape")
    expect(opener).to_be_focused()
    desk.keyboard.press("Enter")
    desk.keyboard.press("Escape")

    expect(desk.locator("[data-test=own-menu]")).to_be_hidden()
    expect(opener).to_be_focused()


def test_theme_changes_without_leaving_the_page_and_stays(desk: Page, books: Books, page_faults: list[str]) -> None:
    desk.goto(ACCOUNTS)
    desk.locator("#searchbar").fill("halb fertig")
    desk.locator("[data-test=own-menu-opener]").click()
    with desk.expect_response("**/admin/theme/"):
        desk.get_by_role("button", name="Dunkel").click()
    expect(desk.locator("html.dark")).to_have_count(1)
    expect(desk.locator("#searchbar")).to_have_value("halb fertig")

    source = desk.request.get(JOURNAL).text()
    desk.goto(JOURNAL)

    assert 'class="dark" data-theme="dark"' in source  # the first paint is right, before any script
    expect(desk.locator("html.dark")).to_have_count(1)
    assert page_faults == []


def test_theme_of_the_system_is_followed(browsing: BrowserContext, desk: Page) -> None:
    expect(desk.locator("html.dark")).to_have_count(0)

    desk.emulate_media(color_scheme="dark")

    expect(desk.locator("html.dark")).to_have_count(1)
