"""Companies, people, memberships, keys and the audit history of master data."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CompaniesConfig(AppConfig):
    """Registers the tenants' kernel; after each migration the tables without a company get their grants."""

    name = "ledgerlou.companies"
    label = "companies"

    def ready(self) -> None:
        """Third-party tables (sessions, second factors) are made by their own migrations, so they are granted afterwards."""
        from ledgerlou.companies.grants import grant_shared_tables  # noqa: PLC0415 -- models are not loaded before ready

        post_migrate.connect(grant_shared_tables, sender=self)
