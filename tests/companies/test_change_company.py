"""Company data: changed by those who may, checked as a whole, recorded by the database; what the books stand on is never changed."""

import psycopg
import pytest
from django.db import transaction

from ledgerlou.companies.context import company_transaction, name_company
from ledgerlou.companies.models.company import Company
from ledgerlou.companies.models.history import AuditEntry
from ledgerlou.companies.services.company import CompanyChanges, change_company
from ledgerlou.errors import InvalidInput, WrongState
from tests.companies.people import owner_of, refused
from tests.conftest import new_company


def change(company, **changes):
    actor = owner_of(company)
    name_company(company.id, actor=actor)
    return change_company(company=company, actor=actor, changes=CompanyChanges(**changes))


def stored(company, *fields):
    return Company.objects.filter(id=company.id).values_list(*fields).get()


def faults_of(company, **changes):
    before = AuditEntry.objects.count()
    with refused(InvalidInput) as refusal:
        change(company, **changes)
    assert AuditEntry.objects.count() == before
    return {fault.pointer: fault.message for fault in refusal.value.faults}


def test_change_is_stored_and_recorded_with_old_and_new_values(company):
    change(company, name="Muster  Handel AG ", legal_form="AG", city="Bonn", vat_period="quarterly")

    assert stored(company, "name", "legal_form", "city", "vat_period") == ("Muster Handel AG", "AG", "Bonn", "quarterly")
    entry = AuditEntry.objects.filter(table_name="companies_company", row_id=str(company.id)).order_by("-id")[0]
    assert (entry.actor, entry.action) == ("Erika Beispiel", "update")
    assert entry.old == {"name": "Muster Handel GmbH", "legal_form": "", "city": "", "vat_period": "monthly"}
    assert entry.new == {"name": "Muster Handel AG", "legal_form": "AG", "city": "Bonn", "vat_period": "quarterly"}


def test_field_that_is_not_named_stays_and_an_empty_text_clears(company):
    change(company, street="Am Kai 3", city="Kiel", tax_number="20/123/45678")

    change(company, street="", locale="en")

    assert stored(company, "street", "city", "tax_number", "locale") == ("", "Kiel", "20/123/45678", "en")


def test_every_fault_is_named_at_its_field(company):
    faults = faults_of(company, name=" ", postal_code="2410", tax_number="12", vat_id="DE12", locale="fr", vat_period="weekly")

    assert set(faults) == {"/name", "/postal_code", "/tax_number", "/vat_id", "/locale", "/vat_period"}
    assert faults["/vat_id"] == "A German VAT id is DE and nine digits."


@pytest.mark.parametrize("country", ["", "D", "D1", "Deutschland"])
def test_country_is_two_letters(company, country):
    assert set(faults_of(company, country=country)) == {"/country"}


def test_german_postal_code_has_five_digits_and_others_are_free(company):
    assert faults_of(company, postal_code="2410") == {"/postal_code": "A German postal code has five digits."}

    change(company, postal_code="1010", country="at")

    assert stored(company, "postal_code", "country") == ("1010", "AT")
    assert faults_of(company, country="DE") == {"/postal_code": "A German postal code has five digits."}


@pytest.mark.parametrize("vat_id", ["DE136695976", "de 136 695 976", "DE811907980", "ATU12345675", "NL123456789B01", ""])
def test_vat_id_that_can_be_right_is_taken(company, vat_id):
    change(company, city="Kiel", vat_id=vat_id)

    assert stored(company, "vat_id") == (vat_id.replace(" ", "").upper(),)


@pytest.mark.parametrize("vat_id", ["DE136695977", "DE123456789", "DE13669597", "136695976", "X1", "DE136695976X"])
def test_vat_id_that_cannot_be_right_is_refused(company, vat_id):
    assert list(faults_of(company, vat_id=vat_id)) == ["/vat_id"]


@pytest.mark.parametrize("number", ["20/123/45678", "2012345678", "231/123/45678", "2120012345678", "20 123 45678"])
def test_tax_number_with_10_11_or_13_digits_is_taken(company, number):
    change(company, tax_number=number)

    assert stored(company, "tax_number") == (number,)


@pytest.mark.parametrize("number", ["20/123/4567", "212001234567", "20-123-45678", "/2012345678"])
def test_tax_number_of_another_form_is_refused(company, number):
    assert list(faults_of(company, tax_number=number)) == ["/tax_number"]


def test_wrong_value_that_is_stored_already_hinders_no_other_change(company):
    Company.objects.filter(id=company.id).update(vat_id="DE123456789")

    change(company, city="Bonn", vat_id="DE123456789")

    assert stored(company, "city", "vat_id") == ("Bonn", "DE123456789")


def test_invisible_characters_are_refused(company):
    assert faults_of(company, name="Muster\u202eHandel") == {"/name": "Characters that cannot be seen are not allowed."}


def test_change_that_changes_nothing_is_refused(company):
    with refused(WrongState):
        change(company, name="Muster Handel GmbH", city="")


@pytest.fixture
def committed(real_commits):
    """A company for connections of other roles."""
    with transaction.atomic():
        return new_company(name="Fest GmbH")


@pytest.mark.parametrize("statement", ["chart = 'skr03'", "fiscal_year_start_month = 7", "created_at = now()"])
def test_what_the_books_were_opened_with_cannot_be_changed_by_the_application(committed, connect, statement):
    app = connect("app")
    app.execute("SELECT set_config('ledgerlou.company', %s, true)", [str(committed.id)])

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute(f"UPDATE companies_company SET {statement} WHERE id = %s", [committed.id])


def test_change_of_another_company_is_out_of_reach(committed, other_company):
    with company_transaction(committed.id), pytest.raises(Company.DoesNotExist):
        change_company(company=other_company, actor=owner_of(committed), changes=CompanyChanges(city="Bonn"))
