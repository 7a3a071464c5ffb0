"""Which account of a DATEV row bears tax, and under which tax code: from the posting key and the automatic accounts of the chart."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from accounting.german.datev_chart import DatevChart, DatevTaxCode
from accounting.german.datev_keys import KeyMeaning
from accounting.german.datev_rows import BatchRow

# Days on which keys and automatic accounts meant other rates than today's: before 19 % (Haushaltsbegleitgesetz 2006, Art. 4), and
# the half year with 16 % and 5 % (§ 28 Abs. 1 bis 3 UStG), when DATEV gave the usual keys the lower rates.
_NINETEEN_PERCENT_SINCE: Final = date(2007, 1, 1)
_LOWER_RATES: Final = (date(2020, 7, 1), date(2020, 12, 31))

_OTHER_RATES_KEY: Final = 49  # rate given by fields 45 to 47


class UnclearTax(Exception):
    """The tax of a row cannot be told, or cannot be booked. The text is for the person who imports the file."""

    def __init__(self, field: int, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, kw_only=True, slots=True)
class TaxedAccount:
    """The account whose line gets the tax code. `other_codes` are those that the key could have meant as well."""

    number: str
    code: str
    other_codes: tuple[str, ...] = ()


def taxed_account(*, row: BatchRow, meaning: KeyMeaning, accounts: tuple[str, str], chart: DatevChart) -> TaxedAccount | None:
    """The account with tax and its code, or None for a row without tax. `accounts` are those of fields 7 and 8 in the chart.

    Without a key an automatic account bears its own code; key 40 lifts that, for both accounts. A key goes to the account that can
    bear tax: income and expense before others, then the one that fits the direction of the tax, then field 7 (books D2).
    Raises UnclearTax.
    """
    automatic = {number: code for number in accounts if (code := chart.automatic_codes.get(number)) is not None}
    if meaning.lifts_automatism:
        return None
    if meaning.tax_key is not None:
        found = _by_key(row=row, key=meaning.tax_key, accounts=accounts, automatic=automatic, chart=chart)
    elif len(automatic) > 1:
        both = " and ".join(f"{number} ({code})" for number, code in automatic.items())
        raise UnclearTax(8, f"{both} are both automatic accounts. Use key 40 to book without tax, or two rows over a clearing account.")
    elif automatic:
        number, code = next(iter(automatic.items()))
        found = TaxedAccount(number=number, code=code)
    else:
        return None
    _require_known_rate(row, found, chart)
    return found


def _by_key(*, row: BatchRow, key: int, accounts: tuple[str, str], automatic: dict[str, str], chart: DatevChart) -> TaxedAccount:
    meant = [code for code in chart.tax_codes if code.bu_key == key]
    if not meant:
        raise UnclearTax(9, _no_code_because(row, key))
    if automatic:
        agreeing = [(number, code) for number, code in automatic.items() if code.upper() in {other.code.upper() for other in meant}]
        if len(automatic) == len(agreeing) == 1:
            return TaxedAccount(number=agreeing[0][0], code=agreeing[0][1])
        written = ", ".join(f"{number} with {code}" for number, code in automatic.items())
        names = " or ".join(code.code for code in meant)
        raise UnclearTax(9, f"Key {key} means {names}, but the row has an automatic account: {written}. Leave the key out, or use 40.")
    code, others = _most_likely(row, key, meant, chart)
    eligible = [number for number in accounts if chart.may_bear_tax(number)]
    if not eligible:
        raise UnclearTax(9, f"Key {key} stands on a row whose accounts {accounts[0]} and {accounts[1]} cannot bear tax.")
    natural = "expense" if code.direction == "input" else "revenue"
    types = {number: facts.type for number in eligible if (facts := chart.account(number)) is not None}
    number = max(eligible, key=lambda number: (types[number] in ("revenue", "expense"), types[number] == natural))
    return TaxedAccount(number=number, code=code.code, other_codes=others)


def _no_code_because(row: BatchRow, key: int) -> str:
    if key == _OTHER_RATES_KEY:
        function = "/".join((row.bu49_main_type or "-", row.bu49_main_number or "-", row.bu49_supplement or "-"))
        return (
            f"Key 49 (function {function} in fields 45 to 47) is a tax rate of its own. Book the row by hand with the tax code that "
            "fits, or give that tax code the DATEV key 49."
        )
    return f"No tax code has the DATEV key {key}. Give the tax code that is meant this key, or change the file."


def _most_likely(row: BatchRow, key: int, meant: Sequence[DatevTaxCode], chart: DatevChart) -> tuple[DatevTaxCode, tuple[str, ...]]:
    """One of several codes with the same key: in use, at the rate the row gives, for the EU or not; then the first in the chart."""
    active = [code for code in meant if (facts := chart.tax_code(code.code)) is not None and facts.is_active]
    if not active:
        raise UnclearTax(9, f"Key {key} means {meant[0].code}, a tax code that is switched off. Switch it on to import such rows.")
    rate = row.tax_rate_percent if row.tax_rate_percent is not None else row.eu_rate_percent
    at_rate = [code for code in active if (facts := chart.tax_code(code.code)) is not None and facts.rate_percent == rate]
    possible = at_rate or active
    if len(possible) > 1 and row.eu_vat_id[:2].isalpha() and row.eu_vat_id[:2].upper() != "DE":
        possible = sorted(possible, key=lambda code: "_eu" not in code.kind)
    return possible[0], tuple(code.code for code in possible[1:])


def _require_known_rate(row: BatchRow, taxed: TaxedAccount, chart: DatevChart) -> None:
    """Refuse a row whose tax rate is not surely that of the tax code: the amounts would be wrong, and nobody would notice."""
    facts = chart.tax_code(taxed.code)
    if facts is None:
        raise UnclearTax(9, f"Tax code {taxed.code} of account {taxed.number} does not exist.")
    if not facts.rate_percent:
        if facts.vat_account is not None and facts.self_assess_account is None:
            raise UnclearTax(9, f"Tax code {facts.code} takes its rate from each booking. Book the row by hand.")
        return
    if row.tax_rate_percent is not None and row.tax_rate_percent != facts.rate_percent:
        raise UnclearTax(
            119, f"The row says {row.tax_rate_percent.normalize():f} % tax, but {facts.code} has {facts.rate_percent.normalize():f} %."
        )
    if row.taxation not in ("", "S"):
        raise UnclearTax(42, f"Field 42 is {row.taxation}: taxed otherwise than by the date of supply. Book the row by hand.")
    day = row.service_date or row.document_date
    if row.tax_rate_percent is None and (day < _NINETEEN_PERCENT_SINCE or _LOWER_RATES[0] <= day <= _LOWER_RATES[1]):
        raise UnclearTax(
            119, f"On {day} other tax rates applied, and the row does not say which it has. Give the rate in field 119, or book by hand."
        )
