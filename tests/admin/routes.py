"""Every address of the back office, what it needs, and who may use it. A route that is not listed here fails a test."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.urls import URLPattern, URLResolver, reverse

from tests.admin.books import Books

EVERYBODY = ("owner", "admin", "accountant", "bookkeeper", "auditor")
WRITERS = ("owner", "admin", "accountant", "bookkeeper")
KEY_MAKERS = ("owner", "admin", "accountant")
MANAGERS = ("owner", "admin")


@dataclass(frozen=True, kw_only=True)
class Route:
    """One address. `ids` makes its parameters from the books they belong to; `outside` ones need nobody signed in to a company."""

    name: str
    roles: tuple[str, ...] = EVERYBODY
    ids: Callable[[Books], dict[str, Any]] = field(default=lambda books: {})
    methods: tuple[str, ...] = ("GET",)
    outside: bool = False
    answers: int = 200

    def address(self, books: Books) -> str:
        return reverse(f"admin:{self.name}", kwargs=self.ids(books))


def _booking(books: Books) -> dict[str, Any]:
    return {"object_id": books.bookings["rent"]}


def _row(kind: str) -> Callable[[Books], dict[str, Any]]:
    def row(books: Books) -> dict[str, Any]:
        return {"object_id": books.rows[kind]}

    return row


def _month(books: Books) -> dict[str, Any]:
    return {"period": books.month}


def _request(books: Books) -> dict[str, Any]:
    return {"period": books.month, "request_id": books.rows["lock_request"]}


GET_POST, POST = ("GET", "POST"), ("POST",)
ROUTES = [
    Route(name="index"),
    Route(name="login", methods=GET_POST, outside=True),
    Route(name="second_factor", methods=GET_POST, outside=True),
    Route(name="two_factor", methods=GET_POST, outside=True),
    Route(name="admin_password_reset", methods=GET_POST, outside=True),
    Route(name="set_password", methods=GET_POST, outside=True),
    Route(name="logout", methods=POST, outside=True),
    Route(name="language", methods=POST, outside=True),
    Route(name="theme", methods=POST, outside=True),
    Route(name="jsi18n", outside=True),
    Route(name="company", methods=POST),
    Route(name="password_change", methods=GET_POST),
    Route(name="search"),
    Route(name="accounting_event_changelist"),
    Route(name="accounting_intent_changelist", answers=302),
    Route(name="accounting_intent_change", ids=_booking),
    Route(name="accounting_intent_reverse", ids=_booking, methods=GET_POST, roles=WRITERS),
    Route(name="accounting_intent_new", methods=GET_POST, roles=WRITERS),
    Route(name="accounting_intent_preview", methods=POST, roles=WRITERS),
    Route(name="accounting_intent_accounts"),
    Route(name="accounting_intent_rate", roles=WRITERS),
    Route(name="accounting_intent_opening", methods=GET_POST, roles=WRITERS),
    Route(name="accounting_intent_opening_preview", methods=POST, roles=WRITERS),
    Route(name="accounting_bookingtemplate_changelist"),
    Route(name="accounting_bookingtemplate_change", ids=_row("bookingtemplate")),
    Route(name="accounting_bookingtemplate_history", ids=_row("bookingtemplate")),
    Route(name="accounting_bookingtemplate_rename", ids=_row("bookingtemplate"), methods=GET_POST, roles=WRITERS),
    Route(name="accounting_bookingtemplate_remove", ids=_row("bookingtemplate"), methods=GET_POST, roles=WRITERS),
    Route(name="accounting_account_changelist"),
    Route(name="accounting_account_change", ids=_row("account")),
    Route(name="accounting_account_history", ids=_row("account")),
    Route(name="accounting_account_new", methods=GET_POST, roles=WRITERS),
    Route(name="accounting_account_edit", ids=_row("account"), methods=GET_POST, roles=KEY_MAKERS),
    Route(name="accounting_account_deactivate", ids=_row("account"), methods=GET_POST, roles=KEY_MAKERS),
    Route(name="accounting_account_activate", ids=_row("account"), methods=GET_POST, roles=KEY_MAKERS),
    Route(name="accounting_account_file", ids=_row("account")),
    Route(name="accounting_account_tree"),
    Route(name="accounting_account_trial_balance"),
    Route(name="accounting_account_bank"),
    Route(name="accounting_openitem_receivables"),
    Route(name="accounting_openitem_payables"),
    Route(name="accounting_taxcode_changelist"),
    Route(name="accounting_taxcode_change", ids=_row("taxcode")),
    Route(name="accounting_taxcode_history", ids=_row("taxcode")),
    Route(name="accounting_taxcode_new", methods=GET_POST, roles=KEY_MAKERS),
    Route(name="accounting_taxcode_edit", ids=_row("taxcode"), methods=GET_POST, roles=KEY_MAKERS),
    Route(name="accounting_taxcode_deactivate", ids=_row("taxcode"), methods=GET_POST, roles=KEY_MAKERS),
    Route(name="accounting_taxcode_activate", ids=_row("taxcode"), methods=GET_POST, roles=KEY_MAKERS),
    Route(name="accounting_document_changelist"),
    Route(name="accounting_document_change", ids=_row("document")),
    Route(name="accounting_document_content", ids=_row("document")),
    Route(name="accounting_datevimport_changelist"),
    Route(name="accounting_datevimport_change", ids=_row("datevimport")),
    Route(name="accounting_datevimport_new", methods=GET_POST, roles=WRITERS),
    Route(name="periods_period_changelist"),
    Route(name="periods_period_change", ids=_row("period"), answers=302),
    Route(name="periods_period_month", ids=_month),
    Route(name="periods_period_overdue", ids=_month),
    Route(name="periods_period_history", ids=_row("period")),
    Route(name="periods_period_soft_lock", ids=_month, methods=POST, roles=WRITERS),
    Route(name="periods_period_reopen", ids=_month, methods=POST, roles=WRITERS),
    Route(name="periods_period_request", ids=_month, methods=GET_POST, roles=WRITERS),
    Route(name="periods_period_approve", ids=_request, methods=GET_POST, roles=WRITERS),
    Route(name="periods_period_cancel", ids=_request, methods=POST, roles=WRITERS),
    Route(name="companies_company_changelist", answers=302),
    Route(name="companies_company_change", ids=_row("company")),
    Route(name="companies_company_history", ids=_row("company")),
    Route(name="companies_company_edit", methods=GET_POST, roles=KEY_MAKERS),
    Route(name="companies_membership_changelist"),
    Route(name="companies_membership_change", ids=_row("membership")),
    Route(name="companies_membership_history", ids=_row("membership")),
    Route(name="companies_membership_invite", methods=GET_POST, roles=MANAGERS),
    Route(name="companies_membership_role", ids=_row("membership"), methods=GET_POST, roles=MANAGERS),
    Route(name="companies_membership_invite_again", ids=_row("membership"), methods=GET_POST, roles=MANAGERS),
    Route(name="companies_membership_end", ids=_row("membership"), methods=GET_POST, roles=MANAGERS),
    Route(name="companies_apikey_changelist"),
    Route(name="companies_apikey_change", ids=_row("apikey")),
    Route(name="companies_apikey_history", ids=_row("apikey")),
    Route(name="companies_apikey_new", methods=GET_POST, roles=KEY_MAKERS),
    Route(name="companies_apikey_revoke", ids=_row("apikey"), methods=GET_POST, roles=KEY_MAKERS),
    Route(name="companies_auditentry_changelist"),
    Route(name="companies_verificationrun_changelist"),
    Route(name="companies_verificationrun_change", ids=_row("verificationrun")),
    Route(name="ledgerlou_state"),
    Route(name="ledgerlou_state_verify", methods=POST, roles=WRITERS),
]
INSIDE = [route for route in ROUTES if not route.outside]
WITH_IDS = [route for route in INSIDE if route.ids in (_booking, _request) or route.ids.__name__ == "row"]


def names_of_site() -> Iterator[str]:
    """The names of all addresses as the site declares them; the one that catches the rest has none."""
    from ledgerlou.admin.site import site  # noqa: PLC0415 -- settings are not ready at import

    def walk(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns)
            elif pattern.name:
                yield pattern.name

    yield from walk(site.get_urls())
