"""The posting engine: the one door into the journal. Set-based: one booking or ten thousand take the same few statements."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db import transaction

from accounting.drafts import AccountFacts, ChartFacts, Draft, TaxCodeFacts, Transfer
from accounting.expansion import draft_accounts, draft_total, expand
from accounting.item_effects import ItemEffects, ItemState, effects_of
from accounting.journal_rows import Booking, rows_of
from accounting.journal_sql import (
    ACCOUNTS_SQL,
    DOCUMENTS_SQL,
    DUPLICATES_SQL,
    HEAD_SQL,
    ITEMS_SQL,
    TAX_CODES_SQL,
    WRITE_SQL,
    Query,
    Statement,
    fetch_together,
)
from ledgerlou.companies.actor import Actor
from ledgerlou.companies.models.company import Company
from ledgerlou.errors import Fault, LedgerLouError, NotFound
from periods.gate import PERIOD_STATES_SQL, ensure_fiscal_years, period_of, refuse_closed

OPENING_ACCOUNT: Final = "9000"
PERIOD_STATES: Final = Query(PERIOD_STATES_SQL)
_EXCHANGE_ACCOUNTS: Final = {"skr04": frozenset({"4840", "6880"}), "skr03": frozenset({"2660", "2150"})}
_TAX_CATEGORIES: Final = ("vat_input", "vat_output")
_FIRST_CREDITOR: Final = 70_000  # personal accounts: debtors 10000 to 69999, creditors 70000 to 99999


class DuplicateSuspected(LedgerLouError):
    """A booking like this one exists: same day, total and accounts, and same reference or text."""

    code, http_status, title = "DUPLICATE_SUSPECTED", 409, "A similar booking exists"


@dataclass(frozen=True, kw_only=True, slots=True)
class PostedIntent:
    """A booking that is in the journal. Journal numbers run from `first_number`, one for each event."""

    intent_id: UUID
    booking_date: date
    period: str
    first_number: int
    event_count: int
    transfers: tuple[Transfer, ...] = field(repr=False)


@transaction.atomic(savepoint=False)
def post(*, company: Company, actor: Actor, drafts: Sequence[Draft], now: datetime, source: str = "booking") -> list[PostedIntent]:
    """Write bookings to the journal, all of them or none, and what they do to open items.

    Amounts are euros. The company's posting lock is held from here until the transaction ends, so this is the last database work
    of a service. Raises BalanceMismatch, AccountNotFound, AccountInactive, InvalidTaxCode, InvalidInput, NotFound, PeriodLocked,
    DuplicateSuspected, SettlementTooLarge.
    """
    if not drafts:
        return []
    periods = [
        period_of(company, day=draft.booking_date, adjustment_period=draft.adjustment_period, opening=draft.opening) for draft in drafts
    ]
    chart, documents = _facts_for(company=company, drafts=drafts)
    expanded = _expand_all(drafts, chart)
    items = locked_items(company=company, intent_ids={settle.intent_id for draft in drafts for settle in draft.settles})
    sides = item_accounts_of(chart.accounts.values())
    bookings = [
        Booking(
            draft=draft,
            period=period,
            transfers=transfers,
            total=draft_total(draft),
            line_accounts=draft_accounts(draft),
            effects=_pointed(index, len(drafts), draft, effects_of, draft, transfers, sides, items)
            if sides or draft.settles
            else ItemEffects(),
            document_sha256=documents[draft.document_id] if draft.document_id else None,
        )
        for index, (draft, period, transfers) in enumerate(zip(drafts, periods, expanded, strict=True))
    ]
    return write(company=company, actor=actor, bookings=bookings, now=now, source=source)


def write(*, company: Company, actor: Actor, bookings: Sequence[Booking], now: datetime, source: str) -> list[PostedIntent]:
    """Take the posting lock, check what may only be checked under it, number and seal the bookings, and write them."""
    company_id, periods = company.id, sorted({booking.period for booking in bookings})
    checked = [] if len(bookings) == 1 and bookings[0].draft.skip_duplicate_check else _duplicate_check(company_id, bookings)
    [head], states, *duplicates = fetch_together(
        (HEAD_SQL, {"company": company_id}), (PERIOD_STATES, {"company": company_id, "periods": periods}), *checked
    )
    refuse_closed(states)
    if len(states) < len(periods):  # the first booking of a fiscal year makes its periods, which are open
        ensure_fiscal_years(company=company, days={booking.draft.booking_date for booking in bookings})
    for found in duplicates:
        _refuse_duplicates(found)
    _refuse_repeats(bookings)
    next_number, last_hash = head
    rows = rows_of(
        company_id=company_id, actor=actor, bookings=bookings, now=now, source=source, next_number=next_number, last_hash=last_hash
    )
    fetch_together((WRITE_SQL, rows.parameters))
    posted, number = [], next_number
    for booking, intent_id in zip(bookings, rows.intent_ids, strict=True):
        count = len(booking.transfers)
        posted.append(
            PostedIntent(
                intent_id=intent_id,
                booking_date=booking.draft.booking_date,
                period=booking.period,
                first_number=number,
                event_count=count,
                transfers=booking.transfers,
            )
        )
        number += count
    return posted


def lock_journal(*, company_id: UUID) -> tuple[int, str]:
    """Take the company's posting lock until the transaction ends: next journal number and last hash. The last lock to take."""
    [[head]] = fetch_together((HEAD_SQL, {"company": company_id}))
    return head[0], head[1]


