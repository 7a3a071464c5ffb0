"""Signing in: one answer for every kind of wrong, one hash for every address, one session for the right one."""

import hashlib
import re
import time
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from ledgerlou.companies.models.people import Membership, Person, SessionToken
from ledgerlou.companies.roles import Role
from ledgerlou.companies.services.sign_in import OtpRequired, WrongCredentials, sign_in
from ledgerlou.errors import NotFound
from tests.companies.people import PASSWORD, member, refused, with_password
from tests.conftest import NOW, TODAY, new_company, new_person, show_company


def sign(person, password=PASSWORD, **options):
    return sign_in(email=person.email, password=password, now=NOW, **options)


@pytest.fixture
def person(company):
    """An accountant with a password."""
    return with_password(member(company).person)


@pytest.fixture
def device(person):
    return TOTPDevice.objects.create(user=person, name="Telefon", confirmed=True)


def digits_of(device):
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift)
    totp.time = time.time()
    return f"{totp.token():06d}"


def test_right_password_opens_a_session_stored_as_digest(company, person, settings):
    settings.SESSION_TOKEN_HOURS = 3

    session = sign(person)

    assert re.fullmatch(r"ls_[A-Za-z0-9]{43}", session.token)
    row = SessionToken.objects.of(company).get()
    assert row.token_hash == hashlib.sha256(session.token.encode()).hexdigest()
    assert (row.person_id, row.created_at, row.expires_at) == (person.id, NOW, NOW + timedelta(hours=3))
    assert (session.expires_at, session.person, session.company.company_id) == (row.expires_at, person, company.id)
    assert session.company.role == Role.ACCOUNTANT
    assert Person.objects.get(id=person.id).last_login == NOW


def test_address_is_compared_in_lower_case(person):
    assert sign_in(email=f"  {person.email.upper()} ", password=PASSWORD, now=NOW).person == person


def test_every_kind_of_wrong_is_answered_alike(company, person):
    inactive, without_password = with_password(member(company).person), member(company).person
    Person.objects.filter(id=inactive.id).update(is_active=False)
    nowhere = with_password(new_person())
    left = member(company)
    with_password(left.person)
    Membership.objects.filter(id=left.id).update(valid_until=TODAY - timedelta(days=1))

    answers = set()
    for email, password in (
        (person.email, "wrong"),
        (person.email, ""),
        ("nobody@example.org", PASSWORD),
        (inactive.email, PASSWORD),
        (without_password.email, PASSWORD),
        (without_password.email, "!"),
        (nowhere.email, PASSWORD),
        (left.person.email, PASSWORD),
    ):
        with refused(WrongCredentials) as refusal:
            sign_in(email=email, password=password, now=NOW)
        answers.add(
            (refusal.value.code, refusal.value.http_status, refusal.value.message, refusal.value.faults, str(refusal.value.details))
        )

    assert len(answers) == 1
    assert not SessionToken.objects.exists()


def test_every_address_costs_exactly_one_hash_of_the_same_strength(company, person, monkeypatch):
    inactive, without_password = with_password(member(company).person), member(company).person
    Person.objects.filter(id=inactive.id).update(is_active=False)
    hashes = []

    def counted(original):
        def run(hasher, *arguments):
            hashes.append((hasher.time_cost, hasher.memory_cost, hasher.parallelism))
            return original(hasher, *arguments)

        return run

    for method in ("encode", "verify"):
        monkeypatch.setattr(Argon2PasswordHasher, method, counted(getattr(Argon2PasswordHasher, method)))
    costs = []
    for email in (person.email, "nobody@example.org", inactive.email, without_password.email):
        hashes.clear()
        with refused(WrongCredentials):
            sign_in(email=email, password="wrong", now=NOW)
        costs.append(list(hashes))

    strength = (Argon2PasswordHasher.time_cost, Argon2PasswordHasher.memory_cost, Argon2PasswordHasher.parallelism)
    assert costs == [[strength]] * 4


def test_session_is_opened_in_the_first_company_by_name_or_in_the_one_asked_for(person, company):
    other = new_company("skr03", name="Aal & Co. KG", owner=person)

    first = sign(person)
    asked = sign(person, company_id=company.id)

    assert (first.company.company_id, asked.company.company_id) == (other.id, company.id)
    names = [("Aal & Co. KG", "owner"), ("Muster Handel GmbH", "accountant")]
    assert [(each.name, each.role) for each in first.companies] == names == [(each.name, each.role) for each in asked.companies]
    show_company(company)
    assert SessionToken.objects.get().company_id == company.id
    show_company(other)
    assert SessionToken.objects.get().company_id == other.id


def test_company_of_others_is_not_found(person):
    elsewhere = new_company("skr03", name="Fremde UG")

    for company_id in (elsewhere.id, uuid4()):
        with refused(NotFound) as refusal:
            sign(person, company_id=company_id)
        assert refusal.value.pointer == "/company_id"

    show_company(elsewhere)
    assert not SessionToken.objects.exists()


def test_last_day_of_a_membership_is_included(company):
    somebody = member(company, Role.AUDITOR)
    with_password(somebody.person)
    Membership.objects.filter(id=somebody.id).update(valid_until=TODAY)

    assert sign(somebody.person).company.role == Role.AUDITOR


def test_second_factor_is_asked_for_after_the_right_password_only(person, device):
    with refused(WrongCredentials):
        sign(person, "wrong", otp=digits_of(device))
    with refused(OtpRequired) as refusal:
        sign(person)

    assert (refusal.value.code, refusal.value.http_status, refusal.value.pointer) == ("OTP_REQUIRED", 401, "/otp")
    assert not SessionToken.objects.exists()


def test_second_factor_opens_the_session_and_works_once(company, person, device):
    digits = digits_of(device)

    sign(person, otp=digits)

    with refused(OtpRequired):
        sign(person, otp=digits)
    assert SessionToken.objects.of(company).count() == 1


def test_wrong_digits_are_counted_although_the_sign_in_is_refused(person, device):
    wrong = f"{(int(digits_of(device)) + 500_000) % 1_000_000:06d}"

    for otp in (wrong, "no digits"):
        TOTPDevice.objects.filter(id=device.id).update(throttling_failure_timestamp=None)
        with pytest.raises(OtpRequired):
            sign(person, otp=otp)

    device.refresh_from_db()  # the transaction is alive: the edge commits what was counted
    assert device.throttling_failure_count == 2
    assert not device.verify_is_allowed()[0]


def test_device_that_is_not_confirmed_asks_for_nothing(person):
    TOTPDevice.objects.create(user=person, name="neu", confirmed=False)

    assert sign(person).person == person
