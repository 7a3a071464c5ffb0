"""What can be done with a period in its state, and by whom. The services decide; what they would refuse is only not offered."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext as _

from ledgerlou.admin.request import Visit
from periods.models import LockRequest, Period, PeriodStatus
from periods.people import people_who_may_approve

WRITE: Final = "periods:write"
LIST: Final = "admin:periods_period_changelist"


@dataclass(frozen=True, kw_only=True, slots=True)
class Action:
    """A button on the page of a period. `is_post` acts at once, everything else asks first; `key` presses it from the keyboard."""

    label: str
    address: str
    icon: str
    key: str
    variant: str = ""
    is_post: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Approver:
    """Whether a person may approve a request, and if not, why; `is_alone` where nobody else may and their own request counts."""

    may: bool
    is_alone: bool = False
    why_not: str = ""


def page_of(period: str) -> str:
    """The address of the page of a period."""
    return reverse("admin:periods_period_month", args=[period])


def actions_of(visit: Visit, *, period: str, row: Period | None, pending: LockRequest | None) -> list[Action]:
    """The buttons of a period for this person."""
    status = row.status if row else PeriodStatus.OPEN
    if not visit.may(WRITE) or status == PeriodStatus.LOCKED:
        return []
    lock: list[Action] = []
    if pending is None:
        lock.append(_action(_("Ask for the lock"), "request", period, icon="gpp_good", key="f", variant="primary"))
    else:
        look = _action(_("Check the request"), "approve", period, pending.id, icon="fact_check", key="f", variant="primary")
        withdraw = _action(_("Withdraw the request"), "cancel", period, pending.id, icon="undo", key="w", is_post=True)
        lock += [look, withdraw]
    if status == PeriodStatus.OPEN:
        return [*lock, _action(_("Soft-lock"), "soft_lock", period, icon="lock_clock", key="s", is_post=True)]
    return [*lock, _action(_("Reopen"), "reopen", period, icon="lock_open", key="o", is_post=True)]


def approver_of(visit: Visit, request: LockRequest) -> Approver:
    """Whether the person at work may approve this request (RULINGS 19)."""
    may_approve = people_who_may_approve(company=visit.company, today=visit.today)
    person = visit.actor.person_id
    if person not in may_approve:
        return Approver(may=False, why_not=_("Locks are approved by owners, administrators and accountants."))
    if person != request.requested_by_person_id:
        return Approver(may=True)
    if may_approve == {person}:
        return Approver(may=True, is_alone=True)
    return Approver(may=False, why_not=_("You asked for this lock yourself. Somebody else has to approve it."))


def _action(label: str, page: str, *args: object, icon: str, key: str, variant: str = "", is_post: bool = False) -> Action:
    address = reverse(f"admin:periods_period_{page}", args=args)
    return Action(label=label, address=address, icon=icon, key=key, variant=variant, is_post=is_post)


def needs_approval(visit: Visit, requests: Sequence[LockRequest]) -> list[LockRequest]:
    """The requests that this person may approve now. One statement, whatever their number."""
    may_approve = people_who_may_approve(company=visit.company, today=visit.today)
    person = visit.actor.person_id
    if person not in may_approve:
        return []
    return [request for request in requests if request.requested_by_person_id != person or may_approve == {person}]
