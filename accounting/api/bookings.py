"""Bookings: post one, post opening balances, reverse one."""

from typing import Any

from accounting.drafts import Draft, DraftLine, Fx, Settle
from accounting.expansion import AccountInactive, AccountNotFound, BalanceMismatch, InvalidTaxCode
from accounting.item_effects import SettlementTooLarge
from accounting.metadata import metadata_faults
from accounting.posting import DuplicateSuspected, post
from accounting.services.opening_balances import (
    Account9000Missing,
    AccountsNotFound,
    AccountTypeNotAllowed,
    BalanceRow,
    InvalidBalanceEntry,
    OpeningBalancesExist,
    post_opening_balances,
)
from accounting.services.reversals import (
    CURRENT_PERIOD,
    ORIGINAL_PERIOD,
    AlreadyReversed,
    OpenItemSettled,
    ReversalRequest,
    reverse_booking,
)
from ledgerlou.api import fields
from ledgerlou.api.answers import Answer
from ledgerlou.api.operation import Operation
from ledgerlou.api.request import ApiRequest
from ledgerlou.api.serializers import Input, Output
from ledgerlou.api.text import Text
from ledgerlou.api.views import CompanyView
from ledgerlou.errors import InvalidInput, LedgerLouError, NotFound, raise_together
from ledgerlou.money import MAX_EUROS, ZERO
from periods.gate import PeriodLocked

_ACCOUNT = r"[0-9]{1,9}"
_MAX_LINES = 1000


class BookingLineInput(Input):
    """One source line."""

    account_number = fields.StringField(max_length=9, pattern=_ACCOUNT, help_text=Text("Account number", "Kontonummer"))
    account_name = fields.StringField(
        max_length=255, required=False, allow_null=True, allow_blank=True, help_text=Text("Label, not checked", "Bezeichnung, ungeprüft")
    )
    debit = fields.MoneyField(
        min_value=ZERO,
        max_value=MAX_EUROS,
        default=ZERO,
        help_text=Text("Debit in euros, gross with a tax code", "Soll in Euro, mit Steuercode brutto"),
    )
    credit = fields.MoneyField(
        min_value=ZERO,
        max_value=MAX_EUROS,
        default=ZERO,
        help_text=Text("Credit in euros, gross with a tax code", "Haben in Euro, mit Steuercode brutto"),
    )
    tax_code = fields.StringField(
        max_length=20, required=False, allow_null=True, help_text=Text("Code of GET /v1/tax-codes", "Code aus GET /v1/tax-codes")
    )


class FxInput(Input):
    """The foreign-currency side; all five keys belong together."""

    currency = fields.CurrencyField(help_text=Text("ISO 4217, not EUR", "ISO 4217, nicht EUR"))
    amount = fields.NumberField(max_digits=19, decimal_places=4, help_text=Text("Amount in that currency", "Betrag in dieser Währung"))
    rate = fields.NumberField(
        max_digits=18, decimal_places=8, help_text=Text("Units of the currency for one euro", "Einheiten der Währung für einen Euro")
    )
    rate_date = fields.DateField(help_text=Text("Day of the rate", "Tag des Kurses"))
    rate_source = fields.ChoiceField(
        ("ecb", "manual", "bank"), ignore_case=True, help_text=Text("Where the rate is from", "Herkunft des Kurses")
    )


class SettleInput(Input):
    """An open item to settle by hand."""

    intent_id = fields.IdField(help_text=Text("Booking that bears the item", "Buchung, die den Posten trägt"))
    account_number = fields.StringField(max_length=9, pattern=_ACCOUNT, help_text=Text("Account of the item", "Konto des Postens"))
    amount = fields.MoneyField(
        min_value=-MAX_EUROS, max_value=MAX_EUROS, help_text=Text("Euros; negative for a credit note", "Euro; negativ bei einer Gutschrift")
    )
    position = fields.IntField(
        min_value=1, max_value=1_000_000, required=False, allow_null=True,
        help_text=Text("Event that bore the item, where a booking has several", "Journalzeile des Postens, wenn eine Buchung mehrere trägt"),
    )  # fmt: skip


class BookingInput(Input):
    """A booking to be posted."""

    booking_date = fields.DateField(help_text=Text("Date of the booking", "Buchungsdatum"))
    description = fields.StringField(max_length=500, help_text=Text("Text of the booking", "Buchungstext"))
    lines = BookingLineInput(many=True, min_length=1, max_length=_MAX_LINES)  # type: ignore[call-arg]  # DRF hands the lengths to the list
    skip_duplicate_check = fields.BoolField(
        default=False, help_text=Text("Post even if a similar booking exists", "Trotz ähnlicher Buchung buchen")
    )
    adjustment_period = fields.ChoiceField(
        (13, 14),
        required=False,
        allow_null=True,
        help_text=Text("Adjustment period of the fiscal year", "Abschlussperiode des Wirtschaftsjahres"),
    )
    fx = FxInput(required=False, allow_null=True)
    external_reference = fields.StringField(
        max_length=500, required=False, allow_null=True, help_text=Text("Reference of an outside system", "Referenz eines fremden Systems")
    )
    custom_metadata = fields.ObjectField(
        required=False, allow_null=True, help_text=Text("Flat object, 20 keys, 4 KB", "Flaches Objekt, 20 Schlüssel, 4 KB")
    )
    document_id = fields.IdField(required=False, allow_null=True, help_text=Text("Uploaded document", "Hochgeladener Beleg"))
    settles = SettleInput(many=True, required=False, min_length=0, max_length=_MAX_LINES)  # type: ignore[call-arg]  # DRF hands the lengths to the list
    intent_category = fields.StringField(
        max_length=40, required=False, allow_null=True, help_text=Text("Kind of booking", "Art der Buchung")
    )


