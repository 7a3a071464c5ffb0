"""Tax codes: made, changed, switched off, and the guards of their table."""

from decimal import Decimal

import pytest
from django.db import transaction

from accounting.expansion import AccountInactive, AccountNotFound
from accounting.models.journal import Event
from accounting.models.tax_code import TaxCode
from accounting.posting import post
from accounting.selectors.tax_codes import tax_codes_of
from accounting.services.accounts import AccountChange, NewAccount, change_account, create_account
from accounting.services.tax_codes import (
    DuplicateTaxCode,
    NewTaxCode,
    NoChanges,
    SystemTaxCodeDeleteForbidden,
    SystemTaxCodeFixed,
    TaxCodeChange,
    TaxCodeNotFound,
    change_tax_code,
    create_tax_code,
    deactivate_tax_code,
)
from ledgerlou.errors import InvalidInput
from tests.conftest import NOW, draft, show_company

pytestmark = pytest.mark.django_db


def create(company, actor, **facts):
    facts = {"code": "RC19", "label": "Reverse Charge 19%", "rate": Decimal(19), "vat_account": "1407"} | facts
    return create_tax_code(company=company, actor=actor, facts=NewTaxCode(**facts), now=NOW)


def change(company, actor, code="RC19", **changes):
    return change_tax_code(company=company, actor=actor, code=code, change=TaxCodeChange(**changes))


def row(company, code):
    return (
        TaxCode.objects.of(company)
        .filter(code=code)
        .values_list("label", "description", "rate", "vat_account", "self_assess_account", "direction", "is_active", "is_system")
        .get()
    )


def test_code_is_created_in_capitals(company, actor):
    create(company, actor, code="rc-19a", label=" Reverse \n Charge ", description="EU", self_assess_account="3837")

    assert row(company, "RC-19A") == ("Reverse Charge", "EU", Decimal("19.000"), "1407", "3837", "input", True, False)


@pytest.mark.parametrize(
    ("accounts", "direction"),
    [
        ({"vat_account": "3806"}, "output"),
        ({"vat_account": "1406"}, "input"),
        ({"vat_account": None, "self_assess_account": "3837"}, "input"),
        ({"vat_account": None, "rate": Decimal(0)}, ""),
    ],
)
def test_direction_follows_from_the_accounts(company, actor, accounts, direction):
    assert create(company, actor, **accounts).direction == direction


def test_own_code_splits_a_booking(company, actor):
    create(company, actor, code="VST5", rate=Decimal("5.000"), vat_account="1401")

    post(company=company, actor=actor, drafts=[draft(("6815", "105.00", "0", "vst5"), ("1800", "0", "105.00"))], now=NOW)

    events = Event.objects.of(company).order_by("journal_number").values_list("account_debit", "amount", "tax_code", "tax_role")
    assert list(events) == [("6815", Decimal("100.00"), "VST5", "base"), ("1401", Decimal("5.00"), "VST5", "tax")]


@pytest.mark.parametrize(
    ("facts", "error", "pointer"),
    [
        ({"code": "ÜST"}, InvalidInput, "/code"),
        ({"code": "A B"}, InvalidInput, "/code"),
        ({"code": ""}, InvalidInput, "/code"),
        ({"code": "X" * 21}, InvalidInput, "/code"),
        ({"code": "RC19\n"}, InvalidInput, "/code"),
        ({"label": " "}, InvalidInput, "/label"),
        ({"label": "x" * 121}, InvalidInput, "/label"),
        ({"label": "a\u202eb"}, InvalidInput, "/label"),
        ({"description": "x" * 501}, InvalidInput, "/description"),
        ({"rate": Decimal("-0.001")}, InvalidInput, "/rate"),
        ({"rate": Decimal("100.001")}, InvalidInput, "/rate"),
        ({"rate": Decimal("19.0001")}, InvalidInput, "/rate"),
        ({"vat_account": None}, InvalidInput, "/vat_account"),
        ({"vat_account": "1800"}, None, None),
        ({"vat_account": "6815"}, InvalidInput, "/vat_account"),
        ({"vat_account": "1200"}, InvalidInput, "/vat_account"),
        ({"vat_account": "9000"}, InvalidInput, "/vat_account"),
        ({"self_assess_account": "1407"}, InvalidInput, "/self_assess_account"),
        ({"vat_account": "1499"}, AccountNotFound, "/vat_account"),
        ({"self_assess_account": "3999"}, AccountNotFound, "/self_assess_account"),
    ],
)
def test_wrong_code_is_refused_and_leaves_nothing(company, actor, facts, error, pointer):
    before = TaxCode.objects.of(company).count()
    if error is None:
        create(company, actor, **facts)
        return

    with pytest.raises(error) as caught, transaction.atomic():
        create(company, actor, **facts)

    assert {fault.pointer for fault in caught.value.faults} == {pointer}
    assert TaxCode.objects.of(company).count() == before


