"""The id of a request: the client's own UUID, else a fresh one. It is on every answer, in every log line and in every problem."""

from typing import Final

from django.http import HttpRequest

from ledgerlou.api.values import UUID_FORM
from ledgerlou.ids import new_id

HEADER: Final = "X-Request-Id"
_KEPT: Final = "ledgerlou.request_id"


def request_id_of(http: HttpRequest) -> str:
    """The id, made on first use."""
    found: str | None = http.META.get(_KEPT)
    if found is None:
        sent: str = http.META.get("HTTP_X_REQUEST_ID", "")
        found = sent if UUID_FORM.fullmatch(sent) else str(new_id())
        http.META[_KEPT] = found
    return found
