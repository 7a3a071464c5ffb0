"""What the back office knows about a request once the middleware has let it in."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.http import HttpRequest

from ledgerlou.companies.actor import Actor
from ledgerlou.companies.models.company import Company
from ledgerlou.companies.models.people import Person
from ledgerlou.companies.services.people import CompanyOfPerson

COMPANY_IN_SESSION: Final = "company"


@dataclass(frozen=True, kw_only=True, slots=True)
class Visit:
    """A signed-in person at work in one company. `now` and `today` are read once, so that a request sees one moment."""

    person: Person
    company: Company
    actor: Actor
    companies: tuple[CompanyOfPerson, ...]
    now: datetime
    today: date

    @property
    def role(self) -> str:
        """What the person is in this company."""
        return self.actor.role

    def may(self, scope: str) -> bool:
        """Whether the role holds the scope."""
        return scope in self.actor.scopes


class CompanyRequest(HttpRequest):
    """A request inside a company's transaction, as the views of the back office get it."""

    visit: Visit
    company: Company
    actor: Actor
    role: str


def visit_of(request: HttpRequest) -> Visit | None:
    """The visit of a request, or None while nobody is fully signed in."""
    visit = getattr(request, "visit", None)
    return visit if isinstance(visit, Visit) else None