class PostedBooking(Output):
    """A booking that is in the journal."""

    intent_id = fields.IdField(help_text=Text("Id of the booking", "Id der Buchung"))
    event_count = fields.IntField(help_text=Text("Journal lines written", "Geschriebene Journalzeilen"))
    period = fields.StringField(help_text=Text("Period it belongs to", "Periode, zu der sie gehört"))
    first_journal_number = fields.IntField(source="first_number", help_text=Text("Number of its first line", "Nummer der ersten Zeile"))


def draft_of(data: dict[str, Any]) -> Draft:
    """The draft of a checked body. Raises InvalidInput with every fault the fields alone could not see."""
    faults: list[LedgerLouError] = []
    for index, line in enumerate(data["lines"]):
        if (line["debit"] > 0) == (line["credit"] > 0):
            message = "A line has exactly one of debit and credit above zero."
            faults.append(InvalidInput(message, pointer=f"/lines/{index}"))
    if data.get("custom_metadata"):
        faults += metadata_faults(data["custom_metadata"])
    raise_together(faults)
    fx = data.get("fx")
    return Draft(
        booking_date=data["booking_date"],
        description=data["description"],
        lines=tuple(
            DraftLine(account=line["account_number"], debit=line["debit"], credit=line["credit"], tax_code=line.get("tax_code") or None)
            for line in data["lines"]
        ),
        adjustment_period=data.get("adjustment_period"),
        category=data.get("intent_category") or "",
        external_reference=data.get("external_reference"),
        metadata=data.get("custom_metadata") or None,
        document_id=data.get("document_id"),
        fx=Fx(**fx) if fx else None,
        settles=tuple(
            Settle(intent_id=row["intent_id"], account=row["account_number"], amount=row["amount"], position=row.get("position"))
            for row in data.get("settles", ())
        ),
        skip_duplicate_check=data["skip_duplicate_check"],
    )


class BookingsView(CompanyView):
    """Post bookings."""

    tag = "Journal"

    @Operation(
        id="createBooking",
        summary=Text("Post a booking", "Buchung erfassen"),
        description=Text(
            "Writes one booking, simple or split, into the journal. Debit and credit totals are equal. A line with a tax code is gross and is "
            "split into net and tax; codes with self-assessment keep the line net and add the tax pair.",
            "Schreibt eine Buchung, einfach oder aufgeteilt, ins Journal. Soll und Haben sind gleich. Eine Zeile mit Steuercode ist brutto und "
            "wird in Netto und Steuer geteilt; bei Steuerschuldumkehr bleibt die Zeile netto und das Steuerpaar kommt hinzu.",
        ),
        scopes="journal:write",
        body=BookingInput,
        answer=PostedBooking,
        creates=True,
        errors=(
            BalanceMismatch, AccountNotFound, AccountInactive, InvalidTaxCode, PeriodLocked, DuplicateSuspected, NotFound, SettlementTooLarge,
        ),
        example={
            "booking_date": "2026-06-01",
            "description": "Büromaterial Einkauf",
            "lines": [
                {"account_number": "6815", "account_name": "Bürobedarf", "debit": 119, "credit": 0, "tax_code": "VST19"},
                {"account_number": "1800", "account_name": "Bank", "debit": 0, "credit": 119},
            ],
        },
    )  # fmt: skip
    def post(self, request: ApiRequest) -> object:
        """One booking through the posting engine."""
        [posted] = post(company=request.company, actor=request.actor, drafts=[draft_of(request.data)], now=request.now)
        return Answer(posted, location=f"/v1/journal/{posted.intent_id}")


class BalanceInput(Input):
    """One account's balance."""

    account_number = fields.StringField(max_length=9, pattern=_ACCOUNT, help_text=Text("Account number", "Kontonummer"))
    account_name = fields.StringField(
        max_length=255, required=False, allow_null=True, allow_blank=True, help_text=Text("Label, not checked", "Bezeichnung, ungeprüft")
    )
    debit = fields.MoneyField(
        min_value=-MAX_EUROS,
        max_value=MAX_EUROS,
        default=ZERO,
        help_text=Text("Debit balance, 0 on a credit balance", "Sollsaldo, 0 bei Habensaldo"),
    )
    credit = fields.MoneyField(
        min_value=-MAX_EUROS,
        max_value=MAX_EUROS,
        default=ZERO,
        help_text=Text("Credit balance, 0 on a debit balance", "Habensaldo, 0 bei Sollsaldo"),
    )