def test_all_faults_of_the_accounts_are_told_together(company, actor):
    with pytest.raises(AccountNotFound) as caught, transaction.atomic():
        create(company, actor, vat_account="1499", self_assess_account="3999")

    assert [fault.pointer for fault in caught.value.faults] == ["/vat_account", "/self_assess_account"]


@pytest.mark.parametrize("code", ["UST19", "ust19", "VST16"])
def test_taken_code_is_refused(company, actor, code):
    with pytest.raises(DuplicateTaxCode) as caught, transaction.atomic():
        create(company, actor, code=code)

    assert caught.value.details == {"tax_code": code.upper(), "is_active": code != "VST16"}


def test_switched_off_account_is_refused(company, actor):
    create_account(company=company, actor=actor, facts=NewAccount(number="1409", name="Vorsteuer", type="asset"), now=NOW)
    change_account(company=company, actor=actor, number="1409", change=AccountChange(is_active=False))

    with pytest.raises(AccountInactive) as caught, transaction.atomic():
        create(company, actor, vat_account="1409")

    assert caught.value.details["account_number"] == "1409"


def test_own_code_is_changed_and_cleared(company, actor):
    create(company, actor, description="EU", self_assess_account="3837")

    change(company, actor, "rc19", label="Neu", description=None, rate=Decimal("7.8"), self_assess_account=None, vat_account="3806")

    assert row(company, "RC19") == ("Neu", None, Decimal("7.800"), "3806", None, "output", True, False)


def test_what_is_posted_keeps_its_tax(company, actor):
    create(company, actor, code="VST5", rate=Decimal(5), vat_account="1401")
    post(company=company, actor=actor, drafts=[draft(("6815", "105.00", "0", "VST5"), ("1800", "0", "105.00"))], now=NOW)
    before = list(Event.objects.of(company).order_by("journal_number").values())

    change(company, actor, "VST5", rate=Decimal(10), vat_account="1406")
    post(company=company, actor=actor, drafts=[draft(("6815", "110.00", "0", "VST5"), ("1800", "0", "110.00"), text="neu")], now=NOW)

    events = list(Event.objects.of(company).order_by("journal_number").values())
    assert events[:2] == before
    assert [(event["account_debit"], event["amount"]) for event in events[2:]] == [("6815", Decimal("100.00")), ("1406", Decimal("10.00"))]


@pytest.mark.parametrize(
    ("changes", "error", "pointer"),
    [
        ({"vat_account": None}, InvalidInput, "/vat_account"),
        ({"vat_account": "1499"}, AccountNotFound, "/vat_account"),
        ({"self_assess_account": "1407"}, InvalidInput, "/self_assess_account"),
        ({"rate": Decimal(101)}, InvalidInput, "/rate"),
        ({"label": ""}, InvalidInput, "/label"),
    ],
)
def test_wrong_change_is_refused_and_leaves_the_code(company, actor, changes, error, pointer):
    create(company, actor)
    before = row(company, "RC19")

    with pytest.raises(error) as caught, transaction.atomic():
        change(company, actor, **changes)

    assert {fault.pointer for fault in caught.value.faults} == {pointer}
    assert row(company, "RC19") == before


