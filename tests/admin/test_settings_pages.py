"""Settings: company data, people, keys, audit history, backup and checks; what each role sees, and what a refusal leaves behind."""

import csv
import io
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounting.models.account import Account
from accounting.services.accounts import AccountChange, NewAccount, change_account, create_account
from ledgerlou import clock
from ledgerlou.companies.actor import person_actor
from ledgerlou.companies.admin.words import ROLE_SENTENCES, SCOPE_SENTENCES
from ledgerlou.companies.context import company_transaction
from ledgerlou.companies.models.company import Company
from ledgerlou.companies.models.people import ApiKey, Membership, OutgoingMail
from ledgerlou.companies.models.verification import VerificationRun
from ledgerlou.companies.roles import ALL_SCOPES, READ_SCOPES, Role
from ledgerlou.embedded.backup_log import LOG, BackupNote, note_backup
from tests.admin.books import Books
from tests.admin.states import state_of

COMPANY = {
    "name": "Nordlicht Handel AG",
    "legal_form": "AG",
    "street": "Am Kai 3",
    "postal_code": "24103",
    "city": "Kiel",
    "country": "DE",
    "tax_number": "20/123/45678",
    "vat_id": "DE136695976",
    "vat_period": "quarterly",
    "locale": "de",
}


def address(page: str, *args: Any) -> str:
    return reverse(f"admin:{page}", args=args)