class OpeningBalancesInput(Input):
    """A set of opening balances."""

    booking_date = fields.DateField(
        help_text=Text("Normally the first day of the fiscal year", "Gewöhnlich der erste Tag des Wirtschaftsjahres")
    )
    balances = BalanceInput(many=True, min_length=1, max_length=5000)  # type: ignore[call-arg]  # DRF hands the lengths to the list


class PostedOpeningBalances(Output):
    """A posted set."""

    intent_id = fields.IdField(help_text=Text("Id of the booking", "Id der Buchung"))
    event_count = fields.IntField(help_text=Text("Journal lines written", "Geschriebene Journalzeilen"))
    total_debit = fields.MoneyField(help_text=Text("Sum of debit balances", "Summe der Sollsalden"))
    total_credit = fields.MoneyField(help_text=Text("Sum of credit balances", "Summe der Habensalden"))


class OpeningBalancesView(CompanyView):
    """Opening balances (EB-Werte)."""

    tag = "Journal"

    @Operation(
        id="createOpeningBalances",
        summary=Text("Post opening balances", "EB-Werte buchen"),
        description=Text(
            "Posts each balance against 9000 as one booking. Rows with 0 and 0 are skipped. One set per date: reverse it before posting another.",
            "Bucht jeden Saldo gegen 9000 als eine Buchung. Zeilen mit 0 und 0 entfallen. Ein Satz je Datum: vor einem neuen erst stornieren.",
        ),
        scopes="journal:write",
        body=OpeningBalancesInput,
        answer=PostedOpeningBalances,
        creates=True,
        errors=(
            BalanceMismatch, InvalidBalanceEntry, AccountTypeNotAllowed, AccountsNotFound, Account9000Missing, OpeningBalancesExist, PeriodLocked,
            AccountInactive,
        ),
    )  # fmt: skip
    def post(self, request: ApiRequest) -> object:
        """One set of balances."""
        rows = [BalanceRow(account=row["account_number"], debit=row["debit"], credit=row["credit"]) for row in request.data["balances"]]
        made = post_opening_balances(
            company=request.company, actor=request.actor, booking_date=request.data["booking_date"], balances=rows, now=request.now
        )
        posted = made.posted
        body = {"intent_id": posted.intent_id, "event_count": posted.event_count, "total_debit": made.total, "total_credit": made.total}
        return Answer(body, location=f"/v1/journal/{posted.intent_id}")


class ReversalInput(Input):
    """Which booking to reverse, and where."""

    intent_id = fields.IdField(help_text=Text("Booking to reverse", "Zu stornierende Buchung"))
    reason = fields.StringField(
        max_length=300, required=False, allow_null=True, help_text=Text("Why; becomes part of the text", "Warum; wird Teil des Textes")
    )
    posting_mode = fields.ChoiceField(
        (CURRENT_PERIOD, ORIGINAL_PERIOD),
        default=CURRENT_PERIOD,
        help_text=Text("Dated today, or as the original", "Mit heutigem oder ursprünglichem Datum"),
    )
    general_reversal = fields.BoolField(
        default=False,
        help_text=Text("Subtract from the original sides (Generalumkehr)", "Generalumkehr: mindert die ursprünglichen Seiten"),
    )


class PostedReversal(Output):
    """A reversal that is in the journal."""

    reversal_intent_id = fields.IdField(help_text=Text("The new booking", "Die neue Buchung"))
    original_intent_id = fields.IdField(help_text=Text("The booking it reverses", "Die stornierte Buchung"))
    event_count = fields.IntField(help_text=Text("Journal lines written", "Geschriebene Journalzeilen"))


class ReversalsView(CompanyView):
    """Reverse bookings."""

    tag = "Journal"

    @Operation(
        id="reverseBooking",
        summary=Text("Reverse a booking", "Buchung stornieren"),
        description=Text(
            "Posts a counter-booking with debit and credit swapped, linked both ways. Nothing is deleted; a booking is reversed once.",
            "Bucht eine Gegenbuchung mit vertauschtem Soll und Haben, in beide Richtungen verknüpft. Nichts wird gelöscht; storniert wird einmal.",
        ),
        scopes="journal:write",
        body=ReversalInput,
        answer=PostedReversal,
        creates=True,
        errors=(AlreadyReversed, OpenItemSettled, NotFound, PeriodLocked),
    )
    def post(self, request: ApiRequest) -> object:
        """One counter-booking."""
        data = request.data
        wanted = ReversalRequest(
            intent_id=data["intent_id"],
            reason=data.get("reason") or "",
            posting_mode=data["posting_mode"],
            general_reversal=data["general_reversal"],
        )
        posted = reverse_booking(company=request.company, actor=request.actor, request=wanted, today=request.today, now=request.now)
        body = {"reversal_intent_id": posted.intent_id, "original_intent_id": wanted.intent_id, "event_count": posted.event_count}
        return Answer(body, location=f"/v1/journal/{posted.intent_id}")
