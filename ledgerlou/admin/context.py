"""What every template of the back office may show about the visit."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from ledgerlou.admin.preferences import theme_of
from ledgerlou.admin.request import visit_of

_LABELS = {"demo": "info", "test": "warning", "production": "default"}


def back_office(request: HttpRequest) -> dict[str, Any]:
    """The visit (None while nobody is signed in to a company), the languages to choose from, and the look: light, dark or auto."""
    return {"visit": visit_of(request), "offered_languages": settings.LANGUAGES, "theme_choice": theme_of(request)}


def environment_label(request: HttpRequest) -> list[str]:
    """The label in the head of every page, so that nobody books in the wrong place; loud wherever the books are not the real ones."""
    return [_environment(), _LABELS[settings.ENVIRONMENT]]


def environment_prefix(request: HttpRequest) -> str:
    """The same for the browser's tab, where it is short of room: nothing in production."""
    return "" if settings.IS_PRODUCTION else f"[{_environment()}]"


def _environment() -> str:
    return {"demo": _("Demo"), "test": _("Test system"), "production": _("Production")}[settings.ENVIRONMENT]
