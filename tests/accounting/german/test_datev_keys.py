"""Every posting key (BU-Schlüssel): what it books, or why it is refused. Balances are worked out by hand."""

from dataclasses import replace
from decimal import Decimal

import pytest

from accounting.drafts import TaxCodeFacts
from accounting.german.datev_chart import DatevTaxCode
from accounting.german.datev_extf import read_batch
from accounting.german.datev_keys import KeyMeaning, UnclearKey, key_meaning
from accounting.german.datev_plan import BatchPlan, plan_batch
from tests.accounting.german.datev_charts import SKR04, batch_bytes, entry


def plan_row(row: dict[int, str]) -> BatchPlan:
    batch = read_batch(batch_bytes(row))
    assert batch.faults == ()
    return plan_batch(batch=batch, chart=SKR04)


def booked(row: dict[int, str]) -> dict[str, str]:
    plan = plan_row(row)
    assert plan.refused == ()
    return {account: str(amount) for account, amount in plan.balances.items()}


def refusal(row: dict[int, str]) -> tuple[str, str, str]:
    plan = plan_row(row)
    assert plan.bookings == ()
    [refused] = plan.refused
    [fault] = refused.faults
    return fault.pointer, fault.code, fault.message


# 119.00 on a plain revenue account (4200) or a plain expense account (6815), against customer, vendor or cash.
@pytest.mark.parametrize(
    ("key", "row", "balances"),
    [
        ("", entry("119,00", "S", "10000", "4200"), {"10000": "119.00", "4200": "-119.00"}),
        ("0", entry("119,00", "S", "10000", "4200"), {"10000": "119.00", "4200": "-119.00"}),
        ("1", entry("119,00", "S", "10000", "4200"), {"10000": "119.00", "4200": "-119.00"}),
        ("2", entry("107,00", "S", "10000", "4200"), {"10000": "107.00", "3801": "-7.00", "4200": "-100.00"}),
        ("3", entry("119,00", "S", "10000", "4200"), {"10000": "119.00", "3806": "-19.00", "4200": "-100.00"}),
        ("0003", entry("119,00", "S", "10000", "4200"), {"10000": "119.00", "3806": "-19.00", "4200": "-100.00"}),
        ("5", entry("116,00", "S", "10000", "4200", f119="16,00"), {"10000": "116.00", "3805": "-16.00", "4200": "-100.00"}),
        ("7", entry("116,00", "S", "6815", "70000", f119="16,00"), {"1405": "16.00", "6815": "100.00", "70000": "-116.00"}),
        ("8", entry("107,00", "S", "6815", "70000"), {"1401": "7.00", "6815": "100.00", "70000": "-107.00"}),
        ("9", entry("119,00", "S", "6815", "70000"), {"1406": "19.00", "6815": "100.00", "70000": "-119.00"}),
        ("9", entry("119,00", "H", "1600", "6815"), {"1406": "19.00", "1600": "-119.00", "6815": "100.00"}),
        ("11", entry("200,00", "S", "10000", "4200"), {"10000": "200.00", "4200": "-200.00"}),
        ("12", entry("107,00", "S", "10000", "4200"), {"10000": "107.00", "3807": "-7.00", "4200": "-100.00"}),
        ("13", entry("119,00", "S", "10000", "4200"), {"10000": "119.00", "3808": "-19.00", "4200": "-100.00"}),
        ("18", entry("100,00", "S", "5200", "70000"), {"1402": "7.00", "3802": "-7.00", "5200": "100.00", "70000": "-100.00"}),
        ("19", entry("100,00", "S", "5200", "70000"), {"1404": "19.00", "3804": "-19.00", "5200": "100.00", "70000": "-100.00"}),
        # Key 40 lifts the automatism, of both accounts when both have one.
        ("40", entry("119,00", "S", "10000", "4400"), {"10000": "119.00", "4400": "-119.00"}),
        ("40", entry("119,00", "S", "4300", "4400"), {"4300": "119.00", "4400": "-119.00"}),
        ("46", entry("250,00", "S", "10000", "4200"), {"10000": "250.00", "4200": "-250.00"}),
        ("55", entry("119,00", "S", "6815", "70000"), {"1406": "19.00", "6815": "100.00", "70000": "-119.00"}),
        ("90", entry("119,00", "S", "6815", "70000"), {"1416": "19.00", "6815": "100.00", "70000": "-119.00"}),
        ("91", entry("100,00", "S", "5900", "70000"), {"1408": "7.00", "3835": "-7.00", "5900": "100.00", "70000": "-100.00"}),
        ("92", entry("100,00", "S", "5900", "70000"), {"3835": "-7.00", "5900": "107.00", "70000": "-100.00"}),
        ("94", entry("100,00", "S", "5900", "70000"), {"1407": "19.00", "3837": "-19.00", "5900": "100.00", "70000": "-100.00"}),
        ("95", entry("100,00", "S", "5900", "70000"), {"3837": "-19.00", "5900": "119.00", "70000": "-100.00"}),
        # A long key that a tax code of the company has.
        ("6501", entry("119,00", "S", "6815", "70000"), {"1406": "19.00", "6815": "100.00", "70000": "-119.00"}),
        # Automatic accounts: alone, and with the key that says the same.
        ("", entry("119,00", "S", "10000", "4400"), {"10000": "119.00", "3806": "-19.00", "4400": "-100.00"}),
        ("3", entry("119,00", "S", "10000", "4400"), {"10000": "119.00", "3806": "-19.00", "4400": "-100.00"}),
        ("", entry("100,00", "S", "5425", "70000"), {"1404": "19.00", "3804": "-19.00", "5425": "100.00", "70000": "-100.00"}),
        # Tax written by hand is a plain row.
        ("", entry("19,00", "S", "1406", "70000"), {"1406": "19.00", "70000": "-19.00"}),
    ],
)
def test_key_books(key: str, row: dict[int, str], balances: dict[str, str]) -> None:
    assert booked({**row, 9: key}) == balances


