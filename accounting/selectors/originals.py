"""A posted booking as a reversal needs it: its transfers, texts, and what it did to open items."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from accounting.drafts import Fx, Transfer
from accounting.item_effects import Movement
from accounting.models.journal import Event, Intent
from accounting.models.open_item import Settlement
from ledgerlou.companies.models.company import Company
from ledgerlou.errors import NotFound


@dataclass(frozen=True, kw_only=True, slots=True)
class Original:
    """A booking in the journal. `reversed_by` is its counter-booking, `movements` what it settled."""

    intent_id: UUID
    booking_date: date
    period: str
    description: str
    category: str
    external_reference: str | None
    document_id: UUID | None
    document_sha256: str | None
    total: Decimal
    line_accounts: str
    is_reversal: bool
    reversed_by: UUID | None
    fx: Fx | None
    transfers: tuple[Transfer, ...]
    movements: tuple[Movement, ...]


def original_booking(*, company: Company, intent_id: UUID) -> Original:
    """The booking with this id. Raises NotFound, also for another company's."""
    intent = Intent.objects.of(company).filter(id=intent_id).first()
    if intent is None:
        raise NotFound("There is no such booking.", pointer="/intent_id", intent_id=intent_id)
    events = Event.objects.of(company).filter(intent_id=intent_id).order_by("position")
    settled = Settlement.objects.of(company).filter(intent_id=intent_id).order_by("id")
    return Original(
        intent_id=intent.id,
        booking_date=intent.booking_date,
        period=intent.period,
        description=intent.description,
        category=intent.category,
        external_reference=intent.external_reference,
        document_id=intent.document_id,
        document_sha256=intent.document_sha256,
        total=intent.total,
        line_accounts=intent.line_accounts,
        is_reversal=intent.reverses_id is not None,
        reversed_by=Intent.objects.of(company).filter(reverses_id=intent_id).values_list("id", flat=True).first(),
        fx=_fx_of(intent),
        transfers=tuple(
            Transfer(
                debit=event.account_debit,
                credit=event.account_credit,
                amount=event.amount,
                source_line=event.source_line,
                tax_code=event.tax_code,
                tax_role=event.tax_role,
                fx_amount=event.fx_amount,
            )
            for event in events
        ),
        movements=tuple(
            Movement(open_item_id=row.open_item_id, account=row.account, amount=row.movement, fx_amount=row.fx_movement) for row in settled
        ),
    )


def _fx_of(intent: Intent) -> Fx | None:
    if not (intent.fx_currency and intent.fx_amount and intent.fx_rate and intent.fx_rate_date and intent.fx_rate_source):
        return None
    return Fx(
        currency=intent.fx_currency,
        amount=intent.fx_amount,
        rate=intent.fx_rate,
        rate_date=intent.fx_rate_date,
        rate_source=intent.fx_rate_source,
    )
