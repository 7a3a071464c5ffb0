"""People in companies, as the tests of this folder need them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import transaction

from ledgerlou.companies.actor import Actor, person_actor
from ledgerlou.companies.models.company import Company
from ledgerlou.companies.models.people import Membership, Person
from ledgerlou.companies.roles import Role
from ledgerlou.errors import LedgerLouError
from tests.conftest import NOW, TODAY, new_person

PASSWORD = "Nordsee-Kutter 7 im Hafen"
NEXT_YEAR = TODAY + timedelta(days=365)


def member(company: Company, role: str = Role.ACCOUNTANT, *, name: str = "Max Beispiel") -> Membership:
    """A new person in the company that row-level security shows."""
    end = NEXT_YEAR if role == Role.AUDITOR else None
    return Membership.objects.create(company=company, person=new_person(name), role=role, valid_until=end, created_at=NOW)


def acting(membership: Membership) -> Actor:
    """The person of a membership at work."""
    person = membership.person
    return person_actor(person_id=person.id, label=person.name, role=membership.role, channel="admin")


def owner_of(company: Company) -> Actor:
    """The owner the company was opened for."""
    return acting(Membership.objects.of(company).filter(role=Role.OWNER).order_by("id")[0])


def with_password(person: Person, password: str = PASSWORD) -> Person:
    """Give a person a password without any token."""
    person.set_password(password)
    person.save(update_fields=["password"])
    return person


@contextmanager
def refused(*kinds: type[LedgerLouError]) -> Iterator[pytest.ExceptionInfo[LedgerLouError]]:
    """A service refuses inside a transaction that is rolled back, as every edge does it."""
    with pytest.raises(kinds) as refusal, transaction.atomic():
        yield refusal
