"""People as such: found by their address, made when they are invited."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import connection, transaction

from ledgerlou.companies.models.people import Person
from ledgerlou.companies.services.row_checks import require_fit


@dataclass(frozen=True, kw_only=True, slots=True)
class CompanyOfPerson:
    """A company that a person belongs to, with the role there."""

    company_id: UUID
    name: str
    role: str
    valid_until: date | None

    def is_in_force(self, today: date) -> bool:
        """Whether the membership still counts; its last day is included."""
        return self.valid_until is None or self.valid_until >= today


def normal_email(email: str) -> str:
    """The address as it is stored and compared."""
    return email.strip().lower()


def has_password(person: Person) -> bool:
    """Whether the person has set a password; people are made without one."""
    return bool(person.password) and person.has_usable_password()


def active_person(*, email: str) -> Person | None:
    """The person with this address who may sign in, if there is one."""
    return Person.objects.filter(email=normal_email(email), is_active=True).first()


@transaction.atomic(savepoint=False)
def find_or_make_person(*, email: str, name: str, language: str, now: datetime) -> Person:
    """The person with this address; made without a usable password when unknown (an existing one keeps name and language).

    Raises InvalidInput for an address, a name or a language that cannot be stored.
    """
    address = normal_email(email)
    known = Person.objects.filter(email=address).first()
    if known is not None:
        return known
    person = Person(email=address, name=name.strip(), language=language, created_at=now)
    person.set_unusable_password()
    require_fit(person)
    # two invitations of the same address at the same moment meet in the unique index: the second one takes the first one's person
    made, _ = Person.objects.get_or_create(
        email=address,
        defaults={"id": person.id, "name": person.name, "language": language, "created_at": now, "password": person.password},
    )
    return made


def companies_of(person_id: UUID) -> list[CompanyOfPerson]:
    """All companies of a person by name, ended memberships too. Asks a look-up function, since no company is chosen yet."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT company_id, name, role, valid_until FROM ledgerlou_companies_of_person(%s)", [person_id])
        return [
            CompanyOfPerson(company_id=company_id, name=name, role=role, valid_until=valid_until)
            for company_id, name, role, valid_until in cursor.fetchall()
        ]
