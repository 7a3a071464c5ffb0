"""Keys are shown once, do no more than their maker, and stay revoked."""

import hashlib
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection

from ledgerlou.companies.actor import Actor, system_actor
from ledgerlou.companies.models.people import ApiKey
from ledgerlou.companies.roles import ALL_SCOPES, Role
from ledgerlou.companies.services.keys import ScopeNotHeld, create_api_key, revoke_api_key
from ledgerlou.errors import Fault, Forbidden, InvalidInput, NotFound, WrongState
from tests.companies.people import acting, member, owner_of, refused
from tests.conftest import NOW, show_company


def make(company, actor, **changes):
    facts = {"name": "Shop", "scopes": ["journal:read"], "expires_at": None, "now": NOW}
    return create_api_key(company=company, actor=actor, **{**facts, **changes})


def test_key_is_returned_once_and_only_its_digest_is_stored(company):
    key, text = make(company, owner_of(company))

    key.refresh_from_db()
    assert re.fullmatch(r"ll_[A-Za-z0-9]{12}_[A-Za-z0-9]{43}", text)
    assert text.split("_")[1] == key.prefix
    assert key.secret_hash == hashlib.sha256(text.encode()).hexdigest()
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(k)::text FROM companies_apikey k WHERE id = %s", [key.id])
        assert text.split("_")[2] not in cursor.fetchone()[0]


def test_two_keys_share_neither_prefix_nor_secret(company):
    first, second = (make(company, owner_of(company)) for _ in range(2))

    assert first[0].prefix != second[0].prefix
    assert first[1].split("_")[2] != second[1].split("_")[2]


def test_key_acts_for_the_person_who_made_it(company):
    actor = owner_of(company)

    key, _ = make(company, actor, name="  Buchung  ")

    assert (key.created_by_id, key.name, key.company_id) == (actor.person_id, "Buchung", company.id)


def test_scopes_are_stored_in_canonical_spelling_and_once(company):
    key, _ = make(company, owner_of(company), scopes=["perioden:read", "kreditoren:write", "payables:write", "admin"])

    assert key.scopes == ["admin", "payables:write", "periods:read"]


def test_unknown_scopes_are_refused_all_at_once(company):
    with refused(InvalidInput) as refusal:
        make(company, owner_of(company), scopes=["journal:read", "journal:delete", "reports:write", "moon"])

    known = ", ".join(sorted(ALL_SCOPES))
    assert refusal.value.faults == tuple(
        Fault(pointer=f"/scopes/{place}", code="INVALID_INPUT", message=f"There is no scope '{scope}'. Scopes are: {known}.")
        for place, scope in ((1, "journal:delete"), (2, "reports:write"), (3, "moon"))
    )
    assert not ApiKey.objects.of(company).exists()


def test_key_without_scopes_is_refused(company):
    with refused(InvalidInput) as refusal:
        make(company, owner_of(company), scopes=[])

    assert refusal.value.pointer == "/scopes"


def test_key_cannot_do_more_than_its_maker(company):
    bookkeeper = acting(member(company, Role.BOOKKEEPER))

    with refused(ScopeNotHeld) as refusal:
        make(company, bookkeeper, scopes=["config:write", "journal:write", "admin"])

    assert [(fault.pointer, fault.code) for fault in refusal.value.faults] == [
        ("/scopes/0", "SCOPE_NOT_HELD"),
        ("/scopes/2", "SCOPE_NOT_HELD"),
    ]
    assert not ApiKey.objects.of(company).exists()


@pytest.mark.parametrize("actor_type", ["api_key", "system"])
def test_only_people_make_keys(company, actor_type):
    person = owner_of(company)
    actor = Actor(label="x", channel="api", actor_type=actor_type, person_id=person.person_id, role="owner", scopes=ALL_SCOPES)

    with refused(Forbidden):
        make(company, actor)

    assert not ApiKey.objects.of(company).exists()


def test_auditor_makes_no_keys(company):
    with refused(Forbidden):
        make(company, acting(member(company, Role.AUDITOR)))


def test_expiry_in_the_past_is_refused(company):
    with refused(InvalidInput) as refusal:
        make(company, owner_of(company), expires_at=NOW)

    assert refusal.value.pointer == "/expires_at"
    assert make(company, owner_of(company), expires_at=NOW + timedelta(seconds=1))[0].expires_at == NOW + timedelta(seconds=1)


def test_name_that_does_not_fit_points_at_the_name(company):
    for name in (" ", "x" * 101):
        with refused(InvalidInput) as refusal:
            make(company, owner_of(company), name=name)
        assert [fault.pointer for fault in refusal.value.faults] == ["/name"]


def test_revoked_key_stays_revoked(company):
    key, _ = make(company, owner_of(company))

    revoked = revoke_api_key(company=company, actor=owner_of(company), key_id=key.id, now=NOW)

    assert revoked.revoked_at == NOW
    with refused(WrongState):
        revoke_api_key(company=company, actor=owner_of(company), key_id=key.id, now=NOW + timedelta(hours=1))
    key.refresh_from_db()
    assert key.revoked_at == NOW


def test_key_is_revoked_by_its_maker_or_a_manager_alone(company):
    maker, colleague, admin = (acting(member(company, role)) for role in (Role.ACCOUNTANT, Role.ACCOUNTANT, Role.ADMIN))
    keys = [make(company, maker)[0] for _ in range(3)]

    with refused(Forbidden):
        revoke_api_key(company=company, actor=colleague, key_id=keys[0].id, now=NOW)

    assert ApiKey.objects.of(company).filter(revoked_at=None).count() == 3
    for key, actor in zip(keys, (maker, admin, system_actor("Betrieb")), strict=True):
        assert revoke_api_key(company=company, actor=actor, key_id=key.id, now=NOW).revoked_at == NOW


def test_key_of_another_company_is_not_found(other_company, company):
    show_company(other_company)
    foreign, _ = make(other_company, owner_of(other_company))
    show_company(company)

    for key_id in (foreign.id, uuid4()):
        with refused(NotFound):
            revoke_api_key(company=company, actor=owner_of(company), key_id=key_id, now=NOW)

    show_company(other_company)
    foreign.refresh_from_db()
    assert foreign.revoked_at is None
