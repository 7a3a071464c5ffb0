"""Tax codes: list, create, change, switch off."""

from decimal import Decimal
from typing import Any, Final

from accounting.expansion import AccountInactive, AccountNotFound
from accounting.selectors.tax_codes import tax_codes_of
from accounting.services.tax_codes import (
    CODE_PATTERN,
    DuplicateTaxCode,
    NewTaxCode,
    NoChanges,
    SystemTaxCodeDeleteForbidden,
    SystemTaxCodeFixed,
    TaxCodeChange,
    TaxCodeNotFound,
    change_tax_code,
    create_tax_code,
    deactivate_tax_code,
)
from ledgerlou.api import fields
from ledgerlou.api.answers import Answer
from ledgerlou.api.operation import Operation, any_scope
from ledgerlou.api.parameters import PathParameter, Query
from ledgerlou.api.request import ApiRequest
from ledgerlou.api.serializers import Input, Output
from ledgerlou.api.text import Text
from ledgerlou.api.views import CompanyView

_CODE_TEXT: Final = Text("Tax code; upper and lower case are the same", "Steuerschlüssel; Groß- und Kleinschreibung sind gleich")
_LABEL: Final = Text("Short name", "Kurzbezeichnung")
_DESCRIPTION: Final = Text("When to use the code", "Wann der Schlüssel zu verwenden ist")
_RATE: Final = Text("Rate in percent, 19 for 19 %", "Satz in Prozent, 19 für 19 %")
_VAT_ACCOUNT: Final = Text(
    "Account of the input or output VAT; null where the tax is not deductible or the rate is 0",
    "Konto der Vorsteuer oder Umsatzsteuer; null, wenn die Steuer nicht abziehbar oder der Satz 0 ist",
)
_SELF_ASSESS_ACCOUNT: Final = Text(
    "Account of the tax that the recipient owes (reverse charge, intra-Community acquisition)",
    "Konto der Steuer, die der Empfänger schuldet (§ 13b UStG, innergemeinschaftlicher Erwerb)",
)
_IS_SYSTEM: Final = Text("Comes with the chart", "Gehört zum Kontenrahmen")
_IS_ACTIVE: Final = Text("Can be used in new bookings", "In neuen Buchungen verwendbar")
CODE: Final = PathParameter("code", "string", pattern=CODE_PATTERN, max_length=20, malformed=TaxCodeNotFound, text=_CODE_TEXT)


class RateField(fields.NumberField):
    """A rate in percent, written without zeros at its end: 19, 7.8."""

    def __init__(self, **rest: Any) -> None:
        super().__init__(max_digits=6, decimal_places=3, min_value=0, max_value=100, help_text=_RATE, **rest)

    def to_representation(self, value: Decimal) -> Decimal:
        """The plain number."""
        return Decimal(format(value.normalize(), "f"))


class TaxCodeInput(Input):
    """A new code of the company's own."""

    code = fields.StringField(max_length=20, pattern=CODE_PATTERN, help_text=_CODE_TEXT)
    label = fields.StringField(max_length=120, help_text=_LABEL)  # type: ignore[assignment]  # a declared field is no attribute
    description = fields.StringField(max_length=500, required=False, allow_null=True, allow_blank=True, help_text=_DESCRIPTION)
    rate = RateField()
    vat_account = fields.StringField(max_length=9, pattern=r"[0-9]{1,9}", allow_null=True, help_text=_VAT_ACCOUNT)
    self_assess_account = fields.StringField(
        max_length=9, pattern=r"[0-9]{1,9}", required=False, allow_null=True, help_text=_SELF_ASSESS_ACCOUNT
    )


class TaxCodePatch(Input):
    """What to change; keys left out stay as they are."""

    label = fields.StringField(max_length=120, required=False, help_text=_LABEL)  # type: ignore[assignment]  # a declared field is no attribute
    description = fields.StringField(max_length=500, required=False, allow_null=True, allow_blank=True, help_text=_DESCRIPTION)
    rate = RateField(required=False)
    vat_account = fields.StringField(max_length=9, pattern=r"[0-9]{1,9}", required=False, allow_null=True, help_text=_VAT_ACCOUNT)
    self_assess_account = fields.StringField(
        max_length=9, pattern=r"[0-9]{1,9}", required=False, allow_null=True, help_text=_SELF_ASSESS_ACCOUNT
    )
    is_active = fields.BoolField(required=False, help_text=_IS_ACTIVE)


class TaxCodeRow(Output):
    """A tax code."""

    code = fields.StringField(help_text=_CODE_TEXT)
    label = fields.StringField(help_text=_LABEL)  # type: ignore[assignment]  # a declared field is no attribute
    description = fields.StringField(allow_null=True, help_text=_DESCRIPTION)
    rate = RateField()
    vat_account = fields.StringField(allow_null=True, help_text=_VAT_ACCOUNT)
    self_assess_account = fields.StringField(allow_null=True, help_text=_SELF_ASSESS_ACCOUNT)
    is_system = fields.BoolField(help_text=_IS_SYSTEM)
    is_active = fields.BoolField(help_text=_IS_ACTIVE)
    created_at = fields.MomentField()