def text_of(reply: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", reply.content.decode()).replace("&quot;", '"').split())


def at_work(books: Books, role: str = "owner") -> Any:
    person = books.people[role]
    return person_actor(person_id=person.id, label=person.name, role=role, channel="admin")


def test_company_is_changed_by_an_accountant(own_books: Books) -> None:
    client = own_books.client("accountant")

    reply = client.post(address("companies_company_edit"), COMPANY)

    company = Company.objects.using("owner").get(id=own_books.company.id)
    assert reply.status_code == 302
    assert (company.name, company.vat_id, company.vat_period) == ("Nordlicht Handel AG", "DE136695976", "quarterly")
    page = text_of(client.get(address("companies_company_change", company.id)))
    assert "Der Kontenrahmen bleibt" in page
    assert "Erster Monat des Wirtschaftsjahrs Januar" in page
    history = text_of(client.get(address("companies_company_history", company.id)))
    assert "Miriam Kaya geändert Name: Nordlicht Handel GmbH → Nordlicht Handel AG" in history


def test_faults_of_the_company_stand_at_their_fields_in_german(own_books: Books) -> None:
    before = state_of(own_books)

    reply = own_books.client("owner").post(address("companies_company_edit"), COMPANY | {"postal_code": "2410", "vat_id": "DE136695977"})

    assert reply.context["form"].errors == {
        "postal_code": ["Eine deutsche Postleitzahl hat fünf Ziffern."],
        "vat_id": ["Diese USt-IdNr. kann nicht stimmen: Die letzte Ziffer passt nicht zu den anderen. Bitte auf einen Tippfehler prüfen."],
    }
    assert state_of(own_books) == before


def test_saving_without_a_change_says_so(own_books: Books) -> None:
    client = own_books.client("owner")
    client.post(address("companies_company_edit"), COMPANY)

    again = client.post(address("companies_company_edit"), COMPANY)

    assert (again.status_code, "Nichts geändert: Alles ist schon so gespeichert." in text_of(again)) == (409, True)


def test_every_scope_and_role_has_words() -> None:
    assert set(SCOPE_SENTENCES) == ALL_SCOPES
    assert set(ROLE_SENTENCES) == set(Role)


def test_roles_are_explained_where_they_are_given(books: Books) -> None:
    client = books.client("owner")

    pages = [client.get(address(page)).content.decode() for page in ("companies_membership_changelist", "companies_membership_invite")]

    for page in pages:
        table = page[page.index('data-test="roles"') :]
        rows = {
            re.sub(r"<[^>]+>", "", name): re.findall(r"<td[^>]*>([^<]+)</td>", cells)
            for name, cells in re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', table)
        }
        assert rows["Einstellungen"] == ["liest und ändert", "liest und ändert", "liest und ändert", "liest", "liest"]
        assert rows["Festschreibung einer Periode freigeben"] == ["ja", "ja", "ja", "nein", "nein"]
        assert rows["Inhaber ernennen und entfernen"] == ["ja", "nein", "nein", "nein", "nein"]
        assert rows["Auswertungen"] == ["liest"] * 5


def invite(books: Books) -> tuple[Membership, str]:
    email = f"neu-{books.company.id.hex[-10:]}@example.org"
    wanted = {"email": email, "name": "Nele Neu", "role": "bookkeeper", "valid_until": ""}
    books.client("admin").post(address("companies_membership_invite"), wanted)
    with company_transaction(books.company.id, read_only=True):
        return Membership.objects.of(books.company).select_related("person").get(person__email=email), email


@pytest.mark.parametrize(
    ("mail", "said"),
    [
        ({}, "wartet auf Versand"),
        ({"attempts": 1, "last_error": "SMTPRecipientsRefused: 550"}, "vom Mailserver noch nicht angenommen"),
        ({"attempts": 11, "last_error": "SMTPRecipientsRefused: 550"}, "nicht zustellbar"),
        ({"attempts": 1, "sent_at": True}, "versandt"),
    ],
)
def test_state_of_an_invitation_is_shown(own_books: Books, mail: dict[str, Any], said: str) -> None:
    membership, email = invite(own_books)
    OutgoingMail.objects.filter(recipient=email).update(**(mail | ({"sent_at": clock.now()} if "sent_at" in mail else {})))

    everybody = text_of(own_books.client("auditor").get(address("companies_membership_changelist")))
    page = address("companies_membership_change", membership.id)
    manager, bookkeeper = (text_of(own_books.client(role).get(page)) for role in ("owner", "bookkeeper"))

    assert said in everybody
    assert said in manager
    assert ("SMTPRecipientsRefused" in manager, "SMTPRecipientsRefused" in bookkeeper) == ("last_error" in mail, False)


def test_invitation_is_sent_again(own_books: Books) -> None:
    membership, email = invite(own_books)
    client = own_books.client("owner")
    again = address("companies_membership_invite_again", membership.id)

    early = client.post(again)
    OutgoingMail.objects.filter(recipient=email).update(sent_at=clock.now(), attempts=1)
    with company_transaction(own_books.company.id):
        Membership.objects.filter(id=membership.id).update(invited_at=clock.now() - timedelta(minutes=6))
    done = client.post(again)

    assert (early.status_code, "Die letzte Einladung ist noch nicht versandt" in text_of(early)) == (409, True)
    assert done.status_code == 302
    assert OutgoingMail.objects.filter(recipient=email).count() == 2
    assert "Einladung geschrieben" in text_of(client.get(address("companies_membership_history", membership.id)))


def made_key(books: Books, role: str, **wanted: Any) -> Any:
    reply = books.client(role).post(address("companies_apikey_new"), {"name": "Webshop", "last_day": ""} | wanted)
    with company_transaction(books.company.id, read_only=True):
        return reply, ApiKey.objects.of(books.company).filter(name="Webshop").first()


@pytest.mark.parametrize(
    ("role", "preset", "scopes"),
    [
        ("owner", "read", READ_SCOPES),
        ("owner", "all", ALL_SCOPES),
        ("accountant", "all", ALL_SCOPES - {"admin"}),
        ("accountant", "book", {"journal:read", "journal:write", "periods:read", "config:read"}),
    ],
)
def test_ready_choice_gives_its_scopes_as_far_as_one_has_them(own_books: Books, role: str, preset: str, scopes: set[str]) -> None:
    _, key = made_key(own_books, role, preset=preset, scopes=["bank:write"])

    assert set(key.scopes) == set(scopes)


def test_own_choice_needs_a_right(own_books: Books) -> None:
    reply, key = made_key(own_books, "owner", preset="own")

    assert key is None
    assert reply.context["form"].errors == {"scopes": ["Bitte mindestens ein Recht ankreuzen oder eine der fertigen Auswahlen nehmen."]}


def test_unknown_choice_is_refused(own_books: Books) -> None:
    reply, key = made_key(own_books, "owner", preset="everything", scopes=["journal:read"])

    assert (reply.status_code, key) == (400, None)


def test_key_page_says_in_words_what_the_key_may(own_books: Books) -> None:
    _, key = made_key(own_books, "accountant", preset="book", last_day=(clock.today() + timedelta(days=5)).isoformat())
    client = own_books.client("auditor")

    german = text_of(client.get(address("companies_apikey_change", key.id)))
    listed = text_of(client.get(address("companies_apikey_changelist")))
    client.post("/admin/language/", {"language": "en"})
    english = text_of(client.get(address("companies_apikey_change", key.id)))

    assert "journal:write Buchen und stornieren, Belege ablegen, Konten anlegen" in german
    assert "journal:write Book and reverse, store documents, add accounts" in english
    assert "läuft bald ab" in german
    assert "Zuletzt benutzt noch nicht" in german
    assert "Journal, Kontenplan und Belege: liest und ändert; Perioden: liest; Einstellungen: liest" in listed


def upkeep(books: Books, *, accounts: int = 1, start: int = 690101) -> None:
    actor = at_work(books)
    with company_transaction(books.company.id, actor=actor):
        for number in range(start, start + accounts):
            facts = NewAccount(number=str(number), name=f"Versuch {number}", type="expense")
            create_account(company=books.company, actor=actor, facts=facts, now=clock.now())
            change = AccountChange(name=f"=Formel {number}", is_active=False)
            change_account(company=books.company, actor=actor, number=str(number), change=change, reason="nur ein Versuch")


HISTORY = "/admin/companies/auditentry/"


def listed(reply: Any) -> list[str]:
    """The rows of the history that changed something, each as text."""
    page = reply.content.decode()
    found = (
        re.findall(r"<tbody>(.*?)</tbody>", page[page.index('data-test="history"') :], flags=re.DOTALL)
        if 'data-test="history"' in page
        else []
    )
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in found]


