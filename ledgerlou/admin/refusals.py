"""Refusals as pages: not found, not allowed, wrong state, busy. Anything else is a fault of ours and stays one."""

from http import HTTPStatus
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import Error as DatabaseFault
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledgerlou.admin.faults import texts_of
from ledgerlou.admin.site import site
from ledgerlou.api.problems import from_database
from ledgerlou.errors import LedgerLouError

TITLES: Final = {
    HTTPStatus.FORBIDDEN: gettext_lazy("Not allowed"),
    HTTPStatus.NOT_FOUND: gettext_lazy("Not found"),
    HTTPStatus.SERVICE_UNAVAILABLE: gettext_lazy("Not available for the moment"),
}


def refusal_page(request: HttpRequest, error: Exception) -> HttpResponse | None:
    """The page for a refusal; None for a fault of ours, which Django logs and answers."""
    if isinstance(error, Http404):
        return _page(request, HTTPStatus.NOT_FOUND, [_("There is no such page in this company.")])
    if isinstance(error, PermissionDenied):
        return _page(request, HTTPStatus.FORBIDDEN, [_("Your role in this company does not allow this.")])
    if isinstance(error, DatabaseFault):
        known = from_database(error)
        if known is None:
            return None
        error = known
    if isinstance(error, LedgerLouError):
        return _page(request, HTTPStatus(error.http_status), texts_of(error))
    return None


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's answer to a form without its token, in words that help."""
    page = _page(
        request, HTTPStatus.FORBIDDEN, [_("This form is too old or came from another site. Go back, load the page again and repeat.")]
    )
    return page.render()


def _page(request: HttpRequest, status: HTTPStatus, texts: list[str]) -> TemplateResponse:
    context = {**site.each_context(request), "title": TITLES.get(status, gettext_lazy("This does not work")), "texts": texts}
    return TemplateResponse(request, "admin/refusal.html", context, status=status)