# A reversal key: the row has the sides of the correction, so the customer who owed is credited (S/H as in DATEV's own files).
@pytest.mark.parametrize(
    ("key", "row", "balances"),
    [
        ("20", entry("119,00", "H", "10000", "4400"), {"10000": "-119.00", "3806": "19.00", "4400": "100.00"}),
        ("20", entry("119,00", "H", "10000", "4200"), {"10000": "-119.00", "4200": "119.00"}),
        ("21", entry("119,00", "H", "10000", "4200"), {"10000": "-119.00", "4200": "119.00"}),
        ("22", entry("107,00", "H", "10000", "4200"), {"10000": "-107.00", "3801": "7.00", "4200": "100.00"}),
        ("23", entry("119,00", "H", "10000", "4200"), {"10000": "-119.00", "3806": "19.00", "4200": "100.00"}),
        ("25", entry("116,00", "H", "10000", "4200", f119="16,00"), {"10000": "-116.00", "3805": "16.00", "4200": "100.00"}),
        ("27", entry("116,00", "H", "6815", "70000", f119="16,00"), {"1405": "-16.00", "6815": "-100.00", "70000": "116.00"}),
        ("28", entry("107,00", "H", "6815", "70000"), {"1401": "-7.00", "6815": "-100.00", "70000": "107.00"}),
        ("29", entry("119,00", "H", "6815", "70000"), {"1406": "-19.00", "6815": "-100.00", "70000": "119.00"}),
        ("30", entry("119,00", "H", "6815", "70000"), {"1416": "-19.00", "6815": "-100.00", "70000": "119.00"}),
        ("61", entry("200,00", "H", "10000", "4200"), {"10000": "-200.00", "4200": "200.00"}),
        ("62", entry("107,00", "H", "10000", "4200"), {"10000": "-107.00", "3807": "7.00", "4200": "100.00"}),
        ("63", entry("119,00", "H", "10000", "4200"), {"10000": "-119.00", "3808": "19.00", "4200": "100.00"}),
        ("68", entry("100,00", "H", "5200", "70000"), {"1402": "-7.00", "3802": "7.00", "5200": "-100.00", "70000": "100.00"}),
        ("69", entry("100,00", "H", "5200", "70000"), {"1404": "-19.00", "3804": "19.00", "5200": "-100.00", "70000": "100.00"}),
        ("75", entry("119,00", "H", "6815", "70000"), {"1406": "-19.00", "6815": "-100.00", "70000": "119.00"}),
        ("80", entry("119,00", "H", "10000", "4400"), {"10000": "-119.00", "4400": "119.00"}),
        ("86", entry("250,00", "H", "10000", "4200"), {"10000": "-250.00", "4200": "250.00"}),
    ],
)
def test_reversal_key_takes_back(key: str, row: dict[int, str], balances: dict[str, str]) -> None:
    plan = plan_row({**row, 9: key})

    assert plan.refused == ()
    assert {account: str(amount) for account, amount in plan.balances.items()} == balances
    assert plan.bookings[0].draft.general_reversal is True


