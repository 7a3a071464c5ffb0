"""Real PostgreSQL for every test: the database is made and migrated by the owner, tests connect as the application's role.

Most tests run in one transaction that is rolled back. Tests that need real commits ask for `real_commits` and work on fresh
companies; nothing is flushed or cleaned up, and no guard is ever dropped.
"""

import os
import pathlib
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections

ROOT = pathlib.Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 25)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests run last: they need the most, and their failures are read last."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.fixture(scope="session")
def shared() -> pathlib.Path:
    """The folder with worked books, reference tables and real files; tests that need it skip where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("../shared is absent")
    return SHARED


@pytest.fixture(scope="session")
def database_name(worker_id: str) -> str:
    return f"test_ledgerlou_{worker_id}_{os.getpid()}"


@pytest.fixture(scope="session")
def django_db_setup(database_name: str, django_db_blocker: object) -> Iterator[None]:
    """Make and migrate the test database as the owner; both aliases point to it afterwards."""
    owner = dict(settings.DATABASES["owner"])
    with psycopg.connect(_conninfo(owner, owner["NAME"]), autocommit=True) as admin:
        admin.execute(f'DROP DATABASE IF EXISTS "{database_name}" WITH (FORCE)')
        admin.execute(f"CREATE DATABASE \"{database_name}\" TEMPLATE template0 ENCODING 'UTF8'")
    for alias in ("default", "owner"):
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = database_name
        settings.DATABASES[alias]["NAME"] = database_name
    with django_db_blocker.unblock():
        call_command("migrate", database="owner", verbosity=0)
        connections["owner"].close()
    yield
    with django_db_blocker.unblock():
        for alias in ("default", "owner"):
            connections[alias].close()
    _drop(_conninfo(owner, "ledgerlou"), database_name)


def _drop(conninfo: str, name: str) -> None:
    """Drop a test database. An autovacuum worker in it is the server's and not the owner's to end: it is waited for."""
    for attempt in range(60):
        try:
            with psycopg.connect(conninfo, autocommit=True) as admin:
                admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            return
        except psycopg.errors.InsufficientPrivilege:
            if attempt == 59:
                raise
            time.sleep(0.5)


def _conninfo(config: dict, name: str) -> str:
    return psycopg.conninfo.make_conninfo(
        host=config["HOST"], port=config["PORT"], user=config["USER"], password=config["PASSWORD"], dbname=name
    )


@pytest.fixture(autouse=True)
def _fresh_setting(request: pytest.FixtureRequest) -> Iterator[None]:
    """No company at the start of a test; every deferred constraint holds at its end."""
    if "db" not in request.fixturenames and not request.node.get_closest_marker("django_db"):
        yield
        return
    request.getfixturevalue("db")
    forget_company()
    yield
    if not connection.needs_rollback:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def forget_company() -> None:
    """Let row-level security show nothing again."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('ledgerlou.company', '', true), set_config('ledgerlou.actor', '', true)")


@pytest.fixture
def real_commits(django_db_setup: None, django_db_blocker: object) -> Iterator[None]:
    """Database access without a surrounding transaction: what a test commits stays, so it works on fresh companies."""
    with django_db_blocker.unblock():
        yield
        connection.close()


def new_person(name: str = "Erika Beispiel", email: str | None = None):
    from ledgerlou.companies.models.people import Person  # noqa: PLC0415 -- settings are not ready at import

    return Person.objects.create(email=email or f"{uuid4().hex[:12]}@example.org", name=name, created_at=NOW)


def new_company(chart: str = "skr04", *, name: str = "Muster Handel GmbH", owner=None, fiscal_year_start_month: int = 1):
    """A company with chart, periods of 2026 and an owner; row-level security shows it until another is named."""
    from ledgerlou.companies.actor import system_actor  # noqa: PLC0415 -- settings are not ready at import
    from ledgerlou.setup import CompanyFacts, open_company  # noqa: PLC0415 -- settings are not ready at import

    facts = CompanyFacts(name=name, chart=chart, fiscal_year_start_month=fiscal_year_start_month)
    return open_company(facts=facts, owner=owner or new_person(), actor=system_actor("Tests"), now=NOW, today=TODAY)


def show_company(company) -> None:
    """Let row-level security show this company's rows for the rest of the test's transaction."""
    from ledgerlou.companies.context import name_company  # noqa: PLC0415 -- settings are not ready at import

    name_company(company.id)


@pytest.fixture
def company(db: None):
    """An SKR04 company with a calendar fiscal year, shown by row-level security."""
    made = new_company()
    show_company(made)
    return made


@pytest.fixture
def other_company(db: None):
    """An SKR03 company of somebody else. Ask for it before `company`, or call `show_company`."""
    return new_company("skr03", name="Fremde UG")


@pytest.fixture
def actor():
    from ledgerlou.companies.actor import Actor  # noqa: PLC0415 -- settings are not ready at import

    return Actor(label="Erika Beispiel", channel="api", actor_type="person", person_id=uuid4(), role="owner")


def draft(*lines: tuple[str, str, str] | tuple[str, str, str, str], day: str = "2026-03-02", text: str = "Testbuchung", **extra):
    """A draft from lines `(account, debit, credit[, tax_code])` with amounts as text."""
    from accounting.drafts import Draft, DraftLine  # noqa: PLC0415 -- settings are not ready at import

    made = tuple(
        DraftLine(account=line[0], debit=Decimal(line[1]), credit=Decimal(line[2]), tax_code=line[3] if len(line) > 3 else None)
        for line in lines
    )
    return Draft(booking_date=date.fromisoformat(day), description=text, lines=made, **extra)


@pytest.fixture
def connect(django_db_setup: None) -> Iterator[Callable[[str], psycopg.Connection]]:
    """Open raw connections of a role: `connect("app")`, `connect("owner")`, `connect("superuser")`."""
    opened: list[psycopg.Connection] = []

    def open_as(role: str) -> psycopg.Connection:
        name = connections["default"].settings_dict["NAME"]
        if role == "superuser":
            url = os.environ["LEDGERLOU_SUPERUSER_URL"]
            made = psycopg.connect(psycopg.conninfo.make_conninfo(url, dbname=name))
        else:
            alias = {"app": "default", "owner": "owner"}[role]
            made = psycopg.connect(_conninfo(connections[alias].settings_dict, name))
        opened.append(made)
        return made

    yield open_as
    for made in opened:
        made.close()
