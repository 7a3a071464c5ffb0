"""Signing in: password, limits, second factor, languages, companies."""

import re
import time
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import translation
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from ledgerlou import clock
from ledgerlou.companies.actor import system_actor
from ledgerlou.companies.context import company_transaction
from ledgerlou.companies.models.people import Membership, Person
from ledgerlou.companies.services.passwords import issue_password_token
from tests.admin.books import PASSWORD, Books, browser

LOGIN, CODE, SET_UP, DESK = "/admin/login/", "/admin/login/code/", "/admin/two-factor/", "/admin/"


@pytest.fixture
def address() -> str:
    """A network address nobody has been counted under."""
    part = uuid4().bytes
    return f"10.{part[0]}.{part[1]}.{part[2]}"


@pytest.fixture
def home(address: str) -> Client:
    return browser(REMOTE_ADDR=address, headers={"accept-language": "de"})


def sign_in(client: Client, person: Any, password: str = PASSWORD, **extra: Any) -> Any:
    return client.post(LOGIN, {"username": person.email, "password": password, "next": "", **extra})


def digits(device: TOTPDevice, *, later: int = 0) -> str:
    """What the authenticator shows now, or so many steps later."""
    totp = TOTP(device.bin_key)
    totp.time = time.time() + 30 * later
    return f"{totp.token():06d}"


def with_device(person: Any) -> TOTPDevice:
    return TOTPDevice.objects.create(user=person, name="TOTP", confirmed=True)


def test_password_opens_the_desk(own_books: Books, home: Client) -> None:
    reply = sign_in(home, own_books.people["bookkeeper"])

    assert (reply.status_code, reply.headers["Location"]) == (302, DESK)
    assert home.get(DESK).status_code == 200
    own_books.people["bookkeeper"].refresh_from_db()
    assert own_books.people["bookkeeper"].last_login is not None


def test_wrong_password_and_unknown_address_read_the_same(own_books: Books, home: Client) -> None:
    wrong = sign_in(home, own_books.people["owner"], "falsch")
    unknown = home.post(LOGIN, {"username": "niemand@example.org", "password": "falsch"})

    text = "E-Mail-Adresse oder Passwort ist falsch."
    assert (wrong.status_code, unknown.status_code) == (401, 401)
    assert text in wrong.content.decode()
    assert text in unknown.content.decode()
    assert home.get(DESK).status_code == 302


def test_sign_in_leads_to_pages_of_ours_only(own_books: Books, home: Client) -> None:
    own = sign_in(home, own_books.people["owner"], next="/admin/accounting/event/")
    foreign = sign_in(browser(), own_books.people["admin"], next="https://example.org/")

    assert own.headers["Location"] == "/admin/accounting/event/"
    assert foreign.headers["Location"] == DESK


def test_attempts_on_an_account_are_limited(own_books: Books, settings: Any) -> None:
    settings.LOGINS_PER_MINUTE = 3
    person = own_books.people["owner"]
    strangers = [browser(REMOTE_ADDR=f"10.9.{uuid4().bytes[0]}.{number}") for number in range(4)]

    assert [sign_in(client, person, "falsch").status_code for client in strangers] == [401, 401, 401, 429]


def test_attempts_from_an_address_are_limited(own_books: Books, settings: Any, address: str) -> None:
    settings.LOGINS_PER_MINUTE = 3
    client = browser(REMOTE_ADDR=address)
    accounts = [f"{uuid4().hex}@example.org" for _ in range(4)]

    assert [client.post(LOGIN, {"username": account, "password": "x"}).status_code for account in accounts] == [401, 401, 401, 429]


def test_strangers_cannot_lock_a_person_out(own_books: Books, settings: Any, home: Client) -> None:
    person = own_books.people["owner"]
    assert sign_in(home, person).status_code == 302  # the person's address is known from now on
    settings.LOGINS_PER_MINUTE = 3
    for number in range(5):
        sign_in(browser(REMOTE_ADDR=f"10.8.{uuid4().bytes[0]}.{number}"), person, "falsch")

    home.post("/admin/logout/")

    assert sign_in(home, person).status_code == 302


