"""Writes: one transaction, once per idempotency key, or not at all (dry run)."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from ledgerlou import clock
from ledgerlou.api.models import IdempotencyClaim
from ledgerlou.api.tasks import forget_expired
from ledgerlou.companies.models.people import SessionToken
from tests.api import sample_views
from tests.api.client import ApiClient, make_key
from tests.api.conftest import bare_company
from tests.conftest import show_company

NOTES = "/v1/notes"


def names(company: Any) -> list[str]:
    show_company(company)
    return sorted(SessionToken.objects.of(company).values_list("token_hash", flat=True))


def claims(company: Any) -> int:
    show_company(company)
    return IdempotencyClaim.objects.of(company).count()


def test_the_same_key_and_request_acts_once(company: Any, api: ApiClient) -> None:
    body = {"name": "once", "amount": Decimal("119.10")}

    first = api.post(NOTES, body, idempotency_key="k 1")
    again = api.post(NOTES, body, idempotency_key="k 1")

    assert (first.status, again.status) == (201, 201)
    assert "X-ResultFromCache" not in first.headers
    assert again.headers["X-ResultFromCache"] == "true"
    assert again.headers["Location"] == first.headers["Location"] == f"{NOTES}/{first.json['id']}"
    assert again.headers["Content-Type"] == "application/json"
    assert again.json == {name: value for name, value in first.json.items() if name != "secret"}
    assert sample_views.CALLS == ["once"]


def test_a_secret_shown_once_is_not_stored(company: Any, api: ApiClient) -> None:
    first = api.post(NOTES, {"name": "once"}, idempotency_key="k")
    show_company(company)
    stored = bytes(IdempotencyClaim.objects.of(company).get().body)

    assert first.json["secret"] == "once"
    assert b"secret" not in stored
    assert first.json["id"].encode() in stored


def test_the_same_key_for_another_request_is_refused(company: Any, api: ApiClient) -> None:
    made = api.post(NOTES, {"name": "one"}, idempotency_key="k")

    others = [
        api.post(NOTES, {"name": "two"}, idempotency_key="k"),
        api.post(NOTES, b'{"name": "one"}', idempotency_key="k"),
        api.post(NOTES, b"not json", idempotency_key="k"),
        api.post(f"{NOTES}?unknown=1", {"name": "one"}, idempotency_key="k"),
        api.post("/v1/notes/attempt/2026-01", idempotency_key="k"),
        api.delete(f"{NOTES}/{made.json['id']}", idempotency_key="k"),
    ]

    assert {(reply.status, reply.error) for reply in others} == {(422, "IDEMPOTENCY_KEY_REUSED")}
    assert names(company) == ["one"]


def test_keys_belong_to_their_owner(company: Any, api: ApiClient) -> None:
    second, stranger = ApiClient(make_key(company)), ApiClient(make_key(bare_company("Fremde UG")))

    statuses = [
        client.post(NOTES, {"name": name}, idempotency_key="k").status for client, name in ((api, "a"), (second, "b"), (stranger, "c"))
    ]

    assert statuses == [201, 201, 201]
    assert names(company) == ["a", "b"]


@pytest.mark.parametrize("body", [{"name": "taken"}, {"nmae": "x"}, b"not json"])
def test_a_refusal_leaves_no_claim(company: Any, api: ApiClient, body: Any) -> None:
    api.post(NOTES, {"name": "taken"})

    refused = api.post(NOTES, body, idempotency_key="k")
    accepted = api.post(NOTES, {"name": "free"}, idempotency_key="k")

    assert refused.status in (400, 409)
    assert (accepted.status, "X-ResultFromCache" in accepted.headers) == (201, False)


def test_a_fault_of_ours_leaves_no_claim(company: Any, api: ApiClient) -> None:
    assert api.post("/v1/notes/broken/deferred", idempotency_key="k").status == 500
    assert claims(company) == 0


def test_a_refusal_that_is_recorded_keeps_its_rows_and_no_claim(company: Any, api: ApiClient) -> None:
    reply = api.post("/v1/notes/attempt/2026-03", idempotency_key="k")

    assert (reply.status, reply.error) == (409, "NOTE_TAKEN")
    assert names(company) == ["attempt 2026-03"]
    assert claims(company) == 0


@pytest.mark.parametrize("claim", ["", " ", "x" * 256, "a\tb", "ä", " a"])
def test_malformed_idempotency_keys_are_refused(company: Any, api: ApiClient, claim: str) -> None:
    reply = api.post(NOTES, {"name": "x"}, headers={"Idempotency-Key": claim})

    assert (reply.status, reply.error, reply.pointers) == (400, "INVALID_INPUT", ["header:Idempotency-Key"])
    assert names(company) == []


@pytest.mark.parametrize("claim", ["x", "x" * 255, "a b", '"quoted"'])
def test_printable_idempotency_keys_are_taken(company: Any, api: ApiClient, claim: str) -> None:
    assert api.post(NOTES, {"name": "x"}, idempotency_key=claim).status == 201
    assert claims(company) == 1


def test_scope_is_checked_before_the_stored_answer(company: Any, api: ApiClient) -> None:
    from ledgerlou.companies.models.people import Membership  # noqa: PLC0415 -- used here alone

    api.post(NOTES, {"name": "x"}, idempotency_key="k")
    show_company(company)
    Membership.objects.of(company).update(role="auditor", valid_until=clock.today())

    assert api.post(NOTES, {"name": "x"}, idempotency_key="k").error == "INSUFFICIENT_SCOPE"


def test_reads_and_public_operations_ignore_the_key(company: Any, api: ApiClient) -> None:
    assert api.get(NOTES, **{"Idempotency-Key": "k"}).status == 200
    assert ApiClient(None, address="10.9.8.7").post("/v1/greetings", {"email": "a@example.org"}, idempotency_key="k").status == 200
    assert claims(company) == 0


def test_claims_and_sessions_are_forgotten_after_their_time(company: Any, api: ApiClient) -> None:
    api.post(NOTES, {"name": "old"}, idempotency_key="old")
    api.post(NOTES, {"name": "new"}, idempotency_key="new")
    show_company(company)
    now = clock.now()
    IdempotencyClaim.objects.of(company).filter(key="old").update(created_at=now - timedelta(days=7, seconds=1))
    SessionToken.objects.of(company).filter(token_hash="old").update(expires_at=now - timedelta(seconds=1))

    forget_expired()
    forget_expired()

    show_company(company)
    assert list(IdempotencyClaim.objects.of(company).values_list("key", flat=True)) == ["new"]
    assert names(company) == ["new"]


def test_an_outdated_claim_is_taken_over_before_it_is_swept(company: Any, api: ApiClient) -> None:
    api.post(NOTES, {"name": "old"}, idempotency_key="k")
    show_company(company)
    IdempotencyClaim.objects.of(company).update(created_at=clock.now() - timedelta(days=7, seconds=1))

    fresh = api.post(NOTES, {"name": "new"}, idempotency_key="k")
    again = api.post(NOTES, {"name": "new"}, idempotency_key="k")

    assert (fresh.status, again.json["id"], again.headers["X-ResultFromCache"]) == (201, fresh.json["id"], "true")


def test_a_dry_run_answers_and_keeps_nothing(company: Any, api: ApiClient) -> None:
    tried = api.post(NOTES, {"name": "tried"}, dry_run=True, idempotency_key="k")
    real = api.post(NOTES, {"name": "tried"}, idempotency_key="k")

    assert (tried.status, tried.json["name"], tried.headers["X-Dry-Run"]) == (201, "tried", "true")
    assert "Location" not in tried.headers
    assert real.status == 201
    assert not {"X-Dry-Run", "X-ResultFromCache"} & set(real.headers)
    assert sample_views.UNDONE == ["tried"]
    assert names(company) == ["tried"]


def test_a_dry_run_after_the_real_request_ignores_its_claim(company: Any, api: ApiClient) -> None:
    api.post(NOTES, {"name": "real"}, idempotency_key="k")

    reply = api.post(NOTES, {"name": "other"}, dry_run=True, idempotency_key="k")

    assert (reply.status, reply.headers["X-Dry-Run"]) == (201, "true")
    assert (names(company), claims(company)) == (["real"], 1)


def test_a_dry_run_is_refused_like_the_real_request(company: Any, api: ApiClient) -> None:
    api.post(NOTES, {"name": "taken"})

    assert api.post(NOTES, {"name": "taken"}, dry_run=True).error == "NOTE_TAKEN"
    assert api.post("/v1/notes/attempt/2026-03", dry_run=True).error == "NOTE_TAKEN"
    assert names(company) == ["taken"]


def test_dry_run_is_for_writes_of_companies(api: ApiClient) -> None:
    assert api.get(f"{NOTES}?dry_run=true").pointers == ["?dry_run"]
    assert ApiClient(None, address="10.9.8.6").post("/v1/greetings?dry_run=true", {"email": "a@example.org"}).pointers == ["?dry_run"]
    assert api.post(f"{NOTES}?dry_run=yes", {"name": "x"}).pointers == ["?dry_run"]
    assert api.post(f"{NOTES}?dryRun=true", {"name": "x"}).headers["X-Dry-Run"] == "true"


def test_steps_after_rollback_run_when_the_request_is_refused(company: Any, api: ApiClient) -> None:
    api.post(NOTES, {"name": "taken"})
    assert sample_views.UNDONE == []

    api.post(NOTES, {"name": "taken"})

    assert sample_views.UNDONE == ["taken"]


def test_what_the_database_put_off_is_checked_before_the_answer(company: Any, api: ApiClient) -> None:
    reply = api.post("/v1/notes/broken/deferred")

    assert (reply.status, reply.error) == (500, "INTERNAL_ERROR")
    assert names(company) == []


def test_a_read_cannot_write(company: Any, api: ApiClient) -> None:
    reply = api.get("/v1/notes/broken/write")

    assert (reply.status, reply.error) == (500, "INTERNAL_ERROR")
    assert names(company) == []
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_read_only")
        assert cursor.fetchone() == ("off",)