def locked_items(*, company: Company, intent_ids: Iterable[UUID]) -> dict[UUID, list[ItemState]]:
    """The open items of these bookings as they stand, by booking. The journal's lock keeps them from being overpaid meanwhile."""
    wanted = list(intent_ids)
    if not wanted:
        return {}
    lock_journal(company_id=company.id)
    found: dict[UUID, list[ItemState]] = {}
    [rows] = fetch_together((ITEMS_SQL, {"company": company.id, "intents": wanted}))
    for item_id, intent_id, account, position, remaining, fx_currency, fx_remaining, amount in rows:
        state = ItemState(
            id=item_id,
            intent_id=intent_id,
            account=account,
            position=position,
            remaining=remaining,
            fx_currency=fx_currency,
            fx_remaining=fx_remaining,
            amount=amount,
        )
        found.setdefault(intent_id, []).append(state)
    return found


def item_accounts_of(accounts: Iterable[AccountFacts]) -> dict[str, int]:
    """Item accounts among these: +1 for claims (receivables, debtors), -1 for debts (payables, creditors)."""
    return {account.number: _side(account) for account in accounts if account.is_item_account}


def _side(account: AccountFacts) -> int:
    if len(account.number) > 4:
        return -1 if int(account.number) >= _FIRST_CREDITOR else 1
    return 1 if account.type == "asset" else -1


def _facts_for(*, company: Company, drafts: Sequence[Draft]) -> tuple[ChartFacts, Mapping[UUID, str]]:
    """Accounts, tax codes and documents of the drafts, in one round trip."""
    numbers = {line.account for draft in drafts for line in draft.lines}
    if any(draft.opening for draft in drafts):
        numbers.add(OPENING_ACCOUNT)
    codes = sorted({line.tax_code.upper() for draft in drafts for line in draft.lines if line.tax_code})
    document_ids = list({draft.document_id for draft in drafts if draft.document_id})
    statements: list[Statement] = [
        (ACCOUNTS_SQL, {"company": company.id, "numbers": sorted(numbers), "codes": codes}),
    ]
    if codes:
        statements.append((TAX_CODES_SQL, {"company": company.id, "codes": codes}))
    if document_ids:
        statements.append((DOCUMENTS_SQL, {"company": company.id, "documents": document_ids}))
    accounts, *rest = fetch_together(*statements)
    tax_codes = rest.pop(0) if codes else []
    documents = dict(rest.pop(0)) if document_ids else {}
    for draft in drafts:
        if draft.document_id and draft.document_id not in documents:
            raise NotFound("There is no such document. Upload it first.", pointer="/document_id", document_id=draft.document_id)
    return _chart(company, accounts, tax_codes), documents


