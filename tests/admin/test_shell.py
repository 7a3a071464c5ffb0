"""The house around the pages: menu by role, what waits, what a person finds again, the label of the environment, the palette."""

import re
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounting.models.document import Document
from accounting.posting import post
from accounting.services.documents import ReceivedFile, store_document
from ledgerlou import clock
from ledgerlou.admin.waiting import MOST
from ledgerlou.companies.actor import person_actor
from ledgerlou.companies.context import company_transaction
from ledgerlou.companies.models.history import AuditEntry
from ledgerlou.companies.models.people import Membership, OutgoingMail, Person
from ledgerlou.companies.models.verification import VerificationRun
from ledgerlou.companies.services.delivery import MAX_ATTEMPTS
from tests.admin.books import Books, browser, open_books
from tests.admin.sample_pdf import one_page_pdf
from tests.conftest import draft

PERIODS, DOCUMENTS, PEOPLE = ("/admin/periods/period/", "/admin/accounting/document/", "/admin/companies/membership/")


def actor_of(books: Books, role: str) -> Any:
    person = books.people[role]
    return person_actor(person_id=person.id, label=person.name, role=role, channel="admin")


def keep_documents(books: Books, count: int) -> None:
    actor = actor_of(books, "bookkeeper")
    with company_transaction(books.company.id, actor=actor):
        for _number in range(count):
            name = f"{uuid4().hex[:8]}.pdf"
            received = ReceivedFile(content=one_page_pdf(name), name=name, declared_type="application/pdf")
            store_document(company=books.company, actor=actor, received=received, now=clock.now())


def fail_mail(books: Books, *, role: str = "bookkeeper", attempts: int = 2) -> None:
    OutgoingMail.objects.create(
        recipient=books.people[role].email, subject="Einladung", body="x", created_at=clock.now(), attempts=attempts, last_error="refused"
    )


def menu_on(page: str) -> dict[str, tuple[str, str]]:
    """Addresses of the menu with the name and the badge of each entry."""
    menu = page.partition('<div class="ll-menu">')[2].partition("navigation_user")[0].partition('data-test="own-menu"')[0]
    found = {}
    for address, body in re.findall(r'<a href="([^"]+)" data-go="\w".*?>(.*?)</a>', menu, flags=re.DOTALL):
        name = re.search(r'class="name">([^<]*)<', body)
        badge = re.search(r'class="ll-badge[^>]*>(\d+\+?)<', body)
        assert name is not None
        found[address] = (unescape(name[1]), badge[1] if badge else "")
    return found


def badges(client: Client) -> dict[str, str]:
    page = client.get("/admin/").content.decode()
    return {address: badge for address, (_name, badge) in menu_on(page).items() if badge}


def waiting_on_desk(client: Client) -> list[tuple[str, int]]:
    return [(waiting.title, waiting.count) for waiting in client.get("/admin/").context["waiting"]]


# --- the menu -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["owner", "admin", "accountant", "bookkeeper", "auditor"])
def test_menu_shows_each_role_the_pages_it_may_open(books: Books, role: str) -> None:
    client = books.client(role)
    menu = menu_on(client.get("/admin/").content.decode())
    writing = {reverse("admin:accounting_intent_new"), reverse("admin:accounting_intent_opening")}

    answers = {address: client.get(address, follow=True).status_code for address in menu}

    assert answers == dict.fromkeys(menu, 200)
    assert writing & set(menu) == (set() if role == "auditor" else writing)
    assert len(menu) == sum(len(group["entries"]) for group in settings.MENU) - len(writing - set(menu))


def test_menu_goes_by_work_in_the_language_of_the_person(books: Books) -> None:
    page = books.client("auditor").get("/admin/").content.decode()

    headings = re.findall(r"<h2>([^<]+)</h2>", page.partition('<div class="ll-menu">')[2].partition("</nav>")[0])
    names = [name for name, _badge in menu_on(page).values()]
    assert headings == ["Journal", "Auswertungen", "Einstellungen"]
    assert names[0] == "Übersicht"
    assert [name for name in names if name in ("Bank", "Kreditoren", "Debitoren", "Perioden")] == [
        "Bank",
        "Kreditoren",
        "Debitoren",
        "Perioden",
    ]


def test_keys_of_the_menu_are_different() -> None:
    keys = [entry["key"] for group in settings.MENU for entry in group["entries"]]

    assert sorted(keys) == sorted(set(keys))


