"""The three database roles that migrations count on, checked before the first of them runs."""

from typing import Any, Final

from django.core.management.base import CommandError
from django.db import connections

from ledgerlou.companies.guards import APP, LOOKUP, OWNER

ROLES: Final = (OWNER, APP, LOOKUP)


def require_roles(*, using: str, **kwargs: Any) -> None:
    """Refuse to migrate a database without its roles, or as another role than the owner. Raises CommandError that says what to do."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT current_user, ARRAY(SELECT r FROM unnest(%s::text[]) r "
            "WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r) ORDER BY r)",
            [list(ROLES)],
        )
        [user, missing] = cursor.fetchone() or ["", []]
        if missing:
            raise CommandError(
                f"The database server lacks the roles {', '.join(missing)}. `make run` makes them in the embedded server; on a server of "
                "your own a superuser makes them once (docs/operations.md)."
            )
        if user != OWNER:
            raise CommandError(f"Migrations run as {OWNER}, not as {user}: `manage.py migrate --database owner`.")
        cursor.execute("SELECT pg_has_role(%s, %s, 'MEMBER')", [OWNER, LOOKUP])
        [is_member] = cursor.fetchone() or [False]
        if not is_member:
            raise CommandError(f"{OWNER} must be a member of {LOOKUP} to hand functions over to it: GRANT {LOOKUP} TO {OWNER}.")
