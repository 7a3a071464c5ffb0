"""The hard lock: four eyes, order, expiry, and the chain of closing hashes."""

from datetime import timedelta
from uuid import uuid4

import pytest

from accounting.closing_digest import closing_digest
from ledgerlou import clock
from ledgerlou.companies.actor import Actor, system_actor
from ledgerlou.companies.models.people import Membership, Person
from ledgerlou.companies.roles import Role
from ledgerlou.errors import Forbidden, InvalidInput, NotFound
from periods.closing import (
    EarlierPeriodOpen,
    LockRequestPending,
    RequestExpired,
    RequestNotPending,
    SelfApprovalDenied,
    approve_lock,
    cancel_lock_request,
    request_lock,
)
from periods.gate import PeriodLocked
from periods.locks import PeriodAlreadyLocked, soft_lock_period
from periods.models import LockRequest, Period
from tests.companies.people import acting, member, owner_of, refused
from tests.conftest import new_company, show_company
from tests.periods.books import YEAR, approves, asks, book, close, month, state_of

pytestmark = pytest.mark.django_db

JANUARY = month(1)
TWO_DAYS = timedelta(hours=48)


def cancels(company, actor, request, now=None):
    return cancel_lock_request(company=company, actor=actor, period=JANUARY, request_id=request.id, now=now or clock.now())


def asked_long_ago(company, actor):
    """A request that has expired by now."""
    return request_lock(company=company, actor=actor, period=JANUARY, now=clock.now() - TWO_DAYS)


def test_request_waits_for_48_hours_and_refuses_postings_meanwhile(company):
    actor = owner_of(company)
    request = asks(company, actor, JANUARY)

    request.refresh_from_db()
    assert (request.status, request.requested_by_person_id, request.requested_by) == ("pending", actor.person_id, "Erika Beispiel")
    assert (request.expires_at - request.created_at, request.decided_by, request.decided_at) == (TWO_DAYS, "", None)
    assert state_of(company, JANUARY) == ("open", None)
    with refused(PeriodLocked) as refusal:
        book(company, actor)
    assert refusal.value.details == {"period": JANUARY, "reason": "lock_request_pending"}


def test_second_request_names_the_first(company):
    first = asks(company, owner_of(company), JANUARY)

    with refused(LockRequestPending) as refusal:
        asks(company, acting(member(company)), JANUARY)

    assert refusal.value.details == {"request_id": first.id, "requested_by": "Erika Beispiel", "expires_at": first.expires_at}
    assert LockRequest.objects.of(company).count() == 1


def test_expired_request_refuses_no_posting_and_gives_way_to_a_new_one(company):
    actor = owner_of(company)
    old = asked_long_ago(company, actor)
    book(company, actor)

    new = asks(company, actor, JANUARY)

    old.refresh_from_db()
    assert (old.status, old.decided_by_person_id, old.decided_by, old.decided_at) == ("expired", None, "", new.created_at)
    assert new.status == "pending"


def test_approval_by_another_person_locks_for_good(company):
    actor, approver = owner_of(company), acting(member(company))
    book(company, actor)
    request = asks(company, actor, JANUARY)

    approved = approves(company, approver, request)

    row = Period.objects.of(company).get(period=JANUARY)
    assert (approved.status, approved.decided_by_person_id, approved.decided_by) == ("approved", approver.person_id, "Max Beispiel")
    assert (row.status, row.locked_by, row.locked_at) == ("locked", "Max Beispiel", approved.decided_at)
    assert (row.closing_position, row.closing_prev_hash) == (1, "0" * 64)
    assert row.closing_hash == closing_digest(company_id=company.id, period=JANUARY).closing_hash("0" * 64)
    assert approved.period.closing_hash == row.closing_hash
    with refused(PeriodLocked) as refusal:
        book(company, actor)
    assert refusal.value.details == {"period": JANUARY, "reason": "locked"}
    with refused(PeriodAlreadyLocked):
        asks(company, actor, JANUARY)


def test_soft_locked_period_is_locked_too_and_closings_are_chained(company):
    soft_lock_period(company=company, actor=owner_of(company), period=month(2), now=clock.now())
    close(company, month(1), month(2), month(3))

    rows = list(Period.objects.of(company).exclude(closing_position=None).order_by("closing_position"))
    assert [(row.period, row.closing_position) for row in rows] == [(month(1), 1), (month(2), 2), (month(3), 3)]
    assert [row.closing_prev_hash for row in rows] == ["0" * 64, rows[0].closing_hash, rows[1].closing_hash]
    assert len({row.closing_hash for row in rows}) == 3


