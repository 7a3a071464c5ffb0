"""Bookings, reversals and the journal over HTTP, as an integrator uses them."""

from decimal import Decimal
from uuid import uuid4

import pytest

from tests.api.client import ApiClient, make_key
from tests.conftest import new_company

pytestmark = pytest.mark.django_db

SALE = {
    "booking_date": "2026-06-01",
    "description": "Büromaterial Einkauf",
    "lines": [
        {"account_number": "6815", "account_name": "Bürobedarf", "debit": Decimal("119.00"), "credit": 0, "tax_code": "VST19"},
        {"account_number": "1800", "account_name": "Bank", "debit": 0, "credit": Decimal("119.00")},
    ],
}


@pytest.fixture
def client(company) -> ApiClient:
    return ApiClient(make_key(company))


def test_booking_is_posted_and_found(client):
    reply = client.post("/v1/bookings", {**SALE, "external_reference": "RE-77", "custom_metadata": {"kst": 7, "betrag": Decimal("1.50")}})

    assert (reply.status, reply.json["event_count"]) == (200, 2)
    assert reply.headers["Location"] == f"/v1/journal/{reply.json['intent_id']}"
    for query in (
        "?account=1406",
        "?search=b%C3%BCromat",
        "?search=re-77",
        "?search=6815",
        "?externalReference=RE-77",
        "?startDate=2026-06-01&endDate=2026-06-01",
    ):
        entries = client.get(f"/v1/journal{query}").json["entries"]
        assert {entry["intent_id"] for entry in entries} == {reply.json["intent_id"]}, query
    assert client.get("/v1/journal?search=100%25").json["entries"] == []
    [tax, net] = client.get("/v1/journal").json["entries"]
    assert (tax["journal_number"], tax["account_debit"], tax["amount"]) == (2, "1406", Decimal("19.00"))
    assert net["custom_metadata"] == {"kst": 7, "betrag": Decimal("1.50")}
    assert net["provenance_summary"]["actor_type"] == "api_key"


def test_audit_view_tells_everything(client):
    first = client.post("/v1/bookings", SALE).json["intent_id"]
    reversal = client.post(
        "/v1/journal/reverse", {"intent_id": first, "reason": "Falsche Kontierung", "posting_mode": "original_period"}
    ).json

    view = client.get(f"/v1/journal/{first}").json
    counter = client.get(f"/v1/journal/{reversal['reversal_intent_id']}").json
    assert view["linked_intents"] == {"reverses": None, "reversed_by": reversal["reversal_intent_id"], "settles": [], "settled_by": []}
    assert (view["summary"]["status"], view["summary"]["is_reversed"]) == ("reversed", True)
    assert counter["summary"]["description"] == "Storno: Büromaterial Einkauf (Falsche Kontierung)"
    assert [(e["account_debit"], e["account_credit"], e["amount"]) for e in counter["entries"]] == [
        ("1800", "6815", Decimal("100.00")),
        ("1800", "1406", Decimal("19.00")),
    ]
    assert counter["entries"][0]["prev_hash"] == view["entries"][1]["audit_hash"]
    assert client.post("/v1/journal/reverse", {"intent_id": first}).error == "ALREADY_REVERSED"


def test_all_faults_of_a_booking_come_at_once(client):
    body = {
        **SALE,
        "colour": "blue",
        "lines": [
            {"account_number": "6815", "debit": Decimal("1.005"), "credit": 0},
            {"account_number": "x", "debit": -1, "credit": 0, "tax_kode": "VST19"},
        ],
    }

    reply = client.post("/v1/bookings", body)

    assert (reply.status, reply.error) == (400, "INVALID_INPUT")
    assert set(reply.pointers) >= {"/colour", "/lines/0/debit", "/lines/1/account_number", "/lines/1/debit", "/lines/1/tax_kode"}
    assert client.get("/v1/journal").json["entries"] == []


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        (
            {"lines": [{"account_number": "6815", "debit": 1, "credit": 0}, {"account_number": "1800", "debit": 0, "credit": 2}]},
            400,
            "BALANCE_MISMATCH",
        ),
        ({"lines": [{"account_number": "6815", "debit": 1, "credit": 1}]}, 400, "INVALID_INPUT"),
        ({"document_id": str(uuid4())}, 404, "NOT_FOUND"),
        ({"booking_date": "2026-02-30"}, 400, "INVALID_INPUT"),
        ({"booking_date": "0206-02-01"}, 400, "INVALID_INPUT"),
        ({"adjustment_period": 13}, 400, "INVALID_INPUT"),
        ({"custom_metadata": {"a": {"b": 1}}}, 400, "INVALID_INPUT"),
        ({"settles": [{"intent_id": str(uuid4()), "account_number": "1200", "amount": 5}]}, 404, "NOT_FOUND"),
    ],
)
def test_booking_refusals(client, change, status, code):
    reply = client.post("/v1/bookings", {**SALE, **change})

    assert (reply.status, reply.error) == (status, code)
    assert client.get("/v1/journal").json["entries"] == []


