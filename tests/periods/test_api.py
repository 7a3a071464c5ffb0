"""The seven operations over HTTP: answers to the letter, scopes, dry run, idempotency, and every published error."""

from datetime import timedelta

import pytest

from ledgerlou import clock
from ledgerlou.api.rendering import moment_text
from ledgerlou.companies.roles import Role
from periods.closing import request_lock
from periods.models import LockRequest, Period
from tests.api.client import ApiClient, make_key
from tests.companies.people import member, owner_of
from tests.conftest import show_company
from tests.periods.books import JANUARY, YEAR, book, month

pytestmark = pytest.mark.django_db

NOBODYS = "01890a5d-ac96-774b-bcce-b302099a8057"
WRITES = ("lock", "soft-lock", "reopen", f"lock/{NOBODYS}/approve", f"lock/{NOBODYS}/cancel")


@pytest.fixture
def api(company):
    """The owner's key."""
    return ApiClient(make_key(company))


@pytest.fixture
def second(company):
    """The key of an accountant."""
    return ApiClient(make_key(company, person=member(company, name="Max Beispiel").person))


def path(rest: str, period: str = JANUARY) -> str:
    return f"/v1/periods/{period}/{rest}"


def test_list_is_a_bare_array(company, api):
    book(company, owner_of(company), period="2026-03")

    reply = api.get("/v1/periods")

    assert reply.status == 200
    assert [row["period"] for row in reply.json] == [*(month(number, 2026) for number in range(1, 13)), "2026-P13", "2026-P14"]
    assert reply.json[2] == {
        "period": "2026-03",
        "status": "open",
        "period_number": 0,
        "booking_count": 1,
        "locked_by": None,
        "locked_at": None,
        "closing_hash": None,
    }
    assert [row["period_number"] for row in reply.json[12:]] == [13, 14]
    assert api.get("/v1/periods?limit=3").error == "INVALID_INPUT"


def test_soft_lock_and_reopening(company, api):
    reply = api.post(path("soft-lock"))
    row = Period.objects.of(company).get(period=JANUARY)
    assert (reply.status, reply.json) == (
        200,
        {
            "period": JANUARY,
            "period_number": 0,
            "status": "soft_locked",
            "locked_by": "Erika Beispiel (Tests)",
            "locked_at": moment_text(row.locked_at),
        },
    )
    assert (api.post(path("soft-lock")).status, api.post(path("soft-lock")).error) == (409, "PERIOD_ALREADY_SOFT_LOCKED")

    reply = api.post(path("reopen"))
    assert (reply.status, reply.json) == (200, {"period": JANUARY, "period_number": 0, "status": "open"})
    reply = api.post(path("reopen"))
    assert (reply.status, reply.error, reply.pointers) == (400, "INVALID_INPUT", ["{period}"])


def test_lock_is_asked_for_approved_and_shown(company, api, second):
    asked = api.post(path("lock"))
    request = LockRequest.objects.of(company).get()
    assert (asked.status, asked.headers["Location"]) == (201, path("lock/status"))
    assert asked.json == {
        "request_id": str(request.id),
        "period": JANUARY,
        "status": "pending",
        "created_at": moment_text(request.created_at),
        "expires_at": moment_text(request.expires_at),
        "message": f"Period {JANUARY} takes no bookings until another person has approved the lock or the request ends.",
    }
    again = second.post(path("lock"))
    assert (again.status, again.error, again.json["details"]["request_id"]) == (409, "LOCK_REQUEST_PENDING", str(request.id))
    status = second.get(path("lock/status")).json
    assert (status["has_pending_request"], status["request_id"], status["requested_by"], status["created_at"]) == (
        True, str(request.id), "Erika Beispiel (Tests)", moment_text(request.created_at),
    )  # fmt: skip

    denied = api.post(path(f"lock/{request.id}/approve"))
    assert (denied.status, denied.error) == (403, "SELF_APPROVAL_DENIED")
    approved = second.post(path(f"lock/{request.id}/approve"))

    row = Period.objects.of(company).get(period=JANUARY)
    assert approved.status == 200
    assert approved.json == {
        "period": JANUARY,
        "period_number": 0,
        "status": "locked",
        "locked_by": "Max Beispiel (Tests)",
        "locked_at": moment_text(row.locked_at),
        "closing_hash": row.closing_hash,
        "request_id": str(request.id),
        "approved_by": "Max Beispiel (Tests)",
        "requested_by": "Erika Beispiel (Tests)",
    }
    assert api.get(path("lock/status")).json == {
        "period": JANUARY,
        "status": "locked",
        "locked_by": "Max Beispiel (Tests)",
        "locked_at": moment_text(row.locked_at),
        "closing_hash": row.closing_hash,
        "has_pending_request": False,
        "request_id": None,
        "requested_by": None,
        "created_at": None,
        "expires_at": None,
    }
    refusals = {rest: api.post(path(rest)) for rest in ("lock", "soft-lock", "reopen", f"lock/{request.id}/approve")}
    assert {rest: (reply.status, reply.error) for rest, reply in refusals.items()} == {
        "lock": (409, "PERIOD_ALREADY_LOCKED"),
        "soft-lock": (409, "PERIOD_ALREADY_LOCKED"),
        "reopen": (409, "PERIOD_IRREVERSIBLE"),
        f"lock/{request.id}/approve": (409, "REQUEST_NOT_PENDING"),
    }


def test_sole_person_approves_their_own_request(api):
    request_id = api.post(path("lock")).json["request_id"]

    reply = api.post(path(f"lock/{request_id}/approve"))

    assert (reply.status, reply.json["status"]) == (200, "locked")


