"""Answers outside of any operation: unknown addresses, malformed requests, faults of ours."""

import logging

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views import defaults

from ledgerlou.api.errors import ApiRefusal, InternalFault
from ledgerlou.api.headers import add_headers
from ledgerlou.api.pipeline import count_anonymous
from ledgerlou.api.problems import problem_response
from ledgerlou.errors import Forbidden, InvalidInput, LedgerLouError, NotFound

log = logging.getLogger("ledgerlou.api")
API_ROOT = "/v1"


def unknown_route(http: HttpRequest) -> HttpResponseBase:
    """Below /v1, an address that no operation has."""
    error: LedgerLouError = NotFound("The API has no such address. /v1/openapi.json lists all.")
    try:
        count_anonymous(http, "API_REQUESTS_PER_MINUTE")
    except ApiRefusal as refused:
        error = refused
    return add_headers(http, problem_response(http, error))


unknown_route.csrf_exempt = True  # type: ignore[attr-defined]  # cookies play no part in the API


def bad_request(http: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Requests that Django refuses before any view: unknown host name, too many fields."""
    if _is_api(http):
        return _problem(http, InvalidInput("The request is malformed or was sent to a host name that is not ours."))
    return defaults.bad_request(http, exception)


def forbidden(http: HttpRequest, exception: Exception) -> HttpResponseBase:
    """What Django itself forbids."""
    if _is_api(http):
        return _problem(http, Forbidden("This is not allowed."))
    return defaults.permission_denied(http, exception)


def not_found(http: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Unknown addresses outside of the API."""
    if _is_api(http):
        return _problem(http, NotFound("The API has no such address."))
    return defaults.page_not_found(http, exception)


def server_error(http: HttpRequest) -> HttpResponseBase:
    """A fault of ours. Django has logged it with its traceback; the answer shows nothing but the id to look it up by."""
    if _is_api(http):
        return _problem(http, InternalFault("Something went wrong on our side and was logged. Nothing was changed."))
    return defaults.server_error(http)


def _is_api(http: HttpRequest) -> bool:
    return http.path_info == API_ROOT or http.path_info.startswith(f"{API_ROOT}/")


def _problem(http: HttpRequest, error: LedgerLouError) -> HttpResponse:
    response = problem_response(http, error)
    add_headers(http, response)
    return response
