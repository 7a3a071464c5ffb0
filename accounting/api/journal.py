"""The journal: its lines, one booking with everything about it, and account sheets."""

import json
from decimal import Decimal
from typing import Any
from uuid import UUID

from accounting.provenance import provenance
from accounting.selectors.accounts import account_named
from accounting.selectors.journal import BookingEvent, BookingView, JournalFilter, JournalLine, booking_view, journal_lines
from accounting.selectors.statements import StatementLine, account_statement
from ledgerlou.api import fields
from ledgerlou.api.answers import Answer
from ledgerlou.api.operation import Operation
from ledgerlou.api.parameters import PathParameter, Query, limit
from ledgerlou.api.request import ApiRequest
from ledgerlou.api.serializers import Output
from ledgerlou.api.text import Text
from ledgerlou.api.views import CompanyView
from ledgerlou.errors import InvalidInput, NotFound

_FROM = Text("From this booking date on", "Ab diesem Buchungsdatum")
_UNTIL = Text("Until this booking date", "Bis zu diesem Buchungsdatum")


class Provenance(Output):
    """Who booked it, and through which door."""

    surface = fields.StringField(help_text=Text("api, admin, command or task", "api, admin, command oder task"))
    surface_label = fields.StringField(help_text=Text("The same for people", "Dasselbe für Menschen"))
    channel = fields.StringField(help_text=Text("Kind of booking", "Art der Buchung"))
    channel_label = fields.StringField(help_text=Text("The same for people", "Dasselbe für Menschen"))
    actor_type = fields.StringField(help_text=Text("person, api_key or system", "person, api_key oder system"))
    actor_label = fields.StringField(help_text=Text("Name of the person or key", "Name der Person oder des Schlüssels"))
    actor_key_prefix = fields.StringField(
        allow_blank=True, help_text=Text("Public part of the key, or empty", "Öffentlicher Teil des Schlüssels, sonst leer")
    )
    actor_display = fields.StringField(help_text=Text("Name and key together", "Name und Schlüssel zusammen"))


class JournalRow(Output):
    """One line of the journal."""

    id = fields.IdField()
    journal_number = fields.IntField()
    booking_date = fields.DateField()
    period = fields.StringField()
    account_debit = fields.StringField()
    account_credit = fields.StringField()
    amount = fields.MoneyField()
    description = fields.StringField()
    source = fields.StringField()  # type: ignore[assignment]  # the published key, also an attribute of DRF fields
    intent_id = fields.IdField()
    document_id = fields.IdField(allow_null=True)
    fx_currency = fields.StringField(allow_null=True)
    fx_amount = fields.NumberField(max_digits=19, decimal_places=4, allow_null=True)
    external_reference = fields.StringField(allow_null=True)
    custom_metadata = fields.ObjectField(allow_null=True)
    provenance_summary = Provenance()


class JournalPage(Output):
    """Lines of the journal."""

    entries = JournalRow(many=True)


class JournalView(CompanyView):
    """Lines across all bookings."""

    tag = "Journal"

    @Operation(
        id="listJournal",
        summary=Text("List journal lines", "Journalzeilen auflisten"),
        description=Text(
            "Lines of all bookings that match, newest journal number first. `search` looks in text, reference and account numbers.",
            "Zeilen aller passenden Buchungen, höchste Journalnummer zuerst. `search` sucht in Text, Referenz und Kontonummern.",
        ),
        scopes="journal:read",
        query=(
            Query("account", "string", max_length=9, text=Text("Account on either side", "Konto auf einer der Seiten")),
            Query("startDate", "date", text=_FROM),
            Query("endDate", "date", text=_UNTIL),
            Query("search", "string", max_length=200, text=Text("Text, reference or account number", "Text, Referenz oder Kontonummer")),
            Query("externalReference", "string", max_length=500, text=Text("Exactly this reference", "Genau diese Referenz")),
            limit(default=200, maximum=1000),
        ),
        answer=JournalPage,
    )
    def get(self, request: ApiRequest) -> object:
        """The newest lines that match."""
        query = request.query
        wanted = JournalFilter(
            account=query["account"] or None,
            from_date=query["startDate"],
            until=query["endDate"],
            search=query["search"] or None,
            external_reference=query["externalReference"],
        )
        lines = journal_lines(company=request.company, wanted=wanted, limit=query["limit"])
        return Answer({"entries": [_journal_row(line) for line in lines]}, plain=True)


