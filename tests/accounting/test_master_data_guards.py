"""The guards of accounts, tax codes and documents against raw SQL, under the application's and the owner's role."""

import threading
from collections.abc import Callable
from decimal import Decimal

import psycopg
import pytest
from django.db import connection

from accounting.services.accounts import DuplicateAccount, NewAccount, create_account
from accounting.services.tax_codes import DuplicateTaxCode, NewTaxCode, create_tax_code
from ledgerlou.companies.context import company_transaction
from ledgerlou.ids import new_id
from tests.conftest import NOW, new_company

ACCOUNT = """INSERT INTO accounting_account (id, company_id, number, name, sort_key, type, bwa_line, is_item_account, is_reconcilable,
             is_system, is_active, created_at) VALUES (%(id)s, %(company)s, {}, 'Roh', 'roh', {}, '', {}, false, false, true, now())"""
TAX_CODE = """INSERT INTO accounting_taxcode (id, company_id, code, label, direction, kind, datev_bu, kz_base, kz_tax, kz_input, zm_type,
              en16931_category, vatex, is_system, is_active, created_at, rate, vat_account, self_assess_account)
              VALUES (%(id)s, %(company)s, 'ROH', 'Roh', '', '', '', '', '', '', '', '', '', false, true, now(), {}, {}, {})"""
DOCUMENT = """INSERT INTO accounting_document (id, company_id, sha256, mime_type, original_name, size_bytes, retention_until, uploaded_by,
              created_at) VALUES (%(id)s, %(company)s, repeat('a', 64), 'application/pdf', {}, {}, '2034-12-31', 'Roh', now())"""
CODE_OF_THE_CHART = "UPDATE accounting_taxcode SET {} WHERE company_id = %(company)s AND code = 'VST-13B19'"


@pytest.mark.parametrize("role", ["app", "owner"])
@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        (ACCOUNT.format("'01800'", "'asset'", "false"), "account_number_once_without_zeros"),
        (ACCOUNT.format("'0000'", "'asset'", "false"), "account_number_is_not_zero"),
        (ACCOUNT.format("'10000'", "'asset'", "false"), "account_personal_bears_items"),
        (ACCOUNT.format("'69999'", "'liability'", "true"), "account_personal_bears_items"),
        (ACCOUNT.format("'70000'", "'asset'", "true"), "account_personal_bears_items"),
        (TAX_CODE.format("19", "NULL", "NULL"), "tax_code_rate_has_an_account"),
        (TAX_CODE.format("19", "'1407'", "'1407'"), "tax_code_accounts_differ"),
        (TAX_CODE.format("19", "'1499'", "NULL"), "tax_code_vat_account"),
        (TAX_CODE.format("19", "'1407'", "'3999'"), "tax_code_self_assess_account"),
        (TAX_CODE.format("101", "'1407'", "NULL"), "tax_code_rate_is_percent"),
        (CODE_OF_THE_CHART.format("rate = 20"), "system_tax_code_is_fixed"),
        (CODE_OF_THE_CHART.format("vat_account = '1406'"), "system_tax_code_is_fixed"),
        (CODE_OF_THE_CHART.format("self_assess_account = NULL"), "system_tax_code_is_fixed"),
        (DOCUMENT.format("'a.pdf'", "0"), "document_is_not_empty"),
        (DOCUMENT.format("''", "1"), "document_name_is_one_name"),
        (DOCUMENT.format("'../a.pdf'", "1"), "document_name_is_one_name"),
        (DOCUMENT.format(r"'C:\a.pdf'", "1"), "document_name_is_one_name"),
        (DOCUMENT.format(r"E'a.pdf\r\nX-Evil: 1'", "1"), "document_name_is_one_name"),
        (DOCUMENT.format(r"E'a\x7f.pdf'", "1"), "document_name_is_one_name"),
    ],
)
@pytest.mark.usefixtures("real_commits")
def test_database_refuses_what_services_refuse(connect, kept_company, role, statement, constraint):
    raw = connect(role)
    raw.execute("SELECT set_config('ledgerlou.company', %s, true)", [str(kept_company.id)])

    with pytest.raises(psycopg.Error) as caught:
        raw.execute(statement, {"id": new_id(), "company": kept_company.id})

    assert caught.value.diag.constraint_name == constraint


@pytest.mark.parametrize("role", ["app", "owner"])
@pytest.mark.parametrize(
    "statement",
    [
        ACCOUNT.format("'10000'", "'asset'", "true"),
        ACCOUNT.format("'99999'", "'liability'", "true"),
        ACCOUNT.format("'09999'", "'asset'", "false"),
        TAX_CODE.format("0", "NULL", "NULL"),
        TAX_CODE.format("19", "NULL", "'3837'"),
        DOCUMENT.format("'Beleg „Süd“ 100 %%.pdf'", "1"),
        CODE_OF_THE_CHART.format("label = 'Neu', is_active = false"),
    ],
)
@pytest.mark.usefixtures("real_commits")
def test_database_takes_what_is_right(connect, kept_company, role, statement):
    raw = connect(role)
    raw.execute("SELECT set_config('ledgerlou.company', %s, true)", [str(kept_company.id)])

    assert raw.execute(statement, {"id": new_id(), "company": kept_company.id}).rowcount == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE accounting_taxcode SET is_system = false",
        "UPDATE accounting_taxcode SET code = 'NEU'",
        "DELETE FROM accounting_taxcode",
        "UPDATE accounting_account SET type = 'equity'",
        "UPDATE accounting_account SET number = '1'",
        "UPDATE accounting_account SET is_system = false",
        "DELETE FROM accounting_account",
        "UPDATE accounting_document SET original_name = 'x'",
        "DELETE FROM accounting_document",
    ],
)
@pytest.mark.usefixtures("real_commits")
def test_application_may_not_touch_what_is_fixed(connect, kept_company, statement):
    raw = connect("app")
    raw.execute("SELECT set_config('ledgerlou.company', %s, true)", [str(kept_company.id)])

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        raw.execute(statement)


def twice_at_once(company, work: Callable[[], object], refusal: type[Exception]) -> list[str]:
    """What two threads that do the same meet with."""
    outcomes: list[str] = []
    together = threading.Barrier(2)

    def run() -> None:
        try:
            with company_transaction(company.id):
                together.wait(timeout=20)
                work()
            outcomes.append("done")
        except refusal:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return sorted(outcomes)


@pytest.mark.usefixtures("real_commits")
def test_two_at_once_add_the_same_account_or_code_once(actor):
    company = new_company()

    def add_account() -> None:
        facts = NewAccount(number="6817", name="Cloud", type="expense")
        create_account(company=company, actor=actor, facts=facts, now=NOW)

    def add_code() -> None:
        facts = NewTaxCode(code="RC19", label="RC", rate=Decimal(19), vat_account="1407")
        create_tax_code(company=company, actor=actor, facts=facts, now=NOW)

    assert twice_at_once(company, add_account, DuplicateAccount) == ["done", "refused"]
    assert twice_at_once(company, add_code, DuplicateTaxCode) == ["done", "refused"]
