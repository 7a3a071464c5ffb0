"""Every route of the API: no token, wrong scope, right scope, another company's object, an unknown id, and a refusal that leaves no trace.

A route that is missing from the table fails the build.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection

from accounting.posting import post
from accounting.services.accounts import NewAccount, create_account
from accounting.services.documents import ReceivedFile, store_document
from accounting.services.tax_codes import NewTaxCode, create_tax_code
from ledgerlou.api.routes import all_operations
from ledgerlou.companies.actor import person_actor
from ledgerlou.companies.models.people import Membership, Person
from ledgerlou.companies.roles import ALL_SCOPES
from ledgerlou.demo.vouchers import voucher_pdf
from periods.closing import request_lock
from periods.locks import soft_lock_period
from tests.api.client import ApiClient, make_key
from tests.conftest import NOW, draft, new_company, new_person, show_company

pytestmark = pytest.mark.django_db

UNKNOWN = "01a210c5-51be-7ccb-a057-1e4d0f582e94"
BOOKING = {
    "booking_date": "2026-06-01",
    "description": "Büromaterial",
    "lines": [
        {"account_number": "6815", "debit": 119, "credit": 0, "tax_code": "VST19"},
        {"account_number": "1800", "debit": 0, "credit": 119},
    ],
}
OPENING = {
    "booking_date": "2025-01-01",
    "balances": [{"account_number": "1800", "debit": 5, "credit": 0}, {"account_number": "2900", "debit": 0, "credit": 5}],
}
VOUCHER = voucher_pdf(title="Rechnung", party="Muster", reference="R-1", day="2026-03-02", gross="1.00")


@dataclass(frozen=True)
class Case:
    """One operation: `path` and `body` get the objects of a company; `refused` is an input that must leave no trace."""

    scopes: tuple[str, ...]
    path: Callable[[Any], str]
    body: Callable[[Any], Any] = lambda objects: None
    status: int = 200
    refused: Any = None
    has_object: bool = False
    form: bool = False
    extra: dict[str, Any] = field(default_factory=dict)


def plain(path: str) -> Callable[[Any], str]:
    return lambda objects: path


def fixed(body: Any) -> Callable[[Any], Any]:
    return lambda objects: body


J, JW, P, PW, C, CW, R = (
    ("journal:read",), ("journal:write",), ("periods:read",), ("periods:write",), ("config:read", "journal:read"), ("config:write",),
    ("reports:read",),
)  # fmt: skip
NEW_ACCOUNT = {"number": "6817", "name": "Cloud", "type": "expense"}
NEW_CODE = {"code": "RC19", "label": "Reverse Charge", "rate": 19, "vat_account": "1407", "self_assess_account": "3837"}
TABLE: dict[tuple[str, str], Case] = {
    ("GET", "/v1/accounts"): Case(J, plain("/v1/accounts")),
    ("POST", "/v1/accounts"): Case(JW, plain("/v1/accounts"), fixed(NEW_ACCOUNT), 201, {**NEW_ACCOUNT, "type": "x"}),
    ("GET", "/v1/accounts/search"): Case(J, plain("/v1/accounts/search?q=18")),
    ("GET", "/v1/accounts/{number}/entries"): Case(J, lambda o: f"/v1/accounts/{o.account}/entries", has_object=True),
    ("POST", "/v1/bookings"): Case(JW, plain("/v1/bookings"), fixed(BOOKING), 200, {**BOOKING, "lines": BOOKING["lines"][:1]}),
    ("POST", "/v1/bookings/opening-balances"): Case(
        JW, plain("/v1/bookings/opening-balances"), fixed(OPENING), 200, {**OPENING, "balances": OPENING["balances"][:1]}
    ),
    ("POST", "/v1/documents"): Case(JW, plain("/v1/documents"), fixed(VOUCHER), 200, b"<html>", form=True),
    ("GET", "/v1/documents/{id}/file"): Case(J, lambda o: f"/v1/documents/{o.document}/file", has_object=True),
    ("GET", "/v1/documents/{id}/preview"): Case(J, lambda o: f"/v1/documents/{o.document}/preview", has_object=True),
    ("GET", "/v1/journal"): Case(J, plain("/v1/journal")),
    ("POST", "/v1/journal/reverse"): Case(
        JW, plain("/v1/journal/reverse"), lambda o: {"intent_id": str(o.intent)}, 200, {"intent_id": UNKNOWN}, has_object=True
    ),
    ("GET", "/v1/journal/{intent_id}"): Case(J, lambda o: f"/v1/journal/{o.intent}", has_object=True),
    ("GET", "/v1/periods"): Case(P, plain("/v1/periods")),
    ("POST", "/v1/periods/{period}/lock"): Case(PW, plain("/v1/periods/2025-01/lock"), status=201, refused={"colour": "blue"}),
    ("GET", "/v1/periods/{period}/lock/status"): Case(P, plain("/v1/periods/2026-02/lock/status")),
    ("POST", "/v1/periods/{period}/lock/{requestId}/approve"): Case(
        PW, lambda o: f"/v1/periods/{o.locked_period}/lock/{o.request}/approve", has_object=True, refused={"colour": "blue"}
    ),
    ("POST", "/v1/periods/{period}/lock/{requestId}/cancel"): Case(
        PW, lambda o: f"/v1/periods/{o.locked_period}/lock/{o.request}/cancel", has_object=True, refused={"colour": "blue"}
    ),
    ("POST", "/v1/periods/{period}/soft-lock"): Case(PW, plain("/v1/periods/2026-05/soft-lock"), refused={"colour": "blue"}),
    ("POST", "/v1/periods/{period}/reopen"): Case(PW, plain("/v1/periods/2026-04/reopen"), refused={"colour": "blue"}),
    ("GET", "/v1/reports"): Case(R, plain("/v1/reports?type=susa&period=2026")),
    ("GET", "/v1/tax-codes"): Case(C, plain("/v1/tax-codes")),
    ("POST", "/v1/tax-codes"): Case(CW, plain("/v1/tax-codes"), fixed(NEW_CODE), 201, {**NEW_CODE, "rate": 101}),
    ("PATCH", "/v1/tax-codes/{code}"): Case(
        CW, lambda o: f"/v1/tax-codes/{o.code}", fixed({"label": "Neu"}), 200, {"label": 5}, has_object=True
    ),
    ("DELETE", "/v1/tax-codes/{code}"): Case(CW, lambda o: f"/v1/tax-codes/{o.code}", refused={"colour": "blue"}, has_object=True),
}
PUBLIC = {("POST", "/v1/auth/login"), ("POST", "/v1/auth/forgot-password"), ("POST", "/v1/auth/setup-password"), ("POST", "/v1/contact")}


def shaped(path: str) -> str:
    """Names of path parameters do not matter to the table."""
    return path.replace("{request_id}", "{requestId}")


def objects_of(company: Any, *, suffix: str, locked_period: str) -> SimpleNamespace:
    """One of each thing that routes name, in this company."""
    show_company(company)
    member = Membership.objects.of(company).select_related("person").order_by("id")[0]
    actor = person_actor(person_id=member.person_id, label=member.person.name, role="owner", channel="api")
    bank, expense = ("1800", "6815") if company.chart == "skr04" else ("1200", "4930")
    [posted] = post(company=company, actor=actor, drafts=[draft((expense, "5.00", "0.00"), (bank, "0.00", "5.00"))], now=NOW)
    account = create_account(
        company=company, actor=actor, facts=NewAccount(number=f"6900{suffix}", name="Eigenes", type="expense"), now=NOW
    )
    vat, counter = ("1407", "3837") if company.chart == "skr04" else ("1577", "1787")
    code = NewTaxCode(
        code=f"EIGEN{suffix}", label="Eigener", description=None, rate=Decimal(19), vat_account=vat, self_assess_account=counter
    )
    create_tax_code(company=company, actor=actor, facts=code, now=NOW)
    received = ReceivedFile(name="r.pdf", declared_type="application/pdf", content=VOUCHER + suffix.encode())
    document = store_document(company=company, actor=actor, received=received, now=NOW)
    wish = request_lock(company=company, actor=actor, period=locked_period, now=NOW)
    soft_lock_period(company=company, actor=actor, period="2026-04", now=NOW)
    return SimpleNamespace(
        account=account.number, code=code.code, document=document.id, intent=posted.intent_id, request=wish.id, locked_period=locked_period
    )


@pytest.fixture
def world(db, settings, tmp_path):
    """Our company with its objects, another company with its own, and people who may approve."""
    settings.STORAGES = {**settings.STORAGES, "default": {**settings.STORAGES["default"], "OPTIONS": {"location": str(tmp_path)}}}
    other = new_company("skr03", name="Fremde UG")
    theirs = objects_of(other, suffix="88", locked_period="2026-01")
    company = new_company()
    ours = objects_of(company, suffix="77", locked_period="2026-01")
    show_company(company)
    second: Person = new_person("Zweite Person")
    key = make_key(company, person=second)
    return SimpleNamespace(company=company, ours=ours, theirs=theirs, second=second, key=key)


def call(client: ApiClient, method: str, case: Case, objects: Any, body: Any = None):
    sent = case.body(objects) if body is None else body
    if case.form:
        file = io.BytesIO(sent)
        file.name = "beleg.pdf"
        return client.upload(case.path(objects), {"file": file})
    return client.send(method, case.path(objects), sent)


def rows_everywhere() -> dict[str, int]:
    """Rows of every table the application can read."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace "
            "AND has_table_privilege(c.oid, 'SELECT') ORDER BY 1"
        )
        tables = [row[0] for row in cursor.fetchall()]
        counts = {}
        for table in tables:
            cursor.execute(f'SELECT count(*), coalesce(sum(hashtext(t::text)::bigint), 0) FROM "{table}" t')
            counts[table] = cursor.fetchone()
    counts.pop("companies_apikey", None)  # last use is written beside the request
    return counts


