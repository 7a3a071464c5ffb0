"""Who may in: keys, sessions, scopes, limits, and the headers that every answer has."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from ledgerlou import clock
from ledgerlou.api import throttle
from ledgerlou.companies.models.people import ApiKey, Membership, Person, SessionToken
from ledgerlou.companies.services.secret_texts import digest_of
from tests.api.client import ApiClient, Reply, make_key
from tests.api.conftest import bare_company
from tests.conftest import new_person, show_company

NOTES = "/v1/notes"
UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def assert_refused(reply: Reply) -> None:
    assert (reply.status, reply.error) == (401, "UNAUTHORIZED")
    assert reply.headers["WWW-Authenticate"] == 'Bearer realm="LedgerLou"'
    assert reply.headers["X-Rate-Limit-Limit"] == "600"


@pytest.mark.parametrize(
    "change",
    [
        lambda key: None,
        lambda key: key[:-1] + ("a" if key[-1] != "a" else "b"),
        lambda key: "ll_" + key.split("_")[1] + "_",
        lambda key: "ll_unknownprefix_" + key.split("_")[2],
        lambda key: "ll_",
        lambda key: "ls_" + "x" * 43,
        lambda key: key + "x" * 300,
        lambda key: "ll_ä_b",
        lambda key: key.upper(),
    ],
)
def test_a_wrong_key_is_refused(key: str, change: Callable[[str], str | None]) -> None:
    assert_refused(ApiClient(change(key)).get(NOTES))


@pytest.mark.parametrize("scheme", ["Basic", "", "Bearer:"])
def test_another_scheme_is_refused(key: str, scheme: str) -> None:
    assert_refused(ApiClient(None).get(NOTES, Authorization=f"{scheme} {key}"))


def test_the_scheme_is_read_in_any_case(key: str) -> None:
    assert ApiClient(None).get(NOTES, Authorization=f"bearer {key}").status == 200


def test_a_revoked_key_is_refused(company: Any, key: str) -> None:
    show_company(company)
    ApiKey.objects.of(company).update(revoked_at=clock.now())

    assert_refused(ApiClient(key).get(NOTES))


def test_a_key_of_a_person_who_is_switched_off_is_refused(company: Any, key: str) -> None:
    Person.objects.filter(id=company.owner.id).update(is_active=False)

    assert_refused(ApiClient(key).get(NOTES))


@pytest.mark.parametrize(("days", "status"), [(-1, 401), (0, 200)])
def test_a_membership_ends_with_its_last_day(company: Any, key: str, days: int, status: int) -> None:
    show_company(company)
    Membership.objects.of(company).update(valid_until=clock.today() + timedelta(days=days))

    assert ApiClient(key).get(NOTES).status == status


def test_an_expired_key_is_refused(company: Any, connect: Callable[[str], Any]) -> None:
    from ledgerlou.companies.actor import person_actor  # noqa: PLC0415 -- used here alone
    from ledgerlou.companies.services.keys import create_api_key  # noqa: PLC0415 -- as above

    show_company(company)
    past = clock.now() - timedelta(hours=2)
    actor = person_actor(person_id=company.owner.id, label="x", role="owner", channel="admin")
    _, text = create_api_key(
        company=company, actor=actor, name="old", scopes=["journal:read"], expires_at=past + timedelta(hours=1), now=past
    )

    assert_refused(ApiClient(text).get(NOTES))


@pytest.mark.parametrize(("hours", "status"), [(1, 200), (-1, 401)])
def test_a_session_token_enters_until_it_expires(company: Any, hours: int, status: int) -> None:
    show_company(company)
    token, now = f"ls_{uuid4().hex}", clock.now()
    SessionToken.objects.create(
        company=company, person=company.owner, token_hash=digest_of(token), created_at=now, expires_at=now + timedelta(hours=hours)
    )

    assert ApiClient(token).get(NOTES).status == status


def test_a_missing_scope_is_named(company: Any) -> None:
    client = ApiClient(make_key(company, scopes=["bank:read"]))

    any_of, one, all_of = client.get(NOTES), client.post(NOTES, {"name": "x"}), client.get("/v1/notes/pages")

    assert {reply.error for reply in (any_of, one, all_of)} == {"INSUFFICIENT_SCOPE"}
    assert any_of.json["details"] == {"missing_scopes": ["config:read", "journal:read"]}
    assert one.json["details"] == {"missing_scopes": ["journal:write"]}
    assert any_of.json["detail"] == "The scope config:read or journal:read is missing."
    assert all_of.json["detail"] == "The scope config:read and journal:read is missing."


def test_one_of_several_scopes_is_enough_where_declared(company: Any) -> None:
    client = ApiClient(make_key(company, scopes=["config:read"]))

    assert client.get(NOTES).status == 200
    assert client.get("/v1/notes/pages").json["details"] == {"missing_scopes": ["journal:read"]}


def test_a_key_cannot_do_more_than_the_role_of_its_maker(company: Any) -> None:
    person = new_person()
    client = ApiClient(make_key(company, person=person, role="accountant"))
    assert client.post(NOTES, {"name": "x"}).status == 201

    show_company(company)
    Membership.objects.of(company).filter(person=person).update(role="auditor", valid_until=date(2999, 1, 1))

    assert client.post(NOTES, {"name": "y"}).error == "INSUFFICIENT_SCOPE"
    assert client.get(NOTES).status == 200


def test_a_company_sees_its_own_rows_only(company: Any, api: ApiClient) -> None:
    stranger = ApiClient(make_key(bare_company("Fremde UG")))
    made = api.post(NOTES, {"name": "mine"}).json

    assert stranger.get(f"{NOTES}/{made['id']}").error == "NOT_FOUND"
    assert stranger.get(NOTES).json == []
    assert stranger.delete(f"{NOTES}/{made['id']}").status == 204
    assert api.get(f"{NOTES}/{made['id']}").status == 200


def test_the_last_use_is_noted_once_a_minute(company: Any, api: ApiClient) -> None:
    show_company(company)
    api.get(NOTES)
    first = ApiKey.objects.of(company).get().last_used_at
    api.get(NOTES)
    second = ApiKey.objects.of(company).get().last_used_at
    ApiKey.objects.of(company).update(last_used_at=first - timedelta(seconds=61))
    api.get(NOTES)
    third = ApiKey.objects.of(company).get().last_used_at

    assert first is not None
    assert second == first
    assert third > first


def test_requests_are_counted_per_key(settings: Any, company: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE = 3
    client, other = ApiClient(make_key(company)), ApiClient(make_key(company))

    replies = [client.get(NOTES) for _ in range(4)]

    assert [reply.status for reply in replies] == [200, 200, 200, 429]
    assert [reply.headers["X-Rate-Limit-Remaining"] for reply in replies] == ["2", "1", "0", "0"]
    assert {reply.headers["X-Rate-Limit-Limit"] for reply in replies} == {"3"}
    assert 1 <= int(replies[3].headers["Retry-After"]) <= 60
    assert replies[3].headers["Retry-After"] == replies[3].headers["X-Rate-Limit-Reset"]
    assert (replies[3].error, replies[3].json["details"]) == ("RATE_LIMITED", {"limit": 3})
    assert other.get(NOTES).status == 200


def test_wrong_keys_are_counted_per_address(settings: Any, db: None, fresh_address: str) -> None:
    settings.API_REQUESTS_PER_MINUTE = 2
    client = ApiClient("ll_unknown_key", address=fresh_address)

    assert [client.get(NOTES).status for _ in range(3)] == [401, 401, 429]


def test_public_operations_are_counted_per_address_and_account(settings: Any, db: None, fresh_address: str) -> None:
    settings.LOGINS_PER_MINUTE = 2
    first = ApiClient(None, address=fresh_address)
    account = f"{uuid4().hex}@example.org"

    by_address = [first.post("/v1/greetings", {"email": f"{uuid4().hex}@example.org"}).status for _ in range(3)]
    by_account = [
        ApiClient(None, address=f"{fresh_address.rsplit('.', 2)[0]}.255.{n}").post("/v1/greetings", {"email": account.upper()}).status
        for n in range(1, 4)
    ]

    assert by_address == [200, 200, 429]
    assert by_account == [200, 200, 429]


@pytest.mark.parametrize(
    ("proxies", "forwarded", "counted"),
    [(0, "1.2.3.4", "10.0.0.1"), (1, "9.9.9.9, 1.2.3.4", "1.2.3.4"), (2, "9.9.9.9, 1.2.3.4", "9.9.9.9"), (2, "1.2.3.4", "10.0.0.1")],
)
def test_the_address_behind_proxies(settings: Any, rf: Any, proxies: int, forwarded: str, counted: str) -> None:
    from ledgerlou.api.address import client_address  # noqa: PLC0415 -- used here alone

    settings.TRUSTED_PROXY_COUNT = proxies

    assert client_address(rf.get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=forwarded)) == counted


@pytest.mark.parametrize(
    ("address", "counted"), [("2001:db8:1:2:3::4", "2001:db8:1:2::/64"), ("::ffff:10.0.0.1", "10.0.0.1"), ("", "unknown")]
)
def test_addresses_are_counted_as_one_caller_has_them(rf: Any, address: str, counted: str) -> None:
    from ledgerlou.api.address import client_address  # noqa: PLC0415 -- used here alone

    assert client_address(rf.get("/", REMOTE_ADDR=address)) == counted


def test_without_valkey_requests_work_and_are_counted_in_the_process(settings: Any, api: ApiClient, monkeypatch: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    settings.API_REQUESTS_PER_MINUTE = 2
    throttle._script.cache_clear()
    monkeypatch.setattr(throttle, "_away_until", 0.0)

    statuses = [api.get(NOTES).status for _ in range(3)]

    throttle._script.cache_clear()
    assert statuses == [200, 200, 429]


def test_a_clients_uuid_is_kept_as_request_id(api: ApiClient) -> None:
    mine = "7F9C24E5-1111-4222-8333-444455556666"

    kept, replaced = api.get(f"{NOTES}/x", **{"X-Request-Id": mine}), api.get(f"{NOTES}/x", **{"X-Request-Id": "no uuid"})

    assert (kept.headers["X-Request-Id"], kept.json["trace_id"]) == (mine, mine)
    assert UUID7.fullmatch(replaced.headers["X-Request-Id"])
    assert replaced.json["trace_id"] == replaced.headers["X-Request-Id"]


@pytest.mark.parametrize("path", ["/nowhere", "/healthz", "/docs", "/v1/nowhere", "/static/ledgerlou_api/docs.css"])
def test_every_answer_has_a_request_id(db: None, path: str) -> None:
    assert UUID7.fullmatch(ApiClient(None, check=False).get(path).headers["X-Request-Id"])


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", NOTES, 200), ("POST", NOTES, 201), ("GET", "/v1/notes/x", 404), ("GET", "/v1/x", 404), ("PUT", NOTES, 405), ("GET", "/v1/notes/broken/bug", 500)],
)  # fmt: skip
def test_every_api_answer_is_guarded(api: ApiClient, method: str, path: str, status: int) -> None:
    reply = api.send(method, path, {"name": "x"} if method == "POST" else None)

    assert reply.status == status
    assert reply.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert reply.headers["X-Rate-Limit-Limit"] == "600"
    assert {"X-Rate-Limit-Remaining", "X-Rate-Limit-Reset", "X-Request-Id"} <= set(reply.headers)
