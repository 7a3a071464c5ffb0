"""API keys: made by people for their programs, shown once, revoked for good."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from ledgerlou.companies.actor import Actor
from ledgerlou.companies.models.company import Company
from ledgerlou.companies.models.people import ApiKey
from ledgerlou.companies.roles import ALL_SCOPES, MANAGING_ROLES, Role, canonical_scope
from ledgerlou.companies.services.row_checks import require_fit
from ledgerlou.companies.services.secret_texts import digest_of, random_secret, random_text
from ledgerlou.errors import Fault, Forbidden, InvalidInput, LedgerLouError, NotFound, WrongState, raise_together

KEY_MARK: Final = "ll"
PREFIX_LENGTH: Final = 12


class ScopeNotHeld(LedgerLouError):
    """Nobody can hand out rights they do not have."""

    code, http_status, title = "SCOPE_NOT_HELD", 403, "A key cannot do more than its maker"


@transaction.atomic(savepoint=False)
def create_api_key(
    *, company: Company, actor: Actor, name: str, scopes: Sequence[str], expires_at: datetime | None, now: datetime
) -> tuple[ApiKey, str]:
    """Make a key that acts for the person who makes it; the full text `ll_<prefix>_<secret>` is returned once and never stored.

    Raises Forbidden when the actor is no person or an auditor, InvalidInput for unknown scopes or an expiry in the past, ScopeNotHeld
    for scopes beyond the maker's own.
    """
    if actor.actor_type != "person" or actor.person_id is None:
        raise Forbidden("Keys are made by people who are signed in; a key cannot make another key.")
    if actor.role == Role.AUDITOR:
        raise Forbidden("An auditor reads and changes nothing. An owner or administrator can make a key with read scopes.")
    prefix = random_text(PREFIX_LENGTH)
    full_text = f"{KEY_MARK}_{prefix}_{random_secret()}"
    key = ApiKey(
        company=company,
        prefix=prefix,
        secret_hash=digest_of(full_text),
        name=name.strip(),
        scopes=_granted(scopes, held=actor.scopes),
        created_by_id=actor.person_id,
        created_at=now,
        expires_at=expires_at,
    )
    if expires_at is not None and expires_at <= now:
        raise InvalidInput("The key would be expired already. Give a moment in the future, or none.", pointer="/expires_at")
    require_fit(key)
    key.save(force_insert=True)
    return key, full_text


@transaction.atomic(savepoint=False)
def revoke_api_key(*, company: Company, actor: Actor, key_id: UUID, now: datetime) -> ApiKey:
    """Stop a key for good: its maker may, and whoever manages the company. Raises NotFound, Forbidden, WrongState."""
    key = ApiKey.objects.of(company).select_for_update().filter(id=key_id).first()
    if key is None:
        raise NotFound("There is no such API key.")
    manages = actor.actor_type == "system" or (actor.role in MANAGING_ROLES and "admin" in actor.scopes)
    if not manages and key.created_by_id != actor.person_id:
        raise Forbidden("A key is revoked by the person who made it, or by an owner or administrator.")
    if key.revoked_at is not None:
        raise WrongState("This key is revoked already.", revoked_at=key.revoked_at.isoformat())
    key.revoked_at = now
    key.save(update_fields=["revoked_at"])
    return key


def revoke_keys_of(*, company: Company, person_id: UUID, now: datetime) -> int:
    """Stop every key that acts for a person in this company, and say how many there were."""
    return ApiKey.objects.of(company).filter(created_by_id=person_id, revoked_at=None).update(revoked_at=now)


def _granted(scopes: Sequence[str], *, held: frozenset[str]) -> list[str]:
    """The scopes in their canonical spelling, sorted, each once. Raises for all unknown ones together, then for all not held."""
    if not scopes:
        raise InvalidInput("A key needs at least one scope.", pointer="/scopes")
    canonical = [canonical_scope(scope) for scope in scopes]
    raise_together(_unknown(scopes, canonical))
    raise_together(
        ScopeNotHeld(f"You do not have the scope {scope} yourself.", pointer=f"/scopes/{position}")
        for position, scope in enumerate(canonical)
        if scope not in held
    )
    return sorted(set(canonical))


def _unknown(scopes: Sequence[str], canonical: Sequence[str]) -> Iterable[InvalidInput]:
    known = ", ".join(sorted(ALL_SCOPES))
    for position, (written, scope) in enumerate(zip(scopes, canonical, strict=True)):
        if scope not in ALL_SCOPES:
            message = f"There is no scope {written!r}. Scopes are: {known}."
            yield InvalidInput(message, faults=[Fault(pointer=f"/scopes/{position}", code=InvalidInput.code, message=message)])
