"""Install a standard chart of accounts with its tax codes when a company is opened."""

from datetime import datetime
from decimal import Decimal

from django.db import connection, transaction

from accounting.german.chart import load_chart
from accounting.models.account import Account
from accounting.models.tax_code import TaxCode
from accounting.sort_key import sort_key
from ledgerlou.companies.models.company import Company


@transaction.atomic(savepoint=False)
def install_chart(*, company: Company, now: datetime) -> None:
    """Give a new company the accounts and tax codes of its chart (SKR03 or SKR04), labelled in the company's language."""
    template = load_chart(company.chart)
    german = company.locale == "de"
    accounts = []
    for row in template.accounts:
        name = row.name_de if german else row.name_en
        accounts.append(
            Account(
                company=company,
                number=row.number,
                name=name,
                sort_key=sort_key(name),
                type=row.type,
                category=row.category or None,
                report_group=row.report_group or None,
                bwa_line=row.bwa_line,
                tax_code=row.tax_code,
                is_item_account=row.is_item_account,
                is_reconcilable=row.is_reconcilable,
                is_system=True,
                created_at=now,
            )
        )
    Account.objects.bulk_create(accounts)
    TaxCode.objects.bulk_create(
        TaxCode(
            company=company,
            code=row.code,
            label=(row.label_de if german else row.label_en)[:120],
            description=(row.description_de if german else row.description_en)[:500],
            rate=Decimal(row.rate_percent),
            vat_account=row.vat_account,
            self_assess_account=row.self_assess_account,
            direction=row.direction,
            kind=row.kind,
            datev_bu=row.datev_bu or "",
            kz_base=row.kz_base,
            kz_tax=row.kz_tax,
            kz_input=row.kz_input,
            zm_type=row.zm_type,
            en16931_category=row.en16931_category,
            vatex=row.vatex,
            valid_from=row.valid_from,
            valid_until=row.valid_until,
            is_system=True,
            is_active=row.is_active,
            created_at=now,
        )
        for row in template.tax_codes
    )


def refresh_statistics() -> None:
    """Let the planner know the size of a chart that was just installed; without it each posting reads the whole chart."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT accounting_analyze_chart()")
