"""Migrations say clearly which database role they miss."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from ledgerlou.companies import database_roles


@pytest.fixture
def owner_database(real_commits):
    """The owner's connection in Django."""
    yield
    connections["owner"].close()


def test_missing_role_is_named_before_anything_is_migrated(owner_database, monkeypatch):
    monkeypatch.setattr(database_roles, "ROLES", (*database_roles.ROLES, "ledgerlou_missing", "ledgerlou_gone"))

    with pytest.raises(CommandError, match="lacks the roles ledgerlou_gone, ledgerlou_missing"):
        call_command("migrate", database="owner", verbosity=0)


def test_migrations_are_refused_to_the_application(owner_database):
    with pytest.raises(CommandError, match="Migrations run as ledgerlou_owner, not as ledgerlou_app"):
        call_command("migrate", database="default", verbosity=0)


def test_owner_with_all_roles_migrates(owner_database):
    call_command("migrate", database="owner", verbosity=0)