@pytest.mark.parametrize(
    ("name", "kind", "entry"),
    [
        ("accounting_event_changelist", "", "accounting_event_changelist"),
        ("accounting_intent_change", "rent", "accounting_event_changelist"),
        ("accounting_account_change", "account", "accounting_account_changelist"),
        ("periods_period_change", "period", "periods_period_changelist"),
        ("companies_apikey_new", "", "companies_apikey_changelist"),
    ],
)
def test_menu_marks_where_the_page_belongs(books: Books, name: str, kind: str, entry: str) -> None:
    arguments = [books.bookings.get(kind) or books.rows[kind]] if kind else []
    page = books.client("owner").get(reverse(f"admin:{name}", args=arguments), follow=True).content.decode()

    assert re.findall(r'<a href="([^"]+)" data-go="\w" class="active" aria-current="page">', page) == [reverse(f"admin:{entry}")]


# --- what waits -------------------------------------------------------------------------------------------------------------


def test_lock_waits_for_those_who_may_approve_it(own_books: Books) -> None:
    roles = ("owner", "admin", "accountant", "bookkeeper", "auditor")

    found = {role: badges(own_books.client(role)) for role in roles}

    # the owner has asked; bookkeepers may not approve, auditors do nothing
    assert found == {"owner": {}, "admin": {PERIODS: "1"}, "accountant": {PERIODS: "1"}, "bookkeeper": {}, "auditor": {}}


def test_own_request_waits_for_the_only_one_who_may_approve(own_books: Books) -> None:
    with company_transaction(own_books.company.id, actor=actor_of(own_books, "owner")):
        Membership.objects.of(own_books.company).filter(role__in=["admin", "accountant"]).update(role="bookkeeper")

    assert badges(own_books.client("owner")) == {PERIODS: "1"}


def test_documents_wait_until_they_are_booked(own_books: Books) -> None:
    client = own_books.client("bookkeeper")
    before = badges(client)
    keep_documents(own_books, 1)
    kept = badges(client)
    actor = actor_of(own_books, "bookkeeper")
    with company_transaction(own_books.company.id, actor=actor):
        document = Document.objects.of(own_books.company).exclude(id=own_books.document_id).get()
        booking_of_it = draft(("6815", "3.00", "0"), ("1800", "0", "3.00"), day=clock.today().isoformat(), document_id=document.id)
        post(company=own_books.company, actor=actor, drafts=[booking_of_it], now=clock.now())

    assert (before, kept, badges(client)) == ({}, {DOCUMENTS: "1"}, {})


def test_many_documents_are_not_counted_to_the_end(own_books: Books) -> None:
    keep_documents(own_books, MOST + 1)
    client = own_books.client("bookkeeper")

    assert badges(client) == {DOCUMENTS: "99+"}
    assert waiting_on_desk(client) == [("Belege ohne Buchung", MOST)]
    assert "Alle 99+" in client.get("/admin/").content.decode()


def test_failed_mail_waits_for_managers_of_the_company_it_goes_to(own_books: Books, other_books: Books) -> None:
    fail_mail(own_books, attempts=MAX_ATTEMPTS)
    fail_mail(own_books, attempts=2)
    OutgoingMail.objects.create(recipient=own_books.people["admin"].email, subject="s", body="x", created_at=clock.now())  # not tried yet

    desk = own_books.client("admin").get("/admin/").content.decode()

    assert badges(own_books.client("admin")) == {PERIODS: "1", PEOPLE: "2"}
    assert badges(own_books.client("accountant")) == {PERIODS: "1"}
    assert PEOPLE not in badges(other_books.client("owner"))
    assert ("aufgegeben nach 11 Versuchen" in desk, "bisher 2 Versuche" in desk) == (True, True)


def test_failed_verification_waits_until_one_is_clean(own_books: Books) -> None:
    def verify(fault_count: int | None, error: str = "") -> None:
        lines = None if error else 9
        with company_transaction(own_books.company.id, actor=actor_of(own_books, "owner")):
            run = VerificationRun.objects.create(company=own_books.company, asked_by="Nacht", asked_at=clock.now())
            run.finished_at, run.line_count, run.fault_count, run.error = clock.now(), lines, fault_count, error
            run.save(update_fields=["finished_at", "line_count", "fault_count", "error"])

    client, state = own_books.client("owner"), reverse("admin:ledgerlou_state")
    found = []
    for fault_count, error in ((0, ""), (None, "OSError"), (3, ""), (0, "")):
        verify(fault_count, error)
        found.append(badges(client))

    assert found == [{}, {state: "1"}, {state: "1"}, {}]


def test_desk_lists_what_waits_and_leads_there(own_books: Books) -> None:
    keep_documents(own_books, 2)
    fail_mail(own_books)
    client = own_books.client("admin")

    page = client.get("/admin/")

    assert waiting_on_desk(client) == [("Festschreibungen zur Freigabe", 1), ("Belege ohne Buchung", 2), ("Nicht versendete Mails", 1)]
    addresses = [row.address for waiting in page.context["waiting"] for row in waiting.rows]
    assert [client.get(address).status_code for address in addresses] == [200] * 4
    assert [address for address in addresses if f'href="{address}"' not in page.content.decode()] == []


