"""The closed list of tables that hold no company data, and what the application's role may do with each.

Every table outside this list must have forced row-level security; a catalog test fails for any other.
"""

from collections.abc import Mapping
from typing import Any, Final

from django.db import connections

from ledgerlou.companies.guards import APP

_ALL = "SELECT, INSERT, UPDATE, DELETE"
SHARED_TABLES: Final[Mapping[str, str]] = {
    # Django's own
    "django_migrations": "SELECT",
    "django_content_type": "SELECT",
    "django_session": _ALL,
    "django_admin_log": "",
    "auth_permission": "SELECT",
    "auth_group": "",
    "auth_group_permissions": "",
    # second factors belong to people, not to companies
    "otp_totp_totpdevice": _ALL,
    # people: a person may work for several companies
    "companies_person": "SELECT, INSERT, UPDATE (email, name, language, is_active, password, last_login, theme, last_company_id)",
    "companies_passwordtoken": "SELECT, INSERT, UPDATE (used_at)",
    "companies_outgoingmail": "SELECT, INSERT, UPDATE (sent_at, attempts, last_error, body)",
}


def grant_shared_tables(*, using: str, **kwargs: Any) -> None:
    """Give the application's role its rights on the tables of the list. Runs after every migration, changes nothing twice."""
    connection = connections[using]
    with connection.cursor() as cursor:
        existing = set(connection.introspection.table_names(cursor))
        for table, privileges in SHARED_TABLES.items():
            if table not in existing or not privileges:
                continue
            cursor.execute(f"GRANT {privileges} ON {table} TO {APP}")
        cursor.execute(f"GRANT USAGE ON SCHEMA public TO {APP}")
        cursor.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {APP}")