def test_history_shows_old_and_new_values_side_by_side_with_the_reason(own_books: Books) -> None:
    upkeep(own_books)

    [changed, added] = listed(own_books.client("auditor").get(f"{HISTORY}?kind=accounting_account&person=Hanna+Petersen&older=999999999"))[
        :2
    ]

    assert re.fullmatch(
        r"\d\d\.\d\d\.\d{4} \d\d:\d\d Hanna Petersen Konto 690101 =Formel 690101 Grund: nur ein Versuch geändert "
        r"Name Versuch 690101 =Formel 690101 Aktiv ja nein",
        changed,
    )
    assert "angelegt Werte (10)" in added


def test_filters_of_the_history_work_together_and_stay_in_the_address(own_books: Books) -> None:
    upkeep(own_books, accounts=2)
    client, today = own_books.client("auditor"), clock.today()
    with company_transaction(own_books.company.id, read_only=True):
        account = Account.objects.of(own_books.company).get(number="690102")

    def count(query: str) -> int:
        return len(listed(client.get(f"{HISTORY}?{query}")))

    assert count(f"row={account.id}") == 2
    assert count(f"row={account.id}&kind=accounting_account&person=Hanna+Petersen&start={today}&end={today}") == 2
    assert count(f"row={account.id}&kind=accounting_taxcode") == 0
    assert count(f"row={account.id}&person=Ole+Hansen") == 0
    assert count(f"row={account.id}&person=petersen") == 2
    assert count(f"row={account.id}&end={today - timedelta(days=1)}") == 0
    assert count(f"row={account.id}&start={today + timedelta(days=1)}") == 0
    page = text_of(client.get(f"{HISTORY}?row={account.id}&kind=accounting_taxcode"))
    assert "Keine Änderung passt zu diesen Filtern." in page
    assert "Art: Steuerschlüssel" in page


def test_filter_that_cannot_be_read_is_named_and_filters_nothing(books: Books) -> None:
    reply = books.client("auditor").get(f"{HISTORY}?row=quatsch&kind=nix&start=2026-13-01")

    assert set(reply.context["form"].errors) == {"row", "kind", "start"}
    assert len(listed(reply)) == 50


def test_history_pages_by_key_and_skips_nothing(own_books: Books) -> None:
    upkeep(own_books, accounts=40)
    client = own_books.client("auditor")
    query = "kind=accounting_account&person=Hanna+Petersen"

    def ways(page: str) -> dict[str, str]:
        links = re.findall(r'href="(\?[^"]*(?:older|newer)=[^"]*)" rel="(next|prev)"', page)
        return {kind: target.replace("&amp;", "&") for target, kind in links}

    first = client.get(f"{HISTORY}?{query}").content.decode()
    with CaptureQueriesContext(connection) as queries:
        second = client.get(HISTORY + ways(first)["next"]).content.decode()
    back = client.get(HISTORY + ways(second)["prev"]).content.decode()

    numbers = [re.findall(r'class="ll-link" href="[^"]*">(690\d\d\d) =Formel', page) for page in (first, second, back)]
    assert numbers[0][:4] == ["690140", "690140", "690139", "690139"]
    assert numbers[0] == numbers[2]
    assert (len(numbers[0]), numbers[1][0]) == (50, "690115")
    history = [query["sql"] for query in queries if 'FROM "companies_auditentry"' in query["sql"]]
    assert [sql for sql in history if "COUNT(" in sql or "OFFSET" in sql] == []
    assert query in ways(first)["next"]


