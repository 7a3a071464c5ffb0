"""Figures for Prometheus. With several processes set PROMETHEUS_MULTIPROC_DIR, so that they are added up."""

import hmac
import os
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest, multiprocess

from ledgerlou.api.address import is_loopback
from ledgerlou.api.errors import Unauthorized
from ledgerlou.api.problems import problem_response

REQUESTS: Final = Counter("ledgerlou_requests", "Requests by route, method and status", ["route", "method", "status"])
SECONDS: Final = Histogram(
    "ledgerlou_request_seconds",
    "Time to answer by route",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30),
)
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def observe(http: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
    """Count an answer under its route; unknown addresses and methods share a name, so callers cannot make up labels."""
    route = http.resolver_match.route if http.resolver_match else "unmatched"
    method = http.method if http.method in METHODS else "other"
    REQUESTS.labels(route, method, response.status_code).inc()
    SECONDS.labels(route).observe(seconds)


def metrics(http: HttpRequest) -> HttpResponseBase:
    """The figures, for callers on this machine or with the token of LEDGERLOU_METRICS_TOKEN."""
    if not _allowed(http):
        return problem_response(http, Unauthorized("Metrics are for this machine or for the holder of the metrics token."))
    registry = REGISTRY
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})


def _allowed(http: HttpRequest) -> bool:
    token: str = os.environ.get("LEDGERLOU_METRICS_TOKEN", "")
    sent = http.META.get("HTTP_AUTHORIZATION", "")
    if token:
        return hmac.compare_digest(sent.encode(), f"Bearer {token}".encode())
    return is_loopback(http)
