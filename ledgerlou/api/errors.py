"""What the API itself refuses, before or around the work of a service."""

from collections.abc import Mapping

from ledgerlou.errors import LedgerLouError


class ApiRefusal(LedgerLouError):
    """A refusal of the API that may bring headers of its own."""

    def __init__(self, message: str, *, headers: Mapping[str, str] | None = None, pointer: str = "", **details: object) -> None:
        super().__init__(message, pointer=pointer)
        self.details = details
        self.headers = dict(headers or {})


class Unauthorized(ApiRefusal):
    """No key or token was sent, or it is unknown, expired or revoked, or its person has left the company."""

    code, http_status, title = "UNAUTHORIZED", 401, "Sign in first"


class InsufficientScope(ApiRefusal):
    """The key, or the role of the person it acts for, lacks the scope that the operation needs."""

    code, http_status, title = "INSUFFICIENT_SCOPE", 403, "The key lacks a scope"


class MethodNotAllowed(ApiRefusal):
    """The address exists but does not answer this HTTP method; `Allow` lists those it does."""

    code, http_status, title = "METHOD_NOT_ALLOWED", 405, "Method not allowed"


class LengthRequired(ApiRefusal):
    """A body was sent without its length; send `Content-Length`."""

    code, http_status, title = "LENGTH_REQUIRED", 411, "The length of the body is missing"


class RequestTooLarge(ApiRefusal):
    """The body is larger than the operation accepts."""

    code, http_status, title = "REQUEST_TOO_LARGE", 413, "The body is too large"


class UnsupportedMediaType(ApiRefusal):
    """The body's `Content-Type` is not one the operation reads."""

    code, http_status, title = "UNSUPPORTED_MEDIA_TYPE", 415, "The body has the wrong type"


class IdempotencyKeyReused(ApiRefusal):
    """The `Idempotency-Key` was used before for another method, path or body."""

    code, http_status, title = "IDEMPOTENCY_KEY_REUSED", 422, "The idempotency key belongs to another request"


class RateLimited(ApiRefusal):
    """Too many requests in this minute; `Retry-After` says when to go on."""

    code, http_status, title = "RATE_LIMITED", 429, "Too many requests"


class DryRunTooLarge(ApiRefusal):
    """A dry run of more rows than can be tried while the caller waits; try fewer."""

    code, http_status, title = "DRY_RUN_TOO_LARGE", 400, "Too many rows for a dry run"


class InternalFault(ApiRefusal):
    """A fault of ours. It was logged under the `trace_id`; nothing was changed."""

    code, http_status, title = "INTERNAL_ERROR", 500, "Something went wrong on our side"


class TookTooLong(ApiRefusal):
    """The database needed longer than a request may take; nothing was changed. Ask for less, or later."""

    code, http_status, title = "TOOK_TOO_LONG", 503, "The request took too long"


class Unavailable(ApiRefusal):
    """The database cannot be reached for the moment; nothing was changed."""

    code, http_status, title = "UNAVAILABLE", 503, "Not available for the moment"
