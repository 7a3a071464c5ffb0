"""The payables application."""

from django.apps import AppConfig


class PayablesConfig(AppConfig):
    """Registers the payables package with Django; its models come with the issues that need them."""

    name = "payables"
