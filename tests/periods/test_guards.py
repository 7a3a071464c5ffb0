"""Raw SQL against the guards of periods and lock requests, as the application's role and as the owner, each on its own connection."""

from datetime import timedelta
from uuid import UUID

import psycopg
import pytest

from accounting.closing_digest import closing_digest
from ledgerlou import clock
from ledgerlou.companies.context import company_transaction
from ledgerlou.companies.models.people import Membership, Person
from ledgerlou.companies.roles import Role
from ledgerlou.ids import new_id
from periods.closing import request_lock
from periods.locks import soft_lock_period
from periods.models import LockRequest, Period
from tests.companies.people import acting, member
from tests.periods.books import JANUARY, YEAR, approves, asks, book, committed_company, month, refusal_of, state_of

pytestmark = pytest.mark.usefixtures("real_commits")

ZEROS = "0" * 64
APPROVE = "UPDATE periods_lockrequest SET status = 'approved', decided_by_person_id = %s, decided_by = %s, decided_at = %s WHERE id = %s"
LOCK = (
    "UPDATE periods_period SET status = 'locked', locked_by = %s, locked_at = %s, closing_hash = %s, closing_prev_hash = %s, "
    "closing_position = %s WHERE period = %s AND company_id = %s"
)
INSERT_REQUEST = (
    "INSERT INTO periods_lockrequest (id, company_id, period_id, status, requested_by_person_id, requested_by, created_at, expires_at, "
    "decided_by) VALUES (%s, %s, %s, %s, %s, 'X', %s, %s, '')"
)
INSERT_PERIOD = (
    "INSERT INTO periods_period (id, company_id, period, kind, fiscal_year, sequence, starts_on, ends_on, governed_by, status) "
    "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, 'open')"
)


@pytest.fixture(params=["app", "owner"])
def attacker(request, connect) -> psycopg.Connection:
    return connect(request.param)


class Books:
    """A company with bookings in January and February of last year, an owner who asks and an accountant who approves."""

    def __init__(self, **facts) -> None:
        self.company, [self.asker, self.approver] = committed_company(**facts)
        with company_transaction(self.company.id):
            for period in (JANUARY, month(2)):
                book(self.company, self.asker, period=period)

    def asked(self, period: str = JANUARY, *, by=None, hours_ago: int = 0) -> LockRequest:
        with company_transaction(self.company.id):
            now = clock.now() - timedelta(hours=hours_ago)
            return request_lock(company=self.company, actor=by or self.asker, period=period, now=now)

    def closed(self, period: str = JANUARY) -> None:
        with company_transaction(self.company.id):
            approves(self.company, self.approver, asks(self.company, self.asker, period))

    def state(self, period: str = JANUARY) -> str:
        with company_transaction(self.company.id):
            return state_of(self.company, period)[0]

    def row(self, period: str = JANUARY) -> Period:
        with company_transaction(self.company.id):
            return Period.objects.of(self.company).get(period=period)

    def approval(self, request: LockRequest, person_id: UUID | None, at=None, by: str = "Max Beispiel"):
        return APPROVE, [person_id, by, at or request.created_at + timedelta(seconds=1), request.id]

    def lock(self, request: LockRequest, period: str = JANUARY, **changes):
        """The statement that locks a period rightly, but for the changes."""
        facts = {"by": "Max Beispiel", "at": request.created_at + timedelta(seconds=1), "prev": ZEROS, "position": 1, **changes}
        with company_transaction(self.company.id):
            digest = closing_digest(company_id=self.company.id, period=period).closing_hash(facts["prev"])
        values = [facts["by"], facts["at"], facts.get("hash", digest), facts["prev"], facts["position"], period, self.company.id]
        return LOCK, values


@pytest.fixture
def books() -> Books:
    return Books()


def test_right_statements_are_let_through(attacker, books):
    """Otherwise every refusal below would prove nothing."""
    request = books.asked()

    assert refusal_of(attacker, books.company, books.approval(request, books.approver.person_id), books.lock(request)) is None
    assert (books.state(), books.row().closing_position) == ("locked", 1)


def test_lock_without_an_approved_request_is_refused(attacker, books):
    request = books.asked()

    assert refusal_of(attacker, books.company, books.lock(request)) == "period_lock_is_approved"
    assert books.state() == "open"


def test_lock_names_who_and_when_of_its_approval(attacker, books):
    request = books.asked()
    approval = books.approval(request, books.approver.person_id)

    for changes in ({"by": "Erika Beispiel"}, {"at": clock.now()}):
        assert refusal_of(attacker, books.company, approval, books.lock(request, **changes)) == "period_lock_is_approved"
    assert books.state() == "open"


