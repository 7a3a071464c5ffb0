"""Two people in two browsers close a month: one asks for the lock, the other sees what has changed since and approves."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from accounting.posting import post
from accounting.services.documents import ReceivedFile, store_document
from ledgerlou import clock
from ledgerlou.companies.actor import person_actor
from ledgerlou.companies.context import company_transaction
from ledgerlou.companies.models.people import OutgoingMail
from periods.closing import approve_lock, cancel_lock_request, request_lock
from periods.models import Period
from tests.admin.books import PASSWORD, Books
from tests.admin.sample_pdf import one_page_pdf
from tests.conftest import draft

pytestmark = pytest.mark.browser

BOARD = "/admin/periods/period/"


@pytest.fixture
def desk(chromium: Browser, server_address: str, page_faults: list[str]) -> Iterator[Callable[..., Page]]:
    """A browser of one's own for each person, signed in, in their language."""
    contexts: list[BrowserContext] = []

    def sit_down(books: Books, role: str, language: str = "de") -> Page:
        person = books.people[role]
        person.language = language
        person.save(update_fields=["language"])
        locale = {"de": "de-DE", "en": "en-GB"}[language]
        context = chromium.new_context(base_url=server_address, locale=locale, viewport={"width": 1440, "height": 900})
        context.set_default_timeout(15_000)
        context.on("weberror", lambda fault: page_faults.append(str(fault.error)))
        context.on("console", lambda line: page_faults.append(line.text) if line.type == "error" else None)
        contexts.append(context)
        page = context.new_page()
        page.goto("/admin/")
        page.locator("input[type=email], input[name=username]").first.fill(person.email)
        page.locator("input[type=password]").fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page).to_have_url(f"{server_address}/admin/")
        page.wait_for_load_state()
        return page

    yield sit_down
    for context in contexts:
        context.close()


def closed_until(books: Books, month: int) -> None:
    """Lock the months before this one for good, January by the request that waits; in January that is withdrawn."""
    if month == 1:
        owner = _actor(books, "owner")
        with company_transaction(books.company.id, actor=owner):
            facts = {"period": books.month, "request_id": books.rows["lock_request"], "now": clock.now()}
            cancel_lock_request(company=books.company, actor=owner, **facts)
    for number in range(1, month):
        period = f"{books.month[:4]}-{number:02d}"
        request_id = books.rows["lock_request"]
        if number > 1:
            with company_transaction(books.company.id, actor=_actor(books, "owner")):
                request_id = request_lock(company=books.company, actor=_actor(books, "owner"), period=period, now=clock.now()).id
        with company_transaction(books.company.id, actor=_actor(books, "admin")):
            approve_lock(company=books.company, actor=_actor(books, "admin"), period=period, request_id=request_id, now=clock.now())


def _actor(books: Books, role: str) -> Any:
    person = books.people[role]
    return person_actor(person_id=person.id, label=person.name, role=role, channel="admin")


def upload(books: Books, name: str) -> None:
    with company_transaction(books.company.id, actor=_actor(books, "owner")):
        file = ReceivedFile(content=one_page_pdf(name), name=name, declared_type="application/pdf")
        store_document(company=books.company, actor=_actor(books, "owner"), received=file, now=clock.now())


def tab_to(page: Page, selector: str, *, most: int = 80) -> None:
    """Go on with the Tab key until the focus is there."""
    for _ in range(most):
        if page.evaluate("selector => document.activeElement?.matches(selector) ?? false", selector):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"{selector} is not reached with the Tab key")