def _journal_row(line: JournalLine) -> dict[str, Any]:
    return {
        "id": line.id,
        "journal_number": line.journal_number,
        "booking_date": line.booking_date,
        "period": line.period,
        "account_debit": line.account_debit,
        "account_credit": line.account_credit,
        "amount": line.amount,
        "description": line.description,
        "source": line.source,
        "intent_id": line.intent_id,
        "document_id": line.document_id,
        "fx_currency": line.fx_currency,
        "fx_amount": line.fx_amount,
        "external_reference": line.external_reference,
        "custom_metadata": _metadata(line.custom_metadata),
        "provenance_summary": provenance(
            channel=line.channel,
            source=line.source,
            actor_type=line.actor_type,
            actor_label=line.actor_label,
            actor_key_prefix=line.actor_key_prefix,
        ),
    }


def _metadata(text: str | None) -> Any:
    return None if text is None else json.loads(text, parse_float=Decimal)


class EntryRow(Output):
    """One line of a booking with its place in the hash chain."""

    id = fields.IdField()
    intent_id = fields.IdField()
    journal_number = fields.IntField()
    position = fields.IntField()
    booking_date = fields.DateField()
    account_debit = fields.StringField()
    account_credit = fields.StringField()
    account_debit_name = fields.StringField()
    account_credit_name = fields.StringField()
    amount = fields.MoneyField()
    currency = fields.StringField()
    tax_code = fields.StringField(allow_null=True)
    tax_role = fields.StringField(allow_null=True)
    fx_currency = fields.StringField(allow_null=True)
    fx_amount = fields.NumberField(max_digits=19, decimal_places=4, allow_null=True)
    description = fields.StringField()
    created_at = fields.MomentField()
    created_by = fields.StringField()
    source = fields.StringField()  # type: ignore[assignment]  # the published key, also an attribute of DRF fields
    document_id = fields.IdField(allow_null=True)
    reverses_intent_id = fields.IdField(allow_null=True)
    audit_hash = fields.StringField()
    prev_hash = fields.StringField()
    provenance = Provenance()


class BookingSummary(Output):
    """The booking in short."""

    booking_date = fields.DateField()
    period = fields.StringField()
    description = fields.StringField()
    total_amount = fields.MoneyField()
    currency = fields.StringField()
    line_count = fields.IntField()
    status = fields.StringField(help_text=Text("posted or reversed", "posted oder reversed"))
    is_reversed = fields.BoolField()
    general_reversal = fields.BoolField()
    external_reference = fields.StringField(allow_null=True)
    created_at = fields.MomentField()
    created_by = fields.StringField()
    source = fields.StringField()  # type: ignore[assignment]  # the published key, also an attribute of DRF fields


class SettlementLink(Output):
    """A booking on the other side of a settlement."""

    intent_id = fields.IdField()
    account_number = fields.StringField()
    amount = fields.MoneyField()


class LinkedBookings(Output):
    """Links both ways."""

    reverses = fields.IdField(allow_null=True)
    reversed_by = fields.IdField(allow_null=True)
    settles = SettlementLink(many=True)
    settled_by = SettlementLink(many=True)


class LinkedDocument(Output):
    """A document of the booking."""

    id = fields.IdField()
    original_name = fields.StringField()
    mime_type = fields.StringField()


class FxBlock(Output):
    """The foreign-currency side as it was posted."""

    currency = fields.StringField()
    amount = fields.NumberField(max_digits=19, decimal_places=4)
    rate = fields.NumberField(max_digits=18, decimal_places=8)
    rate_date = fields.DateField()
    rate_source = fields.StringField()


class BookingMetadata(Output):
    """What else belongs to the booking."""

    documents = LinkedDocument(many=True)
    bank_transactions = fields.ListField(
        child=fields.ObjectField(), help_text=Text("None before bank accounts exist", "Leer, solange es keine Bankkonten gibt")
    )
    invoices = fields.ListField(
        child=fields.ObjectField(), help_text=Text("None before invoices exist", "Leer, solange es keine Rechnungen gibt")
    )
    custom_metadata = fields.ObjectField(allow_null=True)
    external_reference = fields.StringField(allow_null=True)
    fx = FxBlock(allow_null=True)


