"""Pages that keep the chart and the tax codes: what they do, what they refuse and in which words."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounting.models.account import Account
from accounting.models.tax_code import TaxCode
from ledgerlou.companies.context import company_transaction
from ledgerlou.companies.models.history import AuditEntry
from tests.admin.books import Books
from tests.admin.states import state_of


def address(page: str, *args: Any) -> str:
    return reverse(f"admin:accounting_{page}", args=args)


def text_of(reply: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", reply.content.decode()).replace("&quot;", '"').split())


def account_of(books: Books, number: str) -> Account:
    with company_transaction(books.company.id, read_only=True):
        return Account.objects.of(books.company).get(number=number)


def code_of(books: Books, code: str) -> TaxCode:
    with company_transaction(books.company.id, read_only=True):
        return TaxCode.objects.of(books.company).get(code=code)


def add(books: Books, **facts: str) -> Any:
    wanted = {"number": "6817", "name": "Cloud-Infrastruktur", "type": "expense", "report_group": "", "tax_code": "VST19", "category": ""}
    return books.client("bookkeeper").post(address("account_new"), wanted | facts)


def test_account_is_added_and_placed_like_its_neighbour(own_books: Books) -> None:
    reply = add(own_books)

    account = account_of(own_books, "6817")
    assert reply.headers["Location"] == address("account_change", account.id)
    assert (account.name, account.report_group, account.bwa_line, account.tax_code) == ("Cloud-Infrastruktur", "G.8", "1260", "VST19")
    page = text_of(own_books.client("owner").get(reply.headers["Location"]))
    assert "G.8 Sonstige betriebliche Aufwendungen" in page


def test_every_fault_of_a_new_account_stands_at_its_field(own_books: Books) -> None:
    before = state_of(own_books)

    taken = add(own_books, number="6815")
    person = add(own_books, number="10001")
    empty = add(own_books, number="68x", name="  ")

    assert taken.context["form"].errors == {"number": ["Konto 6815 Bürobedarf gibt es schon."]}
    assert person.context["form"].errors == {"type": ["10001 liegt bei den Konten der Kunden, 10000 bis 69999; die Art ist Aktiva."]}
    assert list(empty.context["form"].errors) == ["name"]
    assert (taken.status_code, person.status_code, empty.status_code) == (409, 400, 400)
    assert state_of(own_books) == before


def test_account_is_renamed_and_placed_elsewhere(own_books: Books) -> None:
    add(own_books)
    account = account_of(own_books, "6817")
    wanted = {"name": "Hosting", "report_group": "G.5b", "bwa_line": "1060", "tax_code": "", "category": "IT"}

    own_books.client("accountant").post(address("account_edit", account.id), wanted)

    changed = account_of(own_books, "6817")
    assert (changed.name, changed.report_group, changed.bwa_line) == ("Hosting", "G.5b", "1060")
    assert (changed.tax_code, changed.category, changed.is_active) == (None, "IT", True)


def test_position_that_does_not_fit_the_type_is_refused_in_german(own_books: Books) -> None:
    bank = own_books.rows["account"]

    reply = own_books.client("owner").post(address("account_edit", bank), {"name": "Bank", "report_group": "G.8"})

    errors = reply.context["form"].errors
    assert errors == {
        "report_group": ["Ein Konto der Art Aktiva kann nicht bei G.8 stehen: In die GuV gehören Erträge und Aufwendungen, keine anderen."]
    }


def test_own_report_key_stays_choosable(own_books: Books) -> None:
    add(own_books)
    account = account_of(own_books, "6817")
    with company_transaction(own_books.company.id):
        Account.objects.filter(id=account.id).update(report_group="other_opex")
    client = own_books.client("owner")

    page = client.get(address("account_edit", account.id)).content.decode()

    assert re.search(r'<option value="other_opex" selected>other_opex: Sonstige betriebliche Aufwendungen</option>', page)


def test_account_is_switched_off_with_a_reason_and_on_again(own_books: Books) -> None:
    add(own_books)
    account = account_of(own_books, "6817")
    client = own_books.client("accountant")

    silent = client.post(address("account_deactivate", account.id), {"reason": " "})
    done = client.post(address("account_deactivate", account.id), {"reason": "Zusammengelegt mit 6815"})

    assert (silent.status_code, list(silent.context["form"].errors)) == (400, ["reason"])
    assert done.headers["Location"] == address("account_change", account.id)
    assert not account_of(own_books, "6817").is_active
    history = text_of(client.get(address("account_history", account.id)))
    assert "Aktiv: ja → nein Grund: Zusammengelegt mit 6815" in history
    assert "Einschalten" in text_of(client.get(address("account_change", account.id)))
    client.post(address("account_activate", account.id))
    assert account_of(own_books, "6817").is_active


def test_account_that_is_needed_stays_on(own_books: Books) -> None:
    claims = account_of(own_books, "1200")

    reply = own_books.client("owner").post(address("account_deactivate", claims.id), {"reason": "egal"})

    assert reply.status_code == 409
    assert "Auf Konto 1200 bucht LedgerLou selbst." in text_of(reply)
    with company_transaction(own_books.company.id, read_only=True):
        assert AuditEntry.objects.filter(row_id=str(claims.id)).exclude(reason="").count() == 0


CODE = {"code": "rc19-saas", "label": "Software aus der EU", "description": "", "rate": "19,0", "vat_account": "1407"}
CODE |= {"self_assess_account": "3837", "valid_from": "2026-01-01", "valid_until": ""}


def test_tax_code_is_added_changed_and_switched_off(own_books: Books) -> None:
    client = own_books.client("accountant")

    made = client.post(address("taxcode_new"), CODE)
    code = code_of(own_books, "RC19-SAAS")
    changed = {key: value for key, value in CODE.items() if key != "code"} | {
        "label": "Software EU",
        "rate": "20,5",
        "valid_until": "2026-12-31",
    }
    client.post(address("taxcode_edit", code.id), changed)

    assert made.headers["Location"] == address("taxcode_change", code.id)
    code = code_of(own_books, "RC19-SAAS")
    assert (code.label, str(code.rate), code.valid_from.isoformat(), code.valid_until.isoformat()) == (
        "Software EU",
        "20.500",
        "2026-01-01",
        "2026-12-31",
    )
    page = text_of(client.get(address("taxcode_changelist")))
    assert "RC19-SAAS Software EU 20,50 01.01.2026 – 31.12.2026" in page
    client.post(address("taxcode_deactivate", code.id), {"reason": "Gesetz geändert"})
    assert not code_of(own_books, "RC19-SAAS").is_active
    client.post(address("taxcode_activate", code.id))
    assert code_of(own_books, "RC19-SAAS").is_active
    history = text_of(client.get(address("taxcode_history", code.id)))
    assert "Grund: Gesetz geändert" in history


def test_code_of_the_chart_takes_a_label_and_nothing_else(own_books: Books) -> None:
    client, code = own_books.client("owner"), own_books.rows["taxcode"]

    form = client.get(address("taxcode_edit", code)).context["form"]
    client.post(address("taxcode_edit", code), {"label": "Volle Steuer", "description": "", "rate": "7", "valid_until": "2020-01-01"})

    changed = code_of(own_books, "UST19")
    assert list(form.fields) == ["label", "description"]
    assert (changed.label, str(changed.rate), changed.valid_until) == ("Volle Steuer", "19.000", None)


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"code": "UST19"}, "code", "Den Steuerschlüssel UST19 gibt es schon."),
        ({"code": "ü"}, "code", "Ein Steuerschlüssel hat 1 bis 20 Buchstaben (A bis Z), Ziffern und Bindestriche."),
        ({"rate": "119"}, "rate", "Ein Satz liegt zwischen 0 und 100 Prozent."),
        ({"vat_account": "", "self_assess_account": ""}, "vat_account", "Ein Schlüssel mit einem Satz braucht ein Konto für die Steuer."),
        ({"valid_until": "2025-01-01"}, "valid_until", "Der letzte Tag des Schlüssels liegt vor seinem ersten."),
        ({"self_assess_account": "1407"}, "self_assess_account", "Die beiden Konten eines Schlüssels müssen verschieden sein."),
    ],
)
def test_fault_of_a_tax_code_stands_at_its_field_in_german(books: Books, change: dict[str, str], field: str, words: str) -> None:
    reply = books.client("owner").post(address("taxcode_new"), CODE | change)

    assert reply.context["form"].errors == {field: [words]}


def test_english_page_reads_a_rate_with_a_point(own_books: Books) -> None:
    client = own_books.client("owner")
    client.post("/admin/language/", {"language": "en"})

    client.post(address("taxcode_new"), CODE | {"code": "EN", "rate": "5.5"})
    refused = client.post(address("taxcode_new"), CODE | {"code": "EN2", "rate": "5,5"})

    assert str(code_of(own_books, "EN").rate) == "5.500"
    assert list(refused.context["form"].errors) == ["rate"]


def test_auditor_sees_the_chart_without_any_button(books: Books) -> None:
    client = books.client("auditor")

    pages = [client.get(address("account_changelist")), client.get(address("account_change", books.rows["account"]))]
    pages += [client.get(address("taxcode_changelist")), client.get(address("taxcode_change", books.rows["taxcode"]))]

    found = [re.findall(r"Neues Konto|Neuer Steuerschlüssel|Ausschalten|>Ändern<", page.content.decode()) for page in pages]
    assert found == [[], [], [], []]


def test_tax_codes_are_listed_with_one_query_for_their_accounts(own_books: Books) -> None:
    client = own_books.client("owner")

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(address("taxcode_changelist"))
        return len(queries)

    before = count()
    for number in range(3):
        client.post(address("taxcode_new"), CODE | {"code": f"N{number}"})

    assert count() == before