def test_approval_of_one_period_does_not_lock_another(attacker, books):
    request = books.asked()
    statements = books.approval(request, books.approver.person_id), books.lock(request, month(2))

    assert refusal_of(attacker, books.company, *statements) == "period_lock_is_approved"


def test_approval_cannot_be_kept_for_later(attacker, books):
    request = books.asked()

    assert refusal_of(attacker, books.company, books.approval(request, books.approver.person_id)) == "lock_request_approval_locks"


def test_requester_does_not_approve_while_somebody_else_could(attacker, books):
    request = books.asked()
    statements = books.approval(request, books.asker.person_id), books.lock(request)

    assert refusal_of(attacker, books.company, *statements) == "lock_request_has_four_eyes"
    assert books.state() == "open"


@pytest.mark.parametrize("obstacle", ["auditor", "former", "inactive"])
def test_requester_approves_alone_when_nobody_else_could(attacker, books, obstacle):
    with company_transaction(books.company.id):
        other = Membership.objects.of(books.company).filter(person_id=books.approver.person_id)
        if obstacle == "auditor":
            other.update(role=Role.AUDITOR, valid_until=clock.today() + timedelta(days=9))
        elif obstacle == "former":
            other.update(valid_until=clock.today() - timedelta(days=1))
        else:
            Person.objects.filter(id=books.approver.person_id).update(is_active=False)
    request = books.asked()

    assert refusal_of(attacker, books.company, books.approval(request, books.asker.person_id), books.lock(request)) is None


def test_people_without_the_right_do_not_approve(attacker, books):
    with company_transaction(books.company.id):
        bookkeeper = acting(member(books.company, Role.BOOKKEEPER))
    stranger = committed_company(people=1)[1][0]
    request = books.asked()

    for person in (bookkeeper, stranger):
        assert refusal_of(attacker, books.company, books.approval(request, person.person_id)) == "lock_request_has_four_eyes"
    assert refusal_of(attacker, books.company, books.approval(request, None)) == "lock_request_decision_is_whole"


def test_expired_request_is_not_approved(attacker, books):
    request = books.asked(hours_ago=49)
    in_time = books.approval(request, books.approver.person_id)
    too_late = books.approval(request, books.approver.person_id, at=clock.now())

    assert [refusal_of(attacker, books.company, statement) for statement in (in_time, too_late)] == ["lock_request_has_not_expired"] * 2


def test_period_is_not_locked_before_an_earlier_one(attacker, books):
    with company_transaction(books.company.id):
        february = Period.objects.of(books.company).get(period=month(2))
    now = clock.now()
    request = LockRequest(id=new_id(), created_at=now)
    asked = INSERT_REQUEST, [
        request.id, books.company.id, february.id, "pending", books.asker.person_id, now, now + timedelta(hours=48),
    ]  # fmt: skip
    statements = asked, books.approval(request, books.approver.person_id), books.lock(request, month(2))

    assert refusal_of(attacker, books.company, *statements) == "period_lock_is_in_order"
    assert books.state(month(2)) == "open"


def test_order_counts_months_that_have_no_row(attacker, books):
    """A fiscal year of which only March was written down: January and February are missing, not locked."""
    year = YEAR - 3
    march = INSERT_PERIOD, [
        new_id(), books.company.id, f"{year}-03", "month", year, 3, f"{year}-03-01", f"{year}-03-31", f"{year}-03",
    ]  # fmt: skip
    assert refusal_of(attacker, books.company, march) is None
    request = books.asked(f"{year}-03")
    statements = books.approval(request, books.approver.person_id), books.lock(request, f"{year}-03")

    assert refusal_of(attacker, books.company, *statements) == "period_lock_is_in_order"


def test_closing_hash_chain_and_position_are_recomputed(attacker, books):
    books.closed()
    before = books.row().closing_hash
    request = books.asked(month(2))
    approval = books.approval(request, books.approver.person_id)

    def outcome(**changes):
        return refusal_of(attacker, books.company, approval, books.lock(request, month(2), **{"prev": before, "position": 2, **changes}))

    wrong = ({"hash": "f" * 64}, {"prev": ZEROS}, {"position": 1}, {"position": 3}, {"prev": ZEROS, "position": 1})
    assert [outcome(**changes) for changes in wrong] == ["period_closing_hash_is_the_seal"] * 5
    assert (books.state(month(2)), outcome()) == ("open", None)


