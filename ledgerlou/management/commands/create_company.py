"""Open a company from the command line."""

import json
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from ledgerlou import clock
from ledgerlou.companies.actor import person_actor, system_actor
from ledgerlou.companies.context import company_transaction, name_actor
from ledgerlou.companies.models.company import Chart, Company
from ledgerlou.companies.models.people import Membership, Person
from ledgerlou.companies.roles import ALL_SCOPES, Role
from ledgerlou.companies.services.keys import create_api_key
from ledgerlou.companies.services.memberships import tell_member
from ledgerlou.companies.services.people import find_or_make_person
from ledgerlou.errors import LedgerLouError
from ledgerlou.setup import CompanyFacts, open_company

OPERATOR: Final = "operator@localhost"
KEY_NAME: Final = "create_company"


class Command(BaseCommand):
    """Opens a company with its chart, this fiscal year's periods and an owner, and prints its id and a full API key once.

    Without --owner the company belongs to `operator@localhost`, who has no password and gets no mail.
    """

    help = "Open a company and print its id and an API key with all rights. The key is shown this once."

    def add_arguments(self, parser: CommandParser) -> None:
        """What a company cannot be opened without, and who owns it."""
        parser.add_argument("name", metavar="NAME")
        parser.add_argument("--chart", choices=Chart.values, default=Chart.SKR04.value, help="standard chart of accounts (default skr04)")
        parser.add_argument(
            "--fiscal-year-start",
            type=int,
            choices=range(1, 13),
            default=1,
            metavar="MONTH",
            help="first month of the fiscal year, 1 to 12",
        )
        parser.add_argument("--owner", metavar="E-MAIL", default="", help="who owns the company; somebody new gets an invitation")
        parser.add_argument("--owner-name", metavar="NAME", default="", help="name of a new owner (default: the address)")
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of text")

    def handle(self, *args: Any, **options: Any) -> None:
        """Everything or nothing: one transaction."""
        try:
            with transaction.atomic():
                name_actor(system_actor("Command create_company").label)
                owner = _owner(options["owner"], options["owner_name"])
                company, key = _open(options, owner)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except LedgerLouError as error:
            raise CommandError(" ".join(fault.message for fault in error.faults)) from error
        facts = {"company_id": str(company.id), "api_key": key, "owner_email": owner.email, "chart": company.chart}
        if options["json"]:
            self.stdout.write(json.dumps(facts))
            return
        self.stdout.write(f"{company.name} is open.\n  company id  {company.id}\n  owner       {owner.email}\n  API key     {key}")
        self.stdout.write("The key is not stored and will not be shown again.")


def _owner(email: str, name: str) -> Person:
    address = email or OPERATOR
    return find_or_make_person(email=address, name=name or ("Operator" if not email else email.strip()), language="de", now=clock.now())


def _open(options: dict[str, Any], owner: Person) -> tuple[Company, str]:
    """The company, the note to its owner, and a key that acts for the owner."""
    by, now = system_actor("Command create_company"), clock.now()
    facts = CompanyFacts(name=options["name"].strip(), chart=options["chart"], fiscal_year_start_month=options["fiscal_year_start"])
    company = open_company(facts=facts, owner=owner, actor=by, now=now, today=clock.legal_day(now))
    with company_transaction(company.id, actor=by):
        if options["owner"]:
            membership = Membership.objects.of(company).select_related("person").get(person=owner)
            tell_member(company=company, actor=by, membership=membership, now=now)
        acting = person_actor(person_id=owner.id, label=owner.name, role=Role.OWNER, channel="command")
        _, key = create_api_key(company=company, actor=acting, name=KEY_NAME, scopes=sorted(ALL_SCOPES), expires_at=None, now=now)
    return company, key
