"""The receivables application."""

from django.apps import AppConfig


class ReceivablesConfig(AppConfig):
    """Registers the receivables package with Django; its models come with the issues that need them."""

    name = "receivables"
