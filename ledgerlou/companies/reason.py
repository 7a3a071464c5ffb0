"""Why a change is made, handed to the audit history: who switches an account off says why, and whoever asks later can read it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db import connection

MAX_LENGTH: Final = 500


@contextmanager
def because(reason: str | None) -> Iterator[None]:
    """Everything changed inside is recorded with this reason; without one, as always.

    The reason lives in the transaction, like the company: an error takes it back with the savepoint or the transaction.
    """
    if not reason:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('ledgerlou.reason', %s, true)", [reason])
    yield
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('ledgerlou.reason', '', true)")
