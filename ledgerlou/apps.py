"""The shell application: commands, templates and translations that belong to no single part."""

from django.apps import AppConfig


class LedgerLouConfig(AppConfig):
    """Registers the shell with Django."""

    name = "ledgerlou"
    label = "ledgerlou"

    def ready(self) -> None:
        """Load the Celery application, so that tasks woken by the web server and by commands go to our broker."""
        from ledgerlou.celery import app  # noqa: PLC0415 -- slow import

        app.set_default()
