"""The outermost layer: request id, log context, metrics. It sees every request, static files and the back office included."""

import time
from collections.abc import Callable

import structlog
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from ledgerlou.api.metrics import observe
from ledgerlou.api.request_id import HEADER, request_id_of


class RequestIdMiddleware:
    """Names the request, binds the name to its log lines and counts the answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, http: HttpRequest) -> HttpResponseBase:
        """Run the request under its id."""
        started = time.perf_counter()
        request_id = request_id_of(http)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        response = self._get_response(http)
        response.headers[HEADER] = request_id
        observe(http, response, time.perf_counter() - started)
        return response
