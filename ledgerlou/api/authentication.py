"""Who calls: an API key or a session token in the Authorization header."""

import hmac
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.http import HttpRequest

from ledgerlou import clock
from ledgerlou.api.errors import Unauthorized
from ledgerlou.companies.actor import Actor
from ledgerlou.companies.context import company_transaction
from ledgerlou.companies.models.people import ApiKey
from ledgerlou.companies.roles import canonical_scope, scopes_of
from ledgerlou.companies.services.secret_texts import digest_of

KEY_START: Final = "ll_"
CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="LedgerLou"'}
LAST_USE_STEP: Final = timedelta(minutes=1)
MAX_TOKEN: Final = 200
_UNKNOWN_HASH: Final = "0" * 64


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """An authenticated caller and the company the key or session belongs to."""

    company_id: UUID
    actor: Actor
    last_used_at: datetime | None = None


def authenticate(http: HttpRequest) -> Caller:
    """The caller of a request. Raises Unauthorized."""
    scheme, _, token = http.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise Unauthorized("Send an API key or a session token: Authorization: Bearer …", headers=CHALLENGE)
    if len(token) > MAX_TOKEN or not token.isascii():
        raise _refused()
    return _by_key(token) if token.startswith(KEY_START) else _by_session(token)


def note_use(caller: Caller, now: datetime) -> None:
    """Write the last use of a key, at most once a minute, in a short transaction of its own."""
    if caller.actor.key_id is None or (caller.last_used_at is not None and now - caller.last_used_at < LAST_USE_STEP):
        return
    with company_transaction(caller.company_id):
        stale = ApiKey.objects.filter(id=caller.actor.key_id).select_for_update(skip_locked=True, of=("self",))
        for key in stale.only("last_used_at"):
            if key.last_used_at is None or now - key.last_used_at >= LAST_USE_STEP:
                ApiKey.objects.filter(id=key.id).update(last_used_at=now)


def _by_key(token: str) -> Caller:
    prefix = token.removeprefix(KEY_START).partition("_")[0]
    row = _look_up(
        "SELECT id, company_id, secret_hash, name, scopes, expires_at, revoked_at, last_used_at, person_id, person_name,"
        " person_is_active, role, valid_until FROM ledgerlou_key_by_prefix(%s)",
        prefix,
    )
    known = hmac.compare_digest(row[2] if row else _UNKNOWN_HASH, digest_of(token))
    if row is None or not known:
        raise _refused()
    key_id, company_id, _, name, scopes, expires_at, revoked_at, last_used_at, person_id, person_name, active, role, until = row
    if revoked_at is not None or not _valid(active=active, expires_at=expires_at, until=until):
        raise _refused()
    actor = Actor(
        label=f"{person_name} ({name})",
        channel="api",
        actor_type="api_key",
        person_id=person_id,
        role=role,
        key_id=key_id,
        key_prefix=prefix,
        scopes=frozenset(map(canonical_scope, scopes)) & scopes_of(role),
    )
    return Caller(company_id=company_id, actor=actor, last_used_at=last_used_at)


def _by_session(token: str) -> Caller:
    row = _look_up(
        "SELECT company_id, expires_at, person_id, person_name, person_is_active, role, valid_until FROM ledgerlou_session_by_hash(%s)",
        digest_of(token),
    )
    if row is None:
        raise _refused()
    company_id, expires_at, person_id, person_name, active, role, until = row
    if not _valid(active=active, expires_at=expires_at, until=until):
        raise _refused()
    actor = Actor(label=person_name, channel="api", actor_type="person", person_id=person_id, role=role, scopes=scopes_of(role))
    return Caller(company_id=company_id, actor=actor)


def _look_up(sql: str, wanted: str) -> tuple[Any, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(sql, [wanted])
        row: tuple[Any, ...] | None = cursor.fetchone()
        return row


def _valid(*, active: bool, expires_at: datetime | None, until: date | None) -> bool:
    now = clock.now()
    return active and (expires_at is None or expires_at > now) and (until is None or until >= clock.legal_day(now))


def _refused() -> Unauthorized:
    """One answer for every reason, so that nothing can be learned from it."""
    return Unauthorized("The key or token is unknown, expired or revoked.", headers=CHALLENGE)
