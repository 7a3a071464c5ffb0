"""One row becomes one booking: accounts, sides, general reversal, opening balances, foreign currency, discount."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from accounting.drafts import AccountFacts, Draft, DraftLine, Fx
from accounting.german.datev_booking import DatevRowRefused, row_to_draft
from accounting.german.datev_chart import DatevChart, accounts_needed, number_in_chart
from accounting.german.datev_extf import Batch, read_batch
from accounting.german.datev_plan import plan_batch
from tests.accounting.german.datev_charts import SKR04, batch_bytes, entry


def read(*rows: dict[int, str], header: dict[int, str] | None = None) -> Batch:
    batch = read_batch(batch_bytes(*rows, header=header))
    assert batch.faults == ()
    return batch


def draft_of(
    row: dict[int, str], header: dict[int, str] | None = None, chart: DatevChart = SKR04, discounted_code: str | None = None
) -> Draft:
    batch = read(row, header=header)
    return row_to_draft(row=batch.rows[0], header=batch.header, chart=chart, discounted_code=discounted_code)


def refusal(
    row: dict[int, str], header: dict[int, str] | None = None, chart: DatevChart = SKR04, discounted_code: str | None = None
) -> list[tuple[str, str]]:
    with pytest.raises(DatevRowRefused) as refused:
        draft_of(row, header, chart, discounted_code)
    assert refused.value.details == {"line": 3}
    return [(fault.pointer.removeprefix("/rows/3/"), fault.message.removeprefix("Line 3: ")) for fault in refused.value.faults]


def debit(account: str, amount: str, tax_code: str | None = None) -> DraftLine:
    return DraftLine(account=account, debit=Decimal(amount), tax_code=tax_code)


def credit(account: str, amount: str, tax_code: str | None = None) -> DraftLine:
    return DraftLine(account=account, credit=Decimal(amount), tax_code=tax_code)


def test_a_row_becomes_a_whole_booking() -> None:
    fields = {11: "RE-1", 14: "Lieferung", 20: 'BEDI "6F9619FF-8B86-D011-B42D-00C04FC964FF"', 37: "K1", 38: "K2", 40: "DE123456789"}
    batch = read(
        {**entry("119,00", "S", "10000", "4400"), **fields, 43: "7", 44: "190", 96: "SO", 115: "02032026", 116: "01032026", 117: "02042026"}
    )
    row = batch.rows[0]

    assert row_to_draft(row=row, header=batch.header, chart=SKR04) == Draft(
        booking_date=date(2026, 3, 3),
        description="Lieferung",
        lines=(debit("10000", "119"), credit("4400", "119", "UST19")),
        category="datev_import",
        external_reference="RE-1",
        metadata={
            "datev_identity": row.identity,
            "datev_fingerprint": row.fingerprint,
            "datev_document_guid": "6f9619ff-8b86-d011-b42d-00c04fc964ff",
            "datev_cost_centre_1": "K1",
            "datev_cost_centre_2": "K2",
            "datev_eu_vat_id": "DE123456789",
            "datev_case": "7/190",
            "datev_advance_type": "SO",
            "service_date": "2026-03-02",
            "datev_tax_period_date": "2026-03-01",
            "due_date": "2026-04-02",
        },
        skip_duplicate_check=True,
    )


@pytest.mark.parametrize(
    ("fields", "description"),
    [({14: "Text", 11: "RE-1"}, "Text"), ({11: "RE-1"}, "RE-1"), ({}, "Probe")],
)
def test_a_booking_always_has_a_description(fields: dict[int, str], description: str) -> None:
    assert draft_of({**entry("1,00", "S", "1600", "1800"), **fields}).description == description


@pytest.mark.parametrize(
    ("side", "reversal", "key", "lines", "general_reversal"),
    [
        ("S", "", "", (debit("10000", "119"), credit("4400", "119", "UST19")), False),
        ("H", "", "", (credit("10000", "119"), debit("4400", "119", "UST19")), False),
        # Field 118: the row has the sides of the original, the draft those of the reversal (RULINGS 17, books D6).
        ("S", "1", "", (credit("10000", "119"), debit("4400", "119", "UST19")), True),
        ("S", "G", "", (credit("10000", "119"), debit("4400", "119", "UST19")), True),
        ("H", "1", "", (debit("10000", "119"), credit("4400", "119", "UST19")), True),
        # Key 20: the row has the sides of the reversal already.
        ("H", "", "20", (credit("10000", "119"), debit("4400", "119", "UST19")), True),
        ("S", "0", "20", (debit("10000", "119"), credit("4400", "119", "UST19")), True),
    ],
)
def test_side_and_general_reversal(side: str, reversal: str, key: str, lines: tuple[DraftLine, ...], general_reversal: bool) -> None:
    draft = draft_of(entry("119,00", side, "10000", "4400", key, f118=reversal))

    assert (draft.lines, draft.general_reversal) == (lines, general_reversal)


def test_general_reversal_in_two_ways_at_once_is_refused() -> None:
    assert refusal(entry("119,00", "S", "10000", "4400", "20", f118="1")) == [
        ("118", "Key 20 and field 118 both say general reversal, and mean opposite sides. Keep one of them.")
    ]


def test_swapping_accounts_and_side_is_the_same_booking() -> None:
    one = draft_of(entry("119,00", "S", "6815", "70000", "9"))
    other = draft_of(entry("119,00", "H", "70000", "6815", "9"))

    assert set(one.lines) == set(other.lines) == {debit("6815", "119", "VST19"), credit("70000", "119")}


# Account numbers.


@pytest.mark.parametrize(
    ("number", "account_length", "number_length", "found"),
    [
        ("100", 4, 4, "0100"),
        ("0100", 4, 4, "0100"),
        ("00100", 4, 4, "0100"),
        ("10000", 4, 4, "10000"),
        ("010000", 4, 4, "10000"),
        ("84000", 5, 4, "8400"),
        ("84001", 5, 4, None),
        ("8500", 5, 4, "0850"),
        ("10000", 5, 4, "1000"),
        ("100000", 5, 4, "10000"),
        ("44000000", 8, 4, "4400"),
        ("100000000", 8, 4, "10000"),
        ("100000010", 8, 4, None),
        ("8400", 4, 6, "840000"),
        ("10000", 4, 6, "1000000"),
        ("123456", 4, 4, None),
    ],
)
def test_account_number_of_the_file_is_found_in_the_chart(number: str, account_length: int, number_length: int, found: str | None) -> None:
    header = read(header={14: str(account_length)}).header

    assert number_in_chart(number=number, header=header, number_length=number_length) == found


def test_accounts_needed_are_all_that_the_rows_touch() -> None:
    batch = read(entry("1,00", "S", "690", "1800"), entry("1,00", "S", "1800", "10000", f13="1,00", f125="4736"))

    assert accounts_needed(batch=batch) == {"0690", "1800", "10000", "4736"}


def test_all_that_is_wrong_with_a_row_comes_at_once() -> None:
    row = entry("119,00", "S", "10001", "4401", "93", f3="CHF")

    assert refusal(row) == [
        ("7", "The chart has no customer or vendor 10001. Add it, or change the number in the file."),
        ("8", "The chart has no account 4401. Add it, or change the number in the file."),
        ("9", "Key 93 is kept for § 13b UStG and has no meaning yet; in use are 91, 92, 94 and 95."),
        ("5", "The row is in CHF without its amount in euros. Fill fields 5 and 6."),
    ]


def test_customer_and_vendor_without_account_are_booked_on_the_control_accounts() -> None:
    chart = replace(SKR04, receivable_account="1200", payable_account="3300")

    sale = draft_of(entry("119,00", "S", "69999", "4400"), chart=chart)
    purchase = draft_of(entry("119,00", "S", "6815", "71234", "9"), chart=chart)

    assert sale.lines == (debit("1200", "119"), credit("4400", "119", "UST19"))
    assert (sale.metadata or {})["datev_account"] == "69999"
    assert purchase.lines == (debit("6815", "119", "VST19"), credit("3300", "119"))
    assert (purchase.metadata or {})["datev_contra_account"] == "71234"


def test_customer_with_an_account_is_booked_there() -> None:
    chart = replace(SKR04, receivable_account="1200", payable_account="3300")

    draft = draft_of(entry("119,00", "S", "10000", "4400"), chart=chart)

    assert draft.lines[0].account == "10000"
    assert "datev_account" not in (draft.metadata or {})


def test_transfer_between_two_customers_on_one_control_account_is_refused() -> None:
    chart = replace(SKR04, receivable_account="1200")

    assert refusal(entry("1,00", "S", "10001", "10002"), chart=chart) == [
        ("8", "Both sides of the row are account 1200. A booking needs two different accounts.")
    ]


def test_account_switched_off_is_refused_by_the_plan() -> None:
    accounts = {**SKR04.facts.accounts, "6815": AccountFacts(number="6815", type="expense", is_active=False)}
    chart = replace(SKR04, facts=replace(SKR04.facts, accounts=accounts))

    plan = plan_batch(batch=read(entry("1,00", "S", "6815", "1800")), chart=chart)

    assert plan.bookings == ()
    assert [(fault.pointer, fault.code) for fault in plan.refused[0].faults] == [("/rows/3", "ACCOUNT_INACTIVE")]


# Opening balances, annual accounts.


@pytest.mark.parametrize("carry_forward", ["9000", "9008", "9009"])
def test_row_against_a_carry_forward_account_on_the_first_day_is_an_opening_balance(carry_forward: str) -> None:
    draft = draft_of(entry("1000,00", "S", "1800", carry_forward, day="0101"))

    assert (draft.opening, draft.lines) == (True, (debit("1800", "1000"),))


def test_opening_balance_may_have_the_carry_forward_account_in_field_7() -> None:
    draft = draft_of(entry("1000,00", "S", "9000", "2900", day="0101"))

    assert (draft.opening, draft.lines) == (True, (credit("2900", "1000"),))


def test_opening_balance_of_an_automatic_account_bears_no_tax() -> None:
    row = entry("119,00", "H", "3272", "9000", day="0101")
    facts = {**SKR04.facts.accounts, "3272": AccountFacts(number="3272", type="liability", category="advances_received")}
    chart = replace(SKR04, facts=replace(SKR04.facts, accounts=facts), automatic_codes={"3272": "UST19"})

    assert draft_of(row, chart=chart).lines == (credit("3272", "119"),)


def test_carry_forward_account_later_in_the_year_is_booked_as_it_stands() -> None:
    draft = draft_of(entry("1000,00", "S", "1800", "9000", day="0102"))

    assert (draft.opening, draft.lines) == (False, (debit("1800", "1000"), credit("9000", "1000")))


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (entry("1,00", "S", "9000", "9008", day="0101"), "8"),
        (entry("1,00", "S", "6815", "9000", day="0101"), "8"),
        (entry("1,00", "S", "1800", "9000", "9", day="0101"), "9"),
        (entry("1,00", "S", "10000", "9008", day="0101", f13="1,00"), "13"),
    ],
)
def test_what_cannot_be_carried_forward_is_refused(row: dict[int, str], field: str) -> None:
    assert [found for found, _ in refusal(row)] == [field]


def test_opening_balances_of_a_batch_become_one_booking() -> None:
    batch = read(
        entry("1000,00", "S", "1800", "9000", day="0101"),
        entry("5,00", "S", "1600", "1800", day="0101"),
        entry("1000,00", "H", "2900", "9000", day="0101"),
    )

    plan = plan_batch(batch=batch, chart=SKR04)

    assert plan.refused == ()
    assert [[row.line for row in booking.rows] for booking in plan.bookings] == [[3, 5], [4]]
    assert plan.bookings[0].draft == Draft(
        booking_date=date(2026, 1, 1),
        description="Probe",
        lines=(debit("1800", "1000"), credit("2900", "1000")),
        opening=True,
        category="datev_import",
        metadata={"datev_rows": 2},
        skip_duplicate_check=True,
    )


def test_opening_balances_that_do_not_add_up_are_all_refused_and_the_rest_is_booked() -> None:
    batch = read(
        entry("1000,00", "S", "1800", "9000", day="0101"),
        entry("5,00", "S", "1600", "1800", day="0101"),
        entry("999,00", "H", "2900", "9000", day="0101"),
    )

    plan = plan_batch(batch=batch, chart=SKR04)

    assert [[row.line for row in booking.rows] for booking in plan.bookings] == [[4]]
    assert [(found.row.line, found.faults[0].code) for found in plan.refused] == [(3, "BALANCE_MISMATCH"), (5, "BALANCE_MISMATCH")]


@pytest.mark.parametrize(
    ("booking_type", "day", "period"),
    [("2", "3112", 13), ("2", "3011", None), ("1", "3112", None), ("", "3112", None)],
)
def test_annual_accounts_on_the_last_day_go_to_period_13(booking_type: str, day: str, period: int | None) -> None:
    assert draft_of(entry("1,00", "S", "6815", "1800", day=day), header={19: booking_type}).adjustment_period == period


# Foreign currency.


def fx_row(amount: str, currency: str, rate: str, base: str, account: str = "10000", contra: str = "4200", key: str = "") -> dict[int, str]:
    return entry(amount, "S", account, contra, key, f3=currency, f4=rate, f5=base, f6="EUR")


@pytest.mark.parametrize(
    ("row", "rate", "written"),
    [
        (fx_row("124,00", "CHF", "1,240000", "100,00"), "1.24", None),
        # 124.00 at 1.240402 are 99.97: the euros count.
        (fx_row("124,00", "CHF", "1,240402", "100,00"), "1.24", "1.240402"),
        # The rate the other way round, in euros per franc.
        (fx_row("124,00", "CHF", "0,806452", "100,00"), "1.24", "0.806452"),
        (fx_row("124,00", "CHF", "", "100,00"), "1.24", None),
        (fx_row("100,00", "GBP", "0,850000", "117,65"), "0.85", None),
    ],
)
def test_foreign_currency_is_booked_at_its_base_amount(row: dict[int, str], rate: str, written: str | None) -> None:
    draft = draft_of(row)

    base = Decimal(row[5].replace(",", "."))
    assert [line.amount for line in draft.lines] == [base, base]
    assert draft.fx == Fx(
        currency=row[3], amount=Decimal(row[1].replace(",", ".")), rate=Decimal(rate), rate_date=date(2026, 3, 3), rate_source="manual"
    )
    assert (draft.metadata or {}).get("datev_rate") == (Decimal(written) if written else None)
    assert plan_batch(batch=read(row), chart=SKR04).refused == ()


def test_foreign_currency_with_tax_splits_the_euros() -> None:
    plan = plan_batch(batch=read(fx_row("500,00", "USD", "1,100000", "454,55", "6815", "70000", "9")), chart=SKR04)

    assert plan.balances == {"1406": Decimal("72.58"), "6815": Decimal("381.97"), "70000": Decimal("-454.55")}
    assert sum((event.fx_amount or Decimal(0) for event in plan.bookings[0].transfers), Decimal(0)) == Decimal(500)


def test_foreign_currency_with_self_assessed_tax_is_booked_in_euros_and_kept_as_a_remark() -> None:
    draft = draft_of(fx_row("120,00", "USD", "1,200000", "100,00", "5425", "70000"))

    assert (draft.fx, draft.lines) == (None, (debit("5425", "100", "VST-IGE19"), credit("70000", "100")))
    metadata = draft.metadata or {}
    assert (metadata["datev_currency"], metadata["datev_foreign_amount"], metadata["datev_rate"]) == ("USD", Decimal(120), Decimal("1.2"))


def test_foreign_amount_that_no_rate_explains_is_a_remark() -> None:
    draft = draft_of(fx_row("1234567890,01", "USD", "", "1000000000,07"))

    assert draft.fx is None
    assert (draft.metadata or {})["datev_foreign_amount"] == Decimal("1234567890.01")
    assert draft.lines[0].amount == Decimal("1000000000.07")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({3: "CHF"}, "5"),
        ({3: "CHF", 4: "1,24"}, "5"),
        ({3: "CHF", 5: "100,00", 6: "USD"}, "6"),
        ({3: "CHF", 4: "2,000000", 5: "100,00", 6: "EUR"}, "4"),
        ({3: "JPY", 1: "124,50", 5: "1,00", 6: "EUR"}, "1"),
        ({5: "100,00", 6: "EUR"}, "5"),
        ({5: "124,00", 6: "CHF"}, "5"),
    ],
)
def test_amounts_and_currencies_that_contradict_each_other_are_refused(fields: dict[int, str], field: str) -> None:
    assert [found for found, _ in refusal({**entry("124,00", "S", "10000", "4200"), **fields})] == [field]


def test_euro_row_may_repeat_its_amount_as_base_amount() -> None:
    draft = draft_of({**entry("124,00", "S", "10000", "4200"), 3: "EUR", 5: "124,00", 6: "EUR"})

    assert (draft.fx, draft.lines[0].amount) == (None, Decimal(124))


def test_file_in_another_currency_needs_base_amounts_in_euros() -> None:
    assert [field for field, _ in refusal(entry("1,00", "S", "1600", "1800"), header={22: "CHF"})] == ["5"]


# Discount.

PAYMENT = {**entry("116,62", "S", "1800", "10000"), 13: "2,38", 11: "RE-7"}


def test_discount_goes_to_the_account_of_the_invoice_code_and_corrects_its_tax() -> None:
    draft = draft_of(PAYMENT, discounted_code="UST19")

    assert draft.lines == (credit("10000", "119.00"), debit("1800", "116.62"), debit("4736", "2.38", "UST19"))


def test_discount_of_a_vendor_stands_on_the_other_side() -> None:
    draft = draft_of({**entry("233,24", "S", "70000", "1800"), 13: "4,76"}, discounted_code="VST19")

    assert draft.lines == (debit("70000", "238.00"), credit("1800", "233.24"), credit("5736", "4.76", "VST19"))


def test_discount_on_an_untaxed_invoice_has_no_tax_code() -> None:
    chart = replace(SKR04, discount_accounts={"output": "4200"})

    assert draft_of(PAYMENT, chart=chart, discounted_code="output").lines[2] == debit("4200", "2.38")


@pytest.mark.parametrize(
    ("discount_account", "discounted_code", "line"),
    [
        ("4731", None, debit("4731", "2.38", "UST7")),
        ("4731", "UST19", debit("4731", "2.38", "UST7")),
        ("4200", "UST19", debit("4200", "2.38", "UST19")),
        ("4200", "output", debit("4200", "2.38")),
    ],
)
def test_discount_account_of_the_row_comes_first(discount_account: str, discounted_code: str | None, line: DraftLine) -> None:
    assert draft_of({**PAYMENT, 125: discount_account}, discounted_code=discounted_code).lines[2] == line


@pytest.mark.parametrize(
    ("fields", "discounted_code", "field"),
    [
        ({}, None, "13"),
        ({125: "4200"}, None, "13"),
        ({125: "4999"}, "UST19", "125"),
        ({}, "UST16", "13"),
        ({7: "1600"} | {8: "1800"}, "UST19", "13"),
        ({7: "70000"}, "UST19", "13"),
        ({7: "4400"}, "UST19", "13"),
        ({3: "CHF", 5: "100,00", 6: "EUR"}, "UST19", "13"),
    ],
)
def test_discount_that_cannot_be_booked_is_refused(fields: dict[int, str], discounted_code: str | None, field: str) -> None:
    assert [found for found, _ in refusal({**PAYMENT, **fields}, discounted_code=discounted_code)] == [field]


INVOICE = {**entry("119,00", "S", "10000", "4400"), 11: "RE-7"}


@pytest.mark.parametrize(
    ("others", "known", "discount_line"),
    [
        ([INVOICE], {}, debit("4736", "2.38", "UST19")),
        ([INVOICE, {**entry("107,00", "S", "10000", "4300"), 11: "RE-7"}], {}, None),
        ([{**INVOICE, 11: "RE-8"}], {}, None),
        ([{**INVOICE, 11: "RE-8"}], {3: "UST7"}, debit("4731", "2.38", "UST7")),
        ([{**entry("119,00", "H", "10000", "4400"), 11: "RE-7"}], {}, None),
        ([{**entry("50,00", "S", "1800", "10000"), 11: "RE-7"}, INVOICE], {}, debit("4736", "2.38", "UST19")),
        ([{**INVOICE, 118: "1"}], {}, None),
        ([{**INVOICE, 2: "H", 118: "1"}], {}, None),
    ],
)
def test_discount_finds_the_one_tax_code_of_its_invoice(
    others: list[dict[int, str]], known: dict[int, str], discount_line: DraftLine | None
) -> None:
    batch = read(PAYMENT, *others)

    plan = plan_batch(batch=batch, chart=SKR04, discounted_codes=known)

    found = [booking.draft.lines[2] for booking in plan.bookings if len(booking.draft.lines) == 3]
    assert found == ([discount_line] if discount_line else [])
    assert [refused.row.line for refused in plan.refused] == ([] if discount_line else [3])


@pytest.mark.parametrize(
    ("row", "due_date"),
    [
        (entry("119,00", "S", "10000", "4400", f12="160326"), "2026-03-16"),
        (entry("119,00", "S", "10000", "4400", f12="020326"), None),
        (entry("119,00", "S", "10000", "4400", f12="REF-12"), None),
        (entry("119,00", "S", "10000", "4400", f12="320326"), None),
        (entry("119,00", "S", "6815", "1800", "9", f12="160326"), None),
        (entry("119,00", "S", "10000", "4400", f12="160326", f117="17032026"), "2026-03-17"),
    ],
)
def test_due_date_comes_from_field_117_or_from_a_date_in_document_field_2(row: dict[int, str], due_date: str | None) -> None:
    assert (draft_of(row).metadata or {}).get("due_date") == due_date