def test_opening_balances_are_posted_once_per_date(client):
    body = {
        "booking_date": "2026-01-01",
        "balances": [
            {"account_number": "1800", "account_name": "Bank", "debit": Decimal("1000.00"), "credit": 0},
            {"account_number": "2900", "account_name": "Kapital", "debit": 0, "credit": Decimal("1000.00")},
            {"account_number": "1600", "account_name": "Kasse", "debit": 0, "credit": 0},
        ],
    }

    made = client.post("/v1/bookings/opening-balances", body)
    again = client.post("/v1/bookings/opening-balances", body)

    assert (made.status, made.json["event_count"], made.json["total_debit"]) == (200, 2, Decimal("1000.00"))
    assert (again.status, again.error) == (409, "OPENING_BALANCES_EXIST")
    susa = {row["number"]: row for row in client.get("/v1/reports?type=susa&period=2026-01").json}
    assert (susa["1800"]["opening_balance"], susa["1800"]["period_debit"]) == (Decimal("1000.00"), Decimal("0.00"))
    assert "9000" not in susa


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"account_number": "1800", "debit": 5, "credit": 5}, "INVALID_BALANCE_ENTRY"),
        ({"account_number": "1800", "debit": -5, "credit": 0}, "INVALID_BALANCE_ENTRY"),
        ({"account_number": "4400", "debit": 5, "credit": 0}, "ACCOUNT_TYPE_NOT_ALLOWED"),
        ({"account_number": "9000", "debit": 5, "credit": 0}, "ACCOUNT_TYPE_NOT_ALLOWED"),
        ({"account_number": "1801", "debit": 5, "credit": 0}, "ACCOUNTS_NOT_FOUND"),
        ({"account_number": "1800", "debit": 5, "credit": 0}, "BALANCE_MISMATCH"),
    ],
)
def test_opening_balance_refusals(client, row, code):
    assert client.post("/v1/bookings/opening-balances", {"booking_date": "2026-01-01", "balances": [row]}).error == code


def test_account_sheet_pages_towards_older_lines(client):
    for day in (1, 2, 3, 3, 4):
        client.post("/v1/bookings", {**SALE, "booking_date": f"2026-06-{day:02d}", "skip_duplicate_check": True})

    newest = client.get("/v1/accounts/1800/entries?limit=4").json
    older = client.get(f"/v1/accounts/1800/entries?limit=4&before={newest['entries'][0]['journal_number']}").json

    assert newest["balance"] == Decimal("-595.00")
    assert [entry["running_balance"] for entry in newest["entries"]] == [Decimal(n) for n in ("-457.00", "-476.00", "-576.00", "-595.00")]
    assert [entry["running_balance"] for entry in older["entries"]] == [Decimal(n) for n in ("-219.00", "-238.00", "-338.00", "-357.00")]
    assert older["entries"][-1]["running_balance"] + newest["entries"][0]["amount"] == newest["entries"][0]["running_balance"]


def test_dry_run_refuses_and_forgets(client):
    reply = client.post("/v1/bookings", SALE, dry_run=True)

    assert (reply.status, reply.headers["X-Dry-Run"], "Location" in reply.headers) == (200, "true", False)
    assert client.get("/v1/journal").json["entries"] == []


def test_another_company_sees_nothing(client, company):
    intent_id = client.post("/v1/bookings", SALE).json["intent_id"]
    stranger = ApiClient(make_key(new_company("skr03", name="Fremde UG")))

    assert stranger.get("/v1/journal").json["entries"] == []
    assert stranger.get(f"/v1/journal/{intent_id}").error == "NOT_FOUND"
    assert stranger.post("/v1/journal/reverse", {"intent_id": intent_id}).error == "NOT_FOUND"
