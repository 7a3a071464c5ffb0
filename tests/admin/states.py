"""What a company's books and settings look like, to see that nothing changed."""

from typing import Any

from accounting.models.journal import JournalHead
from ledgerlou.companies.context import company_transaction
from ledgerlou.companies.models.history import AuditEntry
from ledgerlou.companies.models.people import ApiKey, Membership
from periods.models import LockRequest, Period
from tests.admin.books import Books


def state_of(books: Books) -> dict[str, Any]:
    """The journal's head, periods, keys, people, and how long the audit history is."""
    company = books.company
    with company_transaction(company.id, read_only=True):
        return {
            "head": JournalHead.objects.filter(company=company).values_list("next_number", "last_hash").get(),
            "periods": list(Period.objects.of(company).order_by("id").values_list("id", "status", "locked_by")),
            "requests": list(LockRequest.objects.of(company).order_by("id").values_list("id", "status")),
            "keys": list(ApiKey.objects.of(company).order_by("id").values_list("id", "revoked_at")),
            "people": list(Membership.objects.of(company).order_by("id").values_list("id", "role", "valid_until")),
            "history": AuditEntry.objects.filter(company_id=company.id).count(),
        }
