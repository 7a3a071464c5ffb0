"""Every rule of the expansion once, with the figures worked out by hand, and every refusal."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from accounting.drafts import ChartFacts, Draft, DraftLine, Fx, Transfer
from accounting.expansion import (
    AccountInactive,
    AccountNotFound,
    BalanceMismatch,
    InvalidTaxCode,
    draft_accounts,
    draft_total,
    expand,
)
from accounting.fx import CURRENCIES
from accounting.pairing import Pair, divide_half_up, pair_lines
from ledgerlou.errors import InvalidInput, LedgerLouError
from ledgerlou.money import MINOR_UNITS
from tests.accounting.expansion_chart import CHART, booking, cr, dr, fx


def events(draft: Draft, chart: ChartFacts = CHART) -> list[str]:
    """The events of a draft, one readable text each."""
    return [_text(transfer) for transfer in expand(draft, chart)]


def _text(transfer: Transfer) -> str:
    tax = f" {transfer.tax_code}/{transfer.tax_role}" if transfer.tax_code else ""
    foreign = "" if transfer.fx_amount is None else f" ({transfer.fx_amount})"
    return f"{transfer.debit} {transfer.credit} {transfer.amount}{tax}{foreign}"


def refusal(draft: Draft, chart: ChartFacts = CHART) -> LedgerLouError:
    """The error that a draft is refused with."""
    with pytest.raises(LedgerLouError) as caught:
        expand(draft, chart)
    return caught.value


def faults(draft: Draft, chart: ChartFacts = CHART) -> list[tuple[str, str]]:
    """Pointer and code of all that is wrong with a draft."""
    return [(fault.pointer, fault.code) for fault in refusal(draft, chart).faults]


PAIRING = {
    "two lines": ([dr("6815", "5.00"), cr("1800", "5.00")], ["6815 1800 5.00"]),
    "credit first": ([cr("1800", "5.00"), dr("6815", "5.00")], ["6815 1800 5.00"]),
    "one against two": ([dr("6815", "5.00"), cr("1800", "2.00"), cr("1600", "3.00")], ["6815 1800 2.00", "6815 1600 3.00"]),
    "two against one": ([dr("6815", "2.00"), dr("6820", "3.00"), cr("1800", "5.00")], ["6815 1800 2.00", "6820 1800 3.00"]),
    "three against two": (
        [dr("6815", "1.00"), dr("6820", "2.00"), dr("6850", "3.00"), cr("1800", "4.00"), cr("1600", "2.00")],
        ["6815 1800 1.00", "6820 1800 2.00", "6850 1800 1.00", "6850 1600 2.00"],
    ),
    "sides mixed": (
        [cr("1800", "3.00"), dr("6815", "5.00"), cr("1600", "4.00"), dr("6820", "2.00")],
        ["6815 1800 3.00", "6815 1600 2.00", "6820 1600 2.00"],
    ),
    "equal accounts stay apart": (
        [dr("6815", "1.00"), dr("6815", "1.00"), cr("1800", "0.50"), cr("1800", "1.50")],
        ["6815 1800 0.50", "6815 1800 0.50", "6815 1800 1.00"],
    ),
    "same account on both sides, never against itself": (
        [dr("6815", "1.00"), dr("1800", "2.00"), cr("1800", "1.00"), cr("1200", "2.00")],
        ["6815 1800 1.00", "1800 1200 2.00"],
    ),
    "whole euros without decimals": ([dr("6815", "5"), cr("1800", "5.0")], ["6815 1800 5.00"]),
    "largest amount": ([dr("6815", "9999999999999.99"), cr("1800", "9999999999999.99")], ["6815 1800 9999999999999.99"]),
}


@pytest.mark.parametrize(("lines", "expected"), PAIRING.values(), ids=PAIRING.keys())
def test_expand_pairs_lines_in_input_order(lines: list[DraftLine], expected: list[str]) -> None:
    assert events(booking(*lines)) == expected


TAX = {
    "input tax": ([dr("6815", "119.00", "VST19"), cr("1800", "119.00")], ["6815 1800 100.00 VST19/base", "1406 1800 19.00 VST19/tax"]),
    "output tax": ([dr("1200", "107.00"), cr("4300", "107.00", "UST7")], ["1200 4300 100.00 UST7/base", "1200 3801 7.00 UST7/tax"]),
    "input tax taken back": (
        [dr("3300", "1.19"), cr("5736", "0.04", "VST19"), cr("1800", "1.15")],
        ["3300 5736 0.03 VST19/base", "3300 1406 0.01 VST19/tax", "3300 1800 1.15"],
    ),
    "output tax taken back by a discount": (
        [dr("1800", "970.00"), dr("5736", "30.00", "UST19"), cr("1200", "1000.00")],
        ["1800 1200 970.00", "5736 1200 25.21 UST19/base", "3806 1200 4.79 UST19/tax"],
    ),
    "code in lower case": (
        [dr("6815", "1.19", "vst19"), cr("1800", "1.19")],
        ["6815 1800 1.00 VST19/base", "1406 1800 0.19 VST19/tax"],
    ),
    "rate with decimals": (
        [dr("6815", "107.80", "VST7.8"), cr("1800", "107.80")],
        ["6815 1800 100.00 VST7.8/base", "1401 1800 7.80 VST7.8/tax"],
    ),
    "three cents hold no tax (0.0048)": ([dr("6815", "0.03", "VST19"), cr("1800", "0.03")], ["6815 1800 0.03 VST19/base"]),
    "four cents hold one (0.0064)": (
        [dr("6815", "0.04", "VST19"), cr("1800", "0.04")],
        ["6815 1800 0.03 VST19/base", "1406 1800 0.01 VST19/tax"],
    ),
    "0 % marks the base": ([dr("1200", "5.00"), cr("4120", "5.00", "UST-EXP0")], ["1200 4120 5.00 UST-EXP0/base"]),
    "tax per line, not on the sum": (
        [dr("1800", "0.30"), cr("4400", "0.10", "UST19"), cr("4400", "0.10", "UST19"), cr("4400", "0.10", "UST19")],
        ["1800 4400 0.08 UST19/base", "1800 3806 0.02 UST19/tax"] * 3,
    ),
    "a tie goes to the earlier pair": (
        [dr("6815", "0.06", "VST19"), cr("1800", "0.03"), cr("1600", "0.03")],
        ["6815 1800 0.02 VST19/base", "1406 1800 0.01 VST19/tax", "6815 1600 0.03 VST19/base"],
    ),
    "a pair that is all tax": (
        [dr("6815", "0.06", "VST19"), cr("1800", "0.01"), cr("1600", "0.05")],
        # 0.01 of tax: shares 0.00167 and 0.00833, the cent goes to the second
        ["6815 1800 0.01 VST19/base", "6815 1600 0.04 VST19/base", "1406 1600 0.01 VST19/tax"],
    ),
    "six pairs of a cent, the first is all tax": (
        [dr("6815", "0.06", "VST19"), *[cr(account, "0.01") for account in ("1800", "1600", "1610", "1810", "3630", "2900")]],
        ["1406 1800 0.01 VST19/tax", *[f"6815 {account} 0.01 VST19/base" for account in ("1600", "1610", "1810", "3630", "2900")]],
    ),
    "largest remainder, not a running total": (
        # 19.00 x 50/119 = 7.9832 twice and 19.00 x 19/119 = 3.0336: the cent goes to the third; a running total gives 7.98 7.99 3.03
        [dr("6815", "119.00", "VST19"), cr("1800", "50.00"), cr("1600", "50.00"), cr("1610", "19.00")],
        [
            "6815 1800 42.02 VST19/base",
            "1406 1800 7.98 VST19/tax",
            "6815 1600 42.02 VST19/base",
            "1406 1600 7.98 VST19/tax",
            "6815 1610 15.96 VST19/base",
            "1406 1610 3.04 VST19/tax",
        ],
    ),
    "self-assessed tax, half a cent up (0.285)": (
        [dr("5425", "1.50", "VST-IGE19"), cr("3300", "1.50")],
        ["5425 3300 1.50 VST-IGE19/base", "1404 3804 0.29 VST-IGE19/self_assessment"],
    ),
    "self-assessed on the credit side turns round": (
        [dr("3300", "0.50"), cr("5425", "0.50", "VST-IGE19")],
        ["3300 5425 0.50 VST-IGE19/base", "3804 1404 0.10 VST-IGE19/self_assessment"],
    ),
    "self-assessed without deduction is cost": (
        [dr("5943", "0.50", "VST-13B19-OV"), cr("1800", "0.50")],
        ["5943 1800 0.50 VST-13B19-OV/base", "5943 3837 0.10 VST-13B19-OV/self_assessment"],
    ),
    "self-assessed under half a cent (0.0038)": (
        [dr("5425", "0.02", "VST-IGE19"), cr("3300", "0.02")],
        ["5425 3300 0.02 VST-IGE19/base"],
    ),
    "self-assessed at 0 %": ([dr("5425", "9.00", "VST-IGE0"), cr("3300", "9.00")], ["5425 3300 9.00 VST-IGE0/base"]),
    "self-assessed over two pairs: tax once, last": (
        [dr("5425", "1.00", "VST-IGE19"), dr("6815", "1.19", "VST19"), cr("3300", "0.40"), cr("1800", "1.79")],
        [
            "5425 3300 0.40 VST-IGE19/base",
            "5425 1800 0.60 VST-IGE19/base",
            "6815 1800 1.00 VST19/base",
            "1406 1800 0.19 VST19/tax",
            "1404 3804 0.19 VST-IGE19/self_assessment",
        ],
    ),
    "tax written by hand is kept, a cent off too": (
        [dr("6815", "0.84"), dr("1406", "0.17"), cr("1800", "1.01")],
        ["6815 1800 0.84", "1406 1800 0.17"],
    ),
}


@pytest.mark.parametrize(("lines", "expected"), TAX.values(), ids=TAX.keys())
def test_expand_splits_tax(lines: list[DraftLine], expected: list[str]) -> None:
    assert events(booking(*lines)) == expected


def test_expand_names_the_source_line() -> None:
    draft = booking(
        cr("1800", "1.19"), cr("3300", "6.00"), dr("6815", "1.19", "VST19"), dr("6820", "5.00"), dr("5425", "1.00", "VST-IGE19")
    )

    assert [(t.debit, t.source_line) for t in expand(draft, CHART)] == [("6815", 2), ("1406", 2), ("6820", 1), ("5425", 4), ("1404", 4)]


def test_expand_writes_amounts_with_two_decimals() -> None:
    [transfer] = expand(booking(dr("6815", "5"), cr("1800", "5")), CHART)

    assert str(transfer.amount) == "5.00"


FOREIGN = {
    # 10 / 1.086 = 9.2081
    "one event": ([dr("6815", "9.21"), cr("1800", "9.21")], fx("10", "1.086"), ["6815 1800 9.21 (10.00)"]),
    "0 % code": ([dr("6815", "9.21", "VST0"), cr("1800", "9.21")], fx("10.00", "1.086"), ["6815 1800 9.21 VST0/base (10.00)"]),
    # 10 x 7.74 / 9.21 = 8.4039 and 10 x 1.47 / 9.21 = 1.5960: the cent goes to the second
    "net and tax": (
        [dr("6815", "9.21", "VST19"), cr("1800", "9.21")],
        fx("10.00", "1.086"),
        ["6815 1800 7.74 VST19/base (8.40)", "1406 1800 1.47 VST19/tax (1.60)"],
    ),
    # 10 000 x 20.01 / 62.50 = 3201.6 and 6798.4
    "yen are whole": (
        [dr("6815", "20.01"), dr("6820", "42.49"), cr("1800", "62.50")],
        fx("10000", "160", "JPY"),
        ["6815 1800 20.01 (3202)", "6820 1800 42.49 (6798)"],
    ),
    # 1 / 0.32 = 3.125 rounds to 3.13; half even would give 3.12
    "half a cent goes up": ([dr("6815", "3.13"), cr("1800", "3.13")], fx("1.000", "0.32", "KWD"), ["6815 1800 3.13 (1.000)"]),
    "two equal events, odd cent to the earlier": (
        [dr("6815", "0.50"), dr("6820", "0.50"), cr("1800", "1.00")],
        fx("1.01", "1.01"),
        ["6815 1800 0.50 (0.51)", "6820 1800 0.50 (0.50)"],
    ),
    # 250 / 1.25 = 200.00 is the debit total without the loss
    "exchange loss": (
        [dr("3300", "200.00"), dr("6880", "3.00"), cr("1800", "203.00")],
        fx("250.00", "1.25"),
        ["3300 1800 200.00 (250.00)", "6880 1800 3.00"],
    ),
    # 250 / 1.275 = 196.0784 is the credit total without the gain
    "exchange gain": (
        [dr("3300", "200.00"), cr("1800", "196.08"), cr("4840", "3.92")],
        fx("250.00", "1.275"),
        ["3300 1800 196.08 (250.00)", "3300 4840 3.92"],
    ),
    "rate source in capitals": ([dr("6815", "1.00"), cr("1800", "1.00")], fx("1.00", "1", rate_source="ECB"), ["6815 1800 1.00 (1.00)"]),
    "an event too small for a yen carries zero": (
        [dr("6815", "99.99"), dr("6820", "0.01"), cr("1800", "100.00")],
        fx("16", "0.16", "JPY"),
        ["6815 1800 99.99 (16)", "6820 1800 0.01 (0)"],
    ),
}


@pytest.mark.parametrize(("lines", "foreign", "expected"), FOREIGN.values(), ids=FOREIGN.keys())
def test_expand_shares_the_foreign_amount(lines: list[DraftLine], foreign: Fx, expected: list[str]) -> None:
    assert events(booking(*lines, fx=foreign)) == expected


def test_expand_books_opening_balances_row_by_row_against_9000() -> None:
    draft = booking(dr("1800", "70.00"), cr("2900", "100.00"), dr("1406", "30.00"), opening=True)

    assert events(draft) == ["1800 9000 70.00", "9000 2900 100.00", "1406 9000 30.00"]
    assert [transfer.source_line for transfer in expand(draft, CHART)] == [0, 1, 2]


REFUSED = {
    "a cent off": (booking(dr("6815", "1.00"), cr("1800", "0.99")), [("/lines", "BALANCE_MISMATCH")]),
    "debit only": (booking(dr("6815", "1.00")), [("/lines", "BALANCE_MISMATCH")]),
    "unknown account": (booking(dr("6816", "1.00"), cr("1800", "1.00")), [("/lines/0/account_number", "ACCOUNT_NOT_FOUND")]),
    "account switched off": (booking(dr("6815", "1.00"), cr("6899", "1.00")), [("/lines/1/account_number", "ACCOUNT_INACTIVE")]),
    "unknown code": (booking(dr("6815", "1.21", "VST21"), cr("1800", "1.21")), [("/lines/0/tax_code", "INVALID_TAX_CODE")]),
    "empty code": (booking(dr("6815", "1.21", ""), cr("1800", "1.21")), [("/lines/0/tax_code", "INVALID_TAX_CODE")]),
    "code switched off": (booking(dr("6815", "1.19", "OFF19"), cr("1800", "1.19")), [("/lines/0/tax_code", "INVALID_TAX_CODE")]),
    "code without accounts": (booking(dr("6815", "1.19", "NO-ACCOUNT"), cr("1800", "1.19")), [("/lines/0/tax_code", "INVALID_TAX_CODE")]),
    "code with one account twice": (
        booking(dr("5425", "1.00", "SAME-ACCOUNTS"), cr("1800", "1.00")),
        [("/lines/0/tax_code", "INVALID_TAX_CODE")],
    ),
    "tax account missing": (booking(dr("6815", "1.19", "LOST-ACCOUNT"), cr("1800", "1.19")), [("/lines/0/tax_code", "ACCOUNT_NOT_FOUND")]),
    "tax account switched off": (
        booking(dr("6815", "1.19", "OFF-ACCOUNT"), cr("1800", "1.19")),
        [("/lines/0/tax_code", "ACCOUNT_INACTIVE")],
    ),
    "code and tax by hand": (
        booking(dr("6815", "1.19", "VST19"), dr("1406", "0.19"), cr("1800", "1.38")),
        [("/lines/1/account_number", "INVALID_TAX_CODE")],
    ),
    "0 % code and tax by hand": (
        booking(dr("6815", "1.00", "VST0"), dr("1406", "0.19"), cr("1800", "1.19")),
        [("/lines/1/account_number", "INVALID_TAX_CODE")],
    ),
    "code on the tax account itself": (
        booking(dr("1406", "1.19", "VST19"), cr("1800", "1.19")),
        [("/lines/0/account_number", "INVALID_TAX_CODE")],
    ),
    "a code's own account counts as tax account": (
        booking(dr("6815", "1.19", "ON-CLEARING"), cr("3630", "1.19")),
        [("/lines/1/account_number", "INVALID_TAX_CODE")],
    ),
    "two codes against each other": (
        booking(dr("6815", "1.00", "VST19"), cr("4400", "1.00", "UST19")),
        [("/lines/1/tax_code", "INVALID_TAX_CODE")],
    ),
    "two 0 % codes against each other": (
        booking(dr("6815", "1.00", "VST0"), cr("4120", "1.00", "UST-EXP0")),
        [("/lines/1/tax_code", "INVALID_TAX_CODE")],
    ),
    "account against itself": (booking(dr("1800", "1.00"), cr("1800", "1.00")), [("/lines/1/account_number", "INVALID_INPUT")]),
    "account against itself, in this order": (
        booking(dr("1800", "2.00"), dr("6815", "1.00"), cr("1800", "1.00"), cr("1200", "2.00")),
        [("/lines/2/account_number", "INVALID_INPUT")],
    ),
    "foreign currency with self-assessed tax": (
        booking(dr("5425", "9.21", "VST-IGE19"), cr("1800", "9.21"), fx=fx("10.00", "1.086")),
        [("/lines/0/tax_code", "INVALID_TAX_CODE")],
    ),
    "foreign currency with self-assessed 0 %": (
        booking(dr("5425", "9.21", "VST-IGE0"), cr("1800", "9.21"), fx=fx("10.00", "1.086")),
        [("/lines/0/tax_code", "INVALID_TAX_CODE")],
    ),
    "rate a cent off": (booking(dr("6815", "9.20"), cr("1800", "9.20"), fx=fx("10.00", "1.086")), [("/fx/amount", "INVALID_INPUT")]),
    "euro": (booking(dr("6815", "1.00"), cr("1800", "1.00"), fx=fx("1.00", "1", "EUR")), [("/fx/currency", "INVALID_INPUT")]),
    "unknown currency": (booking(dr("6815", "1.00"), cr("1800", "1.00"), fx=fx("1.00", "1", "USX")), [("/fx/currency", "INVALID_INPUT")]),
    "currency in lower case": (
        booking(dr("6815", "1.00"), cr("1800", "1.00"), fx=fx("1.00", "1", "usd")),
        [("/fx/currency", "INVALID_INPUT")],
    ),
    "tenth of a cent": (booking(dr("6815", "1.00"), cr("1800", "1.00"), fx=fx("1.001", "1.001")), [("/fx/amount", "INVALID_INPUT")]),
    "part of a yen": (booking(dr("6815", "1.00"), cr("1800", "1.00"), fx=fx("1.50", "1.5", "JPY")), [("/fx/amount", "INVALID_INPUT")]),
    "foreign amount zero": (booking(dr("6815", "1.00"), cr("1800", "1.00"), fx=fx("0.00", "1")), [("/fx/amount", "INVALID_INPUT")]),
    "foreign amount negative": (booking(dr("6815", "1.00"), cr("1800", "1.00"), fx=fx("-1.00", "1")), [("/fx/amount", "INVALID_INPUT")]),
    "foreign amount endless": (booking(dr("6815", "1.00"), cr("1800", "1.00"), fx=fx("Infinity", "1")), [("/fx/amount", "INVALID_INPUT")]),
    "foreign amount too large": (
        booking(dr("6815", "1.00"), cr("1800", "1.00"), fx=fx("1E+15", "1E+9")),
        [("/fx/amount", "INVALID_INPUT")],
    ),
    "rate zero": (booking(dr("6815", "1.00"), cr("1800", "1.00"), fx=fx("1.00", "0")), [("/fx/rate", "INVALID_INPUT")]),
    "rate not a number": (booking(dr("6815", "1.00"), cr("1800", "1.00"), fx=fx("1.00", "NaN")), [("/fx/rate", "INVALID_INPUT")]),
    "rate with nine decimals": (
        booking(dr("6815", "1.00"), cr("1800", "1.00"), fx=fx("1.00", "1.000000001")),
        [("/fx/rate", "INVALID_INPUT")],
    ),
    "rate too large": (booking(dr("6815", "1.00"), cr("1800", "1.00"), fx=fx("1.00", "1E+10")), [("/fx/rate", "INVALID_INPUT")]),
    "source of the rate unknown": (
        booking(dr("6815", "1.00"), cr("1800", "1.00"), fx=fx("1.00", "1", rate_source="guess")),
        [("/fx/rate_source", "INVALID_INPUT")],
    ),
    "nothing but an exchange difference": (
        booking(dr("6880", "1.00"), cr("1800", "1.00"), fx=fx("1.00", "1")),
        [("/fx", "INVALID_INPUT")],
    ),
    "debit only, in dollars": (
        booking(dr("6815", "1.00"), fx=fx("1.00", "1")),
        [("/lines", "BALANCE_MISMATCH")],
    ),
    "opening balances a cent off": (booking(dr("1800", "1.00"), cr("2900", "1.01"), opening=True), [("/balances", "BALANCE_MISMATCH")]),
    "opening balance of 9000": (
        booking(dr("1800", "1.00"), cr("9000", "1.00"), opening=True),
        [("/balances/1/account_number", "INVALID_INPUT")],
    ),
    "opening balance with a code": (
        booking(dr("1800", "1.00"), cr("2900", "1.00", "UST0"), opening=True),
        [("/balances/1/tax_code", "INVALID_TAX_CODE")],
    ),
    "opening balance on an unknown account": (
        booking(dr("1801", "1.00"), cr("2900", "1.00"), opening=True),
        [("/balances/0/account_number", "ACCOUNT_NOT_FOUND")],
    ),
    "opening balance in dollars": (
        booking(dr("1800", "1.00"), cr("2900", "1.00"), opening=True, fx=fx("1.00", "1")),
        [("/fx", "INVALID_INPUT")],
    ),
    "all at once": (
        booking(
            dr("6816", "1.00"),
            dr("6815", "1.19", "VST21"),
            dr("1406", "0.19"),
            cr("6899", "2.00", "OFF19"),
            cr("1801", "1.00"),
            fx=fx("1.001", "0"),
        ),
        [
            ("/lines", "BALANCE_MISMATCH"),
            ("/lines/0/account_number", "ACCOUNT_NOT_FOUND"),
            ("/lines/3/account_number", "ACCOUNT_INACTIVE"),
            ("/lines/4/account_number", "ACCOUNT_NOT_FOUND"),
            ("/lines/1/tax_code", "INVALID_TAX_CODE"),
            ("/lines/3/tax_code", "INVALID_TAX_CODE"),
            ("/lines/2/account_number", "INVALID_TAX_CODE"),
            ("/lines/3/tax_code", "INVALID_TAX_CODE"),
            ("/fx/amount", "INVALID_INPUT"),
            ("/fx/rate", "INVALID_INPUT"),
        ],
    ),
}


@pytest.mark.parametrize(("draft", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_expand_refuses_and_names_every_fault(draft: Draft, expected: list[tuple[str, str]]) -> None:
    error = refusal(draft)

    assert [(fault.pointer, fault.code) for fault in error.faults] == expected
    assert (error.code, error.http_status) == (expected[0][1], 400)


def test_expand_gives_the_figures_of_an_unbalanced_booking() -> None:
    error = refusal(booking(dr("6815", "1.00"), dr("6820", "0.50"), cr("1800", "1.75")))

    assert error.details == {"debit_total": Decimal("1.50"), "credit_total": Decimal("1.75"), "difference": Decimal("-0.25")}


def test_expand_gives_the_figures_of_a_wrong_rate() -> None:
    error = refusal(booking(dr("6815", "9.20"), cr("1800", "9.20"), fx=fx("10.00", "1.086")))

    assert error.details == {
        "euro_amount": Decimal("9.21"),
        "euro_debit_total": Decimal("9.20"),
        "euro_credit_total": Decimal("9.20"),
    }


@pytest.mark.parametrize(
    ("day", "usable"),
    [(date(2026, 2, 28), False), (date(2026, 3, 1), True), (date(2026, 3, 31), True), (date(2026, 4, 1), False)],
)
def test_expand_takes_a_code_only_while_it_is_valid(day: date, usable: bool) -> None:
    draft = booking(dr("6815", "1.19", "MARCH"), cr("1800", "1.19"), booking_date=day)

    if usable:
        assert events(draft) == ["6815 1800 1.00 MARCH/base", "1406 1800 0.19 MARCH/tax"]
    else:
        assert faults(draft) == [("/lines/0/tax_code", "INVALID_TAX_CODE")]


def test_expand_needs_9000_in_the_chart_for_opening_balances() -> None:
    chart = replace(CHART, accounts={number: facts for number, facts in CHART.accounts.items() if number != "9000"})

    assert faults(booking(dr("1800", "1.00"), cr("2900", "1.00"), opening=True), chart) == [("", "ACCOUNT_NOT_FOUND")]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BalanceMismatch, "BALANCE_MISMATCH"),
        (AccountNotFound, "ACCOUNT_NOT_FOUND"),
        (AccountInactive, "ACCOUNT_INACTIVE"),
        (InvalidTaxCode, "INVALID_TAX_CODE"),
        (InvalidInput, "INVALID_INPUT"),
    ],
)
def test_errors_keep_their_code_and_status(error: type[LedgerLouError], code: str) -> None:
    assert (error.code, error.http_status) == (code, 400)
    assert error.title != LedgerLouError.title or error is InvalidInput


def test_draft_total_is_the_sum_of_the_debit_lines_as_sent() -> None:
    assert draft_total(booking(dr("6815", "1.19", "VST19"), dr("6820", "2.00"), cr("1800", "3.19"))) == Decimal("3.19")


def test_draft_accounts_are_sorted_and_distinct() -> None:
    assert draft_accounts(booking(dr("6815", "1.19", "VST19"), dr("6815", "2.00"), cr("1800", "3.19"))) == "1800,6815"


def test_pair_lines_leaves_the_surplus_of_one_side() -> None:
    assert pair_lines([500, -300]) == [Pair(0, 1, 300)]
    assert pair_lines([500]) == []


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"), [(0, 7, 0), (1, 2, 1), (3, 2, 2), (5, 2, 3), (49, 100, 0), (50, 100, 1), (149, 100, 1)]
)
def test_divide_half_up_rounds_halves_up(numerator: int, denominator: int, expected: int) -> None:
    assert divide_half_up(numerator, denominator) == expected


def test_currencies_hold_every_currency_with_an_unusual_smallest_unit_but_not_the_euro() -> None:
    assert set(MINOR_UNITS) - CURRENCIES == set()
    assert "EUR" not in CURRENCIES
    assert all(len(code) == 3 and code.isupper() for code in CURRENCIES)
