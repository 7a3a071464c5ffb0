"""The one place that opens a company's transaction: everything that reads or writes company data runs inside it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from psycopg import RawCursor

from ledgerlou.companies.actor import Actor
from ledgerlou.companies.models.company import Company
from ledgerlou.errors import NotFound

_NAME: Final = "SELECT set_config('ledgerlou.company', $1, true), set_config('ledgerlou.actor', $2, true)"
_NAME_READ_ONLY: Final = f"{_NAME}, set_config('transaction_read_only', 'on', true)"


@contextmanager
def company_transaction(
    company_id: UUID | str, *, actor: Actor | None = None, read_only: bool = False, using: str = DEFAULT_DB_ALIAS
) -> Iterator[None]:
    """One transaction in which row-level security shows this company's rows and no others.

    The setting is local to the transaction, so a pooled connection cannot carry it on. `actor` is written into the audit
    history of whatever changes. A read-only transaction refuses every write.
    """
    with transaction.atomic(using=using, durable=False):
        name_company(company_id, actor=actor, read_only=read_only, using=using)
        yield


def name_company(company_id: UUID | str, *, actor: Actor | None = None, read_only: bool = False, using: str = DEFAULT_DB_ALIAS) -> None:
    """Tell the database, for the rest of this transaction, whose rows are meant and who acts."""
    connection = connections[using]
    connection.ensure_connection()
    with connection.wrap_database_errors:  # every request runs this: psycopg's own cursor, prepared
        RawCursor(connection.connection).execute(
            _NAME_READ_ONLY if read_only else _NAME, [str(company_id), actor.label if actor else ""], prepare=True
        )


def name_actor(label: str, *, using: str = DEFAULT_DB_ALIAS) -> None:
    """Tell the database who acts for the rest of this transaction, outside any company: a person who sets a password, the operator."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT set_config('ledgerlou.company', '', true), set_config('ledgerlou.actor', %s, true)", [label])


@contextmanager
def visit_company(company_id: UUID | str, *, using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Inside a running transaction, work in one more company and come back: a person's sessions in each of their companies end together.

    Who acts stays the same. The savepoint brings the setting back after an error, too.
    """
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('ledgerlou.company', true), '')")
        [before] = cursor.fetchone() or [""]
        cursor.execute("SELECT set_config('ledgerlou.company', %s, true)", [str(company_id)])
        yield
        cursor.execute("SELECT set_config('ledgerlou.company', %s, true)", [before])


def current_company(company_id: UUID | str) -> Company:
    """The company of the running company transaction. Raises NotFound when there is none with this id."""
    company = Company.objects.filter(id=company_id).first()
    if company is None:
        raise NotFound("There is no such company.")
    return company


def all_company_ids() -> list[UUID]:
    """Ids of all companies, for the scheduler and for commands that walk over them."""
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute("SELECT ledgerlou_company_ids()")
        return [row[0] for row in cursor.fetchall()]
