"""What every table with company data inherits."""

from typing import Self, TypeVar
from uuid import UUID

from django.db import models

from ledgerlou.companies.models.company import Company
from ledgerlou.ids import new_id

Row = TypeVar("Row", bound=models.Model)


class CompanyQuerySet(models.QuerySet[Row]):
    """A queryset that starts with the company."""

    def of(self, company: Company | UUID) -> Self:
        """Only the rows of this company: the readable fence above row-level security."""
        return self.filter(company_id=company.id if isinstance(company, Company) else company)


class CompanyOwned(models.Model):
    """A row of one company. The foreign key is made in SQL beside the table, with the company in it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        abstract = True