class BookingAudit(Output):
    """Everything about one booking."""

    intent_id = fields.IdField()
    entries = EntryRow(many=True)
    summary = BookingSummary()
    linked_intents = LinkedBookings()
    metadata = BookingMetadata()


class BookingAuditView(CompanyView):
    """One booking, for audits."""

    tag = "Journal"
    path = (PathParameter("intent_id", "uuid", text=Text("Id of the booking", "Id der Buchung")),)

    @Operation(
        id="getBooking",
        summary=Text("Everything about one booking", "Alles zu einer Buchung"),
        description=Text(
            "Lines with account names, hash chain, who booked it and how, documents, and links both ways to reversals and settlements.",
            "Zeilen mit Kontonamen, Hashkette, wer wie gebucht hat, Belege und Verknüpfungen zu Stornos und Ausgleichen in beide Richtungen.",
        ),
        scopes="journal:read",
        answer=BookingAudit,
        errors=(NotFound,),
    )
    def get(self, request: ApiRequest, *, intent_id: UUID) -> object:
        """The booking with all it is linked to."""
        view = booking_view(company=request.company, intent_id=intent_id)
        if view is None:
            raise NotFound("There is no such booking.", pointer="{intent_id}")
        return _audit(view)


def _audit(view: BookingView) -> dict[str, Any]:
    intent = view.intent
    made_by = provenance(
        channel=intent.channel,
        source=intent.source,
        actor_type=intent.actor_type,
        actor_label=intent.actor_label,
        actor_key_prefix=intent.actor_key_prefix,
    )
    links = [(name, [_link(link) for link in found]) for name, found in (("settles", view.settles), ("settled_by", view.settled_by))]
    return {
        "intent_id": intent.id,
        "entries": [_entry(view, event, made_by) for event in view.events],
        "summary": {
            "booking_date": intent.booking_date,
            "period": intent.period,
            "description": intent.description,
            "total_amount": intent.total,
            "currency": "EUR",
            "line_count": len(view.events),
            "status": "reversed" if view.reversed_by else "posted",
            "is_reversed": view.reversed_by is not None,
            "general_reversal": intent.general_reversal,
            "external_reference": intent.external_reference,
            "created_at": intent.created_at,
            "created_by": intent.actor_label,
            "source": intent.source,
        },
        "linked_intents": {"reverses": intent.reverses_id, "reversed_by": view.reversed_by, **dict(links)},
        "metadata": {
            "documents": view.documents,
            "bank_transactions": [],
            "invoices": [],
            "custom_metadata": _metadata(intent.custom_metadata),
            "external_reference": intent.external_reference,
            "fx": {
                "currency": intent.fx_currency,
                "amount": intent.fx_amount,
                "rate": intent.fx_rate,
                "rate_date": intent.fx_rate_date,
                "rate_source": intent.fx_rate_source,
            }
            if intent.fx_currency
            else None,
        },
    }


def _link(link: Any) -> dict[str, Any]:
    return {"intent_id": link.intent_id, "account_number": link.account, "amount": link.amount}


def _entry(view: BookingView, event: BookingEvent, made_by: dict[str, str]) -> dict[str, Any]:
    intent = view.intent
    return {
        "id": event.id,
        "intent_id": intent.id,
        "journal_number": event.journal_number,
        "position": event.position,
        "booking_date": intent.booking_date,
        "account_debit": event.account_debit,
        "account_credit": event.account_credit,
        "account_debit_name": event.account_debit_name,
        "account_credit_name": event.account_credit_name,
        "amount": event.amount,
        "currency": "EUR",
        "tax_code": event.tax_code,
        "tax_role": event.tax_role,
        "fx_currency": event.fx_currency,
        "fx_amount": event.fx_amount,
        "description": intent.description,
        "created_at": intent.created_at,
        "created_by": intent.actor_label,
        "source": intent.source,
        "document_id": intent.document_id,
        "reverses_intent_id": intent.reverses_id,
        "audit_hash": event.audit_hash,
        "prev_hash": event.prev_hash,
        "provenance": made_by,
    }


