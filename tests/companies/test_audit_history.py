"""The audit history: each kind of change leaves who, when, what it was and what it became; nobody can rewrite it."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.db import connection, transaction
from psycopg import sql

from accounting.models.account import Account
from accounting.models.tax_code import TaxCode
from ledgerlou import clock
from ledgerlou.companies.actor import system_actor
from ledgerlou.companies.context import company_transaction, name_company
from ledgerlou.companies.models.company import Company
from ledgerlou.companies.models.history import AuditEntry
from ledgerlou.companies.models.people import Membership, Person
from ledgerlou.companies.roles import Role
from ledgerlou.companies.services.keys import create_api_key, revoke_api_key
from ledgerlou.companies.services.memberships import Invitation, change_role, end_membership, invite_person
from periods.closing import cancel_lock_request, request_lock
from periods.locks import reopen_period, soft_lock_period
from tests.companies.people import owner_of
from tests.conftest import NOW, TODAY, forget_company, new_company, new_person, show_company

# What somebody has to be able to look up afterwards; a table of master data that is missing here has no history.
RECORDED = {
    "accounting_account",
    "accounting_taxcode",
    "companies_apikey",
    "companies_company",
    "companies_membership",
    "companies_person",
    "periods_lockrequest",
    "periods_period",
}


@pytest.fixture
def editor(company):
    """The owner at work: changes carry this name."""
    actor = owner_of(company)
    name_company(company.id, actor=actor)
    return actor


def entries(row):
    """Everything the history says about a row: who, what, before, after; oldest first."""
    found = AuditEntry.objects.filter(table_name=row._meta.db_table, row_id=str(row.pk)).order_by("id")
    return [(entry.actor, entry.action, entry.old, entry.new) for entry in found]


def last_entry(row):
    return entries(row)[-1]


def test_opening_a_company_is_recorded_with_who_did_it(company):
    [opened] = entries(company)
    membership = Membership.objects.of(company).get()

    assert (opened[0], opened[1], opened[2]) == ("Tests", "insert", None)
    assert (opened[3]["name"], opened[3]["chart"], opened[3]["fiscal_year_start_month"]) == ("Muster Handel GmbH", "skr04", 1)
    assert (entries(membership)[0][0], entries(membership)[0][3]["role"]) == ("Tests", "owner")


def test_change_of_a_company_holds_the_changed_fields_alone(company, editor):
    before = datetime.now(UTC)
    company.name, company.is_small_business = "Muster Handel AG", True
    company.save(update_fields=["name", "is_small_business"])

    assert last_entry(company) == (
        "Erika Beispiel",
        "update",
        {"name": "Muster Handel GmbH", "is_small_business": False},
        {"name": "Muster Handel AG", "is_small_business": True},
    )
    at = AuditEntry.objects.latest("id").at
    assert before - timedelta(seconds=5) <= at <= datetime.now(UTC) + timedelta(seconds=5)


def test_saving_without_a_change_leaves_no_entry(company, editor):
    count = len(entries(company))

    company.save(update_fields=["name"])

    assert len(entries(company)) == count


def test_invitation_change_and_end_of_a_membership_are_recorded(company, editor):
    invitation = Invitation(email="lena@example.org", name="Lena Muster", role=Role.BOOKKEEPER)
    membership = invite_person(company=company, actor=editor, invitation=invitation, now=NOW)
    change_role(company=company, actor=editor, membership_id=membership.id, role=Role.ACCOUNTANT, valid_until=None, now=NOW)
    end_membership(company=company, actor=editor, membership_id=membership.id, now=NOW)

    invited, changed, ended = entries(membership)
    assert (invited[0], invited[1], invited[3]["role"]) == ("Erika Beispiel", "insert", "bookkeeper")
    assert changed == ("Erika Beispiel", "update", {"role": "bookkeeper"}, {"role": "accountant"})
    yesterday = (TODAY - timedelta(days=1)).isoformat()
    assert ended == ("Erika Beispiel", "update", {"valid_until": None}, {"valid_until": yesterday})
    [person] = entries(membership.person)
    assert (person[0], person[1], person[3]["email"], person[3]["password"]) == ("Erika Beispiel", "insert", "lena@example.org", "***")


def test_key_is_recorded_without_its_secret(company, editor):
    key, text = create_api_key(company=company, actor=editor, name="Shop", scopes=["bank:read"], expires_at=None, now=NOW)
    revoke_api_key(company=company, actor=editor, key_id=key.id, now=NOW)

    made, revoked = entries(key)
    assert (made[0], made[1], made[3]["name"], made[3]["scopes"], made[3]["secret_hash"]) == (
        "Erika Beispiel",
        "insert",
        "Shop",
        ["bank:read"],
        "***",
    )
    assert (revoked[1], list(revoked[3])) == ("update", ["revoked_at"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(a::text, ' ') FROM companies_auditentry a")
        [everything] = cursor.fetchone()
    assert key.prefix in everything
    assert text.split("_")[2] not in everything
    assert key.secret_hash not in everything


def test_use_of_a_key_and_sign_in_of_a_person_are_no_changes(company, editor):
    key, _ = create_api_key(company=company, actor=editor, name="Shop", scopes=["bank:read"], expires_at=None, now=NOW)
    person = Person.objects.get(id=editor.person_id)
    counts = len(entries(key)), len(entries(person))

    key.last_used_at = NOW
    key.save(update_fields=["last_used_at"])
    person.last_login = NOW
    person.save(update_fields=["last_login"])

    assert (len(entries(key)), len(entries(person))) == counts


def test_account_and_tax_code_are_recorded(company, editor):
    account = Account.objects.of(company).get(number="4400")
    tax_code = TaxCode.objects.of(company).get(code="UST19")
    names = account.name, tax_code.label

    Account.objects.of(company).filter(number="4400").update(name="Erlöse Kasse", is_active=False)
    TaxCode.objects.of(company).filter(code="UST19").update(label="Umsatzsteuer voll")

    assert last_entry(account) == (
        "Erika Beispiel",
        "update",
        {"name": names[0], "is_active": True},
        {"name": "Erlöse Kasse", "is_active": False},
    )
    assert last_entry(tax_code) == ("Erika Beispiel", "update", {"label": names[1]}, {"label": "Umsatzsteuer voll"})


def test_soft_lock_and_reopening_of_a_period_are_recorded(company, editor):
    period = soft_lock_period(company=company, actor=editor, period="2026-03", now=NOW)
    reopen_period(company=company, period="2026-03")

    locked, reopened = entries(period)[-2:]
    assert (locked[0], locked[1], locked[2]["status"], locked[3]["status"], locked[3]["locked_by"]) == (
        "Erika Beispiel",
        "update",
        "open",
        "soft_locked",
        "Erika Beispiel",
    )
    assert (reopened[2]["status"], reopened[2]["locked_by"], reopened[3]["status"]) == ("soft_locked", "Erika Beispiel", "open")


def test_lock_request_and_its_end_are_recorded(company, editor):
    now = clock.now()
    request = request_lock(company=company, actor=editor, period="2026-01", now=now)
    cancel_lock_request(company=company, actor=editor, period="2026-01", request_id=request.id, now=now)

    asked, cancelled = entries(request)
    assert (asked[0], asked[1], asked[3]["status"], asked[3]["requested_by"]) == ("Erika Beispiel", "insert", "pending", "Erika Beispiel")
    assert (cancelled[0], cancelled[1], cancelled[2]["status"], cancelled[3]["status"]) == (
        "Erika Beispiel",
        "update",
        "pending",
        "cancelled",
    )


def test_every_table_of_master_data_has_a_history(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'audit_history' AND tgenabled = 'O'")
        assert {table for (table,) in cursor.fetchall()} >= RECORDED


def test_change_without_a_named_actor_is_recorded_under_the_database_role(company):
    show_company(company)

    Company.objects.filter(id=company.id).update(city="Kiel")

    assert last_entry(company) == ("database role ledgerlou_app", "update", {"city": ""}, {"city": "Kiel"})


def test_history_shows_a_company_its_own_part_and_its_own_people(other_company, company):
    colleague, stranger = Membership.objects.of(company).get().person, new_person("Fremde Person")
    forget_company()
    Person.objects.filter(id__in=[colleague.id, stranger.id]).update(language="en")
    show_company(company)

    assert {entry.company_id for entry in AuditEntry.objects.all()} == {company.id, None}
    [outside_any_company] = AuditEntry.objects.filter(company_id=None)
    assert (outside_any_company.row_id, outside_any_company.new) == (str(colleague.id), {"language": "en"})


@pytest.fixture
def committed(real_commits):
    """A company whose opening is committed, for connections of other roles."""
    with transaction.atomic():
        return new_company(name="Verlauf GmbH")


def test_raw_sql_of_the_owner_is_recorded_too(committed, connect):
    owner = connect("owner")
    owner.execute("UPDATE companies_company SET city = 'Bonn' WHERE id = %s", [committed.id])
    owner.commit()

    with company_transaction(committed.id):
        assert last_entry(committed) == ("database role ledgerlou_owner", "update", {"city": ""}, {"city": "Bonn"})


def test_delete_by_the_owner_is_recorded_with_everything_that_was_there(committed, connect):
    with company_transaction(committed.id, actor=system_actor("Tests")):
        membership = Membership.objects.create(company=committed, person=new_person(), role=Role.ADMIN, created_at=NOW)
    owner = connect("owner")
    owner.execute("DELETE FROM companies_membership WHERE id = %s", [membership.id])
    owner.commit()

    with company_transaction(committed.id):
        actor, action, old, new = last_entry(membership)
    assert (actor, action, old["role"], old["person_id"], new) == (
        "database role ledgerlou_owner",
        "delete",
        "admin",
        str(membership.person_id),
        None,
    )


CHANGES = {
    "update": "UPDATE companies_auditentry SET actor = 'nobody'",
    "delete": "DELETE FROM companies_auditentry",
    "truncate": "TRUNCATE companies_auditentry",
}


@pytest.mark.parametrize("change", CHANGES)
def test_history_cannot_be_changed_by_the_application(committed, connect, change):
    app = connect("app")

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute(CHANGES[change])


@pytest.mark.parametrize("change", CHANGES)
def test_history_cannot_be_changed_by_the_owner(committed, connect, change):
    owner = connect("owner")

    with pytest.raises(psycopg.errors.RestrictViolation) as refusal:
        owner.execute(CHANGES[change])

    assert refusal.value.diag.constraint_name == "companies_auditentry_is_append_only"


def test_history_is_not_written_by_hand(committed, connect):
    app = connect("app")

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute(
            "INSERT INTO companies_auditentry (company_id, at, actor, table_name, row_id, action) "
            "VALUES (%s, now(), 'me', 't', '1', 'insert')",
            [committed.id],
        )
    app.rollback()
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute(sql.SQL("SELECT nextval('companies_auditentry_id_seq'), setval('companies_auditentry_id_seq', 1)"))


def test_rolled_back_change_leaves_no_entry(committed):
    with company_transaction(committed.id):
        count = AuditEntry.objects.count()

    with company_transaction(committed.id, actor=system_actor("Tests")):
        Company.objects.filter(id=committed.id).update(city="Kiel")
        assert AuditEntry.objects.count() == count + 1
        transaction.set_rollback(True)

    with company_transaction(committed.id):
        assert AuditEntry.objects.count() == count
