"""Companies, people, memberships, keys and the audit history of master data."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class CompaniesConfig(AppConfig):
    """Registers the tenants' kernel; after each migration the tables without a company get their grants."""

    name = "ledgerlou.companies"
    label = "companies"

    def ready(self) -> None:
        """Third-party tables (sessions, second factors) are made by their own migrations, so they are granted afterwards."""
        from ledgerlou.companies.database_roles import require_roles  # noqa: PLC0415 -- models are not loaded before ready
        from ledgerlou.companies.grants import grant_shared_tables  # noqa: PLC0415 -- as above

        pre_migrate.connect(require_roles, sender=self)
        post_migrate.connect(grant_shared_tables, sender=self)