def test_table_lists_every_route():
    routes = {(route.method.upper(), shaped(route.path)) for route in all_operations()}

    assert routes - {("GET", "/v1/openapi.json")} == set(TABLE) | PUBLIC


def test_table_has_the_declared_scopes():
    declared = {(route.method.upper(), shaped(route.path)): set(route.scopes) for route in all_operations()}

    assert {place: set(case.scopes) for place, case in TABLE.items()} == {place: declared[place] for place in TABLE}
    assert all(declared[place] == set() for place in PUBLIC)


CASES = sorted(TABLE.items())
IDS = [f"{method} {path}" for (method, path), _ in CASES]


@pytest.mark.parametrize(("place", "case"), CASES, ids=IDS)
def test_route_keeps_its_fences(world, place, case):
    method = place[0]
    lacking = sorted(ALL_SCOPES - set(case.scopes))
    poor_client = ApiClient(make_key(world.company, person=world.second, scopes=lacking))
    show_company(world.company)
    before = rows_everywhere()

    assert call(ApiClient(None), method, case, world.ours).status == 401
    poor = call(poor_client, method, case, world.ours)
    assert (poor.status, poor.error) == (403, "INSUFFICIENT_SCOPE")
    client = ApiClient(world.key)
    if case.has_object:
        stranger = world.theirs
        assert call(client, method, case, stranger).status == 404
    if case.refused is not None:
        assert 400 <= call(client, method, case, world.ours, case.refused).status < 500
    show_company(world.company)
    assert rows_everywhere() == before

    good = call(client, method, case, world.ours)
    assert good.status == case.status, good.content[:300]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", f"/v1/journal/{UNKNOWN}", 404), ("GET", "/v1/journal/x", 400), ("GET", f"/v1/documents/{UNKNOWN}/file", 404),
        ("GET", "/v1/documents/x/preview", 400), ("GET", "/v1/accounts/1/entries", 404), ("DELETE", "/v1/tax-codes/NONE", 404),
        ("POST", f"/v1/periods/2026-01/lock/{UNKNOWN}/approve", 404), ("POST", "/v1/periods/2031-P13/soft-lock", 404),
        ("GET", "/v1/nothing", 404), ("PUT", "/v1/accounts", 405),
    ],
)  # fmt: skip
def test_unknown_ids(world, method, path, status):
    assert ApiClient(world.key, check=False).send(method, path).status == status