def test_person_without_a_company_is_kept_out(real_commits: None, home: Client) -> None:
    person = Person(email=f"{uuid4().hex}@example.org", name="Ohne Firma", created_at=clock.now())
    person.set_password(PASSWORD)
    person.save()

    assert sign_in(home, person).status_code == 401


def test_end_of_a_membership_ends_the_visit(own_books: Books, home: Client) -> None:
    person = own_books.people["bookkeeper"]
    sign_in(home, person)
    with company_transaction(own_books.company.id, actor=system_actor("Tests")):
        Membership.objects.of(own_books.company).filter(person=person).update(valid_until=clock.today() - timedelta(days=1))

    assert home.get(DESK).headers["Location"].startswith(LOGIN)
    assert home.get(LOGIN, follow=True).status_code == 200
    assert "_auth_user_id" not in home.session


def test_second_factor_is_asked_before_anything_is_seen(own_books: Books, home: Client) -> None:
    person = own_books.people["owner"]
    device = with_device(person)
    sign_in(home, person)

    assert home.get(DESK).headers["Location"].startswith(LOGIN)
    assert home.get(LOGIN).headers["Location"] == CODE
    assert home.get(SET_UP).headers["Location"] == LOGIN
    wrong = home.post(CODE, {"code": "000000" if digits(device) != "000000" else "111111"})
    assert wrong.status_code == 400
    TOTPDevice.objects.filter(id=device.id).update(throttling_failure_count=0, throttling_failure_timestamp=None)
    assert home.post(CODE, {"code": digits(device)}).status_code == 302
    assert home.get(DESK).status_code == 200


def test_digits_work_once(own_books: Books, home: Client) -> None:
    person = own_books.people["owner"]
    device = with_device(person)
    code = digits(device)
    sign_in(home, person)
    home.post(CODE, {"code": code})
    thief = browser(headers={"accept-language": "de"})
    sign_in(thief, person)

    reply = thief.post(CODE, {"code": code})

    assert reply.status_code == 400
    assert "Diese Ziffern sind falsch oder schon benutzt." in reply.content.decode()


def test_second_factor_is_set_up_and_switched_off(own_books: Books, home: Client) -> None:
    person = own_books.people["owner"]
    sign_in(home, person)
    other_session = own_books.client("owner")

    home.post(SET_UP, {"action": "start"})
    device = TOTPDevice.objects.get(user=person)
    page = home.get(SET_UP).content.decode()
    assert "<svg" in page
    assert device.confirmed is False
    assert home.post(SET_UP, {"action": "confirm", "code": digits(device)}).headers["Location"] == DESK

    assert home.get(DESK).status_code == 200
    assert other_session.get(DESK).headers["Location"].startswith(LOGIN)  # it has not been confirmed by the device
    assert home.post(SET_UP, {"action": "stop", "code": digits(device, later=1)}).status_code == 302
    assert TOTPDevice.objects.filter(user=person).count() == 0


def test_required_second_factor_is_set_up_first(own_books: Books, home: Client, settings: Any) -> None:
    settings.REQUIRE_TWO_FACTOR = True
    person = own_books.people["owner"]
    sign_in(home, person)

    assert home.get(DESK).headers["Location"].startswith(LOGIN)
    assert home.get(LOGIN).headers["Location"] == SET_UP
    home.post(SET_UP, {"action": "start"})
    device = TOTPDevice.objects.get(user=person)
    home.post(SET_UP, {"action": "confirm", "code": digits(device)})
    assert home.get(DESK).status_code == 200
    home.post(SET_UP, {"action": "stop", "code": digits(device, later=1)})
    assert TOTPDevice.objects.filter(user=person, confirmed=True).count() == 1


def test_operator_resets_a_lost_authenticator(own_books: Books, capsys: pytest.CaptureFixture[str]) -> None:
    person = own_books.people["owner"]
    with_device(person)

    call_command("reset_two_factor", person.email)

    assert TOTPDevice.objects.filter(user=person).count() == 0
    assert "has no authenticator any more" in capsys.readouterr().out
    with pytest.raises(CommandError, match="has no authenticator"):
        call_command("reset_two_factor", person.email)


