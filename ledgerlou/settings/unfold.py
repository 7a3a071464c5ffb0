"""Look of the back office: title, colours, environment label, menu by work, what waits."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


def _file(name: str) -> Callable[[HttpRequest], str]:
    return lambda request: static(f"ledgerlou/{name}")


def _entry(title: Any, icon: str, page: str, key: str, *, scope: str = "journal:read", covers: tuple[str, ...] = ()) -> dict[str, Any]:
    """An entry: `key` opens it after `g` and is the same in all languages; `covers` are further pages that belong to it."""
    return {"title": title, "icon": icon, "page": page, "key": key, "scope": scope, "covers": covers}


# Letters: the first of the English or of the German name where it is free.
MENU: list[dict[str, Any]] = [
    {"title": "", "entries": [_entry(_("Desk"), "dashboard", "index", "h")]},
    {
        "title": _("Journal"),
        "entries": [
            _entry(_("Journal"), "menu_book", "accounting_event_changelist", "j", covers=("accounting_intent_",)),
            _entry(_("New booking"), "edit_square", "accounting_intent_new", "n", scope="journal:write"),
            _entry(_("Recurring bookings"), "event_repeat", "accounting_bookingtemplate_changelist", "r"),
            _entry(_("Opening balances"), "start", "accounting_intent_opening", "o", scope="journal:write"),
            _entry(_("Documents"), "description", "accounting_document_changelist", "d"),
            _entry(_("Chart of accounts"), "list_alt", "accounting_account_changelist", "k"),
            _entry(_("DATEV import"), "upload_file", "accounting_datevimport_changelist", "i"),
        ],
    },
    {
        "title": "",
        "entries": [
            _entry(_("Bank"), "account_balance", "accounting_account_bank", "b", scope="bank:read"),
            _entry(_("Payables"), "output", "accounting_openitem_payables", "v", scope="payables:read"),
            _entry(_("Receivables"), "input", "accounting_openitem_receivables", "c", scope="receivables:read"),
            _entry(_("Periods"), "event_available", "periods_period_changelist", "p", scope="periods:read"),
        ],
    },
    {
        "title": _("Reports"),
        "entries": [
            _entry(_("Account tree"), "account_tree", "accounting_account_tree", "t", scope="reports:read"),
            _entry(_("Trial balance"), "balance", "accounting_account_trial_balance", "s", scope="reports:read"),
        ],
    },
    {
        "title": _("Settings"),
        "entries": [
            _entry(_("Company"), "apartment", "companies_company_changelist", "f", scope="config:read"),
            _entry(_("People"), "group", "companies_membership_changelist", "m", scope="config:read"),
            _entry(_("API keys"), "key", "companies_apikey_changelist", "y", scope="config:read"),
            _entry(_("Tax codes"), "percent", "accounting_taxcode_changelist", "x"),
            _entry(_("Audit history"), "history", "companies_auditentry_changelist", "l", scope="config:read"),
            _entry(_("Backup and checks"), "health_and_safety", "ledgerlou_state", "z", scope="config:read"),
        ],
    },
]

# What the desk lists and the menu counts: functions that take the visit (ledgerlou/admin/waiting.py), in the order of the desk.
WAITING = [
    "ledgerlou.desk.locks_to_approve",
    "accounting.admin.desk.documents_without_booking",
    "accounting.admin.desk.check_that_failed",
    "ledgerlou.admin.unsent_mail.mail_that_fails",
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
    "ENVIRONMENT_TITLE_PREFIX": "ledgerlou.admin.context.environment_prefix",
    "DASHBOARD_CALLBACK": "ledgerlou.desk.desk",
    "COMMAND": {"search_callback": "ledgerlou.desk.found", "search_models": False, "show_history": False},
    "ACCOUNT": {
        "navigation": [
            {"title": lambda request: _("Change password"), "link": lambda request: reverse_lazy("admin:password_change")},
            {"title": lambda request: _("Two-factor sign-in"), "link": lambda request: reverse_lazy("admin:two_factor")},
        ]
    },
    "SIDEBAR": {"show_search": True, "command_search": True, "show_all_applications": False, "navigation": []},
    "COLORS": {"primary": PRIMARY},
    "STYLES": [_file("back_office.css")],
    "SCRIPTS": [],
}
