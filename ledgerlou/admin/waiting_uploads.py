"""Files between a preview and the click that acts on it: kept in Valkey for half an hour, for the person and company that sent them."""

import logging
from secrets import token_urlsafe
from typing import Final

from django.core.cache import cache
from redis import RedisError

from ledgerlou.admin.request import Visit

log = logging.getLogger("ledgerlou.admin")
_KEPT_SECONDS: Final = 30 * 60


def keep_upload(visit: Visit, *, name: str, data: bytes) -> str:
    """Put a file aside; the text that brings it back, empty when Valkey is away (then the file has to be sent again)."""
    token = token_urlsafe(18)
    try:
        cache.set(_place(visit, token), (name, data), _KEPT_SECONDS)
    except (RedisError, OSError) as fault:
        log.warning("Valkey cannot be reached, an upload is not kept: %s", fault)
        return ""
    return token


def waiting_upload(visit: Visit, token: str) -> tuple[str, bytes] | None:
    """Name and bytes of a file put aside by this person in this company, while it is there."""
    if not token:
        return None
    try:
        found: tuple[str, bytes] | None = cache.get(_place(visit, token))
    except (RedisError, OSError) as fault:
        log.warning("Valkey cannot be reached, an upload is not found: %s", fault)
        return None
    return found


def _place(visit: Visit, token: str) -> str:
    return f"upload:{visit.company.id}:{visit.person.id}:{token}"
