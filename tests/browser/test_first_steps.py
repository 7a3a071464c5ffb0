"""A person's first visit in both languages, in light and dark: second factor set up and asked for, company switched, theme kept."""

import re
import time
from collections.abc import Iterator

import pytest
from django.conf import settings
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice
from playwright.sync_api import Browser, BrowserContext, Page, expect

from ledgerlou import clock
from ledgerlou.companies.actor import system_actor
from ledgerlou.companies.context import company_transaction
from ledgerlou.companies.models.people import Membership
from tests.admin.books import PASSWORD, open_books

pytestmark = pytest.mark.browser

WORDS = {
    "de": {"mail": "E-Mail-Adresse", "password": "Passwort", "enter": "Anmelden", "begin": "Einrichten", "on": "Einschalten", "digits": "Sechs Ziffern"},
    "en": {"mail": "E-mail address", "password": "Password", "enter": "Sign in", "begin": "Set up", "on": "Switch on", "digits": "Six digits"},
}  # fmt: skip
LOOKS = [("de", "light"), ("en", "dark")]


@pytest.fixture(params=LOOKS, ids=lambda look: "-".join(look))
def look(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Language and colours of the person's browser."""
    return request.param


@pytest.fixture
def visitor(chromium: Browser, server_address: str, look: tuple[str, str], page_faults: list[str]) -> Iterator[BrowserContext]:
    """A browser that was never here."""
    language, colours = look
    context = chromium.new_context(base_url=server_address, locale={"de": "de-DE", "en": "en-GB"}[language], color_scheme=colours)
    context.set_default_timeout(15_000)
    context.on("weberror", lambda fault: page_faults.append(str(fault.error)))
    context.on("console", lambda line: page_faults.append(line.text) if line.type == "error" else None)
    yield context
    context.close()


def sign_in(page: Page, email: str, words: dict[str, str]) -> None:
    page.goto("/admin/")
    page.get_by_label(words["mail"]).fill(email)
    page.get_by_label(words["password"]).fill(PASSWORD)
    page.get_by_role("button", name=words["enter"]).click()


def digits(device: TOTPDevice, *, later: int = 0) -> str:
    totp = TOTP(device.bin_key)
    totp.time = time.time() + 30 * later
    return f"{totp.token():06d}"


def test_first_sign_in_sets_up_the_second_factor_and_the_next_asks_for_it(
    visitor: BrowserContext, look: tuple[str, str], real_commits: None, monkeypatch: pytest.MonkeyPatch, page_faults: list[str]
) -> None:
    monkeypatch.setattr(settings, "REQUIRE_TWO_FACTOR", True)
    language, _ = look
    words, books = WORDS[language], open_books(language=language)
    person = books.people["accountant"]
    page = visitor.new_page()

    sign_in(page, person.email, words)
    page.get_by_role("button", name=words["begin"]).click()
    device = TOTPDevice.objects.get(user=person)
    expect(page.locator(".ll-qr svg")).to_be_visible()
    page.get_by_label(re.compile(words["digits"])).fill(digits(device))
    page.get_by_role("button", name=words["on"]).click()
    page.goto("/admin/")
    expect(page.locator("#nav-sidebar")).to_be_visible()

    visitor.clear_cookies()
    sign_in(page, person.email, words)
    field = page.get_by_label(re.compile(words["digits"]))
    expect(field).to_be_visible()
    assert page.goto("/admin/").url.startswith(page.url.split("/admin/")[0] + "/admin/login")  # nothing is seen before the digits
    page.get_by_label(re.compile(words["digits"])).fill(digits(device, later=1))
    page.keyboard.press("Enter")

    expect(page.locator("#nav-sidebar")).to_be_visible()
    assert page_faults == []


def test_company_is_switched_and_remembered(
    visitor: BrowserContext, look: tuple[str, str], real_commits: None, page_faults: list[str]
) -> None:
    language, _ = look
    words, books, others = WORDS[language], open_books(language=language), open_books("Fremde Werft UG", chart="skr03")
    person = books.people["accountant"]
    with company_transaction(others.company.id, actor=system_actor("Tests")):
        Membership.objects.create(company=others.company, person=person, role="bookkeeper", created_at=clock.now())
    page = visitor.new_page()
    sign_in(page, person.email, words)
    before = page.locator("[data-test=company-switch] b").inner_text()
    wanted = "Fremde Werft UG" if before != "Fremde Werft UG" else books.company.name

    page.locator("[data-test=company-switch]").click()
    page.locator("#ll-companies").get_by_text(wanted).click()
    expect(page.locator("[data-test=company-switch] b")).to_have_text(wanted)
    visitor.clear_cookies()
    sign_in(page, person.email, words)

    expect(page.locator("[data-test=company-switch] b")).to_have_text(wanted)
    assert page_faults == []


def test_colours_follow_the_browser_until_chosen(
    visitor: BrowserContext, look: tuple[str, str], real_commits: None, page_faults: list[str]
) -> None:
    language, colours = look
    books = open_books(language=language)
    page = visitor.new_page()
    sign_in(page, books.people["bookkeeper"].email, WORDS[language])
    expect(page.locator("#nav-sidebar")).to_be_visible()

    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    lightness = float(re.findall(r"[\d.]+", background)[0])

    is_light = lightness > (0.5 if background.startswith("oklch") else 128)
    assert is_light == (colours == "light"), background
    assert page_faults == []
