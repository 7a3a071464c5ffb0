"""A small SKR04 chart and short ways to write drafts, for the tests of expansion."""

from datetime import date
from decimal import Decimal

from accounting.drafts import AccountFacts, ChartFacts, Draft, DraftLine, Fx, TaxCodeFacts

BOOKING_DATE = date(2026, 3, 2)

_ACCOUNTS = {
    "asset": "1200 1600 1610 1800 1810",
    "liability": "3300 3630",
    "equity": "2900 9000",
    "revenue": "4120 4300 4400",
    "expense": "5425 5736 5923 5943 6815 6820 6850",
}
_TAX_ACCOUNTS = "1401 1404 1406 1407 3801 3804 3806 3837"
_EXCHANGE_DIFFERENCES = "4840 6880"

CHART = ChartFacts(
    accounts={
        **{number: AccountFacts(number=number, type=kind) for kind, numbers in _ACCOUNTS.items() for number in numbers.split()},
        **{number: AccountFacts(number=number, type="asset", is_tax_account=True) for number in _TAX_ACCOUNTS.split()},
        **{number: AccountFacts(number=number, type="expense", is_exchange_difference=True) for number in _EXCHANGE_DIFFERENCES.split()},
        "6899": AccountFacts(number="6899", type="expense", is_active=False),
    },
    tax_codes={
        code.code: code
        for code in (
            TaxCodeFacts(code="UST19", rate_percent=Decimal(19), vat_account="3806"),
            TaxCodeFacts(code="UST7", rate_percent=Decimal(7), vat_account="3801"),
            TaxCodeFacts(code="UST-EXP0", rate_percent=Decimal(0)),
            TaxCodeFacts(code="VST19", rate_percent=Decimal(19), vat_account="1406"),
            TaxCodeFacts(code="VST7", rate_percent=Decimal(7), vat_account="1401"),
            TaxCodeFacts(code="VST7.8", rate_percent=Decimal("7.8"), vat_account="1401"),
            TaxCodeFacts(code="VST0", rate_percent=Decimal(0)),
            TaxCodeFacts(code="VST-IGE19", rate_percent=Decimal(19), vat_account="1404", self_assess_account="3804"),
            TaxCodeFacts(code="VST-IGE0", rate_percent=Decimal(0), vat_account="1404", self_assess_account="3804"),
            TaxCodeFacts(code="VST-13B19-OV", rate_percent=Decimal(19), self_assess_account="3837"),
            TaxCodeFacts(code="OFF19", rate_percent=Decimal(19), vat_account="1406", is_active=False),
            TaxCodeFacts(
                code="MARCH",
                rate_percent=Decimal(19),
                vat_account="1406",
                valid_from=date(2026, 3, 1),
                valid_until=date(2026, 3, 31),
            ),
            TaxCodeFacts(code="NO-ACCOUNT", rate_percent=Decimal(19)),
            TaxCodeFacts(code="SAME-ACCOUNTS", rate_percent=Decimal(19), vat_account="1404", self_assess_account="1404"),
            TaxCodeFacts(code="LOST-ACCOUNT", rate_percent=Decimal(19), vat_account="1499"),
            TaxCodeFacts(code="OFF-ACCOUNT", rate_percent=Decimal(19), vat_account="6899"),
            TaxCodeFacts(code="ON-CLEARING", rate_percent=Decimal(19), vat_account="3630"),
        )
    },
)


def dr(account: str, amount: str, tax_code: str | None = None) -> DraftLine:
    """A debit line."""
    return DraftLine(account=account, debit=Decimal(amount), tax_code=tax_code)


def cr(account: str, amount: str, tax_code: str | None = None) -> DraftLine:
    """A credit line."""
    return DraftLine(account=account, credit=Decimal(amount), tax_code=tax_code)


def booking(*lines: DraftLine, fx: Fx | None = None, opening: bool = False, booking_date: date = BOOKING_DATE) -> Draft:
    """A draft of these lines."""
    return Draft(booking_date=booking_date, description="Testbuchung", lines=lines, fx=fx, opening=opening)


def fx(amount: str, rate: str, currency: str = "USD", rate_source: str = "ecb") -> Fx:
    """The foreign-currency side of a draft."""
    return Fx(currency=currency, amount=Decimal(amount), rate=Decimal(rate), rate_date=BOOKING_DATE, rate_source=rate_source)
