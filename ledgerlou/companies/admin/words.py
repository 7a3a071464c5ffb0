"""Rights in words: what a scope opens, what a role may do. Derived from `roles.py`, so that no page promises what no door keeps."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledgerlou.companies.roles import APPROVING_ROLES, MANAGING_ROLES, MODULES, Role, scopes_of

MODULE_NAMES: Final[Mapping[str, Any]] = {
    "journal": gettext_lazy("Journal, chart and documents"),
    "bank": gettext_lazy("Bank and cash"),
    "payables": gettext_lazy("Payables"),
    "receivables": gettext_lazy("Receivables"),
    "periods": gettext_lazy("Periods"),
    "reports": gettext_lazy("Reports"),
    "config": gettext_lazy("Settings"),
}
SCOPE_SENTENCES: Final[Mapping[str, Any]] = {
    "journal:read": gettext_lazy("Read bookings, accounts, balances and documents"),
    "journal:write": gettext_lazy("Book and reverse, store documents, add accounts"),
    "bank:read": gettext_lazy("Read bank accounts and their transactions"),
    "bank:write": gettext_lazy("Import statements, match transactions"),
    "payables:read": gettext_lazy("Read vendors, incoming invoices and payment runs"),
    "payables:write": gettext_lazy("Enter incoming invoices and prepare payments"),
    "receivables:read": gettext_lazy("Read customers and outgoing invoices"),
    "receivables:write": gettext_lazy("Write outgoing invoices and reminders"),
    "periods:read": gettext_lazy("Read periods and their locks"),
    "periods:write": gettext_lazy("Lock, reopen, ask for the final lock"),
    "reports:read": gettext_lazy("Read balance lists, profit and loss, VAT returns"),
    "config:read": gettext_lazy("Read company data, people, keys, audit history"),
    "config:write": gettext_lazy("Change company data, tax codes and accounts, make keys"),
    "admin": gettext_lazy("Invite people, change their roles, let them go"),
}
ROLE_SENTENCES: Final[Mapping[str, Any]] = {
    Role.OWNER: gettext_lazy("Answers for the company; one at least, without an end."),
    Role.ADMIN: gettext_lazy("Runs it from day to day, people included."),
    Role.ACCOUNTANT: gettext_lazy("Closes months and years and sets the books up."),
    Role.BOOKKEEPER: gettext_lazy("Books, day by day."),
    Role.AUDITOR: gettext_lazy("Reads everything until the end date and changes nothing."),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class RightsRow:
    """One kind of right, and what each role may do with it, in the order of the roles."""

    name: str
    cells: tuple[tuple[str, str], ...]  # look and text


@dataclass(frozen=True, kw_only=True, slots=True)
class RoleHead:
    """A role above its column."""

    name: str
    sentence: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RightsTable:
    """What every role may do."""

    roles: tuple[RoleHead, ...]
    rows: tuple[RightsRow, ...]


def scope_sentence(scope: str) -> str:
    """What a scope opens, in words."""
    return str(SCOPE_SENTENCES.get(scope, scope))


def rights_table() -> RightsTable:
    """Roles against rights: a row for each part of the program, and one for each thing only some may do."""
    heads = tuple(RoleHead(name=str(role.label), sentence=str(ROLE_SENTENCES[role])) for role in Role)
    rows = [RightsRow(name=str(MODULE_NAMES[module]), cells=tuple(_access(role, module) for role in Role)) for module in MODULES]
    special = [
        (_("Approve the final lock of a period"), APPROVING_ROLES),
        (_("Invite people and change roles"), MANAGING_ROLES),
        (_("Make and remove owners"), frozenset({Role.OWNER})),
        (_("Needs an end date"), frozenset({Role.AUDITOR})),
    ]
    rows += [RightsRow(name=name, cells=tuple(_yes_or_no(role in holders) for role in Role)) for name, holders in special]
    return RightsTable(roles=heads, rows=tuple(rows))


def _access(role: str, module: str) -> tuple[str, str]:
    scopes = scopes_of(role)
    if f"{module}:write" in scopes:
        return "good", _("reads and changes")
    if f"{module}:read" in scopes:
        return "", _("reads")
    return "none", _("no")


def _yes_or_no(holds: bool) -> tuple[str, str]:
    return ("good", _("yes")) if holds else ("none", _("no"))
