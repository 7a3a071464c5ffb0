"""Look of the back office: title, colours, environment label, menu by work."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


def _file(name: str) -> Callable[[HttpRequest], str]:
    return lambda request: static(f"ledgerlou/{name}")


def _holds(scope: str) -> Callable[[HttpRequest], bool]:
    """Whether a menu entry is shown; the page behind it asks again."""
    return lambda request: scope in request.visit.actor.scopes  # type: ignore[attr-defined]  # set by the back office's middleware


def _entry(title: Any, icon: str, page: str, scope: str = "journal:read") -> dict[str, Any]:
    return {"title": title, "icon": icon, "link": reverse_lazy(f"admin:{page}"), "permission": _holds(scope)}


MENU = [
    {
        "title": None,
        "items": [_entry(_("Desk"), "dashboard", "index")],
    },
    {
        "title": _("Bookkeeping"),
        "separator": True,
        "items": [
            _entry(_("Journal"), "menu_book", "accounting_event_changelist"),
            _entry(_("Chart of accounts"), "account_tree", "accounting_account_changelist"),
            _entry(_("Tax codes"), "percent", "accounting_taxcode_changelist"),
            _entry(_("Documents"), "description", "accounting_document_changelist"),
            _entry(_("Periods"), "event_available", "periods_period_changelist", "periods:read"),
            _entry(_("DATEV import"), "upload_file", "accounting_datevimport_changelist"),
        ],
    },
    {
        "title": _("Settings"),
        "separator": True,
        "items": [
            _entry(_("Company"), "apartment", "companies_company_changelist", "config:read"),
            _entry(_("People"), "group", "companies_membership_changelist", "config:read"),
            _entry(_("API keys"), "key", "companies_apikey_changelist", "config:read"),
            _entry(_("Audit history"), "history", "companies_auditentry_changelist", "config:read"),
        ],
    },
]

# Blue-green, dark enough to read white text on from 600 on (WCAG 2.2, contrast 4.5 to 1).
PRIMARY = {
    "50": "oklch(97.9% .015 196)",
    "100": "oklch(94.6% .035 196)",
    "200": "oklch(89.3% .062 196)",
    "300": "oklch(81.5% .09 196)",
    "400": "oklch(71.8% .105 196)",
    "500": "oklch(60.5% .1 197)",
    "600": "oklch(50.5% .085 198)",
    "700": "oklch(43% .072 199)",
    "800": "oklch(37.5% .06 200)",
    "900": "oklch(33% .05 201)",
    "950": "oklch(24.5% .04 203)",
}

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "LedgerLou",
    "SITE_HEADER": "LedgerLou",
    "SITE_SYMBOL": "account_balance",
    "SITE_URL": None,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _file("favicon.svg")}],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_LANGUAGES": True,
    "LANGUAGES": {"action": lambda request: reverse_lazy("admin:language"), "navigation": None},
    "ENVIRONMENT": "ledgerlou.admin.context.environment_label",
    "DASHBOARD_CALLBACK": "ledgerlou.desk.desk",
    "COMMAND": {"search_callback": "ledgerlou.desk.found", "search_models": False, "show_history": False},
    "ACCOUNT": {
        "navigation": [
            {"title": lambda request: _("Change password"), "link": lambda request: reverse_lazy("admin:password_change")},
            {"title": lambda request: _("Two-factor sign-in"), "link": lambda request: reverse_lazy("admin:two_factor")},
        ]
    },
    "SIDEBAR": {"show_search": True, "command_search": True, "show_all_applications": False, "navigation": MENU},
    "COLORS": {"primary": PRIMARY},
    "STYLES": [_file("back_office.css")],
    "SCRIPTS": [],
}
