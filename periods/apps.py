"""Periods: may this date be booked (below accounting), and closing with four eyes (above it)."""

from django.apps import AppConfig


class PeriodsConfig(AppConfig):
    """Registers the periods package with Django."""

    name = "periods"
