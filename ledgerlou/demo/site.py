"""The demo as a whole: two companies, the people who may approve for each other, keys, and the file that says how to get in."""

import json
import os
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from accounting.drafts import Draft
from accounting.posting import post
from ledgerlou.companies.actor import Actor, person_actor, system_actor
from ledgerlou.companies.context import company_transaction
from ledgerlou.companies.models.company import Company
from ledgerlou.companies.models.people import Membership, Person
from ledgerlou.companies.roles import READ_SCOPES, Role, scopes_of
from ledgerlou.companies.services.keys import create_api_key
from ledgerlou.demo.books import Bookkeeping
from ledgerlou.demo.plan import line
from ledgerlou.setup import CompanyFacts, open_company

MONTHS = 12
MAIN = CompanyFacts(
    name="Kornblum Feinkost GmbH", chart="skr04", legal_form="GmbH", street="Lange Zeile 14", postal_code="04109", city="Leipzig",
    tax_number="231/123/45678", vat_id="DE136695976",
)  # fmt: skip
SECOND = CompanyFacts(
    name="Studio Seewind UG (haftungsbeschränkt)", chart="skr03", legal_form="UG (haftungsbeschränkt)", street="Kaistraße 3",
    postal_code="24103", city="Kiel",
)  # fmt: skip
PEOPLE = (
    ("anna@demo.example", "Anna Kornblum", Role.OWNER),
    ("bernd@demo.example", "Bernd Althoff", Role.ACCOUNTANT),
    ("clara@demo.example", "Clara Winter", Role.BOOKKEEPER),
    ("dora@demo.example", "Dora Prüfer", Role.AUDITOR),
)
STRANGER = ("sven@demo.example", "Sven Seewind", Role.OWNER)


@dataclass(frozen=True, kw_only=True, slots=True)
class DemoSite:
    """What was made: the content of `demo.json`, and how many bookings there are."""

    secrets: dict[str, Any]
    bookings: int


def make_demo(*, now: datetime, today: date) -> DemoSite:
    """Fill an empty installation with the demo companies. The caller has made sure that there is no company yet."""
    people, users = {}, []
    for email, name, role in (*PEOPLE, STRANGER):
        password = secrets.token_urlsafe(12)
        person = Person(email=email, name=name, language="de", created_at=now)
        person.set_password(password)
        person.save(force_insert=True)
        people[email] = person
        users.append({"email": email, "password": password, "role": str(role), "name": name})
    company = open_company(facts=MAIN, owner=people[PEOPLE[0][0]], actor=system_actor("Demo"), now=now, today=today)
    other = open_company(facts=SECOND, owner=people[STRANGER[0]], actor=system_actor("Demo"), now=now, today=today)
    with company_transaction(company.id, actor=system_actor("Demo")):
        for email, _, role in PEOPLE[1:]:
            valid_until = today + timedelta(days=365) if role == Role.AUDITOR else None
            Membership.objects.create(company=company, person=people[email], role=role, valid_until=valid_until, created_at=now)
    first, second = (_actor(people[email], role) for email, _, role in PEOPLE[:2])
    stranger = _actor(people[STRANGER[0]], STRANGER[2])
    bookings = Bookkeeping(company=company, first_person=first, second_person=second, now=now).write(months_until(today), today)
    _write_second(other, stranger, now, today)
    keys = {
        "all": _key(company, first, "Demo, alle Rechte", scopes_of(Role.OWNER), now),
        "read": _key(company, first, "Demo, nur lesen", READ_SCOPES, now),
        "second": _key(company, second, "Demo, zweite Person", scopes_of(Role.ACCOUNTANT), now),
        "other_company": _key(other, stranger, "Demo, andere Firma", scopes_of(Role.OWNER), now),
    }
    content = {"users": users, "api_keys": keys, "company_id": str(company.id), "other_company_id": str(other.id)}
    return DemoSite(secrets=content, bookings=bookings)


def months_until(today: date) -> list[date]:
    """First days of the last twelve months, this one included."""
    index = today.year * 12 + today.month - 1
    return [date(month // 12, month % 12 + 1, 1) for month in range(index - MONTHS + 1, index + 1)]


def write_demo_file(*, path: Path, content: dict[str, Any], base_url: str) -> None:
    """Write `demo.json`, readable by its owner alone; an existing file keeps its secrets and gets the address of today."""
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() and not content else content
    text = json.dumps(
        {"base_url": base_url, "admin_url": f"{base_url}/admin/", **{k: v for k, v in known.items() if not k.endswith("_url")}}, indent=2
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".part")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text + "\n")
    temporary.replace(path)


def _actor(person: Person, role: str) -> Actor:
    return person_actor(person_id=person.id, label=person.name, role=role, channel="command")


def _key(company: Company, actor: Actor, name: str, scopes: frozenset[str], now: datetime) -> str:
    with company_transaction(company.id, actor=actor):
        _, text = create_api_key(company=company, actor=actor, name=name, scopes=sorted(scopes), expires_at=None, now=now)
    return text


def _write_second(company: Company, actor: Actor, now: datetime, today: date) -> None:
    """A handful of SKR03 bookings, enough to see that the companies do not see each other."""
    first = today.replace(day=1)
    drafts = [
        Draft(booking_date=first, description="Stammeinlage", lines=(line("1200", debit="5000.00"), line("0800", credit="5000.00"))),
        Draft(
            booking_date=first,
            description="Honorar Webauftritt",
            lines=(line("1400", debit="2380.00"), line("8400", credit="2380.00", tax_code="UST19")),
        ),
        Draft(
            booking_date=first,
            description="Softwaremiete",
            lines=(line("4980", debit="59.50", tax_code="VST19"), line("1200", credit="59.50")),
        ),
    ]
    with company_transaction(company.id, actor=actor):
        post(company=company, actor=actor, drafts=drafts, now=now)
