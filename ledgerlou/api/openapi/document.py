"""The OpenAPI 3.1 document, made from the declarations of the operations."""

import json
from typing import Any, Final

from ledgerlou.api.bodies import FORM, JSON
from ledgerlou.api.openapi.responses import header_components, problem_schema, responses
from ledgerlou.api.openapi.schemas import Components
from ledgerlou.api.operation import Endpoint
from ledgerlou.api.parameters import PathParameter, Query
from ledgerlou.api.rendering import to_json
from ledgerlou.api.routes import Route, all_operations
from ledgerlou.api.text import Text

LANGUAGES: Final = ("en", "de")
IDEMPOTENCY_KEY: Final = {"$ref": "#/components/parameters/IdempotencyKey"}
INFO: Final = Text(
    "Double-entry bookkeeping for German companies. Send an API key as `Authorization: Bearer ll_…`.\n\n"
    "**Money** is an exact JSON number in euros with at most two decimals. **Days** are `YYYY-MM-DD` (Europe/Berlin), moments UTC.\n\n"
    "**Errors** are problem details (RFC 9457); compare `error`, see [all codes](/docs/errors). `errors` lists every fault with a JSON "
    "pointer (`?name` for query parameters, `{name}` for path parts, `header:Name`). Unknown names are refused.\n\n"
    "**Idempotency-Key** makes a write safe to repeat for seven days: the same key with the same request answers what was answered before. "
    "**dry_run=true** does everything and keeps nothing.",
    "Doppelte Buchführung für deutsche Unternehmen. Senden Sie einen API-Schlüssel als `Authorization: Bearer ll_…`.\n\n"
    "**Geld** ist eine exakte JSON-Zahl in Euro mit höchstens zwei Nachkommastellen. **Tage** sind `YYYY-MM-DD` (Europe/Berlin), "
    "Zeitpunkte UTC.\n\n"
    "**Fehler** folgen RFC 9457; vergleichen Sie `error`, siehe [alle Codes](/docs/errors). `errors` nennt jeden Fehler mit JSON-Pointer "
    "(`?name` für Abfrageparameter, `{name}` für Teile des Pfads, `header:Name`). Unbekannte Namen werden abgelehnt.\n\n"
    "**Idempotency-Key** macht einen Schreibvorgang sieben Tage lang wiederholbar: Derselbe Schlüssel mit derselben Anfrage liefert die "
    "frühere Antwort. **dry_run=true** führt alles aus und behält nichts.",
)
KEY_TEXT: Final = Text(
    "Makes the request safe to repeat: 1 to 255 printable characters, new for each new request.",
    "Macht die Anfrage wiederholbar: 1 bis 255 druckbare Zeichen, neu für jede neue Anfrage.",
)
BEARER_TEXT: Final = Text("An API key (`ll_…`) or the token of a login.", "Ein API-Schlüssel (`ll_…`) oder das Token einer Anmeldung.")
SCOPE_WORDS: Final = Text("Scope", "Berechtigung")


def openapi_document(language: str = "en", urlconf: str | None = None) -> dict[str, Any]:
    """The document in one language. The same code makes the same document, always."""
    components = Components(language)
    components.schemas["Problem"] = problem_schema()
    routes = all_operations(urlconf)
    _require_unique_ids(routes)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, components)
    return {
        "openapi": "3.1.0",
        "info": {"title": "LedgerLou API", "version": "1", "description": INFO.in_language(language)},
        "servers": [{"url": "/"}],
        "tags": [{"name": name} for name in dict.fromkeys(route.endpoint.tag for route in routes)],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(components.schemas.items())),
            "responses": dict(sorted(components.responses.items())),
            "headers": header_components(language),
            "parameters": {"IdempotencyKey": _idempotency_key(language)},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "description": BEARER_TEXT.in_language(language)}},
        },
    }


def document_text(document: dict[str, Any]) -> str:
    """The document as it is written to a file: indented, amounts of examples in their digits, order as declared."""
    plain = json.loads(to_json(document))
    return json.dumps(plain, indent=1, ensure_ascii=False) + "\n"


def _operation(route: Route, components: Components) -> dict[str, Any]:
    endpoint, declared = route.endpoint, route.endpoint.operation
    parameters = [_path_parameter(parameter, components) for parameter in endpoint.path]
    parameters += [_query_parameter(query, components) for query in endpoint.declared_query]
    if endpoint.writes and not endpoint.public:
        parameters.append(IDEMPOTENCY_KEY)
    described: dict[str, Any] = {
        "operationId": declared.id,
        "tags": [endpoint.tag],
        "summary": components.text(declared.summary),
        "description": _description(endpoint, components),
    }
    if parameters:
        described["parameters"] = parameters
    if declared.body or declared.form:
        described["requestBody"] = _request_body(endpoint, components)
    described["responses"] = responses(endpoint, components)
    if endpoint.public:
        described["security"] = []
    else:
        described["security"] = [{"bearer": []}]
        described["x-required-scopes"] = list(route.scopes)
        if declared.needed is not None and len(route.scopes) > 1:
            described["x-required-scopes-mode"] = "all" if declared.needed.all_needed else "any"
    return described


def _description(endpoint: Endpoint, components: Components) -> str:
    declared = endpoint.operation
    parts = [components.text(declared.description or declared.summary)]
    if declared.needed is not None:
        joint = " + " if declared.needed.all_needed else " | "
        parts.append(f"{components.text(SCOPE_WORDS)}: {joint.join(f'`{name}`' for name in declared.needed.names)}")
    return "\n\n".join(parts)


def _path_parameter(parameter: PathParameter, components: Components) -> dict[str, Any]:
    schema = parameter.value_schema(parameter.kind)
    if parameter.kind == "string" and not parameter.enum:
        schema.setdefault("minLength", 1)
    return _described({"name": parameter.name, "in": "path", "required": True, "schema": schema}, parameter.text, components)


def _query_parameter(query: Query, components: Components) -> dict[str, Any]:
    schema = query.value_schema(query.kind)
    if query.default is not None:
        schema["default"] = query.default
    return _described({"name": query.name, "in": "query", "required": query.required, "schema": schema}, query.text, components)


def _described(parameter: dict[str, Any], text: Text | None, components: Components) -> dict[str, Any]:
    return {**parameter, "description": components.text(text)} if text else parameter


def _request_body(endpoint: Endpoint, components: Components) -> dict[str, Any]:
    declared = endpoint.operation
    content: dict[str, Any] = {}
    if declared.body_reader is not None:
        content[JSON] = {"schema": components.of(declared.body_reader)}
        if declared.example is not None:
            content[JSON]["example"] = dict(declared.example)
    if declared.form_reader is not None:
        content[FORM] = {"schema": components.of(declared.form_reader)}
    return {"required": declared.body_required, "content": content}


def _idempotency_key(language: str) -> dict[str, Any]:
    schema = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]([ -~]*[!-~])?$"}
    return {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "schema": schema,
        "description": KEY_TEXT.in_language(language),
    }


def _require_unique_ids(routes: list[Route]) -> None:
    seen: set[str] = set()
    for route in routes:
        name = route.endpoint.operation.id
        if name in seen:
            raise ValueError(f"Two operations are called {name}.")
        seen.add(name)
