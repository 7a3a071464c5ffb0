"""Every page against WCAG 2.2 AA with axe-core: German and English, light and dark."""

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, Page
from playwright.sync_api import Error as BrowserError

from tests.admin.books import Books, open_books
from tests.admin.routes import ROUTES, Route

pytestmark = pytest.mark.browser

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
EVERYTHING = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}, "resultTypes": ["violations"]}
# Parts of a page and answers for programs; what the palette shows is looked at in test_keys.
NO_PAGES = ("search", "jsi18n", "accounting_document_content")
PAGES = [route for route in ROUTES if "GET" in route.methods and route.name not in NO_PAGES]
STILL = "*, *::before, *::after { transition: none !important; animation: none !important; }"
FAULTS = """async (options) => (await axe.run(document, options)).violations.flatMap(
    ({id, help, nodes}) => nodes.map((node) => `${id}: ${help} -- ${node.target.join(" ")} -- ${node.html.slice(0, 160)}`))"""

# What takes a click without being a link, a button or a field cannot be reached by keyboard, and axe does not see it. Shades behind an
# open menu are hidden from readers; Escape does what a click on them does.
MOUSE_ONLY = """() => [...document.querySelectorAll("*")]
    .filter((element) => ["x-on:click", "@click", "onclick"].some((name) => element.hasAttribute(name)))
    .filter((element) => !element.matches("button, a[href], input, select, textarea, label, summary, [aria-hidden=true]"))
    .map((element) => `mouse-only: ${element.outerHTML.slice(0, 160)}`)"""


@dataclass(frozen=True, kw_only=True)
class Walk:
    """One language: a browser in which the owner has signed in, and one in which nobody has."""

    inside: Page
    outside: Page
    books: Books

    def faults(self, route: Route) -> list[str]:
        """What axe finds on a page, in light and in dark; nothing for an address that answers with a file, facts or a part of a page."""
        page = self.outside if route.outside else self.inside
        try:
            answer = page.goto(route.address(self.books), wait_until="load")
        except BrowserError as refused:
            if "Download is starting" in str(refused) or "ERR_ABORTED" in str(refused):
                return []
            raise
        if (
            answer is None
            or not answer.headers.get("content-type", "").startswith("text/html")
            or not answer.text().lstrip().startswith("<!DOCTYPE")
        ):
            return []
        page.add_style_tag(content=STILL)
        page.evaluate(axe_script())
        light = [*page.evaluate(FAULTS, EVERYTHING), *page.evaluate(MOUSE_ONLY)]
        page.evaluate("document.documentElement.classList.add('dark')")
        dark = page.evaluate(FAULTS, COLOURS)
        return [f"{route.name}: {fault}" for fault in light] + [f"{route.name} (dark): {fault}" for fault in dark]


@lru_cache(maxsize=1)
def axe_script() -> str:
    """axe-core as its package ships it."""
    package = importlib.util.find_spec("axe_playwright_python")
    assert package is not None
    assert package.origin is not None
    return (Path(package.origin).parent / "axe.min.js").read_text()


@pytest.fixture(scope="session")
def walked_books(django_db_setup: None, django_db_blocker: Any) -> Books:
    """One company for all pages: looking changes nothing."""
    with django_db_blocker.unblock():
        return open_books()


@pytest.fixture(params=["de", "en"])
def walk(request: pytest.FixtureRequest, chromium: Browser, server_address: str, walked_books: Books, real_commits: None) -> Iterator[Walk]:
    language = request.param
    client = walked_books.client("owner")
    client.post("/admin/language/", {"language": language})
    contexts = [_context(chromium, server_address, language) for _ in range(2)]
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    contexts[0].add_cookies([{"name": cookie.key, "value": cookie.value, "url": server_address}])
    yield Walk(inside=contexts[0].new_page(), outside=contexts[1].new_page(), books=walked_books)
    for context in contexts:
        context.close()


def _context(chromium: Browser, server_address: str, language: str) -> BrowserContext:
    # scripts of the test are no scripts of the page: the policy of the page would refuse axe
    context = chromium.new_context(
        base_url=server_address,
        locale=language,
        viewport={"width": 1440, "height": 900},
        color_scheme="light",
        reduced_motion="reduce",
        bypass_csp=True,
    )
    context.set_default_timeout(15_000)
    return context


def test_no_page_has_a_fault_that_axe_can_find(walk: Walk) -> None:
    found = [fault for route in PAGES for fault in walk.faults(route)]

    assert found == [], "\n".join(found)


def test_axe_sees_faults_in_both_colours(walk: Walk) -> None:
    page = walk.outside
    page.goto("/admin/login/")
    page.evaluate("document.querySelector('#content-area').innerHTML = '<input><p class=pale>pale</p>'")
    page.add_style_tag(content=".pale { background: #fff; color: #777; } .dark .pale { background: #000; color: #444; }")
    page.evaluate(axe_script())

    light = page.evaluate(FAULTS, EVERYTHING)
    page.evaluate("document.documentElement.classList.add('dark')")
    dark = page.evaluate(FAULTS, COLOURS)

    assert [[fault.partition(":")[0] for fault in found] for found in (light, dark)] == [["color-contrast", "label"], ["color-contrast"]]