class AccountEntryRow(Output):
    """One line of an account sheet."""

    id = fields.IdField()
    journal_number = fields.IntField()
    booking_date = fields.DateField()
    period = fields.StringField()
    intent_id = fields.IdField()
    description = fields.StringField()
    contra_account = fields.StringField()
    contra_account_name = fields.StringField()
    debit = fields.MoneyField()
    credit = fields.MoneyField()
    amount = fields.MoneyField(help_text=Text("Debit minus credit", "Soll minus Haben"))
    running_balance = fields.MoneyField(
        help_text=Text("Balance in its fiscal year after this line", "Saldo im Wirtschaftsjahr nach dieser Zeile")
    )
    currency = fields.StringField()
    fx_currency = fields.StringField(allow_null=True)
    fx_amount = fields.NumberField(max_digits=19, decimal_places=4, allow_null=True)
    source = fields.StringField()  # type: ignore[assignment]  # the published key, also an attribute of DRF fields
    document_id = fields.IdField(allow_null=True)
    external_reference = fields.StringField(allow_null=True)


class AccountSheet(Output):
    """An account sheet (Kontoblatt)."""

    entries = AccountEntryRow(many=True)
    balance = fields.MoneyField(help_text=Text("Debits minus credits in the range", "Soll minus Haben im Zeitraum"))
    account_number = fields.StringField()
    account_name = fields.StringField()
    opening_balance = fields.MoneyField(help_text=Text("Balance before the range", "Saldo vor dem Zeitraum"))
    closing_balance = fields.MoneyField(help_text=Text("Balance after the last line shown", "Saldo nach der letzten Zeile"))


class AccountEntriesView(CompanyView):
    """The sheet of one account."""

    tag = "Journal"
    path = (PathParameter("number", "string", text=Text("Account number", "Kontonummer"), pattern=r"[0-9]{1,9}", malformed=NotFound),)

    @Operation(
        id="listAccountEntries",
        summary=Text("Account sheet", "Kontoblatt"),
        description=Text(
            "The newest lines of an account between two days, oldest first, with a running balance. Balances belong to a fiscal year. "
            "`before` continues towards older lines: give the journal number of the oldest line you have.",
            "Die neuesten Zeilen eines Kontos zwischen zwei Tagen, älteste zuerst, mit laufendem Saldo. Salden gehören zu einem Wirtschaftsjahr. "
            "`before` setzt zu älteren Zeilen fort: die Journalnummer der ältesten vorhandenen Zeile.",
        ),
        scopes="journal:read",
        query=(
            Query("startDate", "date", text=_FROM),
            Query("endDate", "date", text=_UNTIL),
            limit(default=100, maximum=1000),
            Query(
                "before",
                "integer",
                minimum=1,
                maximum=2**63 - 1,
                text=Text("Older than this journal number", "Älter als diese Journalnummer"),
            ),
        ),
        answer=AccountSheet,
        errors=(NotFound,),
    )
    def get(self, request: ApiRequest, *, number: str) -> object:
        """The sheet."""
        query = request.query
        if query["startDate"] and query["endDate"] and query["startDate"] > query["endDate"]:
            raise InvalidInput("The range ends before it starts.", pointer="?endDate")
        account = account_named(company=request.company, number=number)
        sheet = account_statement(
            company=request.company,
            account=account,
            start=query["startDate"],
            end=query["endDate"],
            limit=query["limit"],
            before=query["before"],
        )
        body = {
            "entries": [_account_entry(line) for line in sheet.lines],
            "balance": sheet.balance,
            "account_number": account.number,
            "account_name": account.name,
            "opening_balance": sheet.opening_balance,
            "closing_balance": sheet.closing_balance,
        }
        return Answer(body, plain=True)


def _account_entry(line: StatementLine) -> dict[str, Any]:
    return {
        "id": line.id,
        "journal_number": line.journal_number,
        "booking_date": line.booking_date,
        "period": line.period,
        "intent_id": line.intent_id,
        "description": line.description,
        "contra_account": line.contra_account,
        "contra_account_name": line.contra_account_name,
        "debit": line.debit,
        "credit": line.credit,
        "amount": line.debit - line.credit,
        "running_balance": line.running_balance,
        "currency": "EUR",
        "fx_currency": line.fx_currency,
        "fx_amount": line.fx_amount,
        "source": line.source,
        "document_id": line.document_id,
        "external_reference": line.external_reference,
    }