class TaxCodeList(Output):
    """The tax codes of the company."""

    tax_codes = TaxCodeRow(many=True)


class TaxCodeState(Output):
    """Whether a code is in use."""

    code = fields.StringField(help_text=_CODE_TEXT)
    is_active = fields.BoolField(help_text=_IS_ACTIVE)


class TaxCodesView(CompanyView):
    """All codes."""

    tag = "Config"

    @Operation(
        id="listTaxCodes",
        summary=Text("List tax codes", "Steuerschlüssel auflisten"),
        description=Text(
            "Active codes: those of the chart in the order of their use, then the company's own.",
            "Aktive Schlüssel: die des Kontenrahmens in der Reihenfolge ihres Gebrauchs, dann die eigenen.",
        ),
        scopes=any_scope("config:read", "journal:read"),
        query=(Query("include_inactive", "boolean", default=False, text=Text("Switched-off codes, too", "Auch abgeschaltete Schlüssel")),),
        answer=TaxCodeList,
    )
    def get(self, request: ApiRequest) -> object:
        """The codes."""
        codes = tax_codes_of(company=request.company, include_inactive=request.query["include_inactive"])
        return {"tax_codes": codes}

    @Operation(
        id="createTaxCode",
        summary=Text("Create a tax code", "Steuerschlüssel anlegen"),
        description=Text(
            "Adds a code of the company's own. Its accounts are active accounts for VAT. With `self_assess_account` the tax is booked "
            "between the two accounts and the line stays net; with that account alone the tax is not deductible and becomes cost.",
            "Legt einen eigenen Schlüssel an. Seine Konten sind aktive Steuerkonten. Mit `self_assess_account` wird die Steuer zwischen "
            "beiden gebucht und die Zeile bleibt netto; mit diesem Konto allein ist die Steuer nicht abziehbar und wird Aufwand.",
        ),
        scopes="config:write",
        body=TaxCodeInput,
        answer=TaxCodeRow,
        status=201,
        creates=True,
        errors=(DuplicateTaxCode, AccountNotFound, AccountInactive),
        example={
            "code": "RC19",
            "label": "Reverse Charge 19%",
            "description": "Leistungen von Unternehmern aus dem übrigen Gemeinschaftsgebiet",
            "rate": 19,
            "vat_account": "1407",
            "self_assess_account": "3837",
        },
    )
    def post(self, request: ApiRequest) -> object:
        """Add a code."""
        code = create_tax_code(company=request.company, actor=request.actor, facts=NewTaxCode(**request.data), now=request.now)
        return Answer(code, location=f"/v1/tax-codes/{code.code}")


class TaxCodeView(CompanyView):
    """One code."""

    tag = "Config"
    path = (CODE,)

    @Operation(
        id="changeTaxCode",
        summary=Text("Change a tax code", "Steuerschlüssel ändern"),
        description=Text(
            "Changes the keys sent for bookings to come; null clears. What is posted keeps its tax. Rate and accounts of a code of the "
            "chart are fixed.",
            "Ändert die gesendeten Angaben für künftige Buchungen; null leert. Gebuchtes behält seine Steuer. Satz und Konten eines "
            "Schlüssels des Kontenrahmens stehen fest.",
        ),
        scopes="config:write",
        body=TaxCodePatch,
        answer=TaxCodeRow,
        errors=(NoChanges, TaxCodeNotFound, SystemTaxCodeFixed, AccountNotFound, AccountInactive),
        example={"label": "Reverse Charge 19% (EU)", "is_active": False},
    )
    def patch(self, request: ApiRequest, *, code: str) -> object:
        """Change a code."""
        change = TaxCodeChange(**request.data)
        return change_tax_code(company=request.company, actor=request.actor, code=code, change=change)

    @Operation(
        id="deactivateTaxCode",
        summary=Text("Switch off a tax code", "Steuerschlüssel abschalten"),
        description=Text(
            "Switches off a code of the company's own; PATCH with `is_active` true brings it back. Codes of the chart cannot be deleted.",
            "Schaltet einen eigenen Schlüssel ab; PATCH mit `is_active` true holt ihn zurück. Schlüssel des Kontenrahmens "
            "sind nicht löschbar.",
        ),
        scopes="config:write",
        answer=TaxCodeState,
        errors=(TaxCodeNotFound, SystemTaxCodeDeleteForbidden),
    )
    def delete(self, request: ApiRequest, *, code: str) -> object:
        """Switch off a code."""
        return deactivate_tax_code(company=request.company, actor=request.actor, code=code)
