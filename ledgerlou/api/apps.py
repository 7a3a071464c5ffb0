"""The API platform."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """Registers the API platform with Django."""

    name = "ledgerlou.api"
    label = "api"