@pytest.mark.parametrize("query", ["", "kind=accounting_account", "person=Hanna+Petersen"])
def test_history_is_read_through_an_index(own_books: Books, query: str) -> None:
    client = own_books.client("auditor")
    with CaptureQueriesContext(connection) as queries:
        client.get(f"{HISTORY}?{query}")
    [sql] = [query["sql"] for query in queries if 'FROM "companies_auditentry"' in query["sql"]]

    with company_transaction(own_books.company.id, read_only=True), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        cursor.execute(f"EXPLAIN {sql}")
        plan = "\n".join(row[0] for row in cursor.fetchall())

    # which of its indexes serves best depends on how common the value is; what counts is that none is read whole and sorted
    assert re.search(r"using audit_entry_of_(company|kind|person)", plan)
    assert "Sort" not in plan


def test_history_takes_the_same_queries_for_one_row_and_for_many(own_books: Books) -> None:
    client = own_books.client("auditor")
    address_of = f"{HISTORY}?kind=accounting_account&person=Hanna+Petersen"
    upkeep(own_books)

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(address_of)
        return len(queries)

    before = count()
    upkeep(own_books, accounts=5, start=690102)

    assert count() == before
    assert before <= 16


def test_history_as_a_file_holds_every_value_and_no_formula(own_books: Books) -> None:
    upkeep(own_books)
    with company_transaction(own_books.company.id, read_only=True):
        account = Account.objects.of(own_books.company).get(number="690101")

    reply = own_books.client("auditor").get(f"{HISTORY}?row={account.id}&download=csv")

    text = b"".join(reply.streaming_content).decode("utf-8-sig")
    head, *lines = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert reply.headers["Content-Disposition"].endswith('.csv"')
    assert head == ["Wann", "Wer", "Art", "Was", "Kennung eines Datensatzes", "Vorgang", "Feld", "Vorher", "Nachher", "Grund"]
    assert [line[5:] for line in lines[:2]] == [
        ["geändert", "Name", "Versuch 690101", "'=Formel 690101", "nur ein Versuch"],
        ["geändert", "Aktiv", "ja", "nein", "nur ein Versuch"],
    ]
    assert len(lines) == 2 + 10


def test_file_of_a_long_history_is_complete(own_books: Books) -> None:
    reply = own_books.client("auditor").get(f"{HISTORY}?download=csv")

    lines = list(csv.reader(io.StringIO(b"".join(reply.streaming_content).decode("utf-8-sig")), delimiter=";"))[1:]
    with company_transaction(own_books.company.id, read_only=True):
        accounts = {str(id) for id in Account.objects.of(own_books.company).values_list("id", flat=True)}
    assert len(accounts) > 500
    assert accounts - {line[4] for line in lines} == set()


@pytest.fixture
def data(settings: Any, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path


def noted(data: Path, *, age: timedelta, **more: Any) -> Path:
    file = data / "backups" / "ledgerlou.tar"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(b"x" * 2048)
    made_at = (clock.now() - age).isoformat(timespec="seconds")
    facts = {"made_at": made_at, "file": str(file), "size_bytes": 2048, "document_files": 7, "version": "0.1", "read_back_at": made_at}
    note_backup(data, BackupNote(**(facts | more)))
    return file


STATE = "/admin/state/"


def test_state_page_tells_when_nothing_was_backed_up(books: Books, data: Path) -> None:
    page = text_of(books.client("auditor").get(STATE))

    assert "Keine Sicherung ist vermerkt." in page
    assert "9 Journalzeilen in 0,25 Sekunden, beauftragt von Hanna Petersen" in page
    assert "Jetzt prüfen" not in page


def test_last_backup_is_shown_with_its_place_to_those_who_run_the_installation(books: Books, data: Path) -> None:
    file = noted(data, age=timedelta(hours=3))

    owner, bookkeeper = (text_of(books.client(role).get(STATE)) for role in ("owner", "bookkeeper"))

    assert "Die letzte Sicherung ist frisch." in owner
    assert "2,0 KB 7 zurückgelesen" in owner
    assert (str(file) in owner, str(file.parent) in bookkeeper, file.name in bookkeeper) == (True, False, True)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"age": timedelta(days=8)}, "Die letzte Sicherung ist mehr als eine Woche alt."),
        ({"read_back_at": None}, "nicht geprüft"),
        ({"restored_at": "2026-01-01T10:00:00+00:00", "restored_clean": True}, "ohne Fehler zurückgespielt"),
        ({"restored_at": "2026-01-01T10:00:00+00:00", "restored_clean": False}, "mit Fehlern zurückgespielt"),
        ({"size_bytes": 99}, "hat jetzt eine andere Größe"),
        ({"file": "/nowhere/at/all.tar"}, "Ort nicht einsehbar"),
    ],
)
def test_what_is_known_about_a_backup_is_said(books: Books, data: Path, more: dict[str, Any], said: str) -> None:
    noted(data, **({"age": timedelta(hours=1)} | more))

    assert said in text_of(books.client("owner").get(STATE))


