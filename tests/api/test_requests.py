"""Reading requests: exact money, strict names, every fault at once."""

from decimal import Decimal
from typing import Any

import pytest

from tests.api import sample_views
from tests.api.client import ApiClient

NOTES = "/v1/notes"


def test_money_travels_exactly(api: ApiClient) -> None:
    body = b'{"name":"exact","amount":9007199254740.97,"lines":[{"account":"1200","debit":0.07},{"account":"4400","debit":1e2}]}'

    reply = api.post(NOTES, body)

    assert reply.status == 201, reply.content
    assert b'"amount":9007199254740.97,' in reply.content
    assert [line["debit"] for line in reply.json["lines"]] == [Decimal("0.07"), Decimal(100)]
    assert b'"debit":100.00' in reply.content


@pytest.mark.parametrize("text", ["1.005", "0.001", "1e-3", "100000000000000", '"1.00"', "true", "[1]", "null"])
def test_money_that_is_not_whole_cents_is_refused(api: ApiClient, text: str) -> None:
    reply = api.post(NOTES, b'{"name":"x","amount":%b}' % text.encode())

    assert (reply.status, reply.error, reply.pointers) == (400, "INVALID_INPUT", ["/amount"])


@pytest.mark.parametrize(
    "body",
    [
        b'{"name":"x","metadata":{"a":NaN}}',
        b'{"name":"x","metadata":{"a":Infinity}}',
        b'{"name":"x","metadata":{"a":-Infinity}}',
        b'{"name":"x","metadata":{"a":1e16}}',
        b'{"name":"x","metadata":{"a":1e-11}}',
        b'{"name":"x","metadata":{"a":1e99999999}}',
        b'{"name":"x","metadata":{"a":0.' + b"0" * 33 + b"}}",
        b'{"name":"x","metadata":{"a":' + b"1" * 33 + b"}}",
        b'{"name":"x","name":"y"}',
        b'{"name":"x","metadata":{"a":1,"a":2}}',
        b'{"name":"x"',
        b'{"name":"\xff"}',
        b'\xef\xbb\xbf{"name":"x"}',
        '{"name":"x"}'.encode("utf-16"),
        b'{"name":"a\\u0000b"}',
        b'{"name":"\\ud800"}',
        b'{"name":"x","metadata":{"\\ud800":1}}',
        b'{"name":"x","metadata":' + b'{"a":' * 16 + b"1" + b"}" * 16 + b"}",
        b"[" * 100_000,
        b"",
        b"[]",
        b"null",
        b'"text"',
    ],
)
def test_bodies_that_are_not_exact_json_objects_are_refused(api: ApiClient, body: bytes) -> None:
    reply = api.post(NOTES, body)

    assert (reply.status, reply.error) == (400, "INVALID_INPUT"), reply.content
    assert sample_views.CALLS == []


def test_numbers_at_the_limits_are_read(api: ApiClient) -> None:
    digits = "1" * 31

    assert api.post(NOTES, b'{"name":"x","metadata":{"a":[1e15,1e-10,-1.5E+3,%b,0.%b]}}' % (digits.encode(), digits.encode())).status == 201


def test_nesting_within_the_limit_is_read(api: ApiClient) -> None:
    body = b'{"name":"deep","metadata":' + b'{"a":' * 14 + b"1" + b"}" * 14 + b"}"

    assert api.post(NOTES, body).status == 201


def test_every_fault_is_told_at_once(api: ApiClient) -> None:
    lines = [{"account": "12x", "debit": 1}, {"account": "1200", "debit": -1, "tax_coed": "UST19"}]
    body = {"nmae": "x", "count": "3", "active": 1, "booking_date": "2026-02-30", "reference": "no", "tags": ["a", 2], "lines": lines}

    reply = api.post(f"{NOTES}?dryrun=true&foo=1", body)

    assert reply.status == 400
    in_query, in_lines = ["?dryrun", "?foo"], ["/lines/0/account", "/lines/1/debit", "/lines/1/tax_coed"]
    in_body = ["/name", "/nmae", "/count", "/active", "/booking_date", "/reference", "/tags/1"]
    assert sorted(reply.pointers) == sorted([*in_query, *in_body, *in_lines])
    told = {fault["pointer"]: fault["message"] for fault in reply.json["errors"]}
    assert told["/nmae"] == 'Unknown key. Did you mean "name"?'
    assert told["/lines/1/tax_coed"] == 'Unknown key. Did you mean "tax_code"?'
    assert told["?dryrun"] == "Unknown query parameter 'dryrun'. Did you mean \"dry_run\"?"
    assert {fault["code"] for fault in reply.json["errors"]} == {"INVALID_INPUT"}


def test_pointers_escape_slashes_and_tildes(api: ApiClient) -> None:
    assert api.post(NOTES, {"name": "x", "a/b~c": 1}).pointers == ["/a~1b~0c"]


