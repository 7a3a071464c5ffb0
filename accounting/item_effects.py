"""What a booking does to open items: bears new ones, settles older ones (RULINGS 22). Pure: no query, no clock."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final
from uuid import UUID

from accounting.drafts import Draft, Settle, Transfer
from ledgerlou.errors import InvalidInput, LedgerLouError, NotFound, raise_together
from ledgerlou.money import ZERO, smallest_unit

_FX_STORED: Final = Decimal("0.0001")


class SettlementTooLarge(LedgerLouError):
    """An open item would be settled beyond what is left of it."""

    code, http_status, title = "SETTLEMENT_TOO_LARGE", 400, "More is settled than is open"


@dataclass(frozen=True, kw_only=True, slots=True)
class BornItem:
    """An open item to be written; amounts are debit minus credit, euros and document currency."""

    account: str
    position: int
    due_date: date
    amount: Decimal
    fx_currency: str | None = None
    fx_amount: Decimal | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Movement:
    """What a booking does to one open item, debit minus credit; `fx_amount` is in the item's own currency, `fx_currency`."""

    open_item_id: UUID
    account: str
    amount: Decimal
    fx_amount: Decimal | None = None
    fx_currency: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ItemState:
    """An open item as it stands: what is left, signed debit minus credit."""

    id: UUID
    intent_id: UUID
    account: str
    position: int
    remaining: Decimal
    fx_currency: str | None
    fx_remaining: Decimal | None
    amount: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class ItemEffects:
    """The items a booking bears and the movements on older ones."""

    born: tuple[BornItem, ...] = ()
    moved: tuple[Movement, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether the booking leaves open items alone."""
        return not self.born and not self.moved


def effects_of(
    draft: Draft, transfers: Sequence[Transfer], item_accounts: Mapping[str, int], items: Mapping[UUID, Sequence[ItemState]]
) -> ItemEffects:
    """The effects of a draft on open items.

    `item_accounts` maps each item account to +1 (receivable) or -1 (payable); `items` holds the items of the bookings that
    `draft.settles` names. Raises NotFound, InvalidInput, SettlementTooLarge.
    """
    net, fx_net, first = _movements(transfers, item_accounts)
    if not net and not draft.settles:
        return ItemEffects()
    if draft.opening:
        return ItemEffects(born=_opening_items(draft, transfers, item_accounts))
    moved = _settlements(draft, net, fx_net, item_accounts, items)
    born = []
    for account, amount in net.items():
        own = [movement for movement in moved if movement.account == account]
        rest = amount - sum((movement.amount for movement in own), ZERO)
        if rest == 0:
            continue
        fx_rest = None if draft.fx is None else _fx_left(draft.fx.currency, fx_net[account], amount, own)
        born.append(
            BornItem(
                account=account,
                position=first[account],
                due_date=due_date_of(draft),
                amount=rest,
                fx_currency=draft.fx.currency if draft.fx and fx_rest else None,
                fx_amount=fx_rest or None,
            )
        )
    return ItemEffects(born=tuple(born), moved=tuple(moved))


def _fx_left(currency: str, fx_net: Decimal, amount: Decimal, own: Sequence[Movement]) -> Decimal:
    """What is left of a booking's foreign amount on an account after its settlements.

    An item in the booking's currency takes what it took; one in euros or another currency takes its share by euros.
    """
    taken = ZERO
    for movement in own:
        if movement.fx_currency == currency:
            taken += movement.fx_amount or ZERO
        else:
            share = fx_net * movement.amount / amount
            taken += share.quantize(smallest_unit(currency), rounding=ROUND_HALF_UP)
    return fx_net - taken


def reversal_effects(own: Iterable[ItemState], movements: Iterable[Movement]) -> ItemEffects:
    """Take back what a booking did: its own items are closed, the items it settled reopen (books O4)."""
    closed = [
        Movement(
            open_item_id=item.id, account=item.account, amount=-item.remaining, fx_amount=-item.fx_remaining if item.fx_remaining else None
        )
        for item in own
    ]
    reopened = [
        Movement(
            open_item_id=movement.open_item_id,
            account=movement.account,
            amount=-movement.amount,
            fx_amount=-movement.fx_amount if movement.fx_amount else None,
        )
        for movement in movements
    ]
    return ItemEffects(moved=(*closed, *reopened))


def due_date_of(draft: Draft) -> date:
    """`custom_metadata.due_date` where it is a date, else the booking date (RULINGS 22)."""
    named = (draft.metadata or {}).get("due_date")
    if isinstance(named, str):
        try:
            return date.fromisoformat(named)
        except ValueError:
            return draft.booking_date
    return draft.booking_date


def _movements(
    transfers: Sequence[Transfer], item_accounts: Mapping[str, int]
) -> tuple[dict[str, Decimal], dict[str, Decimal], dict[str, int]]:
    net: dict[str, Decimal] = {}
    fx_net: dict[str, Decimal] = {}
    first: dict[str, int] = {}
    if not item_accounts:
        return net, fx_net, first
    for position, transfer in enumerate(transfers, start=1):
        for account, sign in ((transfer.debit, 1), (transfer.credit, -1)):
            if account in item_accounts:
                net[account] = net.get(account, ZERO) + sign * transfer.amount
                fx_net[account] = fx_net.get(account, ZERO) + sign * (transfer.fx_amount or ZERO)
                first.setdefault(account, position)
    return net, fx_net, first


def _opening_items(draft: Draft, transfers: Sequence[Transfer], item_accounts: Mapping[str, int]) -> tuple[BornItem, ...]:
    return tuple(
        BornItem(account=account, position=position, due_date=due_date_of(draft), amount=sign * transfer.amount)
        for position, transfer in enumerate(transfers, start=1)
        for account, sign in ((transfer.debit, 1), (transfer.credit, -1))
        if account in item_accounts
    )


def _settlements(
    draft: Draft,
    net: Mapping[str, Decimal],
    fx_net: Mapping[str, Decimal],
    item_accounts: Mapping[str, int],
    items: Mapping[UUID, Sequence[ItemState]],
) -> list[Movement]:
    faults: list[LedgerLouError] = []
    found: dict[UUID, tuple[ItemState, Decimal]] = {}
    for index, settle in enumerate(draft.settles):
        try:
            item = _item_of(settle, items, f"/settles/{index}")
        except LedgerLouError as fault:
            faults.append(fault)
            continue
        amount = -item_accounts.get(settle.account, 1) * settle.amount
        if item.id in found:
            faults.append(
                InvalidInput("The same open item is named twice. Name it once with the whole amount.", pointer=f"/settles/{index}")
            )
        elif amount * item.remaining >= 0 or abs(amount) > abs(item.remaining):
            faults.append(_too_large(item, settle, item_accounts, f"/settles/{index}/amount"))
        else:
            found[item.id] = (item, amount)
    faults += _beyond_the_booking(draft, net, found.values())
    raise_together(faults)
    fx_left = dict(fx_net)
    euro_left = {account: sum((amount for item, amount in found.values() if item.account == account), ZERO) for account in net}
    moved = []
    for item, amount in found.values():
        fx_amount = _fx_part(draft, item, amount, fx_left, euro_left)
        moved.append(Movement(open_item_id=item.id, account=item.account, amount=amount, fx_amount=fx_amount, fx_currency=item.fx_currency))
    return moved


def _item_of(settle: Settle, items: Mapping[UUID, Sequence[ItemState]], pointer: str) -> ItemState:
    candidates = [
        item for item in items.get(settle.intent_id, ()) if item.account == settle.account and settle.position in (None, item.position)
    ]
    if not candidates:
        raise NotFound(f"Booking {settle.intent_id} bears no open item on account {settle.account}.", pointer=pointer)
    if len(candidates) > 1:
        positions = ", ".join(str(item.position) for item in candidates)
        raise InvalidInput(
            f"Booking {settle.intent_id} bears several items on this account. Give `position`: {positions}.", pointer=pointer
        )
    return candidates[0]


def _too_large(item: ItemState, settle: Settle, item_accounts: Mapping[str, int], pointer: str) -> SettlementTooLarge:
    left = item_accounts.get(item.account, 1) * item.remaining
    return SettlementTooLarge(
        f"{settle.amount} is to be settled, but {left} is open. Settle at most that, with its sign.",
        pointer=pointer,
        open_amount=left,
        intent_id=item.intent_id,
    )


def _beyond_the_booking(draft: Draft, net: Mapping[str, Decimal], found: Iterable[tuple[ItemState, Decimal]]) -> Iterable[LedgerLouError]:
    totals: dict[str, Decimal] = {}
    for item, amount in found:
        totals[item.account] = totals.get(item.account, ZERO) + amount
    for account, total in totals.items():
        moved = net.get(account, ZERO)
        rest = moved - total
        if rest * moved < 0 or (moved == 0 and rest != 0):
            yield InvalidInput(
                f"The settlements on account {account} come to more than the booking moves there. Lower them or raise the line.",
                pointer="/settles",
                moved=abs(moved),
                settled=abs(total),
            )


def _fx_part(draft: Draft, item: ItemState, amount: Decimal, fx_left: dict[str, Decimal], euro_left: dict[str, Decimal]) -> Decimal | None:
    """The document-currency part of a settlement: the booking's own foreign amount where it has one, else in proportion."""
    if item.fx_currency is None or item.fx_remaining is None:
        return None
    if draft.fx is not None and draft.fx.currency == item.fx_currency:
        whole = euro_left[item.account] == amount
        share = fx_left[item.account] if whole else fx_left[item.account] * amount / euro_left[item.account]
        part = share.quantize(_FX_STORED, rounding=ROUND_HALF_UP)
        fx_left[item.account] -= part
        euro_left[item.account] -= amount
        if abs(part) > abs(item.fx_remaining) or part * item.fx_remaining > 0:
            part = -item.fx_remaining
    elif amount == -item.remaining:
        part = -item.fx_remaining
    else:
        part = (item.fx_remaining * amount / item.remaining).quantize(_FX_STORED, rounding=ROUND_HALF_UP)
    return part
