"""What the back office added to keeping the chart: the usual code of an account, the validity of a tax code, reasons."""

from datetime import date
from decimal import Decimal

import psycopg
import pytest
from django.db import transaction

from accounting.expansion import InvalidTaxCode
from accounting.models.account import Account
from accounting.models.tax_code import TaxCode
from accounting.posting import post
from accounting.services.accounts import AccountChange, NewAccount, change_account, create_account
from accounting.services.tax_codes import NewTaxCode, SystemTaxCodeFixed, TaxCodeChange, change_tax_code, create_tax_code
from ledgerlou.companies.models.history import AuditEntry
from ledgerlou.errors import InvalidInput
from tests.conftest import NOW, draft, new_company

FIRST, LAST = date(2026, 1, 1), date(2026, 6, 30)


def add(company, actor, number="6817", **facts):
    wanted = {"number": number, "name": "Cloud", "type": "expense"} | facts
    return create_account(company=company, actor=actor, facts=NewAccount(**wanted), now=NOW)


def change(company, actor, number="6817", *, reason=None, **changes):
    return change_account(company=company, actor=actor, number=number, change=AccountChange(**changes), reason=reason)


def add_code(company, actor, **facts):
    wanted = {"code": "HALB", "label": "Halbes Jahr", "rate": Decimal(5), "vat_account": "3806"} | facts
    return create_tax_code(company=company, actor=actor, facts=NewTaxCode(**wanted), now=NOW)


def refusals(act):
    with pytest.raises(InvalidInput) as refusal, transaction.atomic():
        act()
    return [fault.pointer for fault in refusal.value.faults]


def test_own_account_has_a_usual_tax_code(company, actor):
    add(company, actor, tax_code="VST19")

    change(company, actor, tax_code="VST7")
    with_code = Account.objects.of(company).get(number="6817").tax_code
    change(company, actor, tax_code=None)

    assert (with_code, Account.objects.of(company).get(number="6817").tax_code) == ("VST7", None)


def test_usual_code_must_be_there_and_active(company, actor):
    add(company, actor)

    assert refusals(lambda: change(company, actor, tax_code="NIX")) == ["/tax_code"]
    assert refusals(lambda: change(company, actor, tax_code="UST16")) == ["/tax_code"]
    assert refusals(lambda: add(company, actor, "6818", tax_code="NIX")) == ["/tax_code"]


def test_usual_code_of_the_chart_is_fixed(company, actor):
    assert refusals(lambda: change(company, actor, "4400", tax_code=None)) == ["/tax_code"]

    change(company, actor, "4400", tax_code="UST19", name="Erlöse Kasse")

    assert Account.objects.of(company).get(number="4400").name == "Erlöse Kasse"


@pytest.mark.parametrize("facts", [{"number": "10001", "type": "asset"}, {"number": "1409", "type": "asset", "category": "vat_input"}])
def test_accounts_of_people_and_of_tax_have_no_code(company, actor, facts):
    assert refusals(lambda: add(company, actor, **facts, tax_code="VST19")) == ["/tax_code"]


def test_reason_stands_beside_the_change(company, actor):
    account = add(company, actor)

    change(company, actor, is_active=False, reason=" zusammengelegt \n mit 6815 ")
    change(company, actor, is_active=True)

    entries = AuditEntry.objects.filter(row_id=str(account.id), action="update").order_by("id").values_list("new", "reason")
    assert list(entries) == [({"is_active": False}, "zusammengelegt mit 6815"), ({"is_active": True}, "")]


@pytest.mark.parametrize("reason", ["x" * 501, "a\u202eb"])
def test_reason_that_cannot_be_kept_is_refused(company, actor, reason):
    add(company, actor)

    assert refusals(lambda: change(company, actor, is_active=False, reason=reason)) == ["/reason"]
    assert Account.objects.of(company).get(number="6817").is_active


def test_code_is_used_within_its_validity_alone(company, actor):
    add_code(company, actor, valid_from=FIRST, valid_until=LAST)

    def sell(day):
        lines = (("1800", "105.00", "0.00"), ("4400", "0.00", "105.00", "HALB"))
        return post(company=company, actor=actor, drafts=[draft(*lines, day=day)], now=NOW)

    sell("2026-06-30")
    for day in ("2025-12-31", "2026-07-01"):
        with pytest.raises(InvalidTaxCode), transaction.atomic():
            sell(day)
    change_tax_code(company=company, actor=actor, code="HALB", change=TaxCodeChange(valid_until=None))
    sell("2026-07-01")


def test_validity_begins_before_it_ends(company, actor):
    assert refusals(lambda: add_code(company, actor, valid_from=LAST, valid_until=FIRST)) == ["/valid_until"]
    add_code(company, actor, valid_from=FIRST)

    assert refusals(
        lambda: change_tax_code(company=company, actor=actor, code="HALB", change=TaxCodeChange(valid_until=date(2025, 1, 1)))
    ) == ["/valid_until"]


def test_validity_of_a_code_of_the_chart_is_fixed(company, actor):
    with pytest.raises(SystemTaxCodeFixed) as refusal, transaction.atomic():
        change_tax_code(company=company, actor=actor, code="UST19", change=TaxCodeChange(valid_until=LAST))

    assert [fault.pointer for fault in refusal.value.faults] == ["/valid_until"]


def test_reason_for_switching_a_code_off_is_kept(company, actor):
    change_tax_code(company=company, actor=actor, code="UST19", change=TaxCodeChange(is_active=False), reason="Kleinunternehmer seit 2026")

    code = TaxCode.objects.of(company).get(code="UST19")
    entry = AuditEntry.objects.filter(row_id=str(code.id)).order_by("-id")[0]
    assert (entry.new, entry.reason) == ({"is_active": False}, "Kleinunternehmer seit 2026")


@pytest.mark.parametrize(
    ("role", "statement", "refused_by"),
    [
        ("app", "UPDATE accounting_taxcode SET valid_until = '2026-12-31' WHERE code = 'UST19'", "system_tax_code_validity_is_fixed"),
        ("app", "UPDATE accounting_taxcode SET valid_from = '2027-01-01' WHERE code = 'EIGEN'", "tax_code_ends_after_it_begins"),
        ("owner", "UPDATE accounting_taxcode SET valid_from = '2027-01-01' WHERE code = 'EIGEN'", "tax_code_ends_after_it_begins"),
    ],
)
def test_database_keeps_validity_too(real_commits, connect, role, statement, refused_by):
    company = new_company(name="Gültig GmbH")
    connection = connect(role)
    connection.execute("SELECT set_config('ledgerlou.company', %s, true)", [str(company.id)])
    connection.execute(
        "INSERT INTO accounting_taxcode (id, company_id, code, label, direction, kind, datev_bu, kz_base, kz_tax, kz_input, zm_type, "
        "en16931_category, vatex, is_system, is_active, created_at, rate, valid_until) VALUES (gen_random_uuid(), %s, 'EIGEN', 'E', '', '', "
        "'', '', '', '', '', '', '', false, true, now(), 0, '2026-12-31')",
        [company.id],
    )

    with pytest.raises(psycopg.errors.IntegrityError) as refusal:
        connection.execute(f"{statement} AND company_id = %s", [company.id])

    assert refusal.value.diag.constraint_name == refused_by


def test_change_of_the_law_is_the_owners(real_commits, connect):
    company = new_company(name="Gesetz GmbH")
    owner = connect("owner")

    done = owner.execute("UPDATE accounting_taxcode SET valid_until = '2026-12-31' WHERE code = 'UST19' AND company_id = %s", [company.id])

    assert done.rowcount == 1