def test_change_of_nothing_is_refused(company, actor):
    with pytest.raises(NoChanges), transaction.atomic():
        change(company, actor, "UST19")


def test_code_of_the_chart_takes_label_description_and_active_flag(company, actor):
    change(company, actor, "UST19", label="Normalsatz", description=None, is_active=False)

    assert row(company, "UST19") == ("Normalsatz", None, Decimal("19.000"), "3806", None, "output", False, True)
    assert "UST19" not in [code.code for code in tax_codes_of(company=company)]


@pytest.mark.parametrize(
    "changes", [{"rate": Decimal(20)}, {"vat_account": "3801"}, {"self_assess_account": "3837"}, {"vat_account": None}]
)
def test_rate_and_accounts_of_the_chart_are_fixed(company, actor, changes):
    before = row(company, "UST19")

    with pytest.raises(SystemTaxCodeFixed) as caught, transaction.atomic():
        change(company, actor, "UST19", **changes)

    assert [fault.pointer for fault in caught.value.faults] == [f"/{field}" for field in changes]
    assert row(company, "UST19") == before


def test_sending_a_code_of_the_chart_back_as_it_is_is_no_change(company, actor):
    before = row(company, "UST19")

    change(company, actor, "UST19", rate=Decimal(19), vat_account="3806", self_assess_account=None)

    assert row(company, "UST19") == before


def test_code_is_not_switched_on_while_its_account_is_off(company, actor):
    create_account(company=company, actor=actor, facts=NewAccount(number="1409", name="Vorsteuer", type="asset"), now=NOW)
    create(company, actor, vat_account="1409")
    deactivate_tax_code(company=company, actor=actor, code="RC19")
    change_account(company=company, actor=actor, number="1409", change=AccountChange(is_active=False))

    with pytest.raises(AccountInactive), transaction.atomic():
        change(company, actor, is_active=True)
    change_account(company=company, actor=actor, number="1409", change=AccountChange(is_active=True))

    assert change(company, actor, is_active=True).is_active is True


def test_own_code_is_switched_off_and_on(company, actor):
    create(company, actor)

    assert deactivate_tax_code(company=company, actor=actor, code="rc19").is_active is False
    assert deactivate_tax_code(company=company, actor=actor, code="RC19").is_active is False
    assert change(company, actor, is_active=True).is_active is True


def test_code_of_the_chart_cannot_be_deleted(company, actor):
    with pytest.raises(SystemTaxCodeDeleteForbidden), transaction.atomic():
        deactivate_tax_code(company=company, actor=actor, code="UST19")

    assert TaxCode.objects.of(company).get(code="UST19").is_active is True


def test_other_companies_codes_are_not_found(other_company, company, actor):
    show_company(other_company)
    create(other_company, actor, code="FREMD", vat_account="1576")
    show_company(company)

    with pytest.raises(TaxCodeNotFound), transaction.atomic():
        change(company, actor, "FREMD", label="x")
    with pytest.raises(TaxCodeNotFound), transaction.atomic():
        deactivate_tax_code(company=company, actor=actor, code="FREMD")
    assert "FREMD" not in [code.code for code in tax_codes_of(company=company, include_inactive=True)]


def test_list_keeps_the_order_of_the_chart_and_ends_with_own_codes(company, actor):
    create(company, actor, code="AAA")
    create(company, actor, code="ZZZ")
    deactivate_tax_code(company=company, actor=actor, code="AAA")

    active = [code.code for code in tax_codes_of(company=company)]
    everything = [code.code for code in tax_codes_of(company=company, include_inactive=True)]

    assert (active[:2], active[-1]) == (["UST19", "UST7"], "ZZZ")
    assert everything[-2:] == ["AAA", "ZZZ"]
    assert "VST16" in everything
    assert "VST16" not in active
