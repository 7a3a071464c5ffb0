"""Accounts over the API."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounting.models.account import Account
from accounting.services.accounts import NewAccount, create_account
from tests.api.client import ApiClient, make_key
from tests.conftest import NOW, show_company

pytestmark = pytest.mark.django_db

CLOUD = {"number": "6817", "name": "Cloud-Infrastruktur", "type": "expense", "category": "IT-Kosten", "report_group": "other_opex"}


@pytest.fixture
def api(company):
    return ApiClient(make_key(company))


def test_list_answers_a_page_of_the_chart(api, company):
    reply = api.get("/v1/accounts?limit=2&offset=1")

    total = Account.objects.of(company).filter(is_active=True).count()
    assert (reply.status, reply.json) == (
        200,
        {
            "accounts": [
                {"number": "0110", "name": "Konzessionen", "type": "asset", "category": "intangible_assets", "report_group": "A.A.I.2",
                 "is_system": True},
                {"number": "0120", "name": "Patente, Marken und andere Schutzrechte", "type": "asset", "category": "intangible_assets",
                 "report_group": "A.A.I.2", "is_system": True},
            ],
            "total": total,
            "offset": 1,
            "limit": 2,
        },
    )  # fmt: skip
    assert api.get("/v1/accounts").json["limit"] == 500
    assert len(api.get("/v1/accounts").json["accounts"]) == 500


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "limit=x", "offset=-1", "limit=1&limit=2", "include_inactive=true"])
def test_list_refuses_wrong_queries(api, query):
    reply = api.get(f"/v1/accounts?{query}")

    assert (reply.status, reply.error) == (400, "INVALID_INPUT")


def test_account_is_created(api, company):
    reply = api.post("/v1/accounts", CLOUD)

    assert (reply.status, reply.json, reply.headers["Location"]) == (201, CLOUD | {"is_system": False}, "/v1/accounts/6817/entries")
    assert Account.objects.of(company).get(number="6817").name == "Cloud-Infrastruktur"
    assert api.get("/v1/accounts/6817/entries").status == 200


def test_account_is_created_from_the_least(api):
    reply = api.post("/v1/accounts", {"number": "0401", "name": "Maschinen Halle 2", "type": "asset"})

    assert (reply.status, reply.json["number"], reply.json["category"]) == (201, "0401", None)
    assert reply.json["report_group"].startswith("A.A.II")


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, ["/name", "/number", "/type"]),
        (CLOUD | {"number": 6817}, ["/number"]),
        (CLOUD | {"number": "68 17"}, ["/number"]),
        (CLOUD | {"number": "123456789"}, ["/number"]),
        (CLOUD | {"name": ""}, ["/name"]),
        (CLOUD | {"name": "x" * 256}, ["/name"]),
        (CLOUD | {"name": "a\u202eb"}, ["/name"]),
        (CLOUD | {"type": "income"}, ["/type"]),
        (CLOUD | {"type": "Expense"}, ["/type"]),
        (CLOUD | {"category": "x" * 101, "report_group": "x" * 41}, ["/category", "/report_group"]),
        (CLOUD | {"is_system": True}, ["/is_system"]),
        (CLOUD | {"report_group": "revenue", "type": "asset"}, ["/report_group"]),
        (CLOUD | {"number": "10000"}, ["/type"]),
    ],
)
def test_wrong_account_is_refused(api, company, body, pointers):
    before = Account.objects.of(company).count()

    reply = api.post("/v1/accounts", body)

    assert (reply.status, reply.error, sorted(reply.pointers)) == (400, "INVALID_INPUT", pointers)
    assert Account.objects.of(company).count() == before


def test_taken_number_is_refused(api):
    reply = api.post("/v1/accounts", CLOUD | {"number": "6815"})

    assert (reply.status, reply.error, reply.json["details"]["account_number"]) == (409, "DUPLICATE_ACCOUNT", "6815")


def test_dry_run_adds_nothing(api, company):
    reply = api.post("/v1/accounts", CLOUD, dry_run=True)

    assert (reply.status, reply.headers["X-Dry-Run"], "Location" in reply.headers) == (201, "true", False)
    assert not Account.objects.of(company).filter(number="6817").exists()
    assert api.post("/v1/accounts", CLOUD).status == 201


def test_repeated_request_is_replayed(api):
    first = api.post("/v1/accounts", CLOUD, idempotency_key="one")
    again = api.post("/v1/accounts", CLOUD, idempotency_key="one")

    assert (again.status, again.content, again.headers["X-ResultFromCache"]) == (201, first.content, "true")


def test_search_answers_numbers_and_names(api):
    reply = api.get("/v1/accounts/search?q=Vorsteuer%2019%25")

    assert reply.status == 200
    assert {"number": "1406", "name": "Vorsteuer 19 %"} in reply.json["accounts"]
    assert api.get("/v1/accounts/search", {"q": "B\u00fcrobedarf"}).json["accounts"][0]["number"] == "6815"
    assert len(api.get("/v1/accounts/search").json["accounts"]) == 20
    assert [row["number"] for row in api.get("/v1/accounts/search?q=1800").json["accounts"]] == ["1800"]


@pytest.mark.parametrize("query", ["type=income", "q=a&q=b", "limit=5", "q=%00"])
def test_search_refuses_wrong_queries(api, query):
    reply = api.get(f"/v1/accounts/search?{query}")

    assert (reply.status, reply.error) == (400, "INVALID_INPUT")


def test_companies_do_not_see_each_other(other_company, company, actor):
    show_company(other_company)
    facts = NewAccount(number="4711", name="Zebrahandel", type="revenue")
    create_account(company=other_company, actor=actor, facts=facts, now=NOW)
    show_company(company)
    api = ApiClient(make_key(company))

    assert api.get("/v1/accounts/search?q=zebra").json == {"accounts": []}
    assert api.post("/v1/accounts", CLOUD | {"number": "4711", "type": "revenue", "report_group": "revenue"}).status == 201


def test_scopes_are_needed(company):
    reader = ApiClient(make_key(company, scopes=["journal:read"]))
    other = ApiClient(make_key(company, scopes=["bank:read", "config:write"]))

    assert reader.get("/v1/accounts").status == 200
    assert reader.get("/v1/accounts/search").status == 200
    assert (reader.post("/v1/accounts", CLOUD).status, reader.post("/v1/accounts", CLOUD).error) == (403, "INSUFFICIENT_SCOPE")
    assert [other.get(path).status for path in ("/v1/accounts", "/v1/accounts/search")] == [403, 403]


def queries(api, path) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert api.get(path).status == 200
    return len(captured)


@pytest.mark.parametrize("path", ["/v1/accounts?limit={}", "/v1/accounts/search?q={}"])
def test_rows_cost_no_queries(api, path):
    one, many = ("1", "3") if "limit" in path else ("1800", "18")
    api.get(path.format(one))

    assert queries(api, path.format(one)) == queries(api, path.format(many))
