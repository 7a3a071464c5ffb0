"""Undo a booking by a counter-booking: the original stays, the two are linked both ways (RULINGS 17)."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from accounting.drafts import Draft, DraftLine, Transfer
from accounting.item_effects import ItemEffects, reversal_effects
from accounting.journal_rows import Booking
from accounting.posting import PostedIntent, lock_journal, locked_items, write
from accounting.selectors.originals import Original, original_booking
from ledgerlou.companies.actor import Actor
from ledgerlou.companies.models.company import Company
from ledgerlou.errors import LedgerLouError
from periods.gate import ensure_fiscal_years, period_of

CURRENT_PERIOD, ORIGINAL_PERIOD = "current_period", "original_period"
_MAX_TEXT = 1000


class AlreadyReversed(LedgerLouError):
    """The booking has a counter-booking already, or is one itself."""

    code, http_status, title = "ALREADY_REVERSED", 409, "Already reversed"


class OpenItemSettled(LedgerLouError):
    """The booking bears an open item that is settled in part or whole; undo the settlement first."""

    code, http_status, title = "OPEN_ITEM_SETTLED", 409, "The open item is settled"


@dataclass(frozen=True, kw_only=True, slots=True)
class ReversalRequest:
    """Which booking to reverse, why and where. `general_reversal` keeps turnover from being inflated (Generalumkehr)."""

    intent_id: UUID
    reason: str = ""
    posting_mode: str = CURRENT_PERIOD
    general_reversal: bool = False


@transaction.atomic(savepoint=False)
def reverse_booking(*, company: Company, actor: Actor, request: ReversalRequest, today: date, now: datetime) -> PostedIntent:
    """Write the counter-booking of a booking, dated today or in the original's period.

    Raises NotFound, AlreadyReversed, OpenItemSettled, PeriodLocked.
    """
    lock_journal(company_id=company.id)
    original = original_booking(company=company, intent_id=request.intent_id)
    if original.is_reversal:
        raise AlreadyReversed(
            "This is a reversal itself and cannot be reversed. Post the booking again instead.", intent_id=original.intent_id
        )
    if original.reversed_by is not None:
        raise AlreadyReversed("This booking is reversed already.", reversal_intent_id=original.reversed_by)
    own = locked_items(company=company, intent_ids=[original.intent_id]).get(original.intent_id, [])
    settled = [item for item in own if item.remaining != item.amount]
    if settled:
        raise OpenItemSettled(
            "An open item of this booking is settled in part or whole. Reverse the payment first.",
            accounts=sorted({item.account for item in settled}),
        )
    effects = reversal_effects(own, original.movements)
    booking = _counter_booking(company, original, request, effects, today)
    [posted] = write(company=company, actor=actor, bookings=[booking], now=now, source="reversal")
    return posted


def _counter_booking(company: Company, original: Original, request: ReversalRequest, effects: ItemEffects, today: date) -> Booking:
    if request.posting_mode == ORIGINAL_PERIOD:
        day, period = original.booking_date, original.period
    else:
        day, period = today, period_of(company, day=today)
        ensure_fiscal_years(company=company, days=[today])
    suffix = f" ({request.reason})" if request.reason else ""
    text = f"Storno: {original.description}"
    draft = Draft(
        booking_date=day,
        description=text[: _MAX_TEXT - len(suffix)] + suffix,
        lines=(DraftLine(account=original.transfers[0].debit, debit=original.total),),
        category=original.category,
        external_reference=original.external_reference,
        document_id=original.document_id,
        fx=original.fx,
        skip_duplicate_check=True,
        general_reversal=request.general_reversal,
    )
    return Booking(
        draft=draft,
        period=period,
        transfers=tuple(_swapped(transfer) for transfer in original.transfers),
        total=original.total,
        line_accounts=original.line_accounts,
        effects=effects,
        document_sha256=original.document_sha256,
        reverses=original.intent_id,
    )


def _swapped(transfer: Transfer) -> Transfer:
    return Transfer(
        debit=transfer.credit,
        credit=transfer.debit,
        amount=transfer.amount,
        source_line=transfer.source_line,
        tax_code=transfer.tax_code,
        tax_role=transfer.tax_role,
        fx_amount=transfer.fx_amount,
    )
