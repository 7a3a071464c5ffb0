"""Buttons call the services: what they do, what they refuse and in which words, and that a refusal leaves nothing behind."""

import re
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounting.models.datev import DatevImport
from accounting.models.journal import Intent
from ledgerlou import clock
from ledgerlou.companies.context import company_transaction
from ledgerlou.companies.models.people import ApiKey, Membership, OutgoingMail
from ledgerlou.companies.services.secret_texts import digest_of
from periods.models import LockRequest, Period
from tests.admin.books import Books, datev_batch
from tests.admin.states import state_of


def address(page: str, *args: Any) -> str:
    return reverse(f"admin:{page}", args=args)


def in_company(books: Books) -> Any:
    return company_transaction(books.company.id, read_only=True)


def text_of(reply: Any) -> str:
    """The page as text, on one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", reply.content.decode()).replace("&quot;", '"').split())


def test_booking_is_reversed(own_books: Books) -> None:
    original = own_books.bookings["rent"]
    wanted = {"reason": "doppelt", "posting_mode": "current_period", "general_reversal": "on"}

    reply = own_books.client("bookkeeper").post(address("accounting_intent_reverse", original), wanted)

    with in_company(own_books):
        reversal = Intent.objects.of(own_books.company).get(reverses_id=original)
    assert reply.headers["Location"] == address("accounting_intent_change", reversal.id)
    assert (reversal.description, reversal.general_reversal) == ("Storno: Miete Lagerhalle (doppelt)", True)
    assert (reversal.channel, reversal.actor_label) == ("admin", "Ole Hansen")


def test_second_reversal_is_refused_in_german_and_changes_nothing(own_books: Books) -> None:
    before = state_of(own_books)

    reply = own_books.client().post(address("accounting_intent_reverse", own_books.bookings["wrong"]), {"posting_mode": "current_period"})

    assert reply.status_code == 409
    assert "Diese Buchung ist schon storniert." in text_of(reply)
    assert state_of(own_books) == before


def test_booking_shows_its_links_both_ways(books: Books) -> None:
    client = books.client("auditor", language="de")
    original = text_of(client.get(address("accounting_intent_change", books.bookings["wrong"])))
    reversal = text_of(client.get(address("accounting_intent_change", books.bookings["reversal"])))
    sale = text_of(client.get(address("accounting_intent_change", books.bookings["sale"])))
    payment = text_of(client.get(address("accounting_intent_change", books.bookings["payment"])))

    assert "Storniert durch" in original
    assert "Storno: Druckerpatronen (falsches Konto) 84,90" in original
    assert "Druckerpatronen 84,90" in reversal
    assert "1200 Kundenforderungen (Debitoren)" in sale
    assert re.search(r"1\.428,00 offen 428,00 Ausgeglichen durch \S+ Zahlung Kranbau Lübeck 1\.000,00", sale)
    assert re.search(r"Gleicht aus \S+ Ausgangsrechnung RE-2207 Kranbau Lübeck 1\.000,00", payment)


def test_seal_of_a_booking_is_verified(books: Books) -> None:
    page = books.client("auditor").get(f"{address('accounting_intent_change', books.bookings['sale'])}?verify=1")

    assert "Alle Zeilen sind unversehrt" in text_of(page)
    assert text_of(page).count("unversehrt") == 1 + 2


def test_period_is_soft_locked_and_reopened(own_books: Books) -> None:
    client, period = own_books.client("bookkeeper"), f"{own_books.month[:4]}-02"

    def status() -> str:
        with in_company(own_books):
            return Period.objects.of(own_books.company).get(period=period).status

    locked = client.post(address("periods_period_soft_lock", period), follow=True)
    after_lock = status()
    again = client.post(address("periods_period_soft_lock", period), follow=True)
    client.post(address("periods_period_reopen", period))

    assert "Die Periode ist vorläufig gesperrt." in text_of(locked)
    assert f"Periode {period} wurde von Ole Hansen vorläufig gesperrt." in text_of(again)
    assert (after_lock, status()) == ("soft_locked", "open")


def test_lock_takes_two_people_who_see_the_same_hash(own_books: Books) -> None:
    month, request_id = own_books.month, own_books.rows["lock_request"]
    approve = address("periods_period_approve", month, request_id)
    hash_seen = re.search(r"Abschluss-Hash ([0-9a-f]{64})", text_of(own_books.client("owner").get(approve)))

    own = own_books.client("owner").post(approve)
    other = own_books.client("accountant").post(approve)

    assert own.status_code == 403
    assert "Freigeben muss jemand anderes als die Person, die den Antrag gestellt hat." in text_of(own)
    assert other.status_code == 302
    with in_company(own_books):
        period = Period.objects.of(own_books.company).get(period=month)
    assert (period.status, period.locked_by) == ("locked", "Miriam Kaya")
    assert hash_seen is not None
    assert period.closing_hash == hash_seen[1]


def test_lock_is_asked_for_and_withdrawn(own_books: Books) -> None:
    client, period = own_books.client("accountant"), f"{own_books.month[:4]}-01"
    client.post(address("periods_period_cancel", period, own_books.rows["lock_request"]))

    asked = client.post(address("periods_period_request", period))
    twice = client.post(address("periods_period_request", period))

    with in_company(own_books):
        states = list(LockRequest.objects.of(own_books.company).order_by("id").values_list("status", flat=True))
    assert (asked.status_code, twice.status_code) == (302, 409)
    assert f"Miriam Kaya hat beantragt, Periode {period} festzuschreiben." in text_of(twice)
    assert states == ["cancelled", "pending"]


def test_periods_that_do_not_exist_are_no_pages(books: Books) -> None:
    client = books.client("owner")

    assert client.get(address("periods_period_request", "2026-13")).status_code == 404
    assert client.get(address("periods_period_request", "quatsch")).status_code == 404


def test_key_is_shown_once(own_books: Books) -> None:
    client = own_books.client("accountant")
    wanted = {"name": "Webshop", "scopes": ["journal:write", "journal:read"], "last_day": ""}

    made = client.post(address("companies_apikey_new"), wanted)

    shown = re.search(r'value="(ll_[A-Za-z0-9]+_[A-Za-z0-9]+)"', made.content.decode())
    with in_company(own_books):
        key = ApiKey.objects.of(own_books.company).get(name="Webshop")
    assert shown is not None
    assert (key.secret_hash, key.created_by_id) == (digest_of(shown[1]), own_books.people["accountant"].id)
    assert "no-store" in made.headers["Cache-Control"]
    assert shown[1].rsplit("_", 1)[1] not in client.get(address("companies_apikey_change", key.id)).content.decode()
    assert client.post(address("companies_apikey_revoke", key.id)).status_code == 302
    twice = client.post(address("companies_apikey_revoke", key.id))
    assert (twice.status_code, "Dieser Schlüssel ist schon widerrufen." in text_of(twice)) == (409, True)


def test_key_gets_no_rights_its_maker_lacks(own_books: Books) -> None:
    before = state_of(own_books)

    reply = own_books.client("accountant").post(address("companies_apikey_new"), {"name": "Zu viel", "scopes": ["admin"]})

    assert reply.status_code == 400
    assert state_of(own_books) == before


def test_person_is_invited_promoted_and_let_go(own_books: Books) -> None:
    client = own_books.client("admin")
    email = f"neu-{own_books.company.id.hex[:8]}@example.org"

    client.post(address("companies_membership_invite"), {"email": email, "name": "Nele Neu", "role": "bookkeeper", "valid_until": ""})
    with in_company(own_books):
        membership = Membership.objects.of(own_books.company).get(person__email=email)
    client.post(address("companies_membership_role", membership.id), {"role": "accountant", "valid_until": ""})
    with in_company(own_books):
        role = Membership.objects.of(own_books.company).get(id=membership.id).role
    client.post(address("companies_membership_end", membership.id))

    with in_company(own_books):
        ended = Membership.objects.of(own_books.company).get(id=membership.id)
    assert role == "accountant"
    assert ended.valid_until is not None
    assert ended.valid_until < clock.today()
    assert OutgoingMail.objects.filter(recipient=email).count() == 1
    history = text_of(client.get(address("companies_membership_history", membership.id)))
    assert "Rolle: Buchhaltung → Bilanzbuchhaltung" in history
    assert "Jonas Brandt" in history


def test_every_fault_of_an_invitation_stands_at_its_field(own_books: Books) -> None:
    wanted = {"email": "pruefer@example.org", "name": "Petra Prüf", "role": "auditor", "valid_until": ""}

    reply = own_books.client("owner").post(address("companies_membership_invite"), wanted)

    assert reply.status_code == 400
    assert reply.context["form"].errors == {"valid_until": ["Ein Prüfer braucht ein Enddatum."]}


def test_administrator_makes_no_owner(own_books: Books) -> None:
    reply = own_books.client("admin").post(address("companies_membership_role", own_books.rows["membership"]), {"role": "owner"})

    assert reply.status_code == 403
    assert "Nur ein Inhaber darf Inhaber ernennen, ändern oder entfernen." in text_of(reply)


def upload(client: Client, data: bytes, **more: Any) -> Any:
    sent = SimpleUploadedFile("EXTF_Februar.csv", data, content_type="text/csv")
    return client.post(address("accounting_datevimport_new"), {"file": sent, "add_personal_accounts": "on", **more})


def test_datev_file_is_previewed_then_imported(own_books: Books) -> None:
    client = own_books.client("bookkeeper")
    data = datev_batch(year=int(own_books.month[:4]), chart="skr04", text="Briefmarken", client=2)
    before = state_of(own_books)

    preview = upload(client, data)
    between = state_of(own_books)
    kept = preview.context["form"]["upload"].value()
    done = client.post(address("accounting_datevimport_new"), {"upload": kept, "add_personal_accounts": "on", "import": "1"})

    assert "Dies ist eine Vorschau" in text_of(preview)
    assert "Briefmarken" in text_of(preview)
    assert between == before
    assert done.status_code == 302
    report = text_of(client.get(done.headers["Location"]))
    assert ("Briefmarken" in report, "12,40 / 0,00" in report) == (True, True)
    with in_company(own_books):
        assert list(DatevImport.objects.of(own_books.company).order_by("id").values_list("imported_by", flat=True)) == [
            "Hanna Petersen",
            "Ole Hansen",
        ]


def test_same_datev_file_books_nothing_again(own_books: Books) -> None:
    data = datev_batch(year=int(own_books.month[:4]), chart="skr04")
    before = state_of(own_books)

    reply = upload(own_books.client("bookkeeper"), data, **{"import": "1"})

    assert "Nichts gebucht: Die Datei enthält nichts Neues, das sich buchen lässt." in text_of(reply)
    assert state_of(own_books) == before


def test_refused_datev_row_says_why_in_german(own_books: Books) -> None:
    data = datev_batch(year=int(own_books.month[:4]), chart="skr04", account="4321", client=2)

    report = text_of(upload(own_books.client("bookkeeper"), data))

    assert "Im Kontenplan fehlt: Konto 4321. Bitte anlegen oder die Nummer in der Datei ändern." in report


def test_something_else_than_a_datev_file_is_refused(own_books: Books) -> None:
    reply = upload(own_books.client("bookkeeper"), b"Datum;Betrag\r\n1.2.;3\r\n")

    assert reply.status_code == 400
    assert "Das ist keine Datei im DATEV-Format" in text_of(reply)


def test_upload_of_another_person_is_not_found(own_books: Books) -> None:
    preview = upload(own_books.client("bookkeeper"), datev_batch(year=int(own_books.month[:4]), chart="skr04", text="Umschläge", client=2))
    kept = preview.context["form"]["upload"].value()

    reply = own_books.client("accountant").post(address("accounting_datevimport_new"), {"upload": kept, "import": "1"})

    assert (reply.status_code, list(reply.context["form"].errors)) == (400, ["file"])
