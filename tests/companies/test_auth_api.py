"""Sign-in, passwords and contact over HTTP: what strangers can and cannot learn, and what they can and cannot stop."""

import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django_otp.plugins.otp_totp.models import TOTPDevice

from ledgerlou import clock
from ledgerlou.companies.models.people import OutgoingMail, Person, SessionToken
from ledgerlou.companies.roles import Role
from ledgerlou.companies.services.delivery import send_next_mail
from ledgerlou.companies.services.passwords import issue_password_token
from tests.api.client import ApiClient
from tests.companies.people import PASSWORD, member, with_password
from tests.conftest import new_company, show_company

LOGIN, FORGOT, SETUP, CONTACT = "/v1/auth/login", "/v1/auth/forgot-password", "/v1/auth/setup-password", "/v1/contact"
VARYING = {"x-request-id", "x-rate-limit-remaining", "x-rate-limit-reset"}


def fresh_address():
    """An address nobody has been counted under."""
    number = uuid4().int
    return f"10.{number % 256}.{number // 256 % 256}.{number // 65536 % 254 + 1}"


@pytest.fixture
def api():
    """A stranger at an address of their own."""
    return ApiClient(None, address=fresh_address())


@pytest.fixture
def person(company):
    return with_password(member(company, Role.ACCOUNTANT).person)


def seen(reply):
    """Everything an answer tells, without what differs between any two answers."""
    headers = {name.lower(): value for name, value in reply.headers.items() if name.lower() not in VARYING}
    body = {key: value for key, value in reply.json.items() if key != "trace_id"}
    return reply.status, headers, body


def test_login_answers_the_session_and_the_companies(api, company, person):
    other = new_company("skr03", name="Aal & Co. KG", owner=person)

    reply = api.post(LOGIN, {"email": person.email.upper(), "password": PASSWORD, "company_id": str(company.id)})

    assert reply.status == 200
    answer = reply.json
    token, expires_at = answer.pop("token"), datetime.fromisoformat(answer.pop("expires_at"))
    assert answer == {
        "user": {"id": str(person.id), "email": person.email, "name": "Max Beispiel", "role": "accountant"},
        "company_id": str(company.id),
        "companies": [
            {"id": str(other.id), "name": "Aal & Co. KG", "role": "owner"},
            {"id": str(company.id), "name": "Muster Handel GmbH", "role": "accountant"},
        ],
    }
    assert token.startswith("ls_")
    assert abs(expires_at - datetime.now(UTC) - timedelta(hours=12)) < timedelta(minutes=1)
    assert reply.headers["Cache-Control"] == "no-store"


def test_nothing_tells_an_unknown_address_from_a_wrong_password(company, person):
    inactive = with_password(member(company).person)
    Person.objects.filter(id=inactive.id).update(is_active=False)

    answers = [
        seen(ApiClient(None, address=fresh_address()).post(LOGIN, {"email": email, "password": "wrong"}))
        for email in (person.email, "nobody@example.org", inactive.email)
    ]

    assert answers[0] == answers[1] == answers[2]
    assert (answers[0][0], answers[0][2]["error"]) == (401, "WRONG_CREDENTIALS")


def test_nothing_tells_whose_password_is_forgotten(company, person):
    answers = [
        seen(ApiClient(None, address=fresh_address()).post(FORGOT, {"email": email})) for email in (person.email, "nobody@example.org")
    ]

    assert answers[0] == answers[1]
    assert (answers[0][0], answers[0][2]) == (200, {"ok": True})


def test_forgotten_password_is_set_and_signs_in(api, person):
    api.post(FORGOT, {"email": person.email})
    assert send_next_mail(now=clock.now()) is not None
    token = mail.outbox[0].body.split("#")[1].split()[0]

    assert api.post(SETUP, {"token": token, "password": "  ein Kennwort mit Rand  "}).json == {"ok": True}

    assert api.post(LOGIN, {"email": person.email, "password": PASSWORD}).status == 401
    assert api.post(LOGIN, {"email": person.email, "password": "ein Kennwort mit Rand"}).status == 401
    assert api.post(LOGIN, {"email": person.email, "password": "  ein Kennwort mit Rand  "}).status == 200


