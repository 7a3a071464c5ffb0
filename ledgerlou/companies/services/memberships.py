"""Who belongs to a company, in which role, until when."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from ledgerlou import clock
from ledgerlou.companies.actor import Actor
from ledgerlou.companies.models.company import Company
from ledgerlou.companies.models.people import Membership, SessionToken
from ledgerlou.companies.roles import MANAGING_ROLES, Role
from ledgerlou.companies.services.delivery import is_waiting
from ledgerlou.companies.services.keys import revoke_keys_of
from ledgerlou.companies.services.mail import queue_mail
from ledgerlou.companies.services.passwords import INVITATION_IS_VALID, issue_password_token, password_link, use_up_tokens
from ledgerlou.companies.services.people import find_or_make_person, has_password
from ledgerlou.companies.services.row_checks import require_fit
from ledgerlou.errors import Forbidden, InvalidInput, LedgerLouError, NotFound, WrongState

_INVITATION: Final = ("invitation_mail", "invited_at")
INVITATION_PAUSE: Final = timedelta(minutes=5)  # so that nobody's mailbox is filled by impatience


class OwnerRequired(LedgerLouError):
    """A company without an owner could not be managed by anybody any more."""

    code, http_status, title = "OWNER_REQUIRED", 409, "A company needs an owner"


class AlreadyMember(LedgerLouError):
    """The person belongs to the company already; their role is changed, not given twice."""

    code, http_status, title = "ALREADY_MEMBER", 409, "This person belongs to the company already"


@dataclass(frozen=True, kw_only=True, slots=True)
class Invitation:
    """Whom to take into a company. `name` is used for people who are not known yet; `valid_until` is the last day."""

    email: str
    name: str
    role: str
    valid_until: date | None = None


@transaction.atomic(savepoint=False)
def invite_person(*, company: Company, actor: Actor, invitation: Invitation, now: datetime) -> Membership:
    """Take a person into the company. Who has no password yet gets a link to set one (7 days), everybody else a note.

    Somebody whose membership has ended may be invited again. Raises Forbidden, InvalidInput, AlreadyMember.
    """
    role, valid_until, today = invitation.role, invitation.valid_until, clock.legal_day(now)
    _require_manager(actor, roles={role})
    _require_end(role=role, valid_until=valid_until, today=today)
    person = find_or_make_person(email=invitation.email, name=invitation.name, language=company.locale, now=now)
    membership = Membership.objects.of(company).select_for_update().filter(person=person).first()
    if membership is None:
        membership = Membership(company=company, person=person, role=role, valid_until=valid_until, created_at=now)
        require_fit(membership)
        _write_to_member(company=company, actor=actor, membership=membership, now=now)
        membership.save(force_insert=True)
    elif is_in_force(membership, today=today):
        raise AlreadyMember(f"{person} belongs to the company already. Change the role instead.", membership_id=str(membership.id))
    else:
        membership.role, membership.valid_until = role, valid_until
        _write_to_member(company=company, actor=actor, membership=membership, now=now)
        membership.save(update_fields=["role", "valid_until", *_INVITATION])
    return membership


@transaction.atomic(savepoint=False)
def change_role(*, company: Company, actor: Actor, membership_id: UUID, role: str, valid_until: date | None, now: datetime) -> Membership:
    """Give a member another role or end date; it counts from the next request on.

    Raises Forbidden, NotFound, WrongState when it has ended, InvalidInput, OwnerRequired when the last owner would lose the role.
    """
    membership, owners = _membership_for_update(company, membership_id)
    today = clock.legal_day(now)
    _require_manager(actor, roles={role, membership.role})
    _require_in_force(membership, today=today)
    _require_end(role=role, valid_until=valid_until, today=today)
    if role != Role.OWNER:
        _require_another_owner(membership, owners, today=today)
    membership.role, membership.valid_until = role, valid_until
    require_fit(membership)
    membership.save(update_fields=["role", "valid_until"])
    return membership


@transaction.atomic(savepoint=False)
def end_membership(*, company: Company, actor: Actor, membership_id: UUID, now: datetime) -> Membership:
    """Let a person go: yesterday was the last day, their sessions here end and their keys are revoked. The row stays as evidence.

    Raises Forbidden, NotFound, WrongState when it has ended, OwnerRequired.
    """
    membership, owners = _membership_for_update(company, membership_id)
    today = clock.legal_day(now)
    _require_manager(actor, roles={membership.role})
    _require_in_force(membership, today=today)
    _require_another_owner(membership, owners, today=today)
    membership.valid_until = today - timedelta(days=1)
    membership.save(update_fields=["valid_until"])
    SessionToken.objects.of(company).filter(person_id=membership.person_id).delete()
    revoke_keys_of(company=company, person_id=membership.person_id, now=now)
    return membership


@transaction.atomic(savepoint=False)
def send_invitation_again(*, company: Company, actor: Actor, membership_id: UUID, now: datetime) -> Membership:
    """Mail a member a new link to set a password; links of earlier mails stop working, so that a mail gone astray opens nothing.

    Raises Forbidden, NotFound, WrongState when the membership has ended, when the person has a password already, or when the mail
    before still waits to be sent or was written less than five minutes ago.
    """
    membership, _ = _membership_for_update(company, membership_id)
    _require_manager(actor, roles={membership.role})
    _require_in_force(membership, today=clock.legal_day(now))
    if has_password(membership.person):
        raise WrongState(f"{membership.person} has a password already and can sign in. A forgotten one is reset on the sign-in page.")
    if is_waiting(membership.invitation_mail):
        raise WrongState("The last invitation has not left yet; it is sent by itself as soon as the mail server takes it.")
    if membership.invited_at is not None and membership.invited_at > now - INVITATION_PAUSE:
        raise WrongState("The last invitation was written a moment ago. Wait five minutes before sending another.")
    use_up_tokens(person=membership.person, now=now)
    tell_member(company=company, actor=actor, membership=membership, now=now)
    return membership


@transaction.atomic(savepoint=False)
def tell_member(*, company: Company, actor: Actor, membership: Membership, now: datetime) -> None:
    """Mail a member that the company is open to them, with a link to set a password (7 days) where they have none."""
    _write_to_member(company=company, actor=actor, membership=membership, now=now)
    membership.save(update_fields=_INVITATION)


def _write_to_member(*, company: Company, actor: Actor, membership: Membership, now: datetime) -> None:
    """Queue the mail and note it in the membership, which the caller saves: one change, one entry in the history."""
    person = membership.person
    context: dict[str, object] = {
        "name": person.name,
        "company": company.name,
        "by": "LedgerLou" if actor.actor_type == "system" else actor.label,
        "role": membership.role,
        "valid_until": membership.valid_until,
    }
    template = "new_membership"
    if not has_password(person):
        template = "invitation"
        context["link"] = password_link(issue_password_token(person=person, valid_for=INVITATION_IS_VALID, now=now))
    mail = queue_mail(recipient=person.email, template=template, language=person.language, context=context, now=now)
    membership.invitation_mail, membership.invited_at = mail, now


def is_in_force(membership: Membership, *, today: date) -> bool:
    """Whether the membership still counts; its last day is included."""
    return membership.valid_until is None or membership.valid_until >= today


def _membership_for_update(company: Company, membership_id: UUID) -> tuple[Membership, list[Membership]]:
    """The membership and all owners' memberships, locked in one order: two owners cannot let each other go at the same moment."""
    wanted = Membership.objects.of(company).filter(Q(id=membership_id) | Q(role=Role.OWNER)).select_related("person", "invitation_mail")
    locked = list(wanted.select_for_update(of=("self",)).order_by("id"))
    membership = next((row for row in locked if row.id == membership_id), None)
    if membership is None:
        raise NotFound("There is no such membership.")
    return membership, [row for row in locked if row.role == Role.OWNER]


