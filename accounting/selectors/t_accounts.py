"""A booking as T-accounts: what it did to each account, the way bookkeepers draw it. Pure: made of events that were read."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from accounting.selectors.journal import BookingEvent
from ledgerlou.money import ZERO


@dataclass(frozen=True, slots=True)
class Entry:
    """An amount on one side of an account, the number of the account on the other side, and the tax code it bears."""

    contra: str
    amount: Decimal
    tax_code: str | None


@dataclass(kw_only=True, slots=True)
class TAccount:
    """An account with what a booking wrote on its sides."""

    number: str
    name: str
    debits: list[Entry] = field(default_factory=list)
    credits: list[Entry] = field(default_factory=list)

    @property
    def debit(self) -> Decimal:
        """Total of the debit side."""
        return sum((entry.amount for entry in self.debits), ZERO)

    @property
    def credit(self) -> Decimal:
        """Total of the credit side."""
        return sum((entry.amount for entry in self.credits), ZERO)


def t_accounts(events: Iterable[BookingEvent], *, general_reversal: bool = False) -> list[TAccount]:
    """The accounts of a booking in the order in which it touches them.

    A general reversal takes its amounts off the original sides, so they stand there with a minus.
    """
    accounts: dict[str, TAccount] = {}
    for event in events:
        debit = accounts.setdefault(event.account_debit, TAccount(number=event.account_debit, name=event.account_debit_name))
        credit = accounts.setdefault(event.account_credit, TAccount(number=event.account_credit, name=event.account_credit_name))
        if general_reversal:
            debit.credits.append(Entry(event.account_credit, -event.amount, event.tax_code))
            credit.debits.append(Entry(event.account_debit, -event.amount, event.tax_code))
        else:
            debit.debits.append(Entry(event.account_credit, event.amount, event.tax_code))
            credit.credits.append(Entry(event.account_debit, event.amount, event.tax_code))
    return list(accounts.values())