def test_setup_says_everything_that_is_wrong(db, api):
    reply = api.post(SETUP, {"token": "made up", "password": "short"})

    assert (reply.status, reply.error) == (400, "INVALID_INPUT")
    assert reply.pointers == ["/token", "/password"]


def test_setup_ends_the_sessions_of_the_person(api, company, person):
    api.post(LOGIN, {"email": person.email, "password": PASSWORD})
    token = issue_password_token(person=person, valid_for=timedelta(hours=1), now=clock.now())

    api.post(SETUP, {"token": token, "password": "noch ein Kennwort, neu"})

    show_company(company)
    assert not SessionToken.objects.of(company).exists()


@pytest.mark.parametrize(
    ("path", "body", "pointers"),
    [
        (LOGIN, {}, ["/email", "/password"]),
        (LOGIN, {"email": "no address", "password": ""}, ["/email", "/password"]),
        (LOGIN, {"email": "a@example.org", "password": "x", "otp": "12"}, ["/otp"]),
        (LOGIN, {"email": "a@example.org", "pasword": "x"}, ["/password", "/pasword"]),
        (FORGOT, {"email": "no address"}, ["/email"]),
        (SETUP, {"token": "x"}, ["/password"]),
        (CONTACT, {"name": "A", "email": "a@example.org"}, ["/message"]),
        (CONTACT, {"name": "A", "email": "@", "message": "m"}, ["/email"]),
    ],
)
def test_malformed_bodies_are_refused_with_every_fault(db, api, path, body, pointers):
    reply = api.post(path, body)

    assert (reply.status, reply.error, sorted(reply.pointers)) == (400, "INVALID_INPUT", pointers)
    assert not OutgoingMail.objects.exists()


def test_second_factor_is_asked_for_and_wrong_digits_are_kept_counted(api, company, person):
    device = TOTPDevice.objects.create(user=person, name="Telefon", confirmed=True)

    missing = api.post(LOGIN, {"email": person.email, "password": PASSWORD})
    wrong = api.post(LOGIN, {"email": person.email, "password": PASSWORD, "otp": "000000"})

    assert [(reply.status, reply.error, reply.pointers) for reply in (missing, wrong)] == [(401, "OTP_REQUIRED", ["/otp"])] * 2
    device.refresh_from_db()
    assert device.throttling_failure_count == 1


def test_company_of_others_is_not_found(api, person):
    elsewhere = new_company("skr03", name="Fremde UG")

    reply = api.post(LOGIN, {"email": person.email, "password": PASSWORD, "company_id": str(elsewhere.id)})

    assert (reply.status, reply.error, reply.pointers) == (404, "NOT_FOUND", ["/company_id"])


def test_address_is_stopped_after_ten_attempts_a_minute(db, api):
    replies = [api.post(LOGIN, {"email": f"{uuid4().hex}@example.org", "password": "x"}) for _ in range(11)]

    assert [reply.status for reply in replies] == [401] * 10 + [429]
    assert replies[-1].error == "RATE_LIMITED"
    assert 0 < int(replies[-1].headers["Retry-After"]) <= 60


@pytest.mark.parametrize("is_known", [True, False])
def test_account_is_stopped_however_many_addresses_try(company, settings, is_known):
    settings.LOGINS_PER_MINUTE = 3
    person = with_password(member(company).person)
    email = person.email if is_known else f"{uuid4().hex}@example.org"

    replies = [ApiClient(None, address=fresh_address()).post(LOGIN, {"email": email, "password": "wrong"}) for _ in range(4)]

    assert [reply.status for reply in replies] == [401] * 3 + [429]
    assert 0 < int(replies[-1].headers["Retry-After"]) <= 60


