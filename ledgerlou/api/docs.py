"""Pages that describe the API to people, from our own files, without inline scripts and without other hosts."""

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from ledgerlou.api.openapi.error_list import error_entries

# Swagger UI and Redoc write style attributes; Redoc searches in a worker made from a blob.
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; worker-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def index(http: HttpRequest) -> HttpResponse:
    """Where to find what."""
    return _page(http, "docs/index.html")


def swagger(http: HttpRequest) -> HttpResponse:
    """All operations, to be tried out."""
    return _page(http, "docs/swagger.html")


def redoc(http: HttpRequest) -> HttpResponse:
    """All operations, to be read."""
    return _page(http, "docs/redoc.html")


def errors(http: HttpRequest) -> HttpResponse:
    """Every error code; the `type` of a problem points to its line."""
    return _page(http, "docs/errors.html", entries=error_entries())


def _page(http: HttpRequest, template: str, **context: object) -> HttpResponse:
    language = "de" if http.GET.get("lang") == "de" else "en"
    # without the request: the back office's context (person, menu) has no place on these pages
    content = render_to_string(template, {"language": language, **context})
    return HttpResponse(content, headers={"Content-Security-Policy": CONTENT_SECURITY_POLICY})
