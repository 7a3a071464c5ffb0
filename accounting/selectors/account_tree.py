"""The accounts of a company under the positions of balance sheet and profit and loss statement (§§ 266, 275 HGB), with sums of every group.

A view of the chart for people who look for where an amount stands; the annual accounts have rules of their own about what is shown where.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from accounting.german.report_keys import Position, layout, position_of
from accounting.models.account import Account
from accounting.selectors.balances import AccountBalance, Range, account_balances
from ledgerlou.companies.models.company import Company
from ledgerlou.money import ZERO

ASSETS: Final = "assets"
LIABILITIES: Final = "equity_liabilities"
RESULT: Final = "profit_loss"
_RESULT_OF_THE_YEAR: Final = "P.A.V"
_TECHNICAL: Final = "technical"


@dataclass(frozen=True, kw_only=True, slots=True)
class TreeAccount:
    """An account in its group. `amount` is its closing balance with the sign of its side, `turnover` what it moved in the range."""

    id: UUID
    number: str
    name: str
    amount: Decimal
    turnover: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class TreeGroup:
    """A position with its accounts and the positions below it; empty ones are left out. `computed` is an amount that no account holds."""

    position: Position
    accounts: tuple[TreeAccount, ...]
    groups: "tuple[TreeGroup, ...]"
    amount: Decimal
    turnover: Decimal
    computed: Decimal = ZERO


@dataclass(frozen=True, kw_only=True, slots=True)
class TreeSide:
    """One side of the balance sheet, or the profit and loss statement, with its total."""

    groups: tuple[TreeGroup, ...]
    amount: Decimal
    turnover: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountTree:
    """The accounts with a balance or turnover. Assets are debit minus credit, all else credit minus debit: expenses carry a minus.

    The result of the year stands in equity, so both sides are equal unless accounts without a group (`others`) or 9xxx accounts hold the
    difference, `unassigned`.
    """

    assets: TreeSide
    liabilities: TreeSide
    result: TreeSide
    others: tuple[TreeAccount, ...]

    @property
    def unassigned(self) -> Decimal:
        """What the sides of the balance sheet differ by."""
        return self.assets.amount - self.liabilities.amount


def account_tree(*, company: Company, wanted: Range) -> AccountTree:
    """Every account that was touched in the fiscal year, in the group that its report key names, with balances at the end of the range."""
    rows = [row for row in account_balances(company=company, wanted=wanted) if row.opening or row.debit or row.credit]
    ids = dict(Account.objects.of(company).filter(number__in=[row.number for row in rows]).values_list("number", "id"))
    by_code: dict[str, list[TreeAccount]] = {}
    others: list[TreeAccount] = []
    positions = {position.code: position for position in layout()}
    for row in rows:
        position = positions.get(position_of(row.report_group) or "")
        if position is None:
            others.append(_leaf(row, ids[row.number], sign=1))
        elif position.statement != _TECHNICAL:
            sign = 1 if position.side == ASSETS else -1
            by_code.setdefault(position.code, []).append(_leaf(row, ids[row.number], sign=sign))
    result = _side((position for position in positions.values() if position.statement == RESULT), by_code, {})
    computed = {_RESULT_OF_THE_YEAR: result.amount}
    assets = _side((position for position in positions.values() if position.side == ASSETS), by_code, {})
    liabilities = _side((position for position in positions.values() if position.side == LIABILITIES), by_code, computed)
    return AccountTree(assets=assets, liabilities=liabilities, result=result, others=tuple(others))


def _leaf(row: AccountBalance, account_id: UUID, *, sign: int) -> TreeAccount:
    return TreeAccount(id=account_id, number=row.number, name=row.name, amount=sign * row.closing, turnover=sign * (row.debit - row.credit))


def _side(positions: Iterable[Position], accounts: dict[str, list[TreeAccount]], computed: dict[str, Decimal]) -> TreeSide:
    """The groups of one side from the top; the order is that of the law."""
    children: dict[str, list[Position]] = {}
    for position in positions:
        children.setdefault(position.parent, []).append(position)
    groups = _groups("", children, accounts, computed)
    return TreeSide(
        groups=groups, amount=sum((group.amount for group in groups), ZERO), turnover=sum((group.turnover for group in groups), ZERO)
    )


def _groups(
    parent: str, children: dict[str, list[Position]], accounts: dict[str, list[TreeAccount]], computed: dict[str, Decimal]
) -> tuple[TreeGroup, ...]:
    groups = []
    for position in children.get(parent, []):
        below = _groups(position.code, children, accounts, computed)
        own = tuple(accounts.get(position.code, ()))
        added = computed.get(position.code, ZERO)
        if not (below or own or added):
            continue
        parts: list[TreeAccount | TreeGroup] = [*own, *below]
        groups.append(
            TreeGroup(
                position=position,
                accounts=own,
                groups=below,
                computed=added,
                amount=sum((part.amount for part in parts), added),
                turnover=sum((part.turnover for part in parts), ZERO),
            )
        )
    return tuple(groups)