def test_backup_that_was_moved_away_and_spoilt_notes_are_said(books: Books, data: Path) -> None:
    noted(data, age=timedelta(hours=1)).unlink()
    gone = text_of(books.client("owner").get(STATE))
    (data / LOG).write_text("[{]")
    spoilt = text_of(books.client("owner").get(STATE))

    assert "nicht mehr vorhanden" in gone
    assert "Was über Sicherungen notiert ist, lässt sich nicht lesen." in spoilt


def test_verification_is_asked_for_and_shown_until_it_is_done(own_books: Books, data: Path) -> None:
    client = own_books.client("bookkeeper")

    asked = client.post(f"{STATE}verify/", follow=True)
    twice = client.post(f"{STATE}verify/", follow=True)

    assert "Die Prüfung ist beauftragt." in text_of(asked)
    assert "Eine Prüfung wartet auf einen freien Arbeitsprozess" in text_of(asked)
    assert 'hx-trigger="every 2s"' in asked.content.decode()
    assert "Eine Prüfung ist schon unterwegs." in text_of(twice)
    with company_transaction(own_books.company.id, read_only=True):
        assert VerificationRun.objects.of(own_books.company).filter(finished_at=None).values_list("asked_by").get() == ("Ole Hansen",)


def test_faults_are_told_in_the_language_of_the_page(own_books: Books, data: Path) -> None:
    fault = {"kind": "event_hash", "place": "event 3", "stored": "aa", "recomputed": "bb", "journal_number": 3}
    now = clock.now()
    with company_transaction(own_books.company.id):
        run = VerificationRun.objects.create(
            company=own_books.company, asked_by="x", asked_at=now, finished_at=now, line_count=9, fault_count=1, faults=[fault]
        )
    client = own_books.client("auditor")

    state, page = text_of(client.get(STATE)), text_of(client.get(address("companies_verificationrun_change", run.id)))
    client.post("/admin/language/", {"language": "en"})
    english = text_of(client.get(address("companies_verificationrun_change", run.id)))

    assert "Die Bücher sind nicht mehr, was sie waren." in state
    assert "Zeile ist nicht, was versiegelt wurde Stelle Gespeichert Nachgerechnet event 3 aa bb" in page
    assert "Line is not what was sealed" in english


def test_auditor_finds_no_button_on_any_page_of_settings(books: Books, data: Path) -> None:
    client = books.client("auditor")
    pages = ["companies_company_change", "companies_membership_change", "companies_apikey_change", "companies_verificationrun_change"]
    addresses = [address(page, books.rows[page.split("_")[1]]) for page in pages]
    addresses += [address(f"companies_{page}_changelist") for page in ("membership", "apikey", "auditentry", "verificationrun")]

    for place in [*addresses, STATE]:
        page = client.get(place).content.decode()
        main = page[page.index('id="content-main"') :] if 'id="content-main"' in page else page
        found = re.findall(r'<(a|button)\b[^>]*class="ll-button[^>]*>(.*?)</\1>', page, flags=re.DOTALL)
        buttons = {re.sub(r"<span[^>]*symbols[^>]*>[^<]*</span>|<[^>]+>", "", inside).strip() for _, inside in found}
        assert buttons <= {"Verlauf", "Filtern", "CSV", "Ältere", "Filter"}, place
        assert 'method="post"' not in main.replace('id="changelist-form" class="group" method="post"', ""), place