@pytest.mark.parametrize(
    ("key", "part_of_the_reason"),
    [
        ("4", "is no tax key"),
        ("6", "is no tax key"),
        ("24", "is no tax key"),
        ("26", "is no tax key"),
        ("10", "OSS takes its rate from each booking"),
        ("14", "No tax code has the DATEV key 14"),
        ("15", "No tax code has the DATEV key 15"),
        ("31", "field 118"),
        ("34", "field 118"),
        ("39", "No tax code has the DATEV key 99"),
        ("43", "No tax code has the DATEV key 43"),
        ("49", "fields 45 to 47"),
        ("50", "No tax code has the DATEV key 50"),
        ("60", "OSS takes its rate from each booking"),
        ("70", "No tax code has the DATEV key 50"),
        ("89", "fields 45 to 47"),
        ("93", "kept for § 13b UStG"),
        ("98", "switched off"),
        ("99", "No tax code has the DATEV key 99"),
        ("501", "No tax code has the DATEV key 501"),
        ("9999", "No tax code has the DATEV key 9999"),
    ],
)
def test_key_without_a_clear_meaning_is_refused(key: str, part_of_the_reason: str) -> None:
    pointer, code, message = refusal(entry("119,00", "S", "10000", "4200", key))

    assert (pointer, code) == ("/rows/3/9", "INVALID_TAX_CODE")
    assert part_of_the_reason in message


@pytest.mark.parametrize(
    ("row", "field", "part_of_the_reason"),
    [
        (entry("100,00", "S", "10000", "4400", "2"), 9, "4400 with UST19"),
        (entry("100,00", "S", "4400", "6815", "9"), 9, "4400 with UST19"),
        (entry("100,00", "S", "4300", "4400", "3"), 9, "4300 with UST7, 4400 with UST19"),
        (entry("100,00", "S", "4300", "4400"), 8, "both automatic accounts"),
        (entry("100,00", "S", "1800", "10000", "3"), 9, "cannot bear tax"),
        (entry("100,00", "S", "1406", "1800", "9"), 9, "cannot bear tax"),
        (entry("100,00", "S", "10000", "4200", "3", f119="7,00"), 119, "7 % tax, but UST19 has 19 %"),
        (entry("100,00", "S", "10000", "4400", f119="16,00"), 119, "16 % tax, but UST19 has 19 %"),
        (entry("100,00", "S", "10000", "4400", f42="I"), 42, "Field 42 is I"),
        (entry("100,00", "S", "10000", "4320", f40="AT", f41="20,00"), 9, "OSS takes its rate from each booking"),
        (entry("100,00", "S", "9000", "4200", "3"), 9, "Balances carried forward have no tax"),
    ],
)
def test_row_whose_tax_contradicts_itself_is_refused(row: dict[int, str], field: int, part_of_the_reason: str) -> None:
    pointer, code, message = refusal(row)

    assert (pointer, code) == (f"/rows/3/{field}", "INVALID_TAX_CODE")
    assert part_of_the_reason in message


def test_tax_beside_a_tax_account_is_refused_by_the_ledger() -> None:
    pointer, code, _ = refusal(entry("100,00", "S", "3806", "4400"))

    assert (pointer, code) == ("/rows/3", "INVALID_TAX_CODE")


# Both accounts could bear tax: income and expense before others, then the direction of the tax, then field 7.
@pytest.mark.parametrize(
    ("row", "balances"),
    [
        (entry("119,00", "S", "0690", "6815", "3"), {"0690": "119.00", "3806": "-19.00", "6815": "-100.00"}),
        (entry("119,00", "S", "0690", "6815", "9"), {"0690": "119.00", "1406": "-19.00", "6815": "-100.00"}),
        (entry("119,00", "S", "4200", "6815", "9"), {"1406": "-19.00", "4200": "119.00", "6815": "-100.00"}),
        (entry("119,00", "S", "4200", "6815", "3"), {"3806": "19.00", "4200": "100.00", "6815": "-119.00"}),
        (entry("119,00", "S", "6300", "6815", "9"), {"1406": "19.00", "6300": "100.00", "6815": "-119.00"}),
        (entry("119,00", "H", "6815", "6300", "9"), {"1406": "-19.00", "6300": "119.00", "6815": "-100.00"}),
        (entry("119,00", "S", "6815", "3630", "9"), {"1406": "19.00", "3630": "-119.00", "6815": "100.00"}),
        (entry("119,00", "S", "0690", "70000", "9"), {"0690": "100.00", "1406": "19.00", "70000": "-119.00"}),
    ],
)
def test_key_goes_to_the_account_that_bears_tax(row: dict[int, str], balances: dict[str, str]) -> None:
    assert booked(row) == balances


