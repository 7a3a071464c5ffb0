"""The answers of an operation: the good one, and every problem with its codes."""

from collections.abc import Iterable
from typing import Any, Final

from ledgerlou.api import errors
from ledgerlou.api.bodies import JSON
from ledgerlou.api.openapi.error_list import meaning_of
from ledgerlou.api.openapi.schemas import Components
from ledgerlou.api.operation import Endpoint, FileShape
from ledgerlou.api.text import Text
from ledgerlou.errors import InvalidInput, LedgerLouError, TryAgain

PROBLEM: Final = "application/problem+json"
ALWAYS: Final = (InvalidInput, errors.RateLimited, errors.InternalFault, errors.TookTooLong, errors.Unavailable, TryAgain)
OF_COMPANIES: Final = (errors.Unauthorized, errors.InsufficientScope)
OF_BODIES: Final = (errors.UnsupportedMediaType, errors.RequestTooLarge, errors.LengthRequired)
EVERYWHERE: Final = ("X-Request-Id", "X-Rate-Limit-Limit", "X-Rate-Limit-Remaining", "X-Rate-Limit-Reset")
SUCCESS: Final = Text("Done", "Erledigt")

HEADERS: Final[dict[str, tuple[dict[str, Any], Text]]] = {
    "X-Request-Id": ({"type": "string", "format": "uuid"}, Text("Id of the request, or yours", "ID der Anfrage oder Ihre")),
    "X-Rate-Limit-Limit": ({"type": "integer"}, Text("Requests allowed in a minute", "Erlaubte Anfragen je Minute")),
    "X-Rate-Limit-Remaining": ({"type": "integer"}, Text("Requests left", "Verbleibende Anfragen")),
    "X-Rate-Limit-Reset": ({"type": "integer"}, Text("Seconds until the count starts anew", "Sekunden, bis neu gezählt wird")),
    "Retry-After": ({"type": "integer"}, Text("Seconds to wait", "Zu wartende Sekunden")),
    "Location": ({"type": "string"}, Text("Address of what was created; not in a dry run", "Adresse des Angelegten; nicht im Probelauf")),
    "X-Total-Count": ({"type": "integer"}, Text("Rows before paging", "Zeilen vor dem Blättern")),
    "Link": ({"type": "string"}, Text("The next page (RFC 8288)", "Die nächste Seite (RFC 8288)")),
    "X-Dry-Run": ({"type": "string", "enum": ["true"]}, Text("Nothing was kept", "Nichts wurde behalten")),
    "X-ResultFromCache": ({"type": "string", "enum": ["true"]}, Text("The answer kept for this key", "Die gemerkte Antwort")),
    "WWW-Authenticate": ({"type": "string"}, Text("How to sign in", "Wie man sich anmeldet")),
    "Allow": ({"type": "string"}, Text("Methods of this address", "Methoden dieser Adresse")),
}  # fmt: skip


def possible_errors(endpoint: Endpoint) -> list[type[LedgerLouError]]:
    """Every class an operation can answer, the platform's own included."""
    found: list[type[LedgerLouError]] = [*endpoint.operation.errors, *(parameter.malformed for parameter in endpoint.path), *ALWAYS]
    if not endpoint.public:
        found += OF_COMPANIES
    if endpoint.writes:
        found += OF_BODIES
    if endpoint.writes and not endpoint.public:
        found.append(errors.IdempotencyKeyReused)
    return sorted(dict.fromkeys(found), key=lambda kind: (kind.http_status, kind.code))


def responses(endpoint: Endpoint, components: Components) -> dict[str, Any]:
    """All answers by status."""
    operation = endpoint.operation
    good = {operation.status: SUCCESS, **operation.other_statuses}
    found = {str(status): _success(endpoint, components, components.text(text)) for status, text in sorted(good.items())}
    for status, kinds in _by_status(possible_errors(endpoint)):
        found[str(status)] = components.response(f"{status}.{'.'.join(kind.code for kind in kinds)}", _problem(status, kinds))
    return found


def header_components(language: str) -> dict[str, Any]:
    """The headers once, for all answers to point to."""
    return {name: {"description": text.in_language(language), "schema": schema} for name, (schema, text) in HEADERS.items()}


def problem_schema() -> dict[str, Any]:
    """Problem details as all refusals have them (RFC 9457)."""
    text = {"type": "string"}
    fault = {
        "type": "object",
        "properties": {"pointer": text, "code": text, "message": text},
        "required": ["pointer", "code", "message"],
    }
    properties = {
        "type": {"type": "string", "format": "uri-reference"},
        "title": text,
        "status": {"type": "integer"},
        "detail": text,
        "instance": text,
        "error": text,
        "errors": {"type": "array", "items": fault},
        "details": {"type": "object", "additionalProperties": True},
        "trace_id": {"type": "string", "format": "uuid"},
    }
    return {"type": "object", "properties": properties, "required": list(properties)}


def _success(endpoint: Endpoint, components: Components, description: str) -> dict[str, Any]:
    operation = endpoint.operation
    names = [*EVERYWHERE]
    names += ["X-Total-Count", "Link"] if operation.paged else []
    names += ["Location"] if operation.creates else []
    names += ["X-Dry-Run"] if endpoint.can_dry_run else []
    names += ["X-ResultFromCache"] if endpoint.writes and not endpoint.public else []
    answer: dict[str, Any] = {"description": description, "headers": _headers(names)}
    if isinstance(operation.answer, FileShape):
        answer["content"] = {name: {"schema": _file_schema(name)} for name in operation.answer.content_types}
    elif operation.writer is not None:
        answer["content"] = {JSON: {"schema": components.of(operation.writer)}}
    return answer


def _file_schema(content_type: str) -> dict[str, Any]:
    """A file of JSON is any JSON value to those who read it; every other file is bytes."""
    return {} if content_type == JSON else {"type": "string", "format": "binary"}


def _problem(status: int, kinds: list[type[LedgerLouError]]) -> dict[str, Any]:
    names = [*EVERYWHERE]
    names += ["Retry-After"] if status in (409, 429, 503) else []
    names += ["WWW-Authenticate"] if status == errors.Unauthorized.http_status else []
    codes = sorted({kind.code for kind in kinds})
    schema = {
        "allOf": [{"$ref": "#/components/schemas/Problem"}, {"type": "object", "properties": {"error": {"type": "string", "enum": codes}}}]
    }
    return {
        "description": "\n".join(f"- `{kind.code}`: {meaning_of(kind)}" for kind in kinds),
        "headers": _headers(names),
        "content": {PROBLEM: {"schema": schema, "examples": {kind.code: {"value": _example(kind)} for kind in kinds}}},
    }


def _example(kind: type[LedgerLouError]) -> dict[str, Any]:
    return {
        "type": f"/docs/errors#{kind.code}",
        "title": str(kind.title),
        "status": kind.http_status,
        "detail": meaning_of(kind),
        "instance": "/v1/…",
        "error": kind.code,
        "errors": [{"pointer": "", "code": kind.code, "message": meaning_of(kind)}],
        "details": {},
        "trace_id": "0197a1f0-0000-7000-8000-000000000000",
    }


def _headers(names: Iterable[str]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _by_status(kinds: list[type[LedgerLouError]]) -> list[tuple[int, list[type[LedgerLouError]]]]:
    grouped: dict[int, list[type[LedgerLouError]]] = {}
    for kind in kinds:
        grouped.setdefault(kind.http_status, []).append(kind)
    return sorted(grouped.items())