def _require_manager(actor: Actor, *, roles: set[str]) -> None:
    """Owners and administrators manage people; only owners (and the operator's commands) make, change or remove owners."""
    if actor.actor_type == "system":
        return
    if actor.role not in MANAGING_ROLES or "admin" not in actor.scopes:
        raise Forbidden("People are managed by owners and administrators.")
    if Role.OWNER in roles and actor.role != Role.OWNER:
        raise Forbidden("Only an owner may make, change or remove an owner.")


def _require_in_force(membership: Membership, *, today: date) -> None:
    if not is_in_force(membership, today=today):
        raise WrongState("This membership has ended. Invite the person again.", valid_until=str(membership.valid_until))


def _require_end(*, role: str, valid_until: date | None, today: date) -> None:
    if role not in Role.values:
        raise InvalidInput(f"There is no role {role!r}. Roles are: {', '.join(Role.values)}.", pointer="/role")
    if role == Role.AUDITOR and valid_until is None:
        raise InvalidInput("An auditor needs an end date.", pointer="/valid_until")
    if role == Role.OWNER and valid_until is not None:
        raise InvalidInput("An owner has no end date: the company would be left without one on that day.", pointer="/valid_until")
    if valid_until is not None and valid_until < today:
        raise InvalidInput("The end date lies in the past.", pointer="/valid_until")


def _require_another_owner(membership: Membership, owners: list[Membership], *, today: date) -> None:
    """Refuse when this member is the last owner who can sign in."""
    others = [row for row in owners if row.id != membership.id and row.person.is_active and is_in_force(row, today=today)]
    if membership.role == Role.OWNER and not others:
        raise OwnerRequired("This is the last owner of the company. Make somebody else an owner first.")
