"""Problem details (RFC 9457): every refusal of the API in one shape."""

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseFault
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.encoding import escape_uri_path
from django.utils.translation import gettext
from rest_framework.exceptions import ValidationError

from ledgerlou.api.errors import TookTooLong, Unavailable
from ledgerlou.api.rendering import to_json
from ledgerlou.api.request_id import request_id_of
from ledgerlou.api.serializers import NON_FIELD
from ledgerlou.errors import Fault, InvalidInput, LedgerLouError, TryAgain

log = logging.getLogger("ledgerlou.api")
RETRY_SECONDS = "1"
# SQLSTATE of what passes by itself: lock not available, deadlock, serialization failure, and the same within a savepoint
PASSING = frozenset({"55P03", "40P01", "40001"})
QUERY_CANCELED = "57014"


def error_address(code: str) -> str:
    """The address of a code's entry in the error list."""
    return f"{settings.BASE_URL}/docs/errors#{code}"


def problem_body(http: HttpRequest, error: LedgerLouError) -> dict[str, Any]:
    """The problem as the client sees it. Title and detail are German where asked for and translated, else English."""
    if http.META.get("HTTP_ACCEPT_LANGUAGE", "")[:2].lower() == "de":
        with translation.override("de"):
            title, detail = gettext(error.title), gettext(error.message)
    else:
        title, detail = error.title, error.message
    return {
        "type": error_address(error.code),
        "title": title,
        "status": error.http_status,
        "detail": detail,
        "instance": escape_uri_path(http.path),
        "error": error.code,
        "errors": [{"pointer": fault.pointer, "code": fault.code, "message": fault.message} for fault in error.faults],
        "details": {name: _plain(value) for name, value in error.details.items()},
        "trace_id": request_id_of(http),
    }


def problem_response(http: HttpRequest, error: LedgerLouError) -> HttpResponse:
    """The answer for an error, with the headers it brings."""
    response = HttpResponse(to_json(problem_body(http, error)), status=error.http_status, content_type="application/problem+json")
    headers: Mapping[str, str] = getattr(error, "headers", {})
    for name, value in headers.items():
        response.headers[name] = value
    if isinstance(error, TryAgain | TookTooLong | Unavailable):
        response.headers.setdefault("Retry-After", RETRY_SECONDS)
    return response


def from_database(fault: DatabaseFault) -> LedgerLouError | None:
    """What a database fault means to a caller: try again, too slow, not there. None when it is a fault of ours."""
    state = getattr(fault.__cause__, "sqlstate", None)
    if state in PASSING:
        return TryAgain("Someone else is working on the same data. Try again in a moment.")
    if state == QUERY_CANCELED:
        log.warning("statement timeout", exc_info=fault)
        return TookTooLong("The database needed too long. Ask for less, or try again later.")
    if isinstance(fault, InterfaceError) or (isinstance(fault, OperationalError) and (state is None or state[:2] in ("08", "57", "53"))):
        log.error("database not available", exc_info=fault)
        return Unavailable("The database cannot be reached for the moment. Nothing was changed; try again.")
    return None


def from_validation(refused: ValidationError) -> InvalidInput:
    """All faults of a body with their JSON pointers."""
    faults = list(_faults(refused.detail, ""))
    where = f" ({faults[0].pointer})" if faults[0].pointer else ""
    more = f" There are {len(faults) - 1} more faults." if len(faults) > 1 else ""
    return InvalidInput(f"{faults[0].message}{where}{more}", faults=faults)


def _faults(detail: Any, pointer: str) -> Iterator[Fault]:
    if isinstance(detail, dict):
        for key, inner in detail.items():
            yield from _faults(inner, pointer if key == NON_FIELD else f"{pointer}/{_token(key)}")
    elif isinstance(detail, list):
        for inner in detail:
            yield from _faults(inner, pointer)
    else:
        code = getattr(detail, "code", "")
        yield Fault(pointer=pointer, code=code if code.isupper() else InvalidInput.code, message=str(detail)[:500])


def _token(key: object) -> str:
    """A key as a part of a JSON pointer (RFC 6901)."""
    return str(key)[:100].replace("~", "~0").replace("/", "~1")


def _plain(value: object) -> Any:
    """Facts may be ids, dates and amounts, alone or in lists and dictionaries; everything else is written as text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(inner) for inner in value]
    try:
        to_json(value)
    except (TypeError, ValueError):
        return str(value)
    return value
