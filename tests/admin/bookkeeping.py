"""Booking more into the books of a test."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from accounting.posting import post
from ledgerlou import clock
from ledgerlou.companies.actor import person_actor
from ledgerlou.companies.context import company_transaction
from tests.admin.books import Books
from tests.conftest import draft


@contextmanager
def at_work(books: Books) -> Iterator[Any]:
    """The owner at work in the company."""
    owner = books.people["owner"]
    actor = person_actor(person_id=owner.id, label=owner.name, role="owner", channel="admin")
    with company_transaction(books.company.id, actor=actor):
        yield actor


def book_all(books: Books, *drafts: Any) -> list[UUID]:
    """Post drafts."""
    with at_work(books) as actor:
        return [row.intent_id for row in post(company=books.company, actor=actor, drafts=list(drafts), now=clock.now())]


def book(books: Books, count: int) -> list[UUID]:
    """Post small bookings of today."""
    day = clock.today().isoformat()
    return book_all(
        books,
        *(draft(("6815", f"{n + 1}.00", "0"), ("1800", "0", f"{n + 1}.00"), day=day, text=f"Beleg Nr. {n:03d}") for n in range(count)),
    )