def test_locked_period_is_left_alone(attacker, books):
    books.closed()
    emptied = ", ".join(
        f"{column} = NULL" for column in ("locked_by", "locked_at", "closing_hash", "closing_prev_hash", "closing_position")
    )

    for change in (f"status = 'open', {emptied}", "locked_by = 'X'", "closing_hash = repeat('a', 64)"):
        statement = f"UPDATE periods_period SET {change} WHERE period = '{JANUARY}' AND company_id = '{books.company.id}'"
        assert refusal_of(attacker, books.company, statement) == "period_lock_is_for_good"
    assert books.state() == "locked"


def test_soft_lock_says_who_and_when_and_keeps_to_it(attacker, books):
    where = f"WHERE period = '{JANUARY}' AND company_id = '{books.company.id}'"
    assert (
        refusal_of(attacker, books.company, f"UPDATE periods_period SET status = 'soft_locked' {where}") == "period_lock_says_who_and_when"
    )
    change = f"UPDATE periods_period SET status = 'soft_locked', locked_by = 'X', locked_at = now() {where}"
    assert refusal_of(attacker, books.company, change) is None

    assert refusal_of(attacker, books.company, f"UPDATE periods_period SET locked_by = 'Y' {where}") == "period_changes_by_its_state"
    assert refusal_of(attacker, books.company, f"UPDATE periods_period SET status = 'open' {where}") == "period_lock_says_who_and_when"
    assert books.row().locked_by == "X"


def test_open_period_names_nobody(attacker, books):
    where = f"WHERE period = '{JANUARY}' AND company_id = '{books.company.id}'"

    assert (
        refusal_of(attacker, books.company, f"UPDATE periods_period SET locked_by = 'X', locked_at = now() {where}")
        == "period_changes_by_its_state"
    )


def test_opening_period_has_no_lock_of_its_own(attacker, books):
    where = f"WHERE period = '{YEAR}-00' AND company_id = '{books.company.id}'"
    change = f"UPDATE periods_period SET status = 'soft_locked', locked_by = 'X', locked_at = now() {where}"
    assert refusal_of(attacker, books.company, change) == "period_changes_by_its_state"

    now = clock.now()
    facts = [books.row(f"{YEAR}-00").id, "pending", books.asker.person_id, now, now + timedelta(hours=48)]
    assert refusal_of(attacker, books.company, (INSERT_REQUEST, [new_id(), books.company.id, *facts])) == "lock_request_begins_pending"


def test_request_begins_pending_for_48_hours_and_comes_from_a_member(attacker, books):
    period, now = books.row().id, clock.now()
    stranger = committed_company(people=1)[1][0].person_id

    def outcome(status="pending", person=books.asker.person_id, hours=48):
        values = [new_id(), books.company.id, period, status, person, now, now + timedelta(hours=hours)]
        return refusal_of(attacker, books.company, (INSERT_REQUEST, values))

    assert [outcome("approved"), outcome("cancelled"), outcome(hours=49)] == ["lock_request_begins_pending"] * 3
    assert outcome(person=stranger) == "lock_request_comes_from_a_member"
    assert outcome() is None
    assert outcome() == "lock_request_one_pending"


def test_request_for_a_locked_period_is_refused(attacker, books):
    books.closed()
    now = clock.now()
    values = [new_id(), books.company.id, books.row().id, "pending", books.asker.person_id, now, now + timedelta(hours=48)]

    assert refusal_of(attacker, books.company, (INSERT_REQUEST, values)) == "lock_request_begins_pending"


def test_request_is_decided_once(attacker, books):
    request = books.asked()
    cancel = f"UPDATE periods_lockrequest SET status = 'cancelled', decided_by = 'X', decided_at = now() WHERE id = '{request.id}'"
    assert refusal_of(attacker, books.company, cancel) is None

    again = f"UPDATE periods_lockrequest SET status = 'pending', decided_by = '', decided_at = NULL WHERE id = '{request.id}'"
    statements = again, cancel, books.approval(request, books.approver.person_id)
    assert [refusal_of(attacker, books.company, statement) for statement in statements] == ["lock_request_is_decided_once"] * 3


def test_decision_says_who_and_when(attacker, books):
    request = books.asked()
    halves = (
        "status = 'cancelled'",
        "status = 'cancelled', decided_by = 'X'",
        "status = 'cancelled', decided_at = now()",
        "status = 'expired', decided_at = now()",
        "status = 'expired', decided_by = 'X', decided_at = now() + interval '3 days'",
    )

    for change in halves:
        statement = f"UPDATE periods_lockrequest SET {change} WHERE id = '{request.id}'"
        assert refusal_of(attacker, books.company, statement) == "lock_request_decision_is_whole"


