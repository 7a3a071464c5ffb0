"""Roles of people in a company and the scopes of the API, with what each role may do."""

from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    """What a person is in a company. An auditor reads everything until an end date and changes nothing."""

    OWNER = "owner", _("Owner")
    ADMIN = "admin", _("Administrator")
    ACCOUNTANT = "accountant", _("Accountant")
    BOOKKEEPER = "bookkeeper", _("Bookkeeper")
    AUDITOR = "auditor", _("Auditor")


MODULES: Final = ("journal", "bank", "payables", "receivables", "periods", "reports", "config")
READ_SCOPES: Final = frozenset(f"{module}:read" for module in MODULES)
WRITE_SCOPES: Final = frozenset(f"{module}:write" for module in MODULES if module != "reports")
ALL_SCOPES: Final = READ_SCOPES | WRITE_SCOPES | {"admin"}
SCOPE_ALIASES: Final = {
    "kreditoren": "payables",
    "debitoren": "receivables",
    "perioden": "periods",
    "auswertungen": "reports",
}

ROLE_SCOPES: Final[dict[str, frozenset[str]]] = {
    Role.OWNER: ALL_SCOPES,
    Role.ADMIN: ALL_SCOPES,
    Role.ACCOUNTANT: READ_SCOPES | WRITE_SCOPES,
    Role.BOOKKEEPER: READ_SCOPES | (WRITE_SCOPES - {"config:write"}),
    Role.AUDITOR: READ_SCOPES,
}
APPROVING_ROLES: Final = frozenset({Role.OWNER, Role.ADMIN, Role.ACCOUNTANT})
MANAGING_ROLES: Final = frozenset({Role.OWNER, Role.ADMIN})


def canonical_scope(scope: str) -> str:
    """The scope with a German module name replaced by the English one (RULINGS 2)."""
    module, separator, action = scope.partition(":")
    return f"{SCOPE_ALIASES.get(module, module)}{separator}{action}"


def scopes_of(role: str) -> frozenset[str]:
    """What a role may do; an unknown role may do nothing."""
    return ROLE_SCOPES.get(role, frozenset())
