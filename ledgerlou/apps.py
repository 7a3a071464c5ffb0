"""The shell application: commands, templates and translations that belong to no single part."""

from django.apps import AppConfig


class LedgerLouConfig(AppConfig):
    """Registers the shell with Django."""

    name = "ledgerlou"
    label = "ledgerlou"