def test_desk_says_that_nothing_waits(books: Books) -> None:
    client = books.client("auditor")

    assert waiting_on_desk(client) == []
    assert "Nichts wartet." in client.get("/admin/").content.decode()


def test_desk_takes_the_same_queries_whatever_waits(own_books: Books) -> None:
    client = own_books.client("admin")

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/admin/").status_code == 200
        return len(queries)

    keep_documents(own_books, 1)
    fail_mail(own_books)
    few = count()
    keep_documents(own_books, 3)
    for role in ("auditor", "accountant"):
        fail_mail(own_books, role=role)
    assert count() == few
    assert few <= 16


# --- what a person finds again ----------------------------------------------------------------------------------------------


def test_theme_is_remembered_with_the_person(own_books: Books) -> None:
    first, elsewhere = own_books.client("bookkeeper"), own_books.client("bookkeeper")
    before = first.get("/admin/").content.decode()

    reply = first.post("/admin/theme/", {"theme": "dark"}, headers={"referer": "http://testserver/admin/accounting/event/"})

    page = elsewhere.get("/admin/").content.decode()
    assert (reply.status_code, reply.headers["Location"]) == (302, "http://testserver/admin/accounting/event/")
    assert 'class="" data-theme="auto"' in before
    assert 'class="dark" data-theme="dark"' in page
    assert re.search(r'value="dark" aria-pressed="true"', page)


def test_theme_that_does_not_exist_changes_nothing(own_books: Books) -> None:
    own_books.client("bookkeeper").post("/admin/theme/", {"theme": "pink"})

    own_books.people["bookkeeper"].refresh_from_db()
    assert own_books.people["bookkeeper"].theme == "auto"


def test_theme_of_a_stranger_stays_in_the_browser(real_commits: None) -> None:
    client = browser()

    client.post("/admin/theme/", {"theme": "dark"})

    assert 'class="dark" data-theme="dark"' in client.get("/admin/login/").content.decode()
    assert 'data-theme="auto"' in browser().get("/admin/login/").content.decode()
    assert 'data-theme="auto"' in browser(headers={"cookie": "theme=<b>"}).get("/admin/login/").content.decode()


def test_person_starts_in_the_company_they_were_in_last(real_commits: None) -> None:
    first, second = open_books("Alster Handel GmbH"), open_books("Zander Werft UG")
    person = first.people["owner"]
    with company_transaction(second.company.id, actor=actor_of(second, "owner")):
        Membership.objects.create(company=second.company, person=person, role="accountant", created_at=clock.now())
    before = first.client("owner").get("/admin/").context["visit"].company

    first.client("owner").post("/admin/company/", {"company": str(second.company.id)})
    elsewhere = first.client("owner")
    after = elsewhere.get("/admin/").context["visit"].company
    elsewhere.post("/admin/company/", {"company": str(first.company.id)})

    assert (before, after) == (first.company, second.company)
    assert elsewhere.get("/admin/").context["visit"].company == first.company


def test_last_company_opens_nothing_once_the_membership_has_ended(real_commits: None) -> None:
    first, second = open_books("Alster Handel GmbH"), open_books("Zander Werft UG")
    person = first.people["owner"]
    Person.objects.filter(id=person.id).update(last_company_id=second.company.id)
    with company_transaction(second.company.id, actor=actor_of(second, "owner")):
        yesterday = clock.today() - timedelta(days=1)
        Membership.objects.create(company=second.company, person=person, role="accountant", valid_until=yesterday, created_at=clock.now())

    assert first.client("owner").get("/admin/").context["visit"].company == first.company


def test_habits_make_no_entry_in_the_audit_history(own_books: Books) -> None:
    def entries() -> int:
        with company_transaction(own_books.company.id, read_only=True):
            return AuditEntry.objects.filter(table_name="companies_person").count()

    client, before = own_books.client("owner"), entries()
    client.post("/admin/theme/", {"theme": "dark"})
    client.post("/admin/company/", {"company": str(own_books.company.id)})
    habits = entries()
    client.post("/admin/language/", {"language": "en"})

    own_books.people["owner"].refresh_from_db()
    assert (own_books.people["owner"].theme, own_books.people["owner"].last_company_id) == ("dark", own_books.company.id)
    assert (habits, entries()) == (before, before + 1)


