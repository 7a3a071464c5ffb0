"""Accounting: chart, tax codes, documents, the posting engine, open items, journal, reports and checks."""

from django.apps import AppConfig


class AccountingConfig(AppConfig):
    """Registers the accounting package with Django."""

    name = "accounting"
