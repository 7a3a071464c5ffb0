"""The back office: company switch, read-only admin base, menu."""

from django.apps import AppConfig


class BackOfficeConfig(AppConfig):
    """Registers the back office with Django."""

    name = "ledgerlou.admin"
    label = "back_office"
