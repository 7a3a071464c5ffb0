"""The path of every request: who, may they, how often, then one transaction with everything else (architecture 4)."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

import structlog
from django.conf import settings
from django.db import Error as DatabaseFault
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from rest_framework.exceptions import ValidationError

from ledgerlou import clock
from ledgerlou.api.address import client_address
from ledgerlou.api.answers import Refused
from ledgerlou.api.authentication import Caller, authenticate, note_use
from ledgerlou.api.bodies import raw_body
from ledgerlou.api.building import build_response
from ledgerlou.api.errors import MethodNotAllowed, Unauthorized
from ledgerlou.api.headers import add_headers
from ledgerlou.api.idempotency import Claim, claim
from ledgerlou.api.operation import Endpoint
from ledgerlou.api.problems import from_database, from_validation, problem_response
from ledgerlou.api.reading import read_data, read_path, read_query
from ledgerlou.api.request import ApiRequest
from ledgerlou.api.throttle import count_request, require_allowance
from ledgerlou.companies.context import company_transaction
from ledgerlou.companies.rollback import undoing_after_rollback
from ledgerlou.errors import InvalidInput, LedgerLouError, raise_together


def respond(view: object, endpoints: Mapping[str, Endpoint], http: HttpRequest, parts: Mapping[str, str]) -> HttpResponseBase:
    """Answer a request. What is not a refusal goes up to Django's handler for 500, which answers with a problem, too."""
    try:
        endpoint = endpoints.get("GET" if http.method == "HEAD" else str(http.method))
        if endpoint is None:
            raise _wrong_method(http, endpoints)
        response = _answer(view, endpoint, http, parts, _enter(http, endpoint))
    except LedgerLouError as error:
        response = problem_response(http, error)
    except ValidationError as refused:
        response = problem_response(http, from_validation(refused))
    except DatabaseFault as fault:
        known = from_database(fault)
        if known is None:
            raise
        response = problem_response(http, known)
    return add_headers(http, response)


def count_anonymous(http: HttpRequest, setting: str) -> None:
    """Count a request without a caller under its address. Raises RateLimited."""
    require_allowance(count_request(http, f"{setting}:{client_address(http)}", getattr(settings, setting)))


def _enter(http: HttpRequest, endpoint: Endpoint) -> Caller | None:
    """Authentication, scope, throttle, in this order; every request counts, refused ones too. None for public operations."""
    if endpoint.public:
        count_anonymous(http, endpoint.operation.limit_setting)
        return None
    try:
        caller = authenticate(http)
    except Unauthorized:
        count_anonymous(http, "API_REQUESTS_PER_MINUTE")
        raise
    actor = caller.actor
    allowance = count_request(http, f"{caller.company_id}:{actor.owner_id}", settings.API_REQUESTS_PER_MINUTE)
    structlog.contextvars.bind_contextvars(company=str(caller.company_id), actor=actor.label)
    if endpoint.operation.needed is not None:
        endpoint.operation.needed.require(actor)
    require_allowance(allowance)
    note_use(caller, clock.now())
    return caller


def _answer(view: object, endpoint: Endpoint, http: HttpRequest, parts: Mapping[str, str], caller: Caller | None) -> HttpResponseBase:
    """The one transaction of the request."""
    raw = raw_body(http, max_bytes=endpoint.operation.max_bytes) if endpoint.writes else b""
    query = read_query(endpoint, http)
    dry_run = endpoint.can_dry_run and isinstance(query, dict) and query["dry_run"]
    key = http.META.get("HTTP_IDEMPOTENCY_KEY")
    with undoing_after_rollback() as undo, _transaction(endpoint, caller):
        held: Claim | None = None
        if key is not None and caller is not None and endpoint.writes and not dry_run:
            found = claim(http, key=key, company_id=caller.company_id, owner_id=_owner(caller), body=raw)
            if isinstance(found, HttpResponse):
                return found
            held = found
        request = ApiRequest(http=http, caller=caller, query=query if isinstance(query, dict) else {}, dry_run=dry_run)
        values = _read(endpoint, request, parts, raw, query if isinstance(query, InvalidInput) else None)
        response = _act(view, endpoint, request, values, held)
        if dry_run:
            transaction.set_rollback(True)
            undo.kept = False
    return response


def _read(
    endpoint: Endpoint, request: ApiRequest, parts: Mapping[str, str], raw: bytes, query_fault: InvalidInput | None
) -> dict[str, Any]:
    """Path first, then query and body with all their faults together."""
    values = read_path(endpoint, parts)
    faults: list[LedgerLouError] = [query_fault] if query_fault else []
    if endpoint.writes:
        try:
            request.data = read_data(endpoint, request.http, raw)
        except InvalidInput as refused:
            faults.append(refused)
    raise_together(faults)
    return values


def _act(view: object, endpoint: Endpoint, request: ApiRequest, values: Mapping[str, Any], held: Claim | None) -> HttpResponseBase:
    """The service call, the checks that PostgreSQL had put off, the answer, and the memory of it."""
    result = endpoint.handler(view, request, **values)
    if endpoint.writes:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    if isinstance(result, Refused):
        if held is not None:
            held.drop()
        return problem_response(request.http, result.error)
    response = build_response(endpoint, request, result)
    if held is not None:
        if not isinstance(response, HttpResponse):
            raise RuntimeError(f"{endpoint.operation.id} writes and answers a stream, which cannot be kept for its Idempotency-Key.")
        held.store(response, secret_keys=endpoint.operation.secret_keys)
    return response


def _transaction(endpoint: Endpoint, caller: Caller | None) -> AbstractContextManager[None]:
    if caller is None:
        return transaction.atomic()
    return company_transaction(caller.company_id, actor=caller.actor, read_only=not endpoint.writes)


def _owner(caller: Caller) -> Any:
    if caller.actor.owner_id is None:
        raise RuntimeError("A caller without key and person cannot own an idempotency key.")
    return caller.actor.owner_id


def _wrong_method(http: HttpRequest, endpoints: Mapping[str, Endpoint]) -> MethodNotAllowed:
    count_anonymous(http, "API_REQUESTS_PER_MINUTE")
    allowed = sorted({*endpoints, *(["HEAD"] if "GET" in endpoints else [])})
    return MethodNotAllowed(f"This address answers {', '.join(allowed)}.", headers={"Allow": ", ".join(allowed)})
