"""A verification's result is written once and stays, whoever tries to change it."""

import psycopg
import pytest

from ledgerlou.companies.context import company_transaction
from ledgerlou.companies.models.verification import VerificationRun
from tests.conftest import NOW, new_company

OPEN = {"asked_by": "Erika Beispiel", "asked_at": NOW}
FINISHED = {**OPEN, "started_at": NOW, "finished_at": NOW, "line_count": 9, "fault_count": 1, "faults": [{"kind": "head"}]}


@pytest.fixture
def company(real_commits):
    return new_company(name="Prüf GmbH")


def made(company, **facts):
    with company_transaction(company.id):
        return VerificationRun.objects.create(company=company, **facts)


def stored(run):
    with company_transaction(run.company_id):
        return VerificationRun.objects.filter(id=run.id).values().get()


def attack(connection, company, statement, *values):
    connection.execute("SELECT set_config('ledgerlou.company', %s, true)", [str(company.id)])
    connection.execute(statement, values)


@pytest.mark.parametrize("role", ["app", "owner"])
@pytest.mark.parametrize("change", ["fault_count = 0, faults = '[]'", "finished_at = NULL", "error = 'none'", "seconds = 1"])
def test_result_cannot_be_changed(company, connect, role, change):
    run = made(company, **FINISHED)
    before = stored(run)

    with pytest.raises(psycopg.errors.RestrictViolation) as refusal:
        attack(connect(role), company, f"UPDATE companies_verificationrun SET {change} WHERE id = %s", run.id)

    assert refusal.value.diag.constraint_name == "verification_is_kept"
    assert stored(run) == before


@pytest.mark.parametrize("column", ["asked_by = 'nobody'", "asked_at = now()", "with_files = false", "company_id = gen_random_uuid()"])
def test_what_was_asked_for_cannot_be_changed(company, connect, column):
    run = made(company, **OPEN)

    with pytest.raises(psycopg.errors.RestrictViolation):
        attack(connect("owner"), company, f"UPDATE companies_verificationrun SET {column} WHERE id = %s", run.id)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        attack(connect("app"), company, f"UPDATE companies_verificationrun SET {column} WHERE id = %s", run.id)


def test_verification_cannot_be_removed(company, connect):
    run = made(company, **FINISHED)

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        attack(connect("app"), company, "DELETE FROM companies_verificationrun WHERE id = %s", run.id)
    with pytest.raises(psycopg.errors.RestrictViolation):
        attack(connect("owner"), company, "DELETE FROM companies_verificationrun WHERE id = %s", run.id)
    with pytest.raises(psycopg.errors.RestrictViolation):
        attack(connect("owner"), company, "TRUNCATE companies_verificationrun")


def test_second_verification_waits_for_the_first(company, connect):
    made(company, **OPEN)
    insert = (
        "INSERT INTO companies_verificationrun (id, company_id, asked_by, asked_at, attempts, with_files, faults, head_hash, error) "
        "VALUES (gen_random_uuid(), %s, 'x', now(), 0, true, '[]', '', '')"
    )

    with pytest.raises(psycopg.errors.UniqueViolation):
        attack(connect("app"), company, insert, company.id)


@pytest.mark.parametrize("result", ["finished_at = now()", "line_count = 3, fault_count = 0", "finished_at = now(), fault_count = 0"])
def test_verification_ends_with_a_result_or_an_error(company, connect, result):
    run = made(company, **OPEN)

    with pytest.raises(psycopg.errors.CheckViolation):
        attack(connect("app"), company, f"UPDATE companies_verificationrun SET {result} WHERE id = %s", run.id)


def test_verifications_of_another_company_are_out_of_sight(company, connect):
    run = made(company, **OPEN)
    stranger = new_company(name="Fremde UG")
    app = connect("app")
    attack(app, stranger, "UPDATE companies_verificationrun SET attempts = 9 WHERE id = %s", run.id)
    app.commit()

    assert stored(run)["attempts"] == 0
