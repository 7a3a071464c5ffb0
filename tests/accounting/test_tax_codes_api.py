"""Tax codes over the API."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounting.models.account import Account
from accounting.models.tax_code import TaxCode
from accounting.services.tax_codes import NewTaxCode, create_tax_code
from tests.api.client import ApiClient, make_key
from tests.conftest import NOW, show_company

pytestmark = pytest.mark.django_db

RC19 = {
    "code": "RC19",
    "label": "Reverse Charge 19%",
    "description": "Reverse Charge §13b UStG 19% für EU-Dienstleistungen",
    "rate": 19,
    "vat_account": "1407",
    "self_assess_account": "3837",
}


@pytest.fixture
def api(company):
    return ApiClient(make_key(company))


def by_code(reply):
    return {code["code"]: code for code in reply.json["tax_codes"]}


def test_list_answers_active_codes(api):
    reply = api.get("/v1/tax-codes")

    codes = by_code(reply)
    shown = codes["VST-13B19"]
    assert (reply.status, shown["rate"], shown["vat_account"], shown["self_assess_account"], shown["is_system"], shown["is_active"]) == (
        200, 19, "1407", "3837", True, True,
    )  # fmt: skip
    assert shown["created_at"] == "2026-11-25T09:00:00Z"
    assert (codes["VST-IGE19-OV"]["vat_account"], codes["UST0"]["vat_account"]) == (None, None)
    assert "VST16" not in codes
    assert next(iter(codes)) == "UST19"


def test_list_answers_inactive_codes_when_asked(api):
    assert by_code(api.get("/v1/tax-codes?include_inactive=true"))["VST-LUF"]["rate"] == Decimal("7.8")
    assert "VST-LUF" not in by_code(api.get("/v1/tax-codes?include_inactive=false"))
    assert api.get("/v1/tax-codes?include_inactive=1").error == "INVALID_INPUT"


def test_rates_are_written_without_needless_zeros(api):
    assert b'"rate":19,' in api.get("/v1/tax-codes").content
    assert b'"rate":7.8,' in api.get("/v1/tax-codes?include_inactive=true").content
    assert b'"rate":20,' in api.post("/v1/tax-codes", RC19 | {"rate": 20}).content


def test_code_is_created(api, company):
    reply = api.post("/v1/tax-codes", RC19 | {"code": "rc19"})

    shown = dict(reply.json)
    assert shown.pop("created_at").endswith("Z")
    assert (reply.status, shown) == (201, RC19 | {"is_system": False, "is_active": True})
    assert reply.headers["Location"] == "/v1/tax-codes/RC19"
    assert TaxCode.objects.of(company).get(code="RC19").rate == Decimal("19.000")


@pytest.mark.parametrize(
    ("body", "error", "pointers"),
    [
        ({}, "INVALID_INPUT", ["/code", "/label", "/rate", "/vat_account"]),
        (RC19 | {"code": "RC 19"}, "INVALID_INPUT", ["/code"]),
        (RC19 | {"code": "Ü"}, "INVALID_INPUT", ["/code"]),
        (RC19 | {"rate": "19"}, "INVALID_INPUT", ["/rate"]),
        (RC19 | {"rate": Decimal("19.0001")}, "INVALID_INPUT", ["/rate"]),
        (RC19 | {"rate": 101}, "INVALID_INPUT", ["/rate"]),
        (RC19 | {"rate": -1}, "INVALID_INPUT", ["/rate"]),
        (RC19 | {"vat_account": None, "self_assess_account": None}, "INVALID_INPUT", ["/vat_account"]),
        (RC19 | {"vat_account": "9999"}, "ACCOUNT_NOT_FOUND", ["/vat_account"]),
        (RC19 | {"vat_account": "9999", "self_assess_account": "9998"}, "ACCOUNT_NOT_FOUND", ["/self_assess_account", "/vat_account"]),
        (RC19 | {"self_assess_account": "1407"}, "INVALID_INPUT", ["/self_assess_account"]),
        (RC19 | {"is_active": True}, "INVALID_INPUT", ["/is_active"]),
    ],
)
def test_wrong_code_is_refused(api, company, body, error, pointers):
    before = TaxCode.objects.of(company).count()

    reply = api.post("/v1/tax-codes", body)

    assert (reply.status, reply.error, sorted(reply.pointers)) == (400, error, pointers)
    assert TaxCode.objects.of(company).count() == before


def test_switched_off_account_is_refused(api, company):
    api.post("/v1/accounts", {"number": "1409", "name": "Vorsteuer", "type": "asset"})
    Account.objects.of(company).filter(number="1409").update(is_active=False)

    reply = api.post("/v1/tax-codes", RC19 | {"vat_account": "1409"})

    assert (reply.status, reply.error, reply.pointers) == (400, "ACCOUNT_INACTIVE", ["/vat_account"])


def test_taken_code_is_refused(api):
    reply = api.post("/v1/tax-codes", RC19 | {"code": "ust19"})

    assert (reply.status, reply.error) == (409, "DUPLICATE_TAX_CODE")


def test_code_is_changed_in_part(api):
    api.post("/v1/tax-codes", RC19)

    reply = api.patch("/v1/tax-codes/rc19", {"label": "Reverse Charge 19% (EU)", "is_active": False})
    assert (reply.status, reply.json["code"], reply.json["label"], reply.json["is_active"], reply.json["rate"]) == (
        200, "RC19", "Reverse Charge 19% (EU)", False, 19,
    )  # fmt: skip

    reply = api.patch("/v1/tax-codes/RC19", {"description": None, "self_assess_account": None, "rate": Decimal("7.5"), "is_active": True})
    assert [reply.json[name] for name in ("description", "self_assess_account", "rate", "vat_account", "is_active")] == [
        None, None, Decimal("7.5"), "1407", True,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "body", "status", "error"),
    [
        ("RC19", {}, 400, "NO_CHANGES"),
        ("RC19", {"label": ""}, 400, "INVALID_INPUT"),
        ("RC19", {"label": None}, 400, "INVALID_INPUT"),
        ("RC19", {"rate": None}, 400, "INVALID_INPUT"),
        ("RC19", {"is_active": "false"}, 400, "INVALID_INPUT"),
        ("RC19", {"code": "NEU"}, 400, "INVALID_INPUT"),
        ("RC19", {"vat_account": "9999"}, 400, "ACCOUNT_NOT_FOUND"),
        ("RC19", {"vat_account": None, "self_assess_account": None}, 400, "INVALID_INPUT"),
        ("NOSUCH", {"label": "x"}, 404, "TAX_CODE_NOT_FOUND"),
        ("%C3%9CST", {"label": "x"}, 404, "TAX_CODE_NOT_FOUND"),
        ("UST19", {"rate": 20}, 400, "SYSTEM_TAX_CODE_FIXED"),
        ("UST19", {"vat_account": "3801", "label": "x"}, 400, "SYSTEM_TAX_CODE_FIXED"),
    ],
)
def test_wrong_change_is_refused(api, company, path, body, status, error):
    api.post("/v1/tax-codes", RC19)
    before = list(TaxCode.objects.of(company).order_by("id").values())

    reply = api.patch(f"/v1/tax-codes/{path}", body)

    assert (reply.status, reply.error) == (status, error)
    assert list(TaxCode.objects.of(company).order_by("id").values()) == before


def test_code_of_the_chart_is_relabelled_and_switched_off(api):
    reply = api.patch("/v1/tax-codes/UST19", {"label": "Normalsatz", "is_active": False})

    assert (reply.status, reply.json["label"], reply.json["is_active"]) == (200, "Normalsatz", False)
    assert "UST19" not in by_code(api.get("/v1/tax-codes"))


def test_own_code_is_deleted_by_switching_it_off(api, company):
    api.post("/v1/tax-codes", RC19)

    reply = api.delete("/v1/tax-codes/rc19")

    assert (reply.status, reply.json) == (200, {"code": "RC19", "is_active": False})
    assert TaxCode.objects.of(company).get(code="RC19").is_active is False
    assert (api.delete("/v1/tax-codes/UST19").status, api.delete("/v1/tax-codes/UST19").error) == (400, "SYSTEM_TAX_CODE_DELETE_FORBIDDEN")
    assert (api.delete("/v1/tax-codes/NOSUCH").status, api.delete("/v1/tax-codes/NOSUCH").error) == (404, "TAX_CODE_NOT_FOUND")


def test_dry_runs_change_nothing(api, company):
    api.post("/v1/tax-codes", RC19)
    before = list(TaxCode.objects.of(company).order_by("id").values())

    assert api.post("/v1/tax-codes", RC19 | {"code": "NEU"}, dry_run=True).status == 201
    assert api.patch("/v1/tax-codes/RC19", {"label": "x"}, dry_run=True).json["label"] == "x"
    assert api.delete("/v1/tax-codes/RC19", dry_run=True).json["is_active"] is False

    assert list(TaxCode.objects.of(company).order_by("id").values()) == before


def test_companies_do_not_see_each_other(other_company, company, actor):
    show_company(other_company)
    facts = NewTaxCode(code="FREMD", label="Fremd", rate=Decimal(19), vat_account="1576")
    create_tax_code(company=other_company, actor=actor, facts=facts, now=NOW)
    show_company(company)
    api = ApiClient(make_key(company))

    assert "FREMD" not in by_code(api.get("/v1/tax-codes?include_inactive=true"))
    assert api.patch("/v1/tax-codes/FREMD", {"label": "x"}).status == 404
    assert api.delete("/v1/tax-codes/FREMD").status == 404
    assert api.post("/v1/tax-codes", RC19 | {"code": "FREMD"}).status == 201


def test_scopes_are_needed(company):
    for scope in ("config:read", "journal:read"):
        reader = ApiClient(make_key(company, scopes=[scope]))
        assert reader.get("/v1/tax-codes").status == 200
        assert reader.post("/v1/tax-codes", RC19).error == "INSUFFICIENT_SCOPE"
        assert reader.patch("/v1/tax-codes/UST19", {"label": "x"}).error == "INSUFFICIENT_SCOPE"
        assert reader.delete("/v1/tax-codes/UST19").error == "INSUFFICIENT_SCOPE"
    assert ApiClient(make_key(company, scopes=["bank:read"])).get("/v1/tax-codes").error == "INSUFFICIENT_SCOPE"


def test_rows_cost_no_queries(company, actor):
    api = ApiClient(make_key(company))
    TaxCode.objects.of(company).update(is_active=False)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            api.get("/v1/tax-codes")
        return len(captured)

    api.get("/v1/tax-codes")
    counts = []
    for codes in (["A"], ["B", "C"]):
        for code in codes:
            create_tax_code(company=company, actor=actor, facts=NewTaxCode(code=code, label=code, rate=Decimal(0)), now=NOW)
        counts.append(queries())

    assert len(by_code(api.get("/v1/tax-codes"))) == 3
    assert counts[0] == counts[1]
