"""Foreign currency on a booking: does the rate explain the euros, and which event carries how much of the foreign amount?"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final

from accounting.drafts import RATE_SOURCES, AccountFacts, Fx, Transfer
from accounting.pairing import divide_half_up
from ledgerlou.errors import InvalidInput, LedgerLouError
from ledgerlou.money import smallest_unit, split_amount

# ISO 4217 list one as of 2026-01-01, without the euro and without codes that have no smallest unit (metals, XDR, tests);
# ANG, BGN and HRK were withdrawn in 2025, 2026 and 2023 and still stand on documents from before.
_CODES: Final = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW "
    "CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF "
    "IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP "
    "MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG "
    "SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND "
    "VUV WST XAD XAF XCD XCG XOF XPF YER ZAR ZMW ZWG"
)
CURRENCIES: Final = frozenset(_CODES.split())
RATE_STEP: Final = Decimal("0.00000001")  # rates are stored as NUMERIC(18,8)
MAX_RATE: Final = Decimal("9999999999.99999999")
MAX_FOREIGN_AMOUNT: Final = Decimal("999999999999999.9999")  # NUMERIC(19,4); ISO 4217 knows at most four decimals


def fx_errors(*, fx: Fx, debit_cents: int, credit_cents: int) -> list[LedgerLouError]:
    """Everything wrong with the foreign-currency side of a booking (RULINGS 14).

    The two totals are the euro cents of the lines that are not on an exchange gain or loss account.
    `amount / rate`, rounded half up, must equal one of them.
    """
    errors = _field_errors(fx)
    if errors:
        return errors
    euro_cents = _euro_cents(fx)
    if euro_cents not in (debit_cents, credit_cents):
        euros, debit, credit = (Decimal(cents).scaleb(-2) for cents in (euro_cents, debit_cents, credit_cents))
        return [
            InvalidInput(
                f"{fx.amount} {fx.currency} at {fx.rate} {fx.currency} per euro is {euros} EUR, but the lines say {debit} (debit) and "
                f"{credit} (credit). Correct the amount, the rate or the lines; an exchange difference goes on its own account.",
                pointer="/fx/amount",
                euro_amount=euros,
                euro_debit_total=debit,
                euro_credit_total=credit,
            )
        ]
    return []


def share_foreign_amount(*, fx: Fx, transfers: Sequence[Transfer], accounts: Mapping[str, AccountFacts]) -> list[Transfer]:
    """Spread the foreign amount over the events by their euros: largest remainder, in the smallest unit of the currency.

    Events that touch an exchange gain or loss account exist in euros only and carry none. A tiny event may carry zero.
    """
    carriers = [
        index
        for index, transfer in enumerate(transfers)
        if not (accounts[transfer.debit].is_exchange_difference or accounts[transfer.credit].is_exchange_difference)
    ]
    shares = split_amount(fx.amount, [transfers[index].amount for index in carriers], smallest_unit(fx.currency))
    shared = list(transfers)
    for index, share in zip(carriers, shares, strict=True):
        shared[index] = replace(shared[index], fx_amount=share)
    return shared


def _field_errors(fx: Fx) -> list[LedgerLouError]:
    """What is wrong with the fields taken one by one."""
    errors: list[LedgerLouError] = []
    if fx.currency == "EUR":
        errors.append(InvalidInput("A booking in euros has no fx block: leave it out.", pointer="/fx/currency"))
    elif fx.currency not in CURRENCIES:
        errors.append(
            InvalidInput(f"{fx.currency!r} is not a currency. Send its ISO 4217 code, three capital letters.", pointer="/fx/currency")
        )
    if not (fx.amount.is_finite() and 0 < fx.amount <= MAX_FOREIGN_AMOUNT):
        errors.append(InvalidInput(f"The foreign amount must be above zero and at most {MAX_FOREIGN_AMOUNT}.", pointer="/fx/amount"))
    elif fx.currency in CURRENCIES and fx.amount % smallest_unit(fx.currency):
        errors.append(
            InvalidInput(f"{fx.currency} has no amounts smaller than {smallest_unit(fx.currency)}: round first.", pointer="/fx/amount")
        )
    if not (fx.rate.is_finite() and 0 < fx.rate <= MAX_RATE and not fx.rate % RATE_STEP):
        errors.append(
            InvalidInput(
                f"The rate (units per euro) must be above zero, at most {MAX_RATE}, with eight decimals at most.", pointer="/fx/rate"
            )
        )
    if fx.rate_source.lower() not in RATE_SOURCES:
        errors.append(InvalidInput(f"The source of the rate is one of {', '.join(RATE_SOURCES)}.", pointer="/fx/rate_source"))
    return errors


def _euro_cents(fx: Fx) -> int:
    """`amount / rate` in cents, rounded half up, in whole numbers: a quotient cut at 28 digits could move a cent."""
    amount_over, amount_under = fx.amount.as_integer_ratio()
    rate_over, rate_under = fx.rate.as_integer_ratio()
    return divide_half_up(100 * amount_over * rate_under, amount_under * rate_over)