@pytest.mark.parametrize(
    ("query", "pointers"),
    [
        ("start_date=2026-01-01&startDate=2026-01-01", ["?startDate"]),
        ("limit=2&limit=2", ["?limit"]),
        ("limit=0", ["?limit"]),
        ("limit=6", ["?limit"]),
        ("limit=2.0", ["?limit"]),
        ("limit=%D9%A2", ["?limit"]),
        ("limit=", ["?limit"]),
        ("offset=-1", ["?offset"]),
        ("include_inactive=1", ["?include_inactive"]),
        ("startDate=20260101", ["?startDate"]),
        ("startDate=2026-02-29", ["?startDate"]),
        ("kind=other", ["?kind"]),
        ("q=%00", ["?q"]),
        ("limi=1", ["?limi"]),
        ("q=%FF", ["?"]),
        ("&".join(f"a{n}=1" for n in range(101)), ["?"]),
    ],
)
def test_query_is_refused(api: ApiClient, query: str, pointers: list[str]) -> None:
    reply = api.get(f"{NOTES}?{query}")

    assert (reply.status, reply.error, reply.pointers) == (400, "INVALID_INPUT", pointers)


@pytest.mark.parametrize("query", ["start_date=2026-01-01&includeInactive=true", "startDate=2026-01-01&include_inactive=false", "q="])
def test_both_spellings_are_read(api: ApiClient, query: str) -> None:
    assert api.get(f"{NOTES}?{query}").status == 200


@pytest.mark.parametrize(
    ("value", "status"), [("FANCY", 201), ("fancy", 201), ("odd", 400), (None, 400), (["plain"], 400), ({"a": 1}, 400)]
)
def test_choices_keep_the_declared_spelling(api: ApiClient, value: Any, status: int) -> None:
    assert api.post(NOTES, {"name": "x", "kind": value}).status == status


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 201),
        ("application/json; charset=utf-8", 201),
        ("Application/JSON;charset=UTF-8", 201),
        ("application/json; charset=latin-1", 415),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
    ],
)
def test_media_type(api: ApiClient, content_type: str, status: int) -> None:
    reply = api.send("POST", NOTES, b'{"name":"x"}', content_type=content_type)

    assert reply.status == status
    assert reply.error == ("" if status == 201 else "UNSUPPORTED_MEDIA_TYPE")


def test_a_large_body_is_refused(api: ApiClient) -> None:
    reply = api.post(NOTES, b'{"name":"' + b"x" * 1024 * 1024 + b'"}')

    assert (reply.status, reply.error, reply.json["details"]) == (413, "REQUEST_TOO_LARGE", {"max_bytes": 1024 * 1024})


def test_multipart_and_json_on_one_operation(api: ApiClient) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: PLC0415 -- used here alone

    by_form = api.upload("/v1/notes/file", {"file": SimpleUploadedFile("a.txt", b"from form")})
    by_json = api.post("/v1/notes/file", {"name": "from json"})
    unknown = api.upload("/v1/notes/file", {"file": SimpleUploadedFile("a.txt", b"x"), "titel": "x"})
    zero = api.upload("/v1/notes/file", {"file": SimpleUploadedFile("a.txt", b"x"), "title": "a\x00b"})
    no_file = api.upload("/v1/notes/file", {"file": "text"})
    broken = api.send("POST", "/v1/notes/file", b"--x\r\ngarbage", content_type="multipart/form-data; boundary=x")

    assert (by_form.json["name"], by_json.json["name"]) == ("from form", "from json")
    assert (unknown.status, unknown.pointers) == (400, ["/titel"])
    assert (zero.status, zero.error) == (400, "INVALID_INPUT")
    assert (no_file.status, no_file.pointers) == (400, ["/file"])
    assert (broken.status, broken.error) == (400, "INVALID_INPUT")


def test_an_operation_without_body_takes_an_empty_object_only(api: ApiClient) -> None:
    path = "/v1/notes/attempt/2026-03"

    assert api.post(path, b"").error == "NOTE_TAKEN"
    assert api.post("/v1/notes/attempt/2026-04", {}).error == "NOTE_TAKEN"
    assert api.post("/v1/notes/attempt/2026-05", {"x": 1}).pointers == ["/x"]


@pytest.mark.parametrize("part", ["2026-13", "2026-P15", "2026", "x"])
def test_malformed_path_is_invalid_input_by_default(api: ApiClient, part: str) -> None:
    reply = api.post(f"/v1/notes/attempt/{part}")

    assert (reply.status, reply.error, reply.pointers) == (400, "INVALID_INPUT", ["{period}"])


@pytest.mark.parametrize("part", ["nothing", "{0197a1f0-0000-7000-8000-000000000000}", "0197a1f0000070008000000000000000"])
def test_malformed_id_is_not_found_where_declared(api: ApiClient, part: str) -> None:
    assert (api.get(f"/v1/notes/{part}").status, api.get(f"/v1/notes/{part}").error) == (404, "NOT_FOUND")