def test_two_people_lock_the_month_at_hand(desk: Callable[..., Page], books: Books, page_faults: list[str]) -> None:
    """One works in German and with the keyboard alone, the other in English with the mouse."""
    today = clock.today()
    this_month = f"{today:%Y-%m}"
    closed_until(books, today.month)
    asker, approver = desk(books, "bookkeeper"), desk(books, "accountant", language="en")

    # asks: board, month, request, all by keyboard
    asker.goto(BOARD)
    tab_to(asker, ".pb-tile")
    for _ in range(today.month - 1):
        asker.keyboard.press("ArrowRight")
    expect(asker.locator(f"[data-period='{this_month}']")).to_be_focused()
    asker.keyboard.press("Enter")
    expect(asker.locator("[data-test=state]")).to_have_text(re.compile("offen"))
    asker.keyboard.press("f")
    expect(asker.get_by_role("group", name="Was geprüft wurde")).to_be_visible()
    tab_to(asker, "input[value=complete]")
    asker.keyboard.press("Space")
    tab_to(asker, "#id_note")
    asker.keyboard.type("Die Werft schickt ihre Rechnung erst im nächsten Monat.")
    asker.keyboard.press("Control+Enter")
    expect(asker.locator("[data-test=pending]")).to_contain_text("Ole Hansen hat am")
    expect(asker.locator("[data-test=pending]")).to_contain_text("Freigeben dürfen Inhaber, Administratoren und die Bilanzbuchhaltung.")

    # meanwhile something comes in
    upload(books, "Werft.pdf")

    # approves: sees what was checked and what has changed
    approver.goto(BOARD)
    tile = approver.locator(f"[data-period='{this_month}']")
    expect(tile).to_contain_text("lock asked for")
    expect(tile).to_have_attribute("aria-current", "date")
    approver.locator("[data-test=asked]").get_by_role("link", name="Check and approve").click()
    expect(approver.locator("[data-test=changed]")).to_contain_text("Something has changed since the request")
    documents = approver.locator("tr[data-point=documents]")
    expect(documents).to_have_class("changed")
    expect(documents.locator("td")).to_contain_text(["None.", "1"])
    expect(approver.get_by_text("Die Werft schickt ihre Rechnung erst im nächsten Monat.")).to_be_visible()
    hashes = approver.locator("[data-test=figures] tr:has-text('Closing hash') >> nth=-1").locator(".ll-code").all_inner_texts()
    approver.get_by_role("button", name="Lock for good").click()
    expect(approver.locator("[data-test=state]")).to_contain_text("locked for good")

    # both see the same seal
    asker.reload()
    expect(asker.locator("[data-test=state]")).to_contain_text("festgeschrieben")
    seals = {page.locator("[data-test=closing-hash]").inner_text() for page in (asker, approver)}
    with company_transaction(books.company.id, read_only=True):
        row = Period.objects.of(books.company).get(period=this_month)
    assert seals == {row.closing_hash} == set(hashes)
    assert (row.status, row.locked_by) == ("locked", "Miriam Kaya")
    addresses = {books.people[role].email for role in ("bookkeeper", "accountant")}
    told = [mail.recipient for mail in OutgoingMail.objects.filter(recipient__in=addresses) if row.closing_hash in mail.body]
    assert set(told) == addresses
    assert page_faults == []


def test_month_is_soft_locked_reopened_and_a_request_withdrawn(desk: Callable[..., Page], books: Books, page_faults: list[str]) -> None:
    page = desk(books, "owner")

    page.goto(f"{BOARD}{books.month}/")
    page.get_by_role("button", name="Vorläufig sperren").click()
    expect(page.get_by_role("button", name="Wieder öffnen")).to_be_visible()
    page.get_by_role("button", name="Antrag zurückziehen").click()
    expect(page.locator("[data-test=state]")).to_contain_text("vorläufig gesperrt")
    page.get_by_role("button", name="Wieder öffnen").click()

    expect(page.locator("[data-test=state]")).to_contain_text("offen")
    expect(page.locator("[data-test=steps] > li")).to_have_count(4)
    assert page_faults == []


def test_page_of_a_month_loads_old_open_items(desk: Callable[..., Page], books: Books, page_faults: list[str]) -> None:
    year = int(books.month[:4])
    with company_transaction(books.company.id, actor=_actor(books, "owner")):
        made = draft(("1200", "119.00", "0"), ("4400", "0", "119.00", "UST19"), day=f"{year - 1}-02-01")
        post(company=books.company, actor=_actor(books, "owner"), drafts=[made], now=clock.now())

    page = desk(books, "auditor", language="en")
    page.goto(f"{BOARD}{year - 1}-12/")

    expect(page.locator("[data-test=overdue] tbody tr")).to_have_count(1)
    expect(page.locator("[data-test=overdue]")).to_contain_text("119.00")
    assert page_faults == []


@pytest.mark.parametrize("width", [1024, 1440])
def test_pages_of_periods_scroll_in_their_boxes_only(desk: Callable[..., Page], books: Books, width: int) -> None:
    page = desk(books, "accountant")
    page.set_viewport_size({"width": width, "height": 800})

    wide = {}
    for address in ("", f"{books.month}/", f"{books.month}/request/", f"{books.month}/approve/{books.rows['lock_request']}/"):
        page.goto(f"{BOARD}{address}")
        wide[address] = page.evaluate("document.documentElement.scrollWidth")

    assert {address: size for address, size in wide.items() if size > width} == {}