def test_key_shared_by_two_codes_takes_the_first_and_says_so() -> None:
    [booking] = plan_row(entry("100,00", "S", "5900", "70000", "94")).bookings

    assert booking.draft.lines[0].tax_code == "VST-13B19"
    assert (booking.draft.metadata or {})["datev_other_tax_codes"] == "VST-13B-EU19"


def test_key_shared_by_two_codes_follows_the_vat_id_of_the_row() -> None:
    [booking] = plan_row(entry("100,00", "S", "5900", "70000", "94", f40="IE6388047V")).bookings

    assert booking.draft.lines[0].tax_code == "VST-13B-EU19"


def test_key_shared_by_two_codes_follows_the_automatic_account() -> None:
    [booking] = plan_row(entry("100,00", "S", "5923", "70000", "94")).bookings

    assert booking.draft.lines[0].tax_code == "VST-13B-EU19"
    assert "datev_other_tax_codes" not in (booking.draft.metadata or {})


@pytest.mark.parametrize(("field", "rate", "code"), [(41, "20,00", "OSS-AT20"), (41, "21,00", "OSS-NL21"), (119, "21,00", "OSS-NL21")])
def test_key_shared_by_codes_with_other_rates_follows_the_rate_of_the_row(field: int, rate: str, code: str) -> None:
    rates = {"OSS-AT20": Decimal(20), "OSS-NL21": Decimal(21)}
    facts = {name: TaxCodeFacts(code=name, rate_percent=percent, vat_account="3817") for name, percent in rates.items()}
    chart = replace(
        SKR04,
        facts=replace(SKR04.facts, tax_codes={**SKR04.facts.tax_codes, **facts}),
        tax_codes=(*SKR04.tax_codes, *(DatevTaxCode(code=name, direction="output", bu_key=10, kind="oss") for name in rates)),
    )
    batch = read_batch(batch_bytes({**entry("121,00", "S", "10000", "4200", "10"), 40: "AT", field: rate}))

    [booking] = plan_batch(batch=batch, chart=chart).bookings

    assert booking.draft.lines[1].tax_code == code


@pytest.mark.parametrize(
    ("service_date", "rate", "is_booked"),
    [
        ("30062020", "", True),
        ("01072020", "", False),
        ("31122020", "", False),
        ("31122020", "19,00", True),
        ("01012021", "", True),
        ("31122006", "", False),
        ("01012007", "", True),
    ],
)
def test_tax_of_days_with_other_rates_is_refused_unless_the_row_names_the_rate(service_date: str, rate: str, is_booked: bool) -> None:
    plan = plan_row(entry("119,00", "S", "10000", "4400", f115=service_date, f119=rate))

    assert bool(plan.bookings) is is_booked
    assert [refused.faults[0].pointer for refused in plan.refused] == ([] if is_booked else ["/rows/3/119"])


def test_untaxed_row_of_a_day_with_other_rates_is_booked() -> None:
    assert booked(entry("50,00", "S", "1600", "1800", f115="01082020")) == {"1600": "50.00", "1800": "-50.00"}


def test_every_key_has_a_meaning_or_a_reason() -> None:
    meanings: dict[str, KeyMeaning | str] = {}
    for key in range(100):
        try:
            meanings[str(key)] = key_meaning(str(key))
        except UnclearKey as unclear:
            meanings[str(key)] = str(unclear)

    assert [key for key, meaning in meanings.items() if isinstance(meaning, str)] == [
        "4", "6", "24", "26", "31", "32", "33", "34", "35", "93",
    ]  # fmt: skip
    reversing = [int(key) for key, meaning in meanings.items() if isinstance(meaning, KeyMeaning) and meaning.reverses]
    assert {key // 10 for key in reversing} == {2, 3, 6, 7, 8}
    assert meanings["29"] == KeyMeaning(tax_key=9, reverses=True)
    assert meanings["69"] == KeyMeaning(tax_key=19, reverses=True)
    assert meanings["80"] == KeyMeaning(lifts_automatism=True, reverses=True)