def test_requester_may_not_approve_while_somebody_else_could(company):
    actor = owner_of(company)
    member(company, Role.ACCOUNTANT)
    request = asks(company, actor, JANUARY)
    key = Actor(
        label="Erika Beispiel (Skript)", channel="api", actor_type="api_key", person_id=actor.person_id, key_id=uuid4(), role="owner"
    )

    for same_person in (actor, key):
        with refused(SelfApprovalDenied):
            approves(company, same_person, request)

    request.refresh_from_db()
    assert (request.status, state_of(company, JANUARY)) == ("pending", ("open", None))


@pytest.mark.parametrize("other", ["nobody", "bookkeeper", "auditor", "former", "inactive"])
def test_only_person_who_may_approve_may_approve_their_own_request(company, other):
    if other != "nobody":
        membership = member(company, other if other in ("bookkeeper", "auditor") else Role.ADMIN)
        if other == "former":
            Membership.objects.of(company).filter(id=membership.id).update(valid_until=clock.today() - timedelta(days=1))
        if other == "inactive":
            Person.objects.filter(id=membership.person_id).update(is_active=False)
    actor = owner_of(company)

    approves(company, actor, asks(company, actor, JANUARY))

    assert state_of(company, JANUARY) == ("locked", "Erika Beispiel")


def test_member_until_today_still_counts_as_second_person(company):
    membership = member(company)
    Membership.objects.of(company).filter(id=membership.id).update(valid_until=clock.today())
    actor = owner_of(company)
    request = asks(company, actor, JANUARY)

    with refused(SelfApprovalDenied):
        approves(company, actor, request)
    approves(company, acting(membership), request)


def test_bookkeeper_may_ask_but_not_approve(company):
    bookkeeper, other = acting(member(company, Role.BOOKKEEPER)), acting(member(company, Role.BOOKKEEPER))
    request = asks(company, bookkeeper, JANUARY)

    with refused(Forbidden):
        approves(company, other, request)
    with refused(SelfApprovalDenied):
        approves(company, bookkeeper, request)
    approves(company, owner_of(company), request)


def test_system_neither_asks_nor_approves(company):
    with refused(Forbidden):
        asks(company, system_actor("Nachtlauf"), JANUARY)
    request = asks(company, owner_of(company), JANUARY)

    with refused(Forbidden):
        approves(company, system_actor("Nachtlauf"), request)
    with refused(Forbidden):
        approves(company, Actor(label="Fremd", channel="api", actor_type="person", person_id=uuid4(), role="owner"), request)


def test_decided_request_is_not_approved_again(company):
    actor, approver = owner_of(company), acting(member(company))
    request = asks(company, actor, JANUARY)
    cancels(company, actor, request)

    with refused(RequestNotPending) as refusal:
        approves(company, approver, request)
    assert refusal.value.details == {"request_status": "cancelled"}

    again = asks(company, actor, JANUARY)
    approves(company, approver, again)
    with refused(RequestNotPending):
        approves(company, approver, again)


def test_expired_request_is_not_approved(company):
    actor, approver = owner_of(company), acting(member(company))
    old = asked_long_ago(company, actor)
    with refused(RequestExpired):
        approves(company, approver, old)
    cancels(company, actor, asks(company, actor, JANUARY))  # marks the old one as expired

    with refused(RequestExpired):
        approves(company, approver, old)


def test_request_lives_to_the_end_of_its_48_hours(company):
    actor, approver = owner_of(company), acting(member(company))
    request = asks(company, actor, JANUARY)
    facts = {"company": company, "actor": approver, "period": JANUARY, "request_id": request.id}

    with refused(RequestExpired):
        approve_lock(**facts, now=request.created_at + TWO_DAYS)
    assert approve_lock(**facts, now=request.created_at + TWO_DAYS - timedelta(microseconds=1)).status == "approved"


def test_request_of_another_period_or_company_is_not_found(other_company, company):
    show_company(other_company)
    foreign = asks(other_company, owner_of(other_company), JANUARY)
    show_company(company)
    actor, approver = owner_of(company), acting(member(company))
    request = asks(company, actor, JANUARY)

    for period, request_id in ((month(2), request.id), (JANUARY, foreign.id), (JANUARY, uuid4()), ("nonsense", request.id)):
        for service in (approve_lock, cancel_lock_request):
            with refused(NotFound):
                service(company=company, actor=approver, period=period, request_id=request_id, now=clock.now())


