"""What every template of the back office may show about the visit."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from ledgerlou.admin.request import visit_of

_LABELS = {"demo": "info", "test": "warning", "production": "danger"}


def back_office(request: HttpRequest) -> dict[str, Any]:
    """The visit (None while nobody is signed in to a company) and the languages to choose from."""
    return {"visit": visit_of(request), "offered_languages": settings.LANGUAGES}


def environment_label(request: HttpRequest) -> list[str] | None:
    """The label in the head of every page, so that nobody books in the wrong place. None in production: that is the normal case."""
    names = {"demo": _("Demo"), "test": _("Test system")}
    name = names.get(settings.ENVIRONMENT)
    return [name, _LABELS.get(settings.ENVIRONMENT, "info")] if name else None
