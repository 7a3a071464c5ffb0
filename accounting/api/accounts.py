"""The chart of accounts: list, add, search."""

from typing import Final

from accounting.german.report_keys import SHORT_NAMES
from accounting.models.account import AccountType
from accounting.selectors.accounts import account_page, search_accounts
from accounting.services.accounts import DuplicateAccount, NewAccount, create_account
from ledgerlou.api import fields
from ledgerlou.api.answers import Answer
from ledgerlou.api.operation import Operation
from ledgerlou.api.parameters import Query, limit, offset
from ledgerlou.api.request import ApiRequest
from ledgerlou.api.serializers import Input, Output
from ledgerlou.api.text import Text
from ledgerlou.api.views import CompanyView

_NUMBER: Final = Text("Account number, leading zeros kept", "Kontonummer mit führenden Nullen")
_NAME: Final = Text("Name of the account", "Bezeichnung des Kontos")
_TYPE: Final = Text("Where the account belongs in the annual accounts", "Einordnung im Jahresabschluss")
_CATEGORY: Final = Text(
    "Finer grouping, free; vat_input and vat_output mark accounts that hold VAT",
    "Feinere Gruppe, frei wählbar; vat_input und vat_output kennzeichnen Steuerkonten",
)
_SHORT_NAMES: Final = ", ".join(SHORT_NAMES)
_REPORT_GROUP: Final = Text(
    f"Place in balance sheet, P&L and monthly report: a position of §§ 266, 275 HGB such as G.8, or {_SHORT_NAMES}; "
    "any other key is kept as it is",
    f"Platz in Bilanz, GuV und BWA: eine Position der §§ 266, 275 HGB wie G.8 oder {_SHORT_NAMES}; andere Schlüssel bleiben, wie sie sind",
)


class AccountInput(Input):
    """A new account."""

    number = fields.StringField(
        max_length=8,
        pattern=r"[0-9]{1,8}",
        help_text=Text(
            "Account number, digits only; 10000 to 99999 are customers and vendors",
            "Kontonummer, nur Ziffern; 10000 bis 99999 sind Personenkonten",
        ),
    )
    name = fields.StringField(max_length=255, help_text=_NAME)
    type = fields.ChoiceField(AccountType, help_text=_TYPE)
    category = fields.StringField(max_length=100, required=False, allow_null=True, help_text=_CATEGORY)
    report_group = fields.StringField(max_length=40, required=False, allow_null=True, help_text=_REPORT_GROUP)


class AccountRow(Output):
    """An account of the chart."""

    number = fields.StringField(help_text=_NUMBER)
    name = fields.StringField(help_text=_NAME)
    type = fields.ChoiceField(AccountType, help_text=_TYPE)
    category = fields.StringField(allow_null=True, help_text=_CATEGORY)
    report_group = fields.StringField(allow_null=True, help_text=_REPORT_GROUP)
    is_system = fields.BoolField(help_text=Text("Comes from the standard chart", "Stammt aus dem Standardkontenrahmen"))


class AccountPage(Output):
    """A page of the chart."""

    accounts = AccountRow(many=True)
    total = fields.IntField(help_text=Text("Active accounts in all", "Aktive Konten insgesamt"))
    offset = fields.IntField()
    limit = fields.IntField()


class AccountHit(Output):
    """An account that was found."""

    number = fields.StringField(help_text=_NUMBER)
    name = fields.StringField(help_text=_NAME)


class AccountHits(Output):
    """Accounts that were found, the best first."""

    accounts = AccountHit(many=True)


class AccountsView(CompanyView):
    """The chart of accounts."""

    tag = "Journal"

    @Operation(
        id="listAccounts",
        summary=Text("Chart of accounts", "Kontenplan"),
        description=Text(
            "Active accounts by number: those of the standard chart and the company's own.",
            "Aktive Konten nach Nummer: die des Standardkontenrahmens und die eigenen.",
        ),
        scopes="journal:read",
        query=(limit(default=500, maximum=500), offset()),
        answer=AccountPage,
    )
    def get(self, request: ApiRequest) -> object:
        """A page of accounts."""
        rows, total = account_page(company=request.company, **request.paging)
        return {"accounts": rows, "total": total, **request.paging}

    @Operation(
        id="createAccount",
        summary=Text("Add an account", "Konto anlegen"),
        description=Text(
            "Adds an account of the company's own. A number that is taken, with or without leading zeros, is refused. 10000 to 69999 are "
            "customers (type asset), 70000 to 99999 vendors (type liability); their bookings bear open items. Without `report_group` the "
            "account stands in the reports where its neighbour in the standard chart does. 9xxx accounts stay out of every statement.",
            "Legt ein eigenes Konto an. Eine vergebene Nummer, mit oder ohne führende Nullen, wird abgelehnt. 10000 bis 69999 sind "
            "Debitoren (Art asset), 70000 bis 99999 Kreditoren (Art liability); ihre Buchungen führen offene Posten. Ohne `report_group` "
            "steht das Konto in den Auswertungen dort, wo sein Nachbar im Standardkontenrahmen steht. Konten 9xxx bleiben aus jeder "
            "Auswertung heraus.",
        ),
        scopes="journal:write",
        body=AccountInput,
        answer=AccountRow,
        status=201,
        creates=True,
        errors=(DuplicateAccount,),
        example={"number": "6817", "name": "Cloud-Infrastruktur", "type": "expense", "category": "IT-Kosten", "report_group": "other_opex"},
    )
    def post(self, request: ApiRequest) -> object:
        """Add an account."""
        account = create_account(company=request.company, actor=request.actor, facts=NewAccount(**request.data), now=request.now)
        return Answer(account, location=f"/v1/accounts/{account.number}/entries")


class AccountSearchView(CompanyView):
    """Accounts for type-ahead fields."""

    tag = "Journal"

    @Operation(
        id="searchAccounts",
        summary=Text("Search accounts", "Konten suchen"),
        description=Text(
            "At most 20 active accounts whose number starts with `q` or whose name contains it; case, umlauts and accents do not matter. "
            "Hits on the number come first. Without `q` the first accounts come.",
            "Höchstens 20 aktive Konten, deren Nummer mit `q` beginnt oder deren Bezeichnung es enthält; Groß- und Kleinschreibung, "
            "Umlaute und Akzente spielen keine Rolle. Treffer in der Nummer stehen vorn. Ohne `q` kommen die ersten Konten.",
        ),
        scopes="journal:read",
        query=(
            Query(
                "q",
                "string",
                default="",
                max_length=255,
                text=Text("Start of the number or part of the name", "Anfang der Nummer oder Teil der Bezeichnung"),
            ),
            Query("type", "string", enum=tuple(AccountType.values), text=Text("Only accounts of this type", "Nur Konten dieser Art")),
        ),
        answer=AccountHits,
    )
    def get(self, request: ApiRequest) -> object:
        """The best hits."""
        return {"accounts": search_accounts(company=request.company, text=request.query["q"], account_type=request.query["type"])}