def test_cancelled_request_lets_postings_through_and_is_cancelled_once(company):
    actor, other = owner_of(company), acting(member(company, Role.BOOKKEEPER))
    request = asks(company, actor, JANUARY)

    cancelled = cancels(company, other, request)

    assert (cancelled.status, cancelled.decided_by, cancelled.decided_by_person_id) == ("cancelled", "Max Beispiel", other.person_id)
    book(company, actor)
    with refused(NotFound):
        cancels(company, actor, request)


def test_expired_request_is_not_cancelled(company):
    actor = owner_of(company)
    with refused(NotFound):
        cancels(company, actor, asked_long_ago(company, actor))


def test_months_are_locked_in_order(company):
    actor = owner_of(company)
    with refused(EarlierPeriodOpen) as refusal:
        asks(company, actor, month(3))
    assert refusal.value.details == {"period": month(1)}

    close(company, month(1))
    with refused(EarlierPeriodOpen) as refusal:
        asks(company, actor, month(3))
    assert refusal.value.details == {"period": month(2)}


def test_order_is_checked_at_approval_too(company):
    """Somebody books into last year after the lock of this January was asked for: that year is no longer empty."""
    actor, approver = owner_of(company), acting(member(company))
    request = asks(company, actor, month(1, YEAR + 1))
    book(company, actor, period=month(5))

    with refused(EarlierPeriodOpen) as refusal:
        approves(company, approver, request)
    assert refusal.value.details == {"period": month(1)}


def test_next_year_waits_for_month_12_but_not_for_adjustment_periods(company):
    book(company, owner_of(company), period=month(12))
    next_january = month(1, YEAR + 1)
    close(company, *(month(number) for number in range(1, 12)))
    with refused(EarlierPeriodOpen) as refusal:
        asks(company, owner_of(company), next_january)
    assert refusal.value.details == {"period": month(12)}

    close(company, month(12), next_january)
    assert state_of(company, f"{YEAR}-P13") == ("open", None)


def test_adjustment_periods_follow_month_12_and_each_other(company):
    actor = owner_of(company)
    with refused(EarlierPeriodOpen) as refusal:
        asks(company, actor, f"{YEAR}-P13")
    assert refusal.value.details == {"period": month(1)}
    close(company, *(month(number) for number in range(1, 13)))
    with refused(EarlierPeriodOpen) as refusal:
        asks(company, actor, f"{YEAR}-P14")
    assert refusal.value.details == {"period": f"{YEAR}-P13"}

    close(company, f"{YEAR}-P13", f"{YEAR}-P14")

    assert Period.objects.of(company).filter(status="locked").count() == 14


def test_empty_year_before_holds_nobody_up_until_it_is_touched(company):
    close(company, month(1, YEAR + 1))  # last year has no rows
    book(company, owner_of(company), period=month(4))

    with refused(EarlierPeriodOpen) as refusal:
        asks(company, owner_of(company), month(2, YEAR + 1))
    assert refusal.value.details == {"period": month(1)}


def test_year_whose_locking_has_begun_is_locked_to_its_end_first(company):
    close(company, month(1))

    with refused(EarlierPeriodOpen) as refusal:
        asks(company, owner_of(company), month(1, YEAR + 1))
    assert refusal.value.details == {"period": month(2)}


def test_fiscal_year_from_july_is_locked_from_july_on(db):
    company = new_company(fiscal_year_start_month=7)
    show_company(company)
    with refused(EarlierPeriodOpen) as refusal:
        asks(company, owner_of(company), month(1))
    assert refusal.value.details == {"period": month(7, YEAR - 1)}

    in_order = [*(month(number, YEAR - 1) for number in range(7, 13)), *(month(number) for number in range(1, 7))]
    close(company, *in_order, f"{YEAR}-P13")

    rows = Period.objects.of(company).exclude(closing_position=None).order_by("closing_position")
    assert list(rows.values_list("period", flat=True)) == [*in_order, f"{YEAR}-P13"]


def test_adjustment_period_of_a_year_to_come_cannot_be_locked(company):
    with refused(NotFound):
        asks(company, owner_of(company), f"{clock.today().year + 1}-P13")
    with refused(InvalidInput):
        asks(company, owner_of(company), "2026-00")
