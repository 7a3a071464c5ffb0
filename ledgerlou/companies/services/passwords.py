"""Passwords: asked for by mail, set with a token that works once."""

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from ledgerlou.companies.context import name_actor, visit_company
from ledgerlou.companies.models.people import PasswordToken, Person, SessionToken
from ledgerlou.companies.services.mail import queue_password_reset
from ledgerlou.companies.services.people import companies_of, normal_email
from ledgerlou.companies.services.row_checks import invalid
from ledgerlou.companies.services.secret_texts import digest_of, random_secret
from ledgerlou.errors import InvalidInput, raise_together

INVITATION_IS_VALID: Final = timedelta(days=7)
RESET_IS_VALID: Final = timedelta(hours=1)
RESET_PAUSE: Final = timedelta(minutes=5)  # so that nobody's mailbox is filled by strangers
SET_PASSWORD_PATH: Final = "/admin/set-password/"  # noqa: S105 -- the address of a page


@transaction.atomic(savepoint=False)
def request_password_reset(*, email: str, now: datetime) -> None:
    """Have a reset link mailed to this address, if a person has it. The same statements run for every address, so nobody learns which."""
    queue_password_reset(recipient=normal_email(email), now=now)


@transaction.atomic(savepoint=False)
def issue_password_token(*, person: Person, valid_for: timedelta, now: datetime) -> str:
    """A text with which the person can set a password once; only its digest is stored."""
    token = random_secret()
    PasswordToken.objects.create(person=person, token_hash=digest_of(token), created_at=now, expires_at=now + valid_for)
    return token


def has_fresh_token(*, person: Person, now: datetime) -> bool:
    """Whether a link that still works was made for the person a moment ago."""
    return PasswordToken.objects.filter(person=person, used_at=None, expires_at__gt=now, created_at__gt=now - RESET_PAUSE).exists()


def password_link(token: str) -> str:
    """Where a person sets the password. The token stands behind `#`: browsers keep that part, so it reaches no log."""
    return f"{settings.BASE_URL}{SET_PASSWORD_PATH}#{token}"


def use_up_tokens(*, person: Person, now: datetime) -> int:
    """Make every link that still waits in a mail of this person useless, and say how many there were."""
    return PasswordToken.objects.filter(person=person, used_at=None).update(used_at=now)


@transaction.atomic(savepoint=False)
def set_password(*, token: str, password: str, now: datetime) -> Person:
    """Set the password of the person a token was mailed to. Their other tokens and all their sessions of the API end.

    Raises InvalidInput with all faults: a token that is unknown, used or expired, and everything the password lacks.
    """
    row = PasswordToken.objects.select_related("person").select_for_update(of=("self",)).filter(token_hash=digest_of(token)).first()
    person = row.person if row is not None and row.used_at is None and row.expires_at > now and row.person.is_active else None
    weaknesses = _weaknesses(password, person=person)
    if person is None:
        message = "This link is unknown, was used or has expired. Ask for a new one."
        unusable = InvalidInput(message, pointer="/token")
        raise InvalidInput(message, faults=[fault for error in (unusable, *weaknesses) for fault in error.faults])
    raise_together(weaknesses)
    name_actor(person.name or person.email)
    change_password(person=person, password=password, now=now)
    return person


@transaction.atomic(savepoint=False)
def change_password(*, person: Person, password: str, now: datetime) -> None:
    """Store a checked password, use up every token of the person and end all their sessions of the API."""
    person.set_password(password)
    person.save(update_fields=["password"])
    use_up_tokens(person=person, now=now)
    for company in companies_of(person.id):
        with visit_company(company.company_id):
            SessionToken.objects.of(company.company_id).filter(person=person).delete()


def _weaknesses(password: str, *, person: Person | None) -> list[InvalidInput]:
    try:
        validate_password(password, user=person)
    except ValidationError as error:
        return [invalid(error, pointer="/password")]
    return []
