"""Answers: pages, files, locations, and problems that show nothing of our inside."""

from typing import Any

import pytest

from ledgerlou.api.rendering import to_json
from tests.api.client import ApiClient
from tests.api.sample_views import NotePage

NOTES = "/v1/notes"


def test_bare_lists_say_how_many_and_where_the_next_page_is(api: ApiClient) -> None:
    for name in "abcde":
        api.post(NOTES, {"name": name})

    first = api.get(f"{NOTES}?limit=2&includeInactive=true")
    following = api.get(first.headers["Link"].removeprefix("<").partition(">")[0])
    last = api.get(f"{NOTES}?limit=2&offset=4")
    beyond = api.get(f"{NOTES}?limit=2&offset=9")

    assert first.headers["Link"] == f'<{NOTES}?limit=2&includeInactive=true&offset=2>; rel="next"'
    assert [row["name"] for reply in (first, following, last, beyond) for row in reply.json] == list("abcde")
    assert {reply.headers["X-Total-Count"] for reply in (first, following, last, beyond)} == {"5"}
    assert "Link" not in last.headers
    assert "Link" not in beyond.headers


def test_the_default_page_size_is_in_the_link_by_itself(api: ApiClient) -> None:
    for name in "abc":
        api.post(NOTES, {"name": name})

    assert api.get(NOTES).headers["Link"] == f'<{NOTES}?offset=2>; rel="next"'


def test_an_envelope_keeps_its_published_keys(api: ApiClient) -> None:
    api.post(NOTES, {"name": "a"})

    reply = api.get("/v1/notes/pages?limit=7")

    assert {name: value for name, value in reply.json.items() if name != "notes"} == {"total": 1, "limit": 7, "offset": 0}
    assert [row["name"] for row in reply.json["notes"]] == ["a"]
    assert list(reply.json) == list(NotePage().fields)


def test_a_file_is_named_in_any_language(api: ApiClient) -> None:
    reply = api.get("/v1/notes/file")

    assert (reply.status, reply.content, reply.headers["Content-Type"]) == (200, b"a;b\r\n", "text/csv")
    assert reply.headers["Content-Disposition"] == "attachment; filename*=utf-8''Ums%C3%A4tze.csv"


def test_head_answers_like_get(api: ApiClient) -> None:
    reply = api.send("HEAD", NOTES)

    assert (reply.status, reply.content, reply.headers["X-Total-Count"]) == (200, b"", "0")


def test_nothing_is_answered_where_nothing_is_declared(api: ApiClient) -> None:
    made = api.post(NOTES, {"name": "a"}).json

    reply = api.delete(f"{NOTES}/{made['id']}")

    assert (reply.status, reply.content) == (204, b"")


def test_moments_are_utc(api: ApiClient) -> None:
    assert api.post(NOTES, {"name": "a"}).json["created_at"].endswith("Z")


def test_a_problem_has_every_part(api: ApiClient, settings: Any) -> None:
    settings.BASE_URL = "https://books.example"
    api.post(NOTES, {"name": "taken"})

    reply = api.post(f"{NOTES}?dry_run=false", {"name": "taken"})

    assert reply.headers["Content-Type"] == "application/problem+json"
    assert reply.json == {
        "type": "https://books.example/docs/errors#NOTE_TAKEN",
        "title": "Name taken",
        "status": 409,
        "detail": "There is such a note.",
        "instance": NOTES,
        "error": "NOTE_TAKEN",
        "errors": [{"pointer": "", "code": "NOTE_TAKEN", "message": "There is such a note."}],
        "details": {"existing": [1, reply.json["details"]["existing"][1]]},
        "trace_id": reply.headers["X-Request-Id"],
    }
    assert b"[1,1.50]" in reply.content


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v1/nothing", "/v1/notes/", "/v1/notes//x", "/v1/notes/x/y", "/v1/ä"])
def test_an_unknown_address_is_a_problem(db: None, fresh_address: str, path: str) -> None:
    reply = ApiClient(None, address=fresh_address).get(path)

    assert (reply.status, reply.error, reply.headers["X-Rate-Limit-Limit"]) == (404, "NOT_FOUND", "600")


def test_unknown_addresses_are_counted(settings: Any, db: None, fresh_address: str) -> None:
    settings.API_REQUESTS_PER_MINUTE = 1
    client = ApiClient(None, address=fresh_address)

    assert [client.get("/v1/nothing").status for _ in range(2)] == [404, 429]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("PUT", NOTES, "GET, HEAD, POST"), ("OPTIONS", NOTES, "GET, HEAD, POST"), ("TRACE", NOTES, "GET, HEAD, POST"), ("GET", "/v1/greetings", "POST")],
)  # fmt: skip
def test_a_wrong_method_names_the_right_ones(db: None, fresh_address: str, method: str, path: str, allowed: str) -> None:
    reply = ApiClient(None, address=fresh_address).send(method, path)

    assert (reply.status, reply.error, reply.headers["Allow"]) == (405, "METHOD_NOT_ALLOWED", allowed)


def test_a_fault_of_ours_shows_nothing_and_is_logged_under_its_id(api: ApiClient, caplog: Any) -> None:
    reply = api.get("/v1/notes/broken/bug")

    assert (reply.status, reply.error) == (500, "INTERNAL_ERROR")
    assert b"secret internals" not in reply.content
    assert reply.json["trace_id"] == reply.headers["X-Request-Id"]
    assert "secret internals" in caplog.text


def test_a_guard_of_the_database_that_escapes_a_service_is_a_fault_of_ours(api: ApiClient) -> None:
    reply = api.post("/v1/notes/broken/guard")

    assert (reply.status, reply.error) == (500, "INTERNAL_ERROR")
    assert b"audit" not in reply.content
    assert b"permission" not in reply.content


def test_a_slow_statement_is_told_apart(api: ApiClient) -> None:
    reply = api.get("/v1/notes/broken/timeout")

    assert (reply.status, reply.error, reply.headers["Retry-After"]) == (503, "TOOK_TOO_LONG", "1")


def test_a_foreign_host_name_is_a_problem(api: ApiClient) -> None:
    reply = api.get(NOTES, Host="evil.example")

    assert (reply.status, reply.error) == (400, "INVALID_INPUT")
    assert b"evil" not in reply.content


def test_a_cycle_or_a_float_nan_is_never_written() -> None:
    with pytest.raises(ValueError, match="JSON"):
        to_json({"a": float("nan")})
    with pytest.raises(TypeError):
        to_json({"a": object()})
