"""Pages on which lines are typed, as a person at a keyboard uses them."""

import json
from typing import Any

from playwright.sync_api import BrowserContext, Locator, Page, expect

from accounting.models.journal import Event, Intent
from ledgerlou.companies.context import company_transaction
from tests.admin.books import Books


def enter(browsing: BrowserContext, address: str, books: Books, *, language: str = "de", role: str = "bookkeeper") -> None:
    """Sign in without the sign-in page, which has tests of its own."""
    client = books.client(role, language=language)
    client.post("/admin/language/", {"language": language})
    browsing.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": address}])


def cell(page: Page, row: int, name: str) -> Locator:
    """A cell of the grid; rows count from one."""
    return page.locator(".bg-grid tbody tr").nth(row - 1).locator(f"[data-cell={name}]")


def account_name(page: Page, row: int) -> Locator:
    return page.locator(".bg-grid tbody tr").nth(row - 1).locator(".bg-name")


def type_account(page: Page, text: str, name: str) -> None:
    """Type into the account cell that has the focus, wait for the offer, take it with Enter."""
    page.keyboard.type(text)
    expect(page.locator(".bg-choices:not([hidden]) li[aria-selected=true]")).to_contain_text(name)
    page.keyboard.press("Enter")


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def paste(page: Page, text: str) -> None:
    """Ctrl+V into the cell that has the focus."""
    page.evaluate(
        """(text) => {
            const data = new DataTransfer();
            data.setData("text/plain", text);
            document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }""",
        text,
    )


def drop_file(page: Page, name: str, content: bytes, media_type: str) -> None:
    """Let a file fall on the page."""
    page.evaluate(
        """([name, bytes, type]) => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(bytes)], name, { type }));
            for (const kind of ["dragover", "drop"]) {
                document.body.dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
            }
        }""",
        [name, list(content), media_type],
    )


def newest(books: Books) -> Intent:
    with company_transaction(books.company.id, read_only=True):
        return Intent.objects.of(books.company).select_related("document").order_by("-id")[0]


def events_of(books: Books, intent: Intent) -> list[tuple[Any, ...]]:
    with company_transaction(books.company.id, read_only=True):
        rows = Event.objects.of(books.company).filter(intent=intent).order_by("position")
        return [(row.account_debit, row.account_credit, str(row.amount), row.tax_code) for row in rows]


def metadata(intent: Intent) -> Any:
    return json.loads(intent.custom_metadata or "{}")


def without_refusals(faults: list[str]) -> list[str]:
    """What the browser complained about, but for pages that were answered with a refusal on purpose."""
    return [fault for fault in faults if "the server responded with a status of 4" not in fault]


def is_as_wide_as_the_window(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))
