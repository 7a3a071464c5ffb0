"""A reason given for a change stands in the audit history beside that change, and beside no other."""

import pytest
from django.db import transaction

from ledgerlou.companies.context import name_company
from ledgerlou.companies.models.company import Company
from ledgerlou.companies.models.history import AuditEntry
from ledgerlou.companies.reason import because
from tests.companies.people import owner_of


@pytest.fixture
def shown(company):
    name_company(company.id, actor=owner_of(company))
    return company


def move(company, city):
    Company.objects.filter(id=company.id).update(city=city)


def reasons(company):
    return list(AuditEntry.objects.filter(table_name="companies_company", action="update").order_by("id").values_list("new", "reason"))


def test_reason_is_kept_with_its_change_alone(shown):
    move(shown, "Kiel")
    with because("Umzug laut Handelsregister"):
        move(shown, "Bonn")
    move(shown, "Köln")
    with because(None):
        move(shown, "Trier")

    assert reasons(shown) == [
        ({"city": "Kiel"}, ""),
        ({"city": "Bonn"}, "Umzug laut Handelsregister"),
        ({"city": "Köln"}, ""),
        ({"city": "Trier"}, ""),
    ]


def test_reason_of_a_change_that_failed_is_forgotten(shown):
    def break_off():
        with transaction.atomic(), because("falsch"):
            move(shown, "Bonn")
            raise RuntimeError("broken")

    with pytest.raises(RuntimeError):
        break_off()
    move(shown, "Köln")

    assert reasons(shown) == [({"city": "Köln"}, "")]


def test_reason_longer_than_its_column_does_not_stop_the_change(shown):
    with because("x" * 600):
        move(shown, "Bonn")

    assert reasons(shown) == [({"city": "Bonn"}, "x" * 500)]
