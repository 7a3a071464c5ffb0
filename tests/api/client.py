"""A small client of the API for tests: a real key, exact JSON, and every answer held against the OpenAPI document."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection
from django.http import HttpResponseBase
from django.test import Client
from jsonschema import Draft202012Validator, FormatChecker

from ledgerlou import clock
from ledgerlou.api.openapi.document import openapi_document
from ledgerlou.api.rendering import to_json
from ledgerlou.companies.actor import person_actor
from ledgerlou.companies.context import company_transaction
from ledgerlou.companies.models.people import Membership, Person
from ledgerlou.companies.roles import ALL_SCOPES, Role
from ledgerlou.companies.services.keys import create_api_key


def make_key(company: Any, *, person: Person | None = None, scopes: Sequence[str] = (), role: str = Role.OWNER) -> str:
    """A key of the company's owner, or of `person` (made a member with `role` where needed); all scopes of the role by default."""
    with company_transaction(company.id):
        if person is None:
            person = Membership.objects.of(company).filter(role=role).select_related("person").order_by("id")[0].person
        membership, _ = Membership.objects.get_or_create(company=company, person=person, defaults={"role": role, "created_at": clock.now()})
        actor = person_actor(person_id=person.id, label=person.name, role=membership.role, channel="admin")
        _, text = create_api_key(
            company=company,
            actor=actor,
            name="Tests",
            scopes=sorted(scopes or ALL_SCOPES & actor.scopes),
            expires_at=None,
            now=clock.now(),
        )
    return text


@dataclass(frozen=True)
class Reply:
    """An answer: status, headers, bytes, and the JSON with exact decimals."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content, parse_float=Decimal)

    @property
    def error(self) -> str:
        """The code of a problem; empty for good answers."""
        return self.json["error"] if self.headers.get("Content-Type") == "application/problem+json" else ""

    @property
    def pointers(self) -> list[str]:
        """Where a problem's faults are."""
        return [fault["pointer"] for fault in self.json["errors"]]


class ApiClient:
    """Sends requests as a key; `key=None` sends none. `check=False` for answers that the document cannot know."""

    def __init__(self, key: str | None, *, check: bool = True, address: str = "127.0.0.1") -> None:
        self.key, self.check = key, check
        Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)  # WhiteNoise warns about a missing folder, and warnings are errors
        self._client = Client(raise_request_exception=False, REMOTE_ADDR=address)

    def get(self, path: str, query: Mapping[str, object] | None = None, **headers: str) -> Reply:
        return self.send("GET", path + (f"?{urlencode(query)}" if query else ""), headers=headers)

    def post(self, path: str, body: object = None, **options: Any) -> Reply:
        return self.send("POST", path, body, **options)

    def put(self, path: str, body: object = None, **options: Any) -> Reply:
        return self.send("PUT", path, body, **options)

    def patch(self, path: str, body: object = None, **options: Any) -> Reply:
        return self.send("PATCH", path, body, **options)

    def delete(self, path: str, body: object = None, **options: Any) -> Reply:
        return self.send("DELETE", path, body, **options)

    def upload(self, path: str, files: Mapping[str, Any], **options: Any) -> Reply:
        """Multipart: file objects and texts by name."""
        from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart  # noqa: PLC0415 -- used here alone

        return self.send("POST", path, encode_multipart(BOUNDARY, dict(files)), content_type=MULTIPART_CONTENT, **options)

    def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        idempotency_key: str | None = None,
        dry_run: bool = False,
        content_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """`body` is JSON unless bytes; header names are as in HTTP."""
        if dry_run:
            path += ("&" if "?" in path else "?") + "dry_run=true"
        sent = dict(headers or {})
        if self.key is not None:
            sent.setdefault("Authorization", f"Bearer {self.key}")
        if idempotency_key is not None:
            sent["Idempotency-Key"] = idempotency_key
        raw = b"" if body is None else body if isinstance(body, bytes) else to_json(body)
        shown = _shown_company()
        response = self._client.generic(method, path, raw, content_type=content_type if raw else "", headers=sent)
        content = b"".join(response.streaming_content) if response.streaming else response.content
        _show_again(shown)
        reply = Reply(status=response.status_code, headers=response.headers, content=content)
        if self.check and method != "HEAD":
            _hold_against_document(response, reply, method)
        return reply


def _shown_company() -> str | None:
    """What row-level security shows in the test's transaction; None outside of one."""
    if not connection.in_atomic_block:
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('ledgerlou.company', true)")
        return cursor.fetchone()[0] or ""


def _show_again(company: str | None) -> None:
    """In a test's transaction the request's settings would stay; a real one ends with its transaction."""
    if company is None or connection.needs_rollback:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('ledgerlou.company', %s, true), set_config('ledgerlou.actor', '', true)", [company])
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


@lru_cache(maxsize=4)
def _document(urlconf: str) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    document = openapi_document("en", urlconf)
    operations = {operation["operationId"]: operation for item in document["paths"].values() for operation in item.values()}
    return document, operations


def _hold_against_document(response: HttpResponseBase, reply: Reply, method: str) -> None:
    match = getattr(response, "resolver_match", None)
    endpoints = getattr(getattr(match.func if match else None, "view_class", None), "endpoints", {})
    if method not in endpoints:
        return
    document, operations = _document(settings.ROOT_URLCONF)
    described = operations[endpoints[method].operation.id]["responses"].get(str(reply.status))
    assert described, f"{endpoints[method].operation.id} does not describe status {reply.status}: {reply.content[:500]!r}"
    if "$ref" in described:
        described = document["components"]["responses"][described["$ref"].rsplit("/", 1)[1]]
    media = reply.headers.get("Content-Type", "").split(";")[0]
    if media not in ("application/json", "application/problem+json"):
        return
    schema = described["content"][media]["schema"]
    Draft202012Validator({**schema, "components": document["components"]}, format_checker=FormatChecker()).validate(reply.json)
