"""What people type and paste for an amount, on German and on English pages."""

from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis.strategies import integers, sampled_from

from ledgerlou.admin.amounts_input import parse_amount
from ledgerlou.errors import Fault

NBSP, NARROW = "\u00a0", "\u202f"
# text, on a German page, on an English page; None is refused
READ = [
    ("1.234,56", "1234.56", "1234.56"),
    ("1,234.56", "1234.56", "1234.56"),
    ("1234,56", "1234.56", "1234.56"),
    ("1234.56", "1234.56", "1234.56"),
    ("1.234", "1234", None),
    ("1,234", None, "1234"),
    ("1.230", "1230", None),
    ("1,230", None, "1230"),
    ("1.234.567", "1234567", "1234567"),
    ("1,234,567", "1234567", "1234567"),
    ("1.234.567,89", "1234567.89", "1234567.89"),
    ("1,234,567.89", "1234567.89", "1234567.89"),
    ("12", "12", "12"),
    ("007", "7", "7"),
    ("0", "0", "0"),
    ("0,00", "0", "0"),
    ("0,5", "0.5", "0.5"),
    (",5", "0.5", "0.5"),
    (".5", "0.5", "0.5"),
    ("1 234,56", "1234.56", "1234.56"),
    (f"1{NBSP}234,56", "1234.56", "1234.56"),
    (f"1{NARROW}234{NARROW}567.8", "1234567.8", "1234567.8"),
    ("1'234.56", "1234.56", "1234.56"),
    ("1’234,56", "1234.56", "1234.56"),
    ("  12,30 ", "12.3", "12.3"),
    (f"12,30{NBSP}€", "12.3", "12.3"),
    ("EUR 12,30", "12.3", "12.3"),
    ("12.30 eur", "12.3", "12.3"),
    ("100,-", "100", "100"),
    ("100,--", "100", "100"),
    ("100,– €", "100", "100"),
    ("-1.234,56", "-1234.56", "-1234.56"),
    ("\u22121,234.56", "-1234.56", "-1234.56"),
    ("–12", "-12", "-12"),
    ("- 12,00", "-12", "-12"),
    ("12,00-", "-12", "-12"),
    ("12,00 -", "-12", "-12"),
    ("(1.234,56)", "-1234.56", "-1234.56"),
    ("( 12 € )", "-12", "-12"),
    ("-€ 12", "-12", "-12"),
    ("-0,00", "0", "0"),
    ("+5,00", "5", "5"),
    ("9.999.999.999.999,99", "9999999999999.99", "9999999999999.99"),
    # nonsense
    ("", None, None),
    ("   ", None, None),
    ("-", None, None),
    (",", None, None),
    (".", None, None),
    ("()", None, None),
    ("€", None, None),
    ("abc", None, None),
    ("12a", None, None),
    ("1e3", None, None),
    ("0x10", None, None),
    ("NaN", None, None),
    ("Infinity", None, None),
    ("--5", None, None),
    ("-5-", None, None),
    ("+5-", None, None),
    ("(-5)", None, None),
    ("5+5", None, None),
    ("12 34", None, None),
    ("1 23", None, None),
    ("1  234", None, None),
    ("1.23.456", None, None),
    ("1.234.56", None, None),
    ("1,234,56", None, None),
    ("12.34,56", None, None),
    ("1.234,56,7", None, None),
    ("1.234 567,89", None, None),
    ("1 234.567,89", None, None),
    ("0.123", None, None),
    ("0,123", None, None),
    ("1,", None, None),
    ("1.", None, None),
    ("1234.567", None, None),
    ("1,005", None, "1005"),
    ("12,345", None, "12345"),
    ("12,3456", None, None),
    ("1\n234", None, None),
    ("١٢", None, None),
    ("１２", None, None),
    ("½", None, None),
    ("12 USD", None, None),
    ("10.000.000.000.000,00", None, None),
    ("9" * 61, None, None),
]


@pytest.mark.parametrize(("text", "german", "english"), READ)
def test_amount_means_what_the_page_says(text: str, german: str | None, english: str | None) -> None:
    read = [parse_amount(text, language) for language in ("de", "en")]

    assert [None if isinstance(value, Fault) else value for value in read] == [
        None if expected is None else Decimal(expected) for expected in (german, english)
    ]


def test_fault_tells_in_the_language_of_the_page_what_to_write() -> None:
    with translation.override("de"):
        german = [parse_amount(text, "de", pointer="/lines/0/debit") for text in ("zwölf", "1,005", "99999999999999", "")]
    with translation.override("en"):
        english = parse_amount("zwölf", "en")

    assert german == [
        Fault(pointer="/lines/0/debit", code="INVALID_INPUT", message=message)
        for message in (
            "zwölf ist kein Betrag. Schreibweise: 1.234,56.",
            "1,005 hat mehr als 2 Nachkommastellen.",
            "99999999999999 ist zu groß.",
            "Es fehlt ein Betrag.",
        )
    ]
    assert english == Fault(pointer="", code="INVALID_INPUT", message="zwölf is not an amount. Write it like 1,234.56.")


def test_rates_and_foreign_amounts_have_more_decimals() -> None:
    assert parse_amount("1,08345678", "de", places=8) == Decimal("1.08345678")
    assert parse_amount("1.0834", "de", places=8) == Decimal("1.0834")
    assert isinstance(parse_amount("1,083456789", "de", places=8), Fault)
    assert isinstance(parse_amount("2,00", "de", largest=Decimal(1)), Fault)


@given(cents=integers(-(10**15) + 1, 10**15 - 1), language=sampled_from(["de", "en"]))
def test_every_amount_reads_back_as_it_is_shown(cents: int, language: str) -> None:
    from ledgerlou.admin.templatetags.back_office import euro

    amount = Decimal(cents).scaleb(-2)
    with translation.override(language):
        shown = euro(amount)

    assert parse_amount(shown, language) == amount