def test_request_is_cancelled_once(company, api, second):
    request_id = api.post(path("lock")).json["request_id"]

    reply = second.post(path(f"lock/{request_id}/cancel"))

    assert (reply.status, reply.json) == (200, {"ok": True, "request_id": request_id, "status": "cancelled"})
    assert [api.post(path(f"lock/{request_id}/cancel")).status, api.post(path(f"lock/{request_id}/approve")).status] == [404, 409]
    assert api.get(path("lock/status")).json["has_pending_request"] is False


def test_expired_request_is_refused(company, api, second):
    request = request_lock(company=company, actor=owner_of(company), period=JANUARY, now=clock.now() - timedelta(hours=48))

    reply = second.post(path(f"lock/{request.id}/approve"))

    assert (reply.status, reply.error) == (409, "REQUEST_EXPIRED")
    assert api.get(path("lock/status")).json["has_pending_request"] is False


def test_earlier_period_is_named(api):
    reply = api.post(path("lock", month(2)))

    assert (reply.status, reply.error, reply.json["details"]) == (409, "EARLIER_PERIOD_OPEN", {"period": JANUARY})


def test_bookkeeper_asks_but_does_not_approve(company, api, second):
    bookkeeper = ApiClient(make_key(company, person=member(company, Role.BOOKKEEPER).person))
    request_id = bookkeeper.post(path("lock")).json["request_id"]
    other = ApiClient(make_key(company, person=member(company, Role.BOOKKEEPER).person))

    reply = other.post(path(f"lock/{request_id}/approve"))

    assert (reply.status, reply.error) == (403, "FORBIDDEN")


@pytest.mark.parametrize("rest", [*WRITES, "lock/status"])
def test_malformed_period_is_answered_as_published(api, rest):
    send = api.get if rest == "lock/status" else api.post

    for period in ("2026-13", "2026-00", "2026-P12", "x"):
        reply = send(path(rest, period))
        assert (reply.status, reply.error) == ((404, "NOT_FOUND") if rest.endswith("cancel") else (400, "INVALID_INPUT"))


def test_malformed_or_unknown_request_is_answered_as_published(api):
    answers = [api.post(path(f"lock/{request_id}/{rest}")).status for request_id in ("x", NOBODYS) for rest in ("approve", "cancel")]

    assert answers == [400, 404, 404, 404]


def test_adjustment_period_of_a_year_to_come_is_not_found(api):
    later = f"{YEAR + 5}-P13"

    assert [api.post(path(rest, later)).error for rest in ("lock", "soft-lock", "reopen")] == ["NOT_FOUND", "NOT_FOUND", "INVALID_INPUT"]


def test_dry_run_leaves_nothing(company, api):
    before = Period.objects.of(company).count()
    asked = api.post(path("lock"), dry_run=True)
    locked = api.post(path("soft-lock"), dry_run=True)

    assert [(reply.status, reply.headers["X-Dry-Run"], "Location" in reply.headers) for reply in (asked, locked)] == [
        (201, "true", False),
        (200, "true", False),
    ]
    assert (Period.objects.of(company).count(), LockRequest.objects.of(company).count()) == (before, 0)


def test_dry_run_of_an_approval_shows_the_hash_that_would_come(company, api, second):
    request_id = api.post(path("lock")).json["request_id"]

    tried = second.post(path(f"lock/{request_id}/approve"), dry_run=True)
    assert Period.objects.of(company).get(period=JANUARY).status == "open"
    done = second.post(path(f"lock/{request_id}/approve"))

    assert tried.json["closing_hash"] == done.json["closing_hash"]


def test_repeated_request_is_answered_from_memory(company, api):
    first, again = (api.post(path("lock"), idempotency_key="lock-1") for _ in range(2))

    assert (first.status, again.status, again.json) == (201, 201, first.json)
    assert (again.headers["X-ResultFromCache"], LockRequest.objects.of(company).count()) == ("true", 1)


def test_each_operation_asks_for_its_scope(company):
    reader = ApiClient(make_key(company, scopes=["periods:read"]))
    stranger = ApiClient(make_key(company, scopes=["journal:read", "journal:write"]))

    assert [reader.post(path(rest)).status for rest in WRITES] == [403] * 5
    assert [client.get(address).status for client in (reader, stranger) for address in ("/v1/periods", path("lock/status"))] == [
        200,
        200,
        403,
        403,
    ]
    assert ApiClient(None).get("/v1/periods").status == 401
    assert Period.objects.of(company).filter(fiscal_year=YEAR).count() == 0


def test_other_companys_request_is_not_found(other_company, company, api):
    show_company(other_company)
    foreign = request_lock(company=other_company, actor=owner_of(other_company), period=JANUARY, now=clock.now())
    show_company(company)

    assert [api.post(path(f"lock/{foreign.id}/{rest}")).status for rest in ("approve", "cancel")] == [404, 404]
    show_company(other_company)
    foreign.refresh_from_db()
    assert foreign.status == "pending"


def test_posting_into_a_closed_period_says_why(company, api, second):
    booking = {
        "booking_date": f"{JANUARY}-15",
        "description": "Zu spät",
        "lines": [{"account_number": "6815", "debit": 10}, {"account_number": "1800", "credit": 10}],
    }
    api.post(path("lock"))
    reply = api.post("/v1/bookings", booking)
    assert (reply.status, reply.error, reply.json["details"]) == (
        400, "PERIOD_LOCKED", {"period": JANUARY, "reason": "lock_request_pending"},
    )  # fmt: skip
    request_id = api.get(path("lock/status")).json["request_id"]
    second.post(path(f"lock/{request_id}/approve"))

    assert api.post("/v1/bookings", booking).json["details"] == {"period": JANUARY, "reason": "locked"}