def test_link_sets_a_password_once(own_books: Books, home: Client) -> None:
    person = own_books.people["accountant"]
    token = issue_password_token(person=person, valid_for=timedelta(hours=1), now=clock.now())
    wanted = {"token": token, "password": "Ein ganz neuer Satz 9", "again": "Ein ganz neuer Satz 9"}

    assert home.post("/admin/set-password/", wanted).headers["Location"] == LOGIN
    again = home.post("/admin/set-password/", wanted)

    assert again.status_code == 400
    assert "Dieser Link ist unbekannt, verbraucht oder abgelaufen." in again.content.decode()
    assert sign_in(home, person, "Ein ganz neuer Satz 9").status_code == 302


def test_forgotten_password_says_the_same_for_everybody(own_books: Books, home: Client) -> None:
    known = home.post("/admin/forgot-password/", {"email": own_books.people["owner"].email}, follow=True)
    unknown = home.post("/admin/forgot-password/", {"email": "niemand@example.org"}, follow=True)

    sentence = "Falls sich jemand mit dieser Adresse anmeldet, ist eine Nachricht mit einem Link unterwegs."
    assert (sentence in known.content.decode(), sentence in unknown.content.decode()) == (True, True)


def test_own_password_is_changed_and_the_visit_goes_on(own_books: Books, home: Client) -> None:
    person = own_books.people["owner"]
    sign_in(home, person)
    elsewhere = own_books.client("owner")
    new = "Noch ein anderer Satz 5"

    reply = home.post("/admin/password/", {"old_password": PASSWORD, "new_password1": new, "new_password2": new})

    assert reply.headers["Location"] == DESK
    assert home.get(DESK).status_code == 200
    assert elsewhere.get(DESK).status_code == 302
    assert sign_in(browser(), person, new).status_code == 302


def test_language_stays_with_the_person(own_books: Books) -> None:
    person = own_books.people["owner"]
    client = own_books.client("owner", language="de")
    assert "Letzte Buchungen" in client.get(DESK).content.decode()

    client.post("/admin/language/", {"language": "en"})

    assert "Latest bookings" in client.get(DESK).content.decode()
    assert "Latest bookings" in own_books.client("owner", language="de").get(DESK).content.decode()
    person.refresh_from_db()
    assert person.language == "en"
    client.post("/admin/language/", {"language": "xx"})
    person.refresh_from_db()
    assert person.language == "en"


def test_language_of_a_person_ends_with_the_request(own_books: Books) -> None:

    translation.activate("en")
    own_books.client("owner").get(DESK)

    assert translation.get_language() == "en"


def test_company_switch_shows_the_other_books(own_books: Books, other_books: Books) -> None:
    person = own_books.people["accountant"]
    with company_transaction(other_books.company.id, actor=system_actor("Tests")):
        Membership.objects.create(company=other_books.company, person=person, role="bookkeeper", created_at=clock.now())
    client = own_books.client("accountant")
    here, there = own_books.company, other_books.company

    client.post("/admin/company/", {"company": str(there.id)})
    switched = client.get("/admin/companies/company/", follow=True).content.decode()
    client.post("/admin/company/", {"company": str(here.id)})
    back = client.get("/admin/companies/company/", follow=True).content.decode()

    title = re.compile(r"<dd>(?:Fremde Werft UG|Nordlicht Handel GmbH)</dd>")
    assert (title.findall(switched), title.findall(back)) == ([f"<dd>{there.name}</dd>"], [f"<dd>{here.name}</dd>"])
    assert own_books.client("owner").post("/admin/company/", {"company": str(there.id)}).status_code == 404


def test_form_without_its_token_is_refused(own_books: Books) -> None:
    client = Client(enforce_csrf_checks=True, headers={"accept-language": "de"})
    client.force_login(own_books.people["owner"])

    reply = client.post("/admin/language/", {"language": "en"})

    assert reply.status_code == 403
    assert "Dieses Formular ist zu alt" in reply.content.decode()
