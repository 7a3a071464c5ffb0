"""Settings in a real browser, German and English: invite, make a key, keep the chart, verify; and an auditor who changes nothing."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounting.tasks import verify_company
from ledgerlou.companies.context import company_transaction
from ledgerlou.companies.models.people import ApiKey, Membership, OutgoingMail
from ledgerlou.companies.models.verification import VerificationRun
from tests.admin.books import PASSWORD, Books
from tests.admin.states import state_of
from tests.browser.test_back_office import sign_in

pytestmark = pytest.mark.browser

WORDS: dict[str, dict[str, str]] = {
    "de": {
        "people": "Personen",
        "invite": "Einladen",
        "email": "E-Mail-Adresse",
        "name": "Name",
        "role": "Rolle",
        "auditor": "Prüfer",
        "last_day": "Letzter Tag",
        "needs_end": "Ein Prüfer braucht ein Enddatum.",
        "waits": "wartet auf Versand",
        "rights": "Was jede Rolle darf",
        "keys": "API-Schlüssel",
        "new_key": "Neuer Schlüssel",
        "bookings": "Buchungen",
        "own": "Eigene Auswahl",
        "write": "Buchen und stornieren",
        "bank": "Bankkonten und ihre Umsätze lesen",
        "make": "Schlüssel anlegen",
        "once": "Der Schlüssel wird nur dieses eine Mal gezeigt.",
    },
    "en": {
        "people": "People",
        "invite": "Invite",
        "email": "E-mail address",
        "name": "Name",
        "role": "Role",
        "auditor": "Auditor",
        "last_day": "Last day",
        "needs_end": "An auditor needs an end date.",
        "waits": "waits to be sent",
        "rights": "What each role may do",
        "keys": "API keys",
        "new_key": "New key",
        "bookings": "Bookings",
        "own": "Own choice",
        "write": "Book and reverse",
        "bank": "Read bank accounts and their transactions",
        "make": "Make the key",
        "once": "This is the only time the key is shown.",
    },
}
each_language = pytest.mark.parametrize("language", ["de", "en"])


def enter(page: Page, books: Books, *, role: str = "owner", language: str = "de") -> dict[str, str]:
    """Sign in as somebody who works in this language."""
    person = books.people[role]
    person.language = language
    person.save(update_fields=["language"])
    sign_in(page, books, role)
    page.wait_for_url(lambda address: address.partition("?")[0].endswith("/admin/"))
    return WORDS[language]


def open_page(page: Page, name: str) -> None:
    page.locator("nav, aside, #nav-sidebar").get_by_role("link", name=name, exact=True).first.click()


@each_language
def test_auditor_is_invited_with_an_end_date(page: Page, books: Books, page_faults: list[str], language: str) -> None:
    said = enter(page, books, language=language)
    open_page(page, said["people"])
    page.get_by_role("link", name=said["invite"]).click()
    expect(page.get_by_role("heading", name=said["rights"])).to_be_visible()

    page.get_by_label(said["email"]).fill("prue@example.org")
    page.get_by_label(said["name"]).fill("Petra Prüf")
    page.get_by_role("combobox", name=re.compile(f"^{said['role']}")).select_option(label=said["auditor"])
    page.get_by_role("button", name=said["invite"]).click()
    expect(page.get_by_text(said["needs_end"])).to_be_visible()
    page.get_by_label(said["last_day"]).fill("2099-12-31")
    page.get_by_role("button", name=said["invite"]).click()

    row = page.locator("#result_list tr", has_text="Petra Prüf")
    expect(row).to_contain_text(said["waits"])
    with company_transaction(books.company.id, read_only=True):
        membership = Membership.objects.of(books.company).get(person__email="prue@example.org")
    assert (membership.role, membership.valid_until.isoformat()) == ("auditor", "2099-12-31")
    assert OutgoingMail.objects.filter(id=membership.invitation_mail_id).count() == 1
    assert [fault for fault in page_faults if "400" not in fault] == []  # the browser notes the refused form


@each_language
def test_key_is_made_from_a_ready_choice_and_changed_by_hand(page: Page, books: Books, page_faults: list[str], language: str) -> None:
    said = enter(page, books, language=language)
    open_page(page, said["keys"])
    page.get_by_role("link", name=said["new_key"]).click()
    page.get_by_label(said["name"]).fill("Webshop")

    page.get_by_role("radio", name=re.compile(f"^{said['bookings']}")).check()
    expect(page.get_by_role("checkbox", name=re.compile(said["write"]))).to_be_checked()
    expect(page.get_by_role("checkbox", name=re.compile(said["bank"]))).not_to_be_checked()
    page.get_by_role("checkbox", name=re.compile(said["bank"])).check()
    expect(page.get_by_role("radio", name=re.compile(f"^{said['own']}"))).to_be_checked()
    page.get_by_role("button", name=said["make"]).click()

    expect(page.get_by_text(said["once"])).to_be_visible()
    shown = page.locator("[data-test=api-key]").input_value()
    with company_transaction(books.company.id, read_only=True):
        key = ApiKey.objects.of(books.company).get(name="Webshop")
    assert shown.startswith(f"ll_{key.prefix}_")
    assert set(key.scopes) == {"journal:read", "journal:write", "periods:read", "config:read", "bank:read"}
    page.reload()
    assert shown not in page.content()
    assert page_faults == []


def test_account_is_added_switched_off_with_a_reason_and_found_in_the_history(page: Page, books: Books, page_faults: list[str]) -> None:
    enter(page, books, role="accountant")
    open_page(page, "Kontenplan")
    page.get_by_role("link", name="Neues Konto").click()
    page.get_by_role("textbox", name=re.compile("^Nummer")).fill("6817")
    page.get_by_role("textbox", name=re.compile("^Name")).fill("Cloud-Infrastruktur")
    page.get_by_role("combobox", name=re.compile("^Steuerschlüssel")).select_option("VST19")
    page.get_by_role("button", name="Konto anlegen").click()
    expect(page.get_by_text("Das Konto ist im Kontenplan.")).to_be_visible()

    page.get_by_role("link", name="Ausschalten").click()
    page.get_by_label("Grund").fill("Zusammengelegt mit 6815")
    page.get_by_role("button", name="Ausschalten").click()
    expect(page.get_by_text("Das Konto ist ausgeschaltet.")).to_be_visible()

    open_page(page, "Änderungsprotokoll")
    page.get_by_label("Art").select_option(label="Konto")
    page.get_by_label("Wer").fill("Miriam Kaya")
    page.get_by_role("button", name="Filtern").click()
    expect(page).to_have_url(re.compile(r"kind=accounting_account&person=Miriam\+Kaya"))
    rows = page.locator("[data-test=history] tbody")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("Zusammengelegt mit 6815")
    with page.expect_download() as download:
        page.locator("[data-test=csv]").click()
    assert "Zusammengelegt mit 6815" in download.value.path().read_text(encoding="utf-8-sig")
    assert page_faults == []


def test_verification_shows_its_result_without_a_reload(page: Page, books: Books, page_faults: list[str]) -> None:
    enter(page, books, role="bookkeeper")
    open_page(page, "Sicherung und Prüfung")
    page.locator("[data-test=verify-now]").click()
    expect(page.locator("[data-test=under-way]")).to_be_visible()

    with company_transaction(books.company.id, read_only=True):
        run = VerificationRun.objects.of(books.company).get(finished_at=None)
    verify_company(company_id=str(books.company.id), run_id=str(run.id))  # the worker

    expect(page.locator("[data-test=under-way]")).to_be_hidden()
    expect(page.locator("[data-test=runs] tbody tr").first).to_contain_text("ohne Fehler")
    expect(page.locator("[data-test=runs] tbody tr").first).to_contain_text("Ole Hansen")
    assert page_faults == []


FORBIDDEN: dict[str, dict[str, Any]] = {
    "/admin/companies/company/edit/": {"name": "Übernommen GmbH"},
    "/admin/companies/membership/invite/": {"email": "x@example.org", "name": "X", "role": "owner"},
    "/admin/companies/apikey/new/": {"name": "X", "preset": "all"},
    "/admin/accounting/account/new/": {"number": "6817", "name": "X", "type": "expense"},
    "/admin/accounting/taxcode/new/": {"code": "X", "label": "X", "rate": "0"},
    "/admin/accounting/datevimport/new/": {},
    "/admin/state/verify/": {},
}


@each_language
def test_auditor_sees_everything_and_changes_nothing(page: Page, books: Books, page_faults: list[str], language: str) -> None:
    said = enter(page, books, role="auditor", language=language)
    before = state_of(books)
    token = page.locator("[name=csrfmiddlewaretoken]").first.get_attribute("value")

    open_page(page, said["people"])
    expect(page.get_by_text("Hanna Petersen").first).to_be_visible()
    expect(page.get_by_role("link", name=said["invite"])).to_have_count(0)
    open_page(page, said["keys"])
    expect(page.get_by_text("Kassensystem")).to_be_visible()
    expect(page.get_by_role("link", name=said["new_key"])).to_have_count(0)
    page.goto("/admin/state/")
    expect(page.locator("[data-test=runs]")).to_be_visible()
    expect(page.locator("[data-test=verify-now]")).to_have_count(0)
    answers = {
        address: page.request.post(address, form={**form, "csrfmiddlewaretoken": token or ""}, headers={"Referer": page.url}).status
        for address, form in FORBIDDEN.items()
    }

    assert set(answers.values()) == {403}
    assert state_of(books) == before
    page.goto("/admin/companies/company/edit/")
    expect(page.locator("#content-main, main").first).to_be_visible()
    assert [fault for fault in page_faults if "403" not in fault] == []  # the browser notes what was refused


def test_person_who_is_signed_out_is_led_to_the_sign_in_page(page: Page, books: Books) -> None:
    page.goto("/admin/state/")

    expect(page.get_by_label("Passwort")).to_be_visible()
    page.get_by_label("E-Mail-Adresse").fill(books.people["auditor"].email)
    page.get_by_label("Passwort").fill(PASSWORD)
    page.get_by_role("button", name="Anmelden").click()
    expect(page).to_have_url(re.compile(r"/admin/state/$"))
