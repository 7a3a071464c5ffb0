"""Every address, for every role: who sees it, whose rows it shows, and with which headers it comes."""

import re

import pytest
from django.db import InternalError, connection
from django.test import Client
from django.urls import reverse

import ledgerlou.desk
from ledgerlou.admin.middleware import CONTENT_SECURITY_POLICY
from ledgerlou.companies.admin import keys
from ledgerlou.companies.models.people import Person
from ledgerlou.companies.services.keys import create_api_key
from tests.admin.books import Books, browser
from tests.admin.routes import EVERYBODY, INSIDE, ROUTES, WITH_IDS, Route, names_of_site
from tests.admin.states import state_of

each_inside = pytest.mark.parametrize("route", INSIDE, ids=lambda route: route.name)


def send(client: Client, method: str, address: str):
    return client.post(address, {}) if method == "POST" else client.get(address)


def test_every_address_is_listed() -> None:
    assert sorted(names_of_site()) == sorted(route.name for route in ROUTES)


@each_inside
def test_page_asks_a_stranger_to_sign_in(books: Books, route: Route) -> None:
    address = route.address(books)

    for method in route.methods:
        reply = send(browser(), method, address)

        assert (reply.status_code, reply.headers["Location"].partition("?")[0]) == (302, reverse("admin:login"))


@each_inside
def test_page_is_there_for_its_roles_alone(books: Books, route: Route) -> None:
    address = route.address(books)
    expected = {role: route.answers if role in route.roles else 403 for role in EVERYBODY}

    if "GET" in route.methods:
        assert {role: books.client(role).get(address).status_code for role in EVERYBODY} == expected


@each_inside
def test_button_is_refused_to_other_roles_and_changes_nothing(books: Books, route: Route) -> None:
    before = state_of(books)

    for role in EVERYBODY:
        if role not in route.roles:
            assert books.client(role).post(route.address(books), {}).status_code == 403

    assert state_of(books) == before


@pytest.mark.parametrize("route", WITH_IDS, ids=lambda route: route.name)
def test_rows_of_another_company_are_not_found(books: Books, other_books: Books, route: Route) -> None:
    before = state_of(books), state_of(other_books)
    address = route.address(books)

    for method in route.methods:
        reply = send(other_books.client("owner"), method, address)

        assert reply.status_code in (404, 302)  # a button without a form goes back with a message
        assert str(books.company.name) not in reply.content.decode()
    assert (state_of(books), state_of(other_books)) == before


@each_inside
def test_lists_show_nothing_of_another_company(books: Books, other_books: Books, route: Route) -> None:
    if route in WITH_IDS or "GET" not in route.methods:
        return
    page = other_books.client("owner").get(route.address(other_books), follow=True).content.decode()

    assert [str(value) for value in (*books.rows.values(), *books.bookings.values()) if str(value) in page] == []


@pytest.mark.parametrize("route", [route for route in ROUTES if "GET" in route.methods], ids=lambda route: route.name)
def test_page_runs_no_script_but_our_files(books: Books, route: Route) -> None:
    client = browser() if route.outside else books.client("owner")
    reply = client.get(route.address(books), follow=True)
    own_policy = route.name in ("accounting_document_content",)
    html = "" if reply.streaming or "html" not in reply.headers["Content-Type"] else reply.content.decode()

    if not own_policy:
        assert reply.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert reply.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert [tag for tag in re.findall(r"<script\b[^>]*>", html) if "src=" not in tag] == []
    assert re.findall(r"""\son[a-z]+\s*=\s*["']|javascript:""", html) == []
    assert re.findall(r"""(?:src|href|action)=["'](?:https?:|//)[^"']*""", html) == []


def test_document_cannot_act(books: Books) -> None:
    address = reverse("admin:accounting_document_content", args=[books.rows["document"]])
    shown, saved = books.client("auditor").get(address), books.client("auditor").get(f"{address}?download=1")

    assert shown.headers["Content-Security-Policy"].startswith("default-src 'none'; ")
    assert (shown.headers["Content-Type"], shown.headers["Content-Disposition"]) == ("application/pdf", 'inline; filename="RE-2207.pdf"')
    assert saved.headers["Content-Disposition"] == 'attachment; filename="RE-2207.pdf"'
    assert b"".join(shown.streaming_content).startswith(b"%PDF-1.4")
    b"".join(saved.streaming_content)


def test_unknown_address_is_a_page_in_the_persons_language(books: Books) -> None:
    reply = books.client("owner").get("/admin/nowhere/")

    assert reply.status_code == 404
    assert "Eine solche Seite gibt es in dieser Firma nicht." in reply.content.decode()


def test_api_pays_nothing_for_the_back_office(client: Client, books: Books) -> None:
    reply = client.get("/healthz")

    assert reply.cookies == {}
    assert "X-Frame-Options" not in reply.headers


def test_broken_button_keeps_nothing(own_books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    def make_and_break(**facts: object) -> None:
        create_api_key(**facts)
        raise RuntimeError("broken")

    monkeypatch.setattr(keys, "create_api_key", make_and_break)
    client = own_books.client("owner")
    client.raise_request_exception = False
    before = state_of(own_books)

    reply = client.post(reverse("admin:companies_apikey_new"), {"name": "Halb", "scopes": ["journal:read"]})

    assert reply.status_code == 500
    assert "Bei uns ist etwas schiefgegangen" in reply.content.decode()
    assert state_of(own_books) == before


def test_reading_a_page_cannot_write(own_books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(*arguments: object, **named: object) -> list[object]:
        return [own_books.people["owner"].save(update_fields=["language"])]

    monkeypatch.setattr(ledgerlou.desk, "latest_bookings", write)

    with pytest.raises(InternalError, match="read-only transaction"):
        own_books.client("owner").get("/admin/")


def test_busy_database_is_a_page_that_asks_to_try_again(own_books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    def wait(*arguments: object, **named: object) -> list[object]:
        with connection.cursor() as cursor:
            cursor.execute("DO $$ BEGIN RAISE lock_not_available; END $$")
        return []

    monkeypatch.setattr(ledgerlou.desk, "latest_bookings", wait)

    reply = own_books.client("owner").get("/admin/")

    assert reply.status_code == 409
    assert "Jemand anderes arbeitet gerade mit denselben Daten." in reply.content.decode()


def test_broken_page_keeps_nothing_of_what_it_wrote(own_books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    save = Person.save

    def save_and_break(person: Person, **more: object) -> None:
        save(person, **more)
        raise RuntimeError("broken")

    client = own_books.client("owner")
    client.raise_request_exception = False
    monkeypatch.setattr(Person, "save", save_and_break)

    reply = client.post("/admin/language/", {"language": "en"})

    own_books.people["owner"].refresh_from_db()
    assert (reply.status_code, own_books.people["owner"].language) == (500, "de")