def test_request_keeps_what_it_asked_for(connect, books):
    """The application's role may not touch these columns at all; the owner is refused by the guard."""
    request = books.asked()

    for change in (f"requested_by_person_id = '{books.approver.person_id}'", "requested_by = 'X'", "expires_at = now() + interval '9 days'",
                   "created_at = now()", f"period_id = (SELECT id FROM periods_period WHERE period = '{month(2)}' LIMIT 1)"):  # fmt: skip
        statement = f"UPDATE periods_lockrequest SET {change} WHERE id = '{request.id}'"
        assert refusal_of(connect("app"), books.company, statement) == "permission denied for table periods_lockrequest"
        assert refusal_of(connect("owner"), books.company, statement) == "lock_request_is_decided_once"


def test_requests_and_periods_are_never_deleted(connect, books):
    books.asked()

    for table in ("periods_lockrequest", "periods_period"):
        for statement in (f"DELETE FROM {table} WHERE company_id = '{books.company.id}'", f"TRUNCATE {table} CASCADE"):
            assert refusal_of(connect("app"), books.company, statement) == f"permission denied for table {table}"
            assert refusal_of(connect("owner"), books.company, statement).endswith("_is_append_only")


@pytest.mark.parametrize(
    ("first_month", "row", "refusal"),
    [
        (1, ("2030-03", "month", 2030, 3, "2030-03-01", "2030-03-31", "2030-03"), None),
        (1, ("2030-03", "month", 2030, 1, "2030-03-01", "2030-03-31", "2030-03"), "period_fits_the_fiscal_year"),
        (1, ("2030-03", "month", 2031, 3, "2030-03-01", "2030-03-31", "2030-03"), "period_fits_the_fiscal_year"),
        (7, ("2030-03", "month", 2030, 9, "2030-03-01", "2030-03-31", "2030-03"), None),
        (7, ("2030-08", "month", 2031, 2, "2030-08-01", "2030-08-31", "2030-08"), None),
        (7, ("2030-08", "month", 2030, 2, "2030-08-01", "2030-08-31", "2030-08"), "period_fits_the_fiscal_year"),
        (7, ("2030-P13", "adjustment", 2030, 13, "2030-06-01", "2030-06-30", "2030-P13"), None),
        (7, ("2030-P13", "adjustment", 2030, 13, "2030-12-01", "2030-12-31", "2030-P13"), "period_fits_the_fiscal_year"),
        (7, ("2030-00", "opening", 2030, 0, "2029-07-01", "2030-06-30", "2029-07"), None),
        (7, ("2030-00", "opening", 2030, 0, "2030-01-01", "2030-12-31", "2030-01"), "period_fits_the_fiscal_year"),
    ],
)
def test_period_lies_where_the_fiscal_year_has_it(connect, first_month, row, refusal):
    company, _ = committed_company(people=1, fiscal_year_start_month=first_month)

    for role in ("owner", "app"):
        undone = "DO $$ BEGIN RAISE EXCEPTION 'taken back' USING CONSTRAINT = 'taken_back'; END $$"
        found = refusal_of(connect(role), company, (INSERT_PERIOD, [new_id(), company.id, *row]), undone)
        assert found == (refusal or "taken_back")


def test_other_companys_request_does_not_lock(attacker, books):
    """Row-level security hides it from the application; the owner sees it, and it is still another company's."""
    other = Books()
    request = other.asked()
    statements = other.approval(request, other.approver.person_id), books.lock(request)

    assert refusal_of(attacker, books.company, *statements) == "period_lock_is_approved"
    assert books.state() == "open"


def test_posting_from_an_older_snapshot_fails_once_the_period_is_closed(connect, books):
    """Under REPEATABLE READ a transaction goes on seeing the open period; the posting lock tells it that the books have changed."""
    reader = connect("app")
    reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    reader.execute("SELECT set_config('ledgerlou.company', %s, true)", [str(books.company.id)])
    seen = reader.execute("SELECT status FROM periods_period WHERE period = %s", [JANUARY]).fetchone()

    with company_transaction(books.company.id):
        soft_lock_period(company=books.company, actor=books.asker, period=JANUARY, now=clock.now())

    assert seen == reader.execute("SELECT status FROM periods_period WHERE period = %s", [JANUARY]).fetchone() == ("open",)
    with pytest.raises(psycopg.errors.SerializationFailure):
        reader.execute("SELECT next_number FROM accounting_journalhead WHERE company_id = %s FOR UPDATE", [books.company.id])
