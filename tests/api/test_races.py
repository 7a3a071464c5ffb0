"""Real commits: callers with the same key at once, locks, and what happens after the transaction."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from ledgerlou.companies.context import company_transaction
from ledgerlou.companies.models.people import ApiKey, SessionToken
from tests.api import sample_views
from tests.api.client import ApiClient, Reply, make_key
from tests.api.conftest import bare_company

NOTES = "/v1/notes"
pytestmark = pytest.mark.usefixtures("real_commits")


def in_thread(work: Any) -> Any:
    """Run in a thread of its own and close its connection."""

    def run() -> Any:
        try:
            return work()
        finally:
            connection.close()

    return run


def note_names(company: Any) -> list[str]:
    with company_transaction(company.id):
        return sorted(SessionToken.objects.of(company).values_list("token_hash", flat=True))


def test_callers_at_once_with_one_key_act_once() -> None:
    company = bare_company()
    key, name = make_key(company), f"race {uuid4().hex}"
    start = threading.Barrier(5)

    def call() -> Reply:
        start.wait()
        return ApiClient(key).post(NOTES, {"name": name}, idempotency_key="k")

    with ThreadPoolExecutor(5) as pool:
        replies = [future.result() for future in [pool.submit(in_thread(call)) for _ in range(5)]]

    assert [reply.status for reply in replies] == [201] * 5
    assert len({reply.json["id"] for reply in replies}) == 1
    assert sorted("X-ResultFromCache" in reply.headers for reply in replies) == [False, True, True, True, True]
    assert [name] == sample_views.CALLS
    assert note_names(company) == [name]


@pytest.mark.slow
def test_a_caller_waits_ten_seconds_and_is_told_to_try_again() -> None:
    company = bare_company()
    key = make_key(company)
    sample_views.GATE.clear()
    sample_views.GATE.wait = lambda timeout: threading.Event().wait(12)  # type: ignore[method-assign]

    try:
        with ThreadPoolExecutor(2) as pool:
            first = pool.submit(in_thread(lambda: ApiClient(key).post(NOTES, {"name": "slow"}, idempotency_key="k")))
            while not sample_views.CALLS:
                threading.Event().wait(0.01)
            second = pool.submit(in_thread(lambda: ApiClient(key).post(NOTES, {"name": "slow"}, idempotency_key="k"))).result()
            first_reply = first.result()
    finally:
        del sample_views.GATE.wait
        sample_views.GATE.set()

    assert (second.status, second.error, second.headers["Retry-After"]) == (409, "TRY_AGAIN", "1")
    assert first_reply.status == 201


def test_commit_hooks_run_after_a_write_and_never_after_a_dry_run() -> None:
    company = bare_company()
    api = ApiClient(make_key(company))

    api.post(NOTES, {"name": "tried"}, dry_run=True)
    after_trying = list(sample_views.COMMITTED)
    kept = f"kept {uuid4().hex}"
    api.post(NOTES, {"name": kept})

    assert after_trying == []
    assert [kept] == sample_views.COMMITTED
    assert sample_views.UNDONE == ["tried"]


def test_a_locked_row_becomes_try_again() -> None:
    company = bare_company()
    key = make_key(company)
    holds, release = threading.Event(), threading.Event()

    def hold() -> None:
        with company_transaction(company.id), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(4711)")
            holds.set()
            release.wait(10)

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(in_thread(hold))
        holds.wait(10)
        reply = ApiClient(key).get("/v1/notes/broken/lock")
        release.set()
        waiting.result()

    assert (reply.status, reply.error, reply.headers["Retry-After"]) == (409, "TRY_AGAIN", "1")


def test_the_note_of_the_last_use_does_not_wait() -> None:
    company = bare_company()
    key = make_key(company)
    holds, release = threading.Event(), threading.Event()

    def hold() -> None:
        with company_transaction(company.id):
            list(ApiKey.objects.of(company).select_for_update())
            holds.set()
            release.wait(20)  # longer than the ten seconds a lock is waited for

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(in_thread(hold))
        holds.wait(10)
        reply = ApiClient(key).get(NOTES)
        release.set()
        waiting.result()

    assert reply.status == 200
