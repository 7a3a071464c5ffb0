"""Bookings as rows: numbered, sealed, and laid out in columns for one INSERT. Pure: no query, no clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from json.encoder import encode_basestring  # the C encoder behind json.dumps(ensure_ascii=False)
from typing import Any
from uuid import UUID

from accounting.drafts import Draft, Transfer
from accounting.item_effects import BornItem, ItemEffects, Movement
from accounting.sealing import amount_text, fx_text, metadata_text, moment_text, rate_text, seal
from ledgerlou.companies.actor import Actor
from ledgerlou.ids import new_ids


@dataclass(frozen=True, kw_only=True, slots=True)
class Booking:
    """A draft that is ready to be written: expanded, with its period, its effects on open items and its document's hash."""

    draft: Draft
    period: str
    transfers: tuple[Transfer, ...]
    total: Decimal
    line_accounts: str
    effects: ItemEffects
    document_sha256: str | None = None
    reverses: UUID | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Rows:
    """The parameters of the one writing statement, and the ids of the bookings in order."""

    parameters: dict[str, Any]
    intent_ids: list[UUID]


INTENT_COLUMNS = (
    "id", "booking_date", "period", "description", "category", "external_reference", "custom_metadata", "document_id", "document_sha256",
    "reverses_id", "general_reversal", "fx_currency", "fx_amount", "fx_rate", "fx_rate_date", "fx_rate_source", "total", "line_accounts",
    "event_count", "item_count", "settlement_count", "items_sha256",
)  # fmt: skip
EVENT_COLUMNS = (
    "id", "journal_number", "intent_id", "booking_date", "period", "position", "source_line", "account_debit", "account_credit", "amount",
    "tax_code", "tax_role", "fx_currency", "fx_amount", "prev_hash", "audit_hash",
)  # fmt: skip
ITEM_COLUMNS = (
    "id", "intent_id", "account", "position", "booking_date", "due_date", "reference", "amount", "fx_currency", "fx_amount",
)  # fmt: skip
SETTLEMENT_COLUMNS = ("id", "open_item_id", "intent_id", "account", "booking_date", "movement", "fx_movement")
Row = tuple[str | None, ...]


def rows_of(  # noqa: PLR0913 -- the six facts a posting is made of, and where the chain stands
    *, company_id: UUID, actor: Actor, bookings: Sequence[Booking], now: datetime, source: str, next_number: int, last_hash: str
) -> Rows:
    """Number the events from `next_number`, chain them to `last_hash`, and lay everything out in columns of text."""
    ids = new_ids(
        len(bookings) + sum(len(booking.transfers) + len(booking.effects.born) + len(booking.effects.moved) for booking in bookings)
    )
    take = iter(ids).__next__
    maker = _Maker(company_id=company_id, actor=actor, source=source, created_at=moment_text(now))
    intents: list[Row] = []
    events: list[Row] = []
    items: list[Row] = []
    settlements: list[Row] = []
    intent_ids = []
    for booking in bookings:
        intent_id = take()
        intent_ids.append(intent_id)
        event_ids = [str(take()) for _ in booking.transfers]  # before those of items: verify tells forged items by that
        own_items = [_item_row(booking, born, str(intent_id), str(take())) for born in booking.effects.born]
        own_settlements = [_settlement_row(booking, moved, str(intent_id), str(take())) for moved in booking.effects.moved]
        items += own_items
        settlements += own_settlements
        intent = maker.intent_row(booking, str(intent_id), _items_seal(own_items, own_settlements))
        intents.append(intent)
        tail = maker.sealed_tail(intent)
        for position, (transfer, event_id) in enumerate(zip(booking.transfers, event_ids, strict=True), start=1):
            row, last_hash = maker.event_row(booking, transfer, str(intent_id), (position, next_number, event_id), tail, last_hash)
            events.append(row)
            next_number += 1
    parameters: dict[str, Any] = {
        "company": company_id,
        "source": source,
        "channel": actor.channel,
        "actor_type": actor.actor_type,
        "actor_label": actor.label,
        "actor_person_id": actor.person_id,
        "actor_key_prefix": actor.key_prefix,
        "created_at": now,
        **_columns("i", INTENT_COLUMNS, intents),
        **_columns("e", EVENT_COLUMNS, events),
        **_columns("o", ITEM_COLUMNS, items),
        **_columns("s", SETTLEMENT_COLUMNS, settlements),
    }
    return Rows(parameters=parameters, intent_ids=intent_ids)


