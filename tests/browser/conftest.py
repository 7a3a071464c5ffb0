"""A real browser against a real server in this process: Playwright drives the system's Chromium on books of their own."""

import os
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from django.conf import settings
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from django.db import connections
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.admin.books import Books, open_books

CHROMIUM = Path(os.environ.get("LEDGERLOU_CHROMIUM", "/usr/bin/chromium"))
INSTALL_SCRIPT = ".ci/system_packages"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


class _QuietHandler(WSGIRequestHandler):
    """The server's requests are not what a test prints."""

    def log_message(self, format: str, *args: object) -> None:
        return


class _Server(ThreadedWSGIServer):
    """A thread for each request, its database connections closed at its end; nothing keeps the process alive."""

    daemon_threads = True

    def close_request(self, request: object) -> None:
        connections.close_all()
        super().close_request(request)


@pytest.fixture(scope="session")
def server_address(django_db_setup: None, django_db_blocker: object) -> Iterator[str]:
    """A server on a free port of this machine."""
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    with django_db_blocker.unblock():
        server = _Server(("127.0.0.1", 0), _QuietHandler)
        server.set_app(get_wsgi_application())
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The system's Chromium. Without it the test fails: a skipped browser test would look like a passed one."""
    if not CHROMIUM.exists():
        pytest.fail(f"{CHROMIUM} is missing. `make test` installs it where it may; otherwise run {INSTALL_SCRIPT} as root.")
    # Playwright's loop runs in this thread, and Django takes that for asynchronous code; nothing here is.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(autouse=True)
def many_sign_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    """All these people sign in from one address; the limit on that has tests of its own."""
    monkeypatch.setattr(settings, "LOGINS_PER_MINUTE", 1000)


@pytest.fixture
def page_faults() -> list[str]:
    """What the browser complained about: script errors, refused content, requests to other hosts."""
    return []


@pytest.fixture
def browsing(chromium: Browser, server_address: str, page_faults: list[str]) -> Iterator[BrowserContext]:
    """A fresh browser profile that writes down every complaint."""
    context = chromium.new_context(base_url=server_address, locale="de-DE", viewport={"width": 1440, "height": 900})
    context.set_default_timeout(15_000)
    context.on("weberror", lambda fault: page_faults.append(str(fault.error)))
    context.on("console", lambda line: page_faults.append(line.text) if line.type == "error" else None)
    own = (server_address, "data:", "blob:", "chrome:", "chrome-extension:")  # the last two: Chromium's PDF viewer
    context.on("request", lambda sent: None if sent.url.startswith(own) else page_faults.append(sent.url))
    yield context
    context.close()


@pytest.fixture
def page(browsing: BrowserContext) -> Page:
    """A tab."""
    return browsing.new_page()


@pytest.fixture
def books(real_commits: None) -> Books:
    """A fresh company with a few bookings."""
    return open_books()
