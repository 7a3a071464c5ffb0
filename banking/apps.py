"""The banking application."""

from django.apps import AppConfig


class BankingConfig(AppConfig):
    """Registers the banking package with Django; its models come with the issues that need them."""

    name = "banking"