class _Maker:
    """Builds rows and the canonical JSON of the seal; what is the same for a whole call is written once."""

    def __init__(self, *, company_id: UUID, actor: Actor, source: str, created_at: str) -> None:
        self.company_id = str(company_id)
        self.created_at = created_at
        person = str(actor.person_id) if actor.person_id else None
        self.who = ", ".join(_text(part) for part in (source, actor.channel, actor.actor_type, actor.label, person, actor.key_prefix))

    def intent_row(self, booking: Booking, intent_id: str, items_sha256: str | None = None) -> Row:
        draft, fx = booking.draft, booking.draft.fx
        return (
            intent_id,
            draft.booking_date.isoformat(),
            booking.period,
            draft.description,
            draft.category,
            draft.external_reference,
            metadata_text(draft.metadata),
            str(draft.document_id) if draft.document_id else None,
            booking.document_sha256,
            str(booking.reverses) if booking.reverses else None,
            "true" if draft.general_reversal else "false",
            fx.currency if fx else None,
            fx_text(fx.amount) if fx else None,
            rate_text(fx.rate) if fx else None,
            fx.rate_date.isoformat() if fx else None,
            fx.rate_source.lower() if fx else None,
            amount_text(booking.total),
            booking.line_accounts,
            str(len(booking.transfers)),
            str(len(booking.effects.born)),
            str(len(booking.effects.moved)),
            items_sha256,
        )

    def sealed_tail(self, intent: Row) -> str:
        """The intent's part of the canonical form, in the order of RULINGS 12 as `accounting_event_hash` has it."""
        description, category = intent[3], intent[4]
        rest = ", ".join(_text(part) for part in (intent[5:] if intent[-1] else intent[5:-1]))
        return f'{_text(description)}, {_text(category)}, {self.who}, {rest}, "{self.created_at}", "'

    def canonical(
        self, booking: Booking, transfer: Transfer, intent_id: str, place: tuple[int, int, str], tail: str, prev_hash: str
    ) -> str:
        """The canonical form of one line (RULINGS 12); `place` is position, journal number and id."""
        position, number, event_id = place
        form = 1 if booking.effects.is_empty else 2
        return (
            f'["ledgerlou-event-{form}", "{self.company_id}", "{number}", "{event_id}", "{intent_id}", '
            f'"{booking.draft.booking_date.isoformat()}", '
            f'"{booking.period}", "{position}", "{transfer.source_line}", "{transfer.debit}", "{transfer.credit}", '
            f'"{amount_text(transfer.amount)}", {_text(transfer.tax_code)}, {_text(transfer.tax_role)}, '
            f'{_text(_fx_currency(booking, transfer))}, {_text(fx_text(transfer.fx_amount))}, {tail}{prev_hash}"]'
        )

    def event_row(
        self, booking: Booking, transfer: Transfer, intent_id: str, place: tuple[int, int, str], tail: str, prev_hash: str
    ) -> tuple[Row, str]:
        """A line as a row, and its seal."""
        position, number, event_id = place
        canonical = self.canonical(booking, transfer, intent_id, place, tail, prev_hash)
        audit_hash = sha256(canonical.encode()).hexdigest()
        row = (
            event_id,
            str(number),
            intent_id,
            booking.draft.booking_date.isoformat(),
            booking.period,
            str(position),
            str(transfer.source_line),
            transfer.debit,
            transfer.credit,
            amount_text(transfer.amount),
            transfer.tax_code,
            transfer.tax_role,
            _fx_currency(booking, transfer),
            fx_text(transfer.fx_amount),
            prev_hash,
            audit_hash,
        )
        return row, audit_hash


def _fx_currency(booking: Booking, transfer: Transfer) -> str | None:
    return booking.draft.fx.currency if booking.draft.fx and transfer.fx_amount is not None else None


def _text(value: str | None) -> str:
    return "null" if value is None else encode_basestring(value)


def _item_row(booking: Booking, born: BornItem, intent_id: str, item_id: str) -> Row:
    return (
        item_id,
        intent_id,
        born.account,
        str(born.position),
        booking.draft.booking_date.isoformat(),
        born.due_date.isoformat(),
        booking.draft.external_reference,
        amount_text(born.amount),
        born.fx_currency,
        fx_text(born.fx_amount),
    )


def _settlement_row(booking: Booking, moved: Movement, intent_id: str, settlement_id: str) -> Row:
    return (
        settlement_id,
        str(moved.open_item_id),
        intent_id,
        moved.account,
        booking.draft.booking_date.isoformat(),
        amount_text(moved.amount),
        fx_text(moved.fx_amount),
    )


def _items_seal(items: Sequence[Row], settlements: Sequence[Row]) -> str | None:
    """What a booking does to open items under one SHA-256, as `accounting_items_seal` computes it; None where it does nothing."""
    texts = [(str(row[0]), ("item", row[0], row[2], row[3], *row[5:])) for row in items]
    texts += [(str(row[0]), ("settlement", row[0], row[1], row[3], *row[5:])) for row in settlements]
    return seal([list(fields) for _, fields in sorted(texts)]) if texts else None


def _columns(prefix: str, names: Sequence[str], rows: Sequence[Row]) -> dict[str, str]:
    """Each column as the text of a PostgreSQL array: written here in one go, since a driver would look at every element."""
    if not rows:
        return {f"{prefix}_{name}": "{}" for name in names}
    return {f"{prefix}_{name}": _array(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}


def _array(column: Row) -> str:
    """A text array literal (PostgreSQL manual, "Array Input and Output Syntax"): every element quoted, NULL for none.

    Texts hold no NUL (the edges and PostgreSQL refuse it) and no element is a lone U+0001, which stands for NULL on the way.
    """
    joined = "\x00".join("\x01" if element is None else element for element in column)
    escaped = joined.replace("\\", "\\\\").replace('"', '\\"').replace("\x00", '","')
    return ('{"' + escaped + '"}').replace('"\x01"', "NULL")