def _chart(company: Company, accounts: Iterable[tuple[object, ...]], tax_codes: Iterable[tuple[object, ...]]) -> ChartFacts:
    exchange = _EXCHANGE_ACCOUNTS[company.chart]
    facts = {}
    for number, kind, category, is_active, is_item_account in accounts:
        facts[str(number)] = AccountFacts(
            number=str(number),
            type=str(kind),
            category=str(category) if category else None,
            is_active=bool(is_active),
            is_item_account=bool(is_item_account),
            is_tax_account=category in _TAX_CATEGORIES,
            is_exchange_difference=number in exchange,
        )
    codes = {}
    for code, rate, vat_account, self_assess_account, is_active, valid_from, valid_until in tax_codes:
        codes[str(code)] = TaxCodeFacts(
            code=str(code),
            rate_percent=Decimal(str(rate)),
            vat_account=str(vat_account) if vat_account else None,
            self_assess_account=str(self_assess_account) if self_assess_account else None,
            is_active=bool(is_active),
            valid_from=valid_from if isinstance(valid_from, date) else None,
            valid_until=valid_until if isinstance(valid_until, date) else None,
        )
    return ChartFacts(accounts=facts, tax_codes=codes)


def _expand_all(drafts: Sequence[Draft], chart: ChartFacts) -> list[tuple[Transfer, ...]]:
    return [_pointed(index, len(drafts), draft, expand, draft, chart) for index, draft in enumerate(drafts)]


def _pointed(index: int, count: int, draft: Draft, function, *arguments):  # type: ignore[no-untyped-def]
    """Call; in a bulk, faults name the booking they are in."""
    try:
        return function(*arguments)
    except LedgerLouError as error:
        if count > 1:
            error.faults = tuple(
                Fault(pointer=f"/bookings/{index}{fault.pointer}", code=fault.code, message=fault.message) for fault in error.faults
            )
            error.details = {**error.details, "booking": index, "description": draft.description}
        raise


def _duplicate_check(company_id: UUID, bookings: Sequence[Booking]) -> list[Statement]:
    checked = [(index, booking) for index, booking in enumerate(bookings) if not booking.draft.skip_duplicate_check]
    if not checked:
        return []
    parameters = {
        "company": company_id,
        "ordinals": [index for index, _ in checked],
        "days": [booking.draft.booking_date for _, booking in checked],
        "cents": [int(booking.total * 100) for _, booking in checked],
        "accounts": [booking.line_accounts for _, booking in checked],
        "references": [booking.draft.external_reference for _, booking in checked],
        "descriptions": [booking.draft.description for _, booking in checked],
    }
    return [(DUPLICATES_SQL, parameters)]


def _refuse_duplicates(found: Sequence[tuple[int, UUID]]) -> None:
    if found:
        first = found[0][0]
        ids = [intent_id for ordinal, intent_id in found if ordinal == first]
        raise DuplicateSuspected(
            "A booking with the same date, total, accounts and reference or text exists. Send skip_duplicate_check to post it all the same.",
            intent_ids=ids,
            booking=first,
        )


def _refuse_repeats(bookings: Sequence[Booking]) -> None:
    """The same check within one bulk: by reference and by text."""
    if len(bookings) == 1:
        return
    seen: dict[tuple[object, ...], int] = {}
    for index, booking in enumerate(bookings):
        draft = booking.draft
        if draft.skip_duplicate_check:
            continue
        common = (draft.booking_date, booking.total, booking.line_accounts)
        keys = [(*common, "text", draft.description)]
        if draft.external_reference is not None:
            keys.append((*common, "reference", draft.external_reference))
        for key in keys:
            if key in seen:
                raise DuplicateSuspected(
                    f"Bookings {seen[key]} and {index} of this call are alike: same date, total, accounts and reference or text.",
                    booking=index,
                    other_booking=seen[key],
                )
            seen[key] = index
