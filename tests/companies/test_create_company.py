"""The command that opens a company: an id and a key that works, printed once."""

import io
import json
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounting.models.account import Account
from ledgerlou.companies.context import current_company, name_company
from ledgerlou.companies.models.company import Company
from ledgerlou.companies.models.history import AuditEntry
from ledgerlou.companies.models.people import ApiKey, Membership, OutgoingMail, Person
from ledgerlou.companies.roles import ALL_SCOPES, Role
from ledgerlou.companies.services.people import has_password
from ledgerlou.companies.services.secret_texts import digest_of
from periods.models import Period
from tests.companies.people import with_password
from tests.conftest import forget_company, new_person


def run(*arguments):
    output = io.StringIO()
    call_command("create_company", *arguments, stdout=output)
    return output.getvalue()


def opened(*arguments):
    """The facts printed with --json, and the company, shown."""
    facts = json.loads(run(*arguments, "--json"))
    name_company(facts["company_id"])
    return facts, current_company(facts["company_id"])


def test_command_opens_a_company_with_chart_periods_and_a_full_key(db):
    facts, company = opened("Kontor GmbH", "--chart", "skr03", "--fiscal-year-start", "7")

    assert list(facts) == ["company_id", "api_key", "owner_email", "chart"]
    assert (company.id, company.name, company.chart, company.fiscal_year_start_month) == (
        UUID(facts["company_id"]),
        "Kontor GmbH",
        "skr03",
        7,
    )
    assert Account.objects.of(company).filter(number="8400").exists()
    assert Period.objects.of(company).order_by("sequence")[1].starts_on.month == 7
    key = ApiKey.objects.of(company).get()
    assert (key.secret_hash, set(key.scopes), key.expires_at) == (digest_of(facts["api_key"]), ALL_SCOPES, None)


def test_key_of_the_command_is_found_with_every_right(db):
    facts, _ = opened("Kontor GmbH")
    forget_company()

    with connection.cursor() as cursor:
        cursor.execute("SELECT company_id, role, person_is_active FROM ledgerlou_key_by_prefix(%s)", [facts["api_key"].split("_")[1]])
        assert cursor.fetchall() == [(UUID(facts["company_id"]), "owner", True)]


def test_without_an_owner_the_operator_owns_it_and_gets_no_mail(db):
    facts, company = opened("Kontor GmbH")

    membership = Membership.objects.of(company).get()
    assert facts["owner_email"] == "operator@localhost" == membership.person.email
    assert (membership.role, has_password(membership.person)) == (Role.OWNER, False)
    assert not OutgoingMail.objects.exists()


def test_operator_owns_several_companies(db):
    first, _ = opened("Eins GmbH")
    second, _ = opened("Zwei GmbH")

    assert first["company_id"] != second["company_id"]
    assert Person.objects.filter(email="operator@localhost").count() == 1


def test_new_owner_is_invited(db):
    _, company = opened("Kontor GmbH", "--owner", "Chefin@example.org", "--owner-name", "Clara Chef")

    person = Membership.objects.of(company).get().person
    assert (person.email, person.name) == ("chefin@example.org", "Clara Chef")
    mail = OutgoingMail.objects.get()
    assert (mail.recipient, mail.subject) == ("chefin@example.org", "LedgerLou lädt Sie zu den Büchern von Kontor GmbH ein")
    assert "/admin/set-password/#" in mail.body


def test_known_owner_keeps_the_password_and_gets_a_note(db):
    person = with_password(new_person(email="chefin@example.org"))

    _, company = opened("Kontor GmbH", "--owner", "chefin@example.org")

    assert Membership.objects.of(company).get().person == person
    assert "/admin/set-password/" not in OutgoingMail.objects.get().body


def test_history_names_the_command(db):
    _, company = opened("Kontor GmbH")

    entry = AuditEntry.objects.get(table_name="companies_company", row_id=str(company.id))
    assert (entry.action, entry.actor) == ("insert", "Command create_company")


def test_text_shows_id_and_key(db):
    text = run("Kontor GmbH")

    assert "Kontor GmbH is open." in text
    assert "API key     ll_" in text


@pytest.mark.parametrize("arguments", [("",), ("x" * 201,), ("Kontor GmbH", "--owner", "no address")])
def test_what_does_not_fit_is_refused_and_leaves_nothing(db, arguments):
    before = Person.objects.count()

    with pytest.raises(CommandError):
        run(*arguments)

    forget_company()
    assert Person.objects.count() == before
    assert not Company.objects.exists()
    assert not OutgoingMail.objects.exists()