def test_strangers_cannot_lock_somebody_out_of_their_usual_place(company, person, settings):
    settings.LOGINS_PER_MINUTE = 3
    usual, new_place = fresh_address(), fresh_address()
    right = {"email": person.email, "password": PASSWORD}
    session = ApiClient(None, address=usual).post(LOGIN, right).json["token"]
    for _ in range(4):
        ApiClient(None, address=fresh_address()).post(LOGIN, {"email": person.email, "password": "guess"})

    assert ApiClient(None, address=new_place).post(LOGIN, right).status == 429
    assert ApiClient(None, address=usual).post(LOGIN, right).status == 200
    show_company(company)
    assert SessionToken.objects.of(company).count() == 2
    assert session.startswith("ls_")


def test_usual_place_has_an_allowance_and_no_more(company, person, settings):
    settings.LOGINS_PER_MINUTE = 3
    usual = ApiClient(None, address=fresh_address())
    usual.post(LOGIN, {"email": person.email, "password": PASSWORD})

    replies = [usual.post(LOGIN, {"email": person.email, "password": "wrong"}) for _ in range(3)]

    assert [reply.status for reply in replies] == [401] * 2 + [429]


def test_cache_does_not_say_who_signed_in_from_where(api, company, person, settings):
    api.post(LOGIN, {"email": person.email, "password": PASSWORD})

    names = [name.decode() for name in cache._cache.get_client(None).scan_iter("*signed-in*")]
    assert names != []
    assert [name for name in names if person.email in name or "10." in name] == []


def test_reset_mails_are_not_multiplied(api, person):
    for _ in range(3):
        api.post(FORGOT, {"email": person.email})
    while send_next_mail(now=clock.now()):
        pass

    assert len(mail.outbox) == 1
    assert sorted(OutgoingMail.objects.values_list("last_error", flat=True)) == ["", *["not sent: a link is on its way already"] * 2]


def test_contact_message_is_mailed_to_the_operator(db, api, settings):
    settings.CONTACT_ADDRESS = "office@example.org"

    reply = api.post(CONTACT, {"name": "Nils", "email": "Nils@example.org", "message": "Hallo", "_honeypot": ""})

    assert (reply.status, reply.json) == (200, {"ok": True})
    row = OutgoingMail.objects.get()
    assert (row.recipient, row.reply_to, row.subject) == ("office@example.org", "nils@example.org", "Contact form: Nils")


def test_filled_honeypot_is_answered_alike_and_dropped(db):
    message = {"name": "Bot", "email": "bot@example.org", "message": "Buy!"}
    good, trapped = (
        ApiClient(None, address=fresh_address()).post(CONTACT, {**message, "_honeypot": trap}) for trap in ("", "https://example.org")
    )

    assert seen(good) == seen(trapped)
    assert OutgoingMail.objects.count() == 1


def test_contact_is_throttled(db, api):
    message = {"name": "Nils", "email": "nils@example.org", "message": "Hallo"}

    assert [api.post(CONTACT, message).status for _ in range(11)] == [200] * 10 + [429]


def test_secrets_reach_no_log(company, person, caplog):
    secret = "Ein-sehr-geheimes-Kennwort"
    with caplog.at_level("DEBUG"):
        client = Client(REMOTE_ADDR=fresh_address())
        for path, body in (
            (LOGIN, {"email": person.email, "password": secret}),
            (SETUP, {"token": secret, "password": secret}),
            (LOGIN, f'{{"email": "{person.email}", "password": "{secret}"'),
        ):
            client.post(path, body if isinstance(body, str) else json.dumps(body), content_type="application/json")

    assert secret not in caplog.text


def test_session_token_of_the_login_opens_the_books(real_commits):
    owner = with_password_committed()
    api = ApiClient(None, address=fresh_address())

    token = api.post(LOGIN, {"email": owner.email, "password": PASSWORD}).json["token"]

    assert ApiClient(token).get("/v1/accounts?limit=1").status == 200
    assert ApiClient(token + "x").get("/v1/accounts?limit=1").status == 401


def with_password_committed():
    with transaction.atomic():
        company = new_company()
        show_company(company)
        return with_password(member(company, Role.OWNER).person)
