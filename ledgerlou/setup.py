"""Open a company: chart, tax codes, periods, journal, and its owner."""

from dataclasses import dataclass
from datetime import date, datetime

from accounting.services.chart import install_chart, refresh_statistics
from accounting.services.journal import open_journal
from ledgerlou.companies.actor import Actor
from ledgerlou.companies.context import company_transaction
from ledgerlou.companies.models.company import Company, VatPeriod
from ledgerlou.companies.models.people import Membership, Person
from ledgerlou.companies.roles import Role
from ledgerlou.ids import new_id
from periods.gate import ensure_fiscal_years


@dataclass(frozen=True, kw_only=True, slots=True)
class CompanyFacts:
    """What a company is opened with; see `Company` for the meaning of each."""

    name: str
    chart: str
    fiscal_year_start_month: int = 1
    legal_form: str = ""
    street: str = ""
    postal_code: str = ""
    city: str = ""
    country: str = "DE"
    tax_number: str = ""
    vat_id: str = ""
    locale: str = "de"
    is_small_business: bool = False
    vat_period: str = VatPeriod.MONTHLY


def open_company(*, facts: CompanyFacts, owner: Person, actor: Actor, now: datetime, today: date) -> Company:
    """Open a company's books: chart of accounts, tax codes, this fiscal year's periods, the journal, and the owner's membership.

    Runs in a transaction of its own. Raises ValidationError for facts that do not fit the model.
    """
    company = Company(id=new_id(), created_at=now, **{name: getattr(facts, name) for name in CompanyFacts.__slots__})
    with company_transaction(company.id, actor=actor):
        company.full_clean()
        company.save(force_insert=True)
        Membership.objects.create(company=company, person=owner, role=Role.OWNER, created_at=now)
        install_chart(company=company, now=now)
        open_journal(company=company)
        ensure_fiscal_years(company=company, days=[today])
        refresh_statistics()
    return company
