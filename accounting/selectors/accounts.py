"""The chart of accounts as people read and search it."""

from typing import Final

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Replace

from accounting.models.account import Account
from accounting.sort_key import sort_key
from ledgerlou.companies.models.company import Company
from ledgerlou.errors import NotFound

MAX_HITS: Final = 20
# "Bürobedarf" is also typed "Buerobedarf"; names are folded to "burobedarf".
_SPELLED_OUT: Final = (("ae", "a"), ("oe", "o"), ("ue", "u"))


def active_accounts(*, company: Company) -> QuerySet[Account]:
    """Accounts that take bookings, by number."""
    return Account.objects.of(company).filter(is_active=True).order_by("number")


def account_page(*, company: Company, limit: int, offset: int) -> tuple[list[Account], int]:
    """One page of the active accounts, and how many there are in all."""
    accounts = active_accounts(company=company)
    return list(accounts[offset : offset + limit]), accounts.count()


def account_named(*, company: Company, number: str) -> Account:
    """The account with this number, active or not. Raises NotFound."""
    account = Account.objects.of(company).filter(number=number).first()
    if account is None:
        raise NotFound(f"There is no account {number}.")
    return account


def search_accounts(*, company: Company, text: str = "", account_type: str | None = None) -> list[Account]:
    """Active accounts whose number starts with the text or whose name contains it, at most 20.

    Upper case, umlauts and accents do not matter, nor does a blank before a percent sign. Hits on the number come first, then names that
    start with the text, then all other names, each by number. Without a text the first accounts come.
    """
    accounts = active_accounts(company=company)
    if account_type is not None:
        accounts = accounts.filter(type=account_type)
    wanted = " ".join(text.split())
    if not wanted:
        return list(accounts[:MAX_HITS])
    accounts = accounts.annotate(searched=Replace("sort_key", Value(" %"), Value("%")))
    starts, contains = Q(), Q()
    for key in _spellings(wanted):
        starts |= Q(searched__startswith=key)
        contains |= Q(searched__contains=key)
    by_number = Q(number__startswith=wanted)
    rank = Case(When(by_number, then=Value(0)), When(starts, then=Value(1)), default=Value(2), output_field=IntegerField())
    return list(accounts.filter(by_number | contains).annotate(rank=rank).order_by("rank", "number")[:MAX_HITS])


def _spellings(text: str) -> list[str]:
    """The text as names are folded, and once more with ae, oe, ue taken for umlauts."""
    key = sort_key(text).replace(" %", "%")
    folded = key
    for written, letter in _SPELLED_OUT:
        folded = folded.replace(written, letter)
    return list(dict.fromkeys((key, folded)))