# --- the label of the environment -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environment", "label", "prefix"),
    [("demo", "Demo", "[Demo]"), ("test", "Testsystem", "[Testsystem]"), ("production", "Echtbetrieb", "")],
)
def test_every_page_says_which_books_these_are(books: Books, settings: Any, environment: str, label: str, prefix: str) -> None:
    settings.ENVIRONMENT, settings.IS_PRODUCTION = environment, environment == "production"

    inside = books.client("auditor").get("/admin/").content.decode()
    outside = browser(headers={"accept-language": "de"}).get("/admin/login/").content.decode()

    assert re.search(rf"<header.*?>\s*{label}\s*</span>.*?</header>", inside, flags=re.DOTALL)
    assert f"LedgerLou · {label}" in outside
    title = re.search(r"<title>(.*?)</title>", inside, flags=re.DOTALL)
    assert title is not None
    assert title[1].split() == [*prefix.split(), "Übersicht", "|", "LedgerLou"]


# --- the palette ------------------------------------------------------------------------------------------------------------


def hits(books: Books, term: str, *, role: str = "auditor") -> list[tuple[str, str]]:
    page = books.client(role).get("/admin/search/", {"s": term}).content.decode()
    found = re.findall(r'<a href="([^"]+)" role="option".*?<span class="kind">([^<]*)</span>', page, flags=re.DOTALL)
    return [(address, kind.partition(" ")[0]) for address, kind in found]


def booking(books: Books, name: str) -> tuple[str, str]:
    return reverse("admin:accounting_intent_change", args=[books.bookings[name]]), "Buchung"


def test_palette_without_a_term_offers_the_menu(books: Books) -> None:
    menu = list(menu_on(books.client("auditor").get("/admin/").content.decode()))

    assert hits(books, "") == [(address, "Seite") for address in menu]


@pytest.mark.parametrize(
    ("term", "names"),
    [
        ("RE-2207", ["sale"]),
        ("1.850,00", ["rent"]),
        ("1850.00", ["rent"]),
        ("1850", ["rent"]),
        ("-1850,00 €", ["rent"]),
        ("1428,00", ["sale"]),  # the booking's total; its lines are 1,200.00 and 228.00
        ("228,00", ["sale"]),
        ("84,9", ["reversal", "wrong"]),  # newest first
        ("3", ["purchase"]),  # the journal number
        ("lagerHALLE", ["rent"]),
        ("La", []),
        ("1.850,01", []),
    ],
)
def test_palette_finds_bookings_by_number_amount_text_and_reference(books: Books, term: str, names: list[str]) -> None:
    assert [hit for hit in hits(books, term) if hit[1] == "Buchung"] == [booking(books, name) for name in names]


def test_palette_reads_amounts_in_the_language_of_the_page(own_books: Books) -> None:
    own_books.client("auditor").post("/admin/language/", {"language": "en"})

    found = hits(own_books, "1,850.00")

    assert found == [(booking(own_books, "rent")[0], "Booking")]


def test_palette_finds_an_iban_however_it_is_spaced(own_books: Books) -> None:
    actor = actor_of(own_books, "bookkeeper")
    day = clock.today().isoformat()
    texts = ("Überweisung DE89370400440532013000", "Lastschrift von DE89 3704 0044 0532 0130 00")
    with company_transaction(own_books.company.id, actor=actor):
        drafts = [draft(("6815", f"{n}.07", "0"), ("1800", "0", f"{n}.07"), day=day, text=text) for n, text in enumerate(texts, start=7)]
        posted = [row.intent_id for row in post(company=own_books.company, actor=actor, drafts=drafts, now=clock.now())]
    expected = [(reverse("admin:accounting_intent_change", args=[intent]), "Buchung") for intent in reversed(posted)]

    assert hits(own_books, "de89 3704 0044 0532 0130 00") == expected
    assert hits(own_books, "DE89370400440532013000") == expected
    assert hits(own_books, "DE89 3704 0044") == expected


def test_palette_shows_a_few_of_each_kind(own_books: Books) -> None:
    actor, day = actor_of(own_books, "bookkeeper"), clock.today().isoformat()
    with company_transaction(own_books.company.id, actor=actor):
        drafts = [draft(("6815", f"{n}.00", "0"), ("1800", "0", f"{n}.00"), day=day, text=f"Massenware {n}") for n in range(1, 41)]
        posted = [row.intent_id for row in post(company=own_books.company, actor=actor, drafts=drafts, now=clock.now())]

    found = hits(own_books, "massenware")

    assert found == [(reverse("admin:accounting_intent_change", args=[intent]), "Buchung") for intent in posted[:-7:-1]]


def test_palette_offers_no_page_that_the_role_may_not_open(books: Books) -> None:
    new = reverse("admin:accounting_intent_new")

    assert (new in dict(hits(books, "neue buchung")), new in dict(hits(books, "neue buchung", role="bookkeeper"))) == (False, True)
