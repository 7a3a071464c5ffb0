"""Headers of every API answer."""

from typing import Final

from django.http import HttpRequest, HttpResponseBase

from ledgerlou.api.throttle import Allowance

CONTENT_SECURITY_POLICY: Final = "default-src 'none'; frame-ancestors 'none'"


def add_headers(http: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Nothing of an answer is stored by caches or run by browsers; the caller sees what is left of the minute."""
    headers = response.headers
    headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    headers.setdefault("Cache-Control", "no-store")
    allowance: Allowance | None = http.META.get("ledgerlou.allowance")
    if allowance is not None:
        headers["X-Rate-Limit-Limit"] = str(allowance.limit)
        headers["X-Rate-Limit-Remaining"] = str(allowance.remaining)
        headers["X-Rate-Limit-Reset"] = str(allowance.reset_seconds)
    return response
