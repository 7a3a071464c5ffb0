"""`Idempotency-Key`: the same request twice acts once (RULINGS 7)."""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse

from ledgerlou import clock
from ledgerlou.api.bodies import parse_json
from ledgerlou.api.errors import IdempotencyKeyReused
from ledgerlou.api.rendering import to_json
from ledgerlou.errors import InvalidInput
from ledgerlou.ids import new_id

KEY: Final = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?")
KEPT_HEADERS: Final = ("Content-Type", "Location", "Content-Disposition", "X-Total-Count", "Link")

# The wait for another request with the same key is a wait for its transaction; lock_timeout ends it after ten seconds (TRY_AGAIN).
# A claim older than its keeping time no longer stands for anything and is taken over.
CLAIM: Final = """
INSERT INTO api_idempotencyclaim AS held (id, company_id, owner_id, key, method, path, body_sha256, created_at)
SELECT %s, %s, %s, %s, %s, %s, %s, %s FROM (SELECT set_config('lock_timeout', '10s', true)) AS waiting
ON CONFLICT ON CONSTRAINT idempotency_key_once_per_owner DO UPDATE
   SET method = excluded.method, path = excluded.path, body_sha256 = excluded.body_sha256, created_at = excluded.created_at,
       status = NULL, headers = NULL, body = NULL
 WHERE held.created_at < %s
RETURNING id
"""
HELD: Final = """
SELECT method, path, body_sha256, status, headers, body FROM api_idempotencyclaim WHERE company_id = %s AND owner_id = %s AND key = %s
"""
STORE: Final = "UPDATE api_idempotencyclaim SET status = %s, headers = %s, body = %s WHERE company_id = %s AND id = %s"
DROP: Final = "DELETE FROM api_idempotencyclaim WHERE company_id = %s AND id = %s"


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """This request owns the key until its transaction ends."""

    company_id: UUID
    id: UUID

    def store(self, response: HttpResponse, *, secret_keys: tuple[str, ...]) -> None:
        """Keep the answer, without secrets that are shown once."""
        headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
        body = _without(response.content, secret_keys) if secret_keys else response.content
        with connection.cursor() as cursor:
            cursor.execute(STORE, [response.status_code, json.dumps(headers), body, self.company_id, self.id])

    def drop(self) -> None:
        """Refusals leave no claim."""
        with connection.cursor() as cursor:
            cursor.execute(DROP, [self.company_id, self.id])


def claim(http: HttpRequest, *, key: str, company_id: UUID, owner_id: UUID, body: bytes) -> Claim | HttpResponse:
    """Own the key, or get the answer that was given before. Raises InvalidInput, IdempotencyKeyReused; waits up to ten seconds."""
    if not KEY.fullmatch(key):
        raise InvalidInput("Idempotency-Key must be 1 to 255 printable ASCII characters.", pointer="header:Idempotency-Key")
    now = clock.now()
    digest = hashlib.sha256(body).digest()
    path = http.get_full_path()
    forgotten = now - timedelta(days=settings.IDEMPOTENCY_KEPT_DAYS)
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [new_id(), company_id, owner_id, key, http.method, path, digest, now, forgotten])
        mine = cursor.fetchone()
        if mine is not None:
            return Claim(company_id=company_id, id=mine[0])
        cursor.execute(HELD, [company_id, owner_id, key])
        held = cursor.fetchone()
    if held is None or (held[0], held[1], bytes(held[2])) != (http.method, path, digest):
        raise IdempotencyKeyReused(
            "This Idempotency-Key was used for another request. Take a new key for a new request.", pointer="header:Idempotency-Key"
        )
    return _replay(status=held[3], headers=json.loads(held[4]), body=bytes(held[5]))


def _replay(*, status: int, headers: dict[str, str], body: bytes) -> HttpResponse:
    response = HttpResponse(body, status=status)
    for name, value in headers.items():
        response.headers[name] = value
    response.headers["X-ResultFromCache"] = "true"
    return response


def _without(body: bytes, secret_keys: tuple[str, ...]) -> bytes:
    answer: dict[str, Any] = parse_json(body)
    return to_json({name: value for name, value in answer.items() if name not in secret_keys})
