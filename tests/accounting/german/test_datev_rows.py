"""The fields of a row: what is read, and what is a fault with line and field."""

from datetime import date
from decimal import Decimal

import pytest

from accounting.german.datev_extf import read_batch
from accounting.german.datev_rows import BatchRow
from tests.accounting.german.datev_charts import batch_bytes, entry

PLAIN = entry("119,00", "S", "10000", "4400")


def read(row: dict[int, str] | str, header: dict[int, str] | None = None) -> BatchRow:
    batch = read_batch(batch_bytes(row, header=header))
    assert batch.faults == ()
    return batch.rows[0]


def faults(row: dict[int, str] | str, header: dict[int, str] | None = None) -> list[tuple[str, str]]:
    batch = read_batch(batch_bytes(row, header=header))
    assert batch.rows == ()
    return [(fault.pointer.removeprefix("/rows/3"), fault.message.removeprefix("Line 3, ")) for fault in batch.faults]


def test_every_field_of_a_row_is_read() -> None:
    row = read(
        {
            1: "1234567890,12",
            2: "H",
            3: "CHF",
            4: "1,240402",
            5: "100",
            6: "EUR",
            7: "085",
            8: "70000",
            9: "0094",
            10: "2802",
            11: "RE-1",
            12: "150426",
            13: "2,38",
            14: " Text ",
            20: 'BEDI "6F9619FF-8B86-D011-B42D-00C04FC964FF"',
            37: "K1",
            38: "K2",
            40: "ATU12345675",
            41: "20,00",
            42: "S",
            43: "7",
            44: "190",
            45: "1",
            46: "19",
            47: "190",
            96: "AG",
            114: "1",
            115: "27022026",
            116: "01032026",
            117: "7042026",
            118: "G",
            119: "19,00",
            120: "DE",
            125: "4736",
        }
    )

    assert (row.line, row.amount, row.side, row.currency) == (3, Decimal("1234567890.12"), "H", "CHF")
    assert (row.rate, row.base_amount, row.base_currency) == (Decimal("1.240402"), Decimal(100), "EUR")
    assert (row.account, row.contra_account, row.bu_key, row.document_date) == ("085", "70000", "0094", date(2026, 2, 28))
    assert (row.document_field_1, row.document_field_2, row.discount, row.text) == ("RE-1", "150426", Decimal("2.38"), "Text")
    assert row.document_link == 'BEDI "6F9619FF-8B86-D011-B42D-00C04FC964FF"'
    assert row.document_guid == "6f9619ff-8b86-d011-b42d-00c04fc964ff"
    assert (row.cost_centre_1, row.cost_centre_2, row.eu_vat_id, row.eu_rate_percent) == ("K1", "K2", "ATU12345675", Decimal(20))
    assert (row.taxation, row.case_number, row.case_supplement) == ("S", "7", "190")
    assert (row.bu49_main_type, row.bu49_main_number, row.bu49_supplement, row.advance_type) == ("1", "19", "190", "AG")
    assert (row.locked, row.service_date, row.tax_period_date) == (True, date(2026, 2, 27), date(2026, 3, 1))
    assert (row.due_date, row.general_reversal) == (date(2026, 4, 7), True)
    assert (row.tax_rate_percent, row.tax_country, row.discount_account) == (Decimal(19), "DE", "4736")
    assert (row.raw[13], len(row.raw)) == (" Text ", 125)


def test_empty_fields_have_no_value() -> None:
    row = read(PLAIN)

    assert (row.currency, row.rate, row.base_amount, row.base_currency, row.discount, row.locked) == ("EUR", None, None, None, None, None)
    assert (row.service_date, row.due_date, row.general_reversal, row.document_guid) == (None, None, False, None)
    assert len(row.raw) == 10


def test_currency_of_a_row_is_that_of_the_header_unless_it_says_another() -> None:
    assert read(PLAIN, header={22: "CHF"}).currency == "CHF"


@pytest.mark.parametrize(
    ("link", "guid"),
    [
        ('DDMS "6F9619FF-8B86-D011-B42D-00C04FC964FF"', "6f9619ff-8b86-d011-b42d-00c04fc964ff"),
        ('BEDI "{6F9619FF-8B86-D011-B42D-00C04FC964FF}"', "6f9619ff-8b86-d011-b42d-00c04fc964ff"),
        ('BEDI "rechnung.pdf"', None),
        ("6F9619FF-8B86-D011-B42D-00C04FC964FF", None),
    ],
)
def test_document_guid_is_taken_from_links_that_name_one(link: str, guid: str | None) -> None:
    assert read({**PLAIN, 20: link}).document_guid == guid


@pytest.mark.parametrize(
    ("amount", "reason"),
    [
        ("", "is missing."),
        ("0,00", "is zero; it must be above zero."),
        ("-5,00", "'-5,00' is negative. Amounts are positive; the side, S or H, says the direction."),
        ("5,1234", "'5,1234' has 4 decimals; 2 are allowed."),
        ("1.234,56", "'1.234,56' has a point. Numbers have a decimal comma and no separator of thousands."),
        ("12.50", "'12.50' has a point. Numbers have a decimal comma and no separator of thousands."),
        ("+5,00", "'+5,00' is not a number such as 1234,56."),
        ("5,", "'5,' is not a number such as 1234,56."),
        ("1e5", "'1e5' is not a number such as 1234,56."),
        ("NaN", "'NaN' is not a number such as 1234,56."),
        ("١٢٣", None),
        ("12345678901,0", "'12345678901,0' is too large; 10 digits before the comma are allowed."),
        ("12345678901,00", "has 14 characters; 13 are allowed."),
    ],
)
def test_an_amount_that_is_none_is_refused(amount: str, reason: str | None) -> None:
    if reason is None:
        batch = read_batch(batch_bytes({**PLAIN, 1: amount}, encoding="utf-8"))
        assert ([fault.pointer for fault in batch.faults], batch.rows) == (["/rows/3/1"], ())
        return
    assert faults({**PLAIN, 1: amount}) == [("/1", f"field 1 (Umsatz (ohne Soll/Haben-Kz)): {reason}")]


@pytest.mark.parametrize(
    ("amount", "value"), [("64083", "64083"), ("5,1", "5.1"), ("0,01", "0.01"), (" 5,00 ", "5.00"), ("007,00", "7.00")]
)
def test_an_amount_may_have_no_or_one_decimal(amount: str, value: str) -> None:
    assert read({**PLAIN, 1: amount}).amount == Decimal(value)


@pytest.mark.parametrize(
    ("field", "content"),
    [
        (2, ""),
        (2, "s"),
        (2, "SH"),
        (3, "Eur"),
        (4, "0"),
        (4, "1,2345678"),
        (6, "EU"),
        (7, ""),
        (7, "0"),
        (7, "4400a"),
        (7, "1234567890"),
        (8, ""),
        (9, "9a"),
        (9, "12345"),
        (11, "x" * 37),
        (14, "x" * 61),
        (14, "a\tb"),
        (42, "X"),
        (43, "x"),
        (114, "2"),
        (115, "32012026"),
        (115, "2026-01-31"),
        (117, "010126"),
        (118, "2"),
        (119, "190"),
        (125, "Skonto"),
    ],
)
def test_a_field_of_another_form_is_a_fault_with_its_number(field: int, content: str) -> None:
    assert [pointer for pointer, _ in faults({**PLAIN, field: content})] == [f"/{field}"]


def test_a_collective_posting_says_how_to_export_it() -> None:
    [(_, message)] = faults({**PLAIN, 8: ""})

    assert message == (
        "field 8 (Gegenkonto (ohne BU-Schlüssel)): is empty. A row needs two accounts: a collective posting is exported as one row "
        "for each part."
    )


def test_all_faults_of_a_row_come_at_once_and_other_rows_are_read() -> None:
    batch = read_batch(batch_bytes(PLAIN, {**PLAIN, 1: "x", 2: "x", 10: "x", 118: "x"}, PLAIN))

    assert [row.line for row in batch.rows] == [3, 5]
    assert [fault.pointer for fault in batch.faults] == ["/rows/4/1", "/rows/4/2", "/rows/4/10", "/rows/4/118"]


@pytest.mark.parametrize(
    ("start", "written", "day"),
    [
        ("20260101", "0101", date(2026, 1, 1)),
        ("20260101", "101", date(2026, 1, 1)),
        ("20260101", "311226", date(2026, 12, 31)),
        ("20260101", "31122026", date(2026, 12, 31)),
        ("20260101", "5012026", date(2026, 1, 5)),
        ("20260101", "50126", date(2026, 1, 5)),
        ("20250701", "3006", date(2026, 6, 30)),
        ("20250701", "0107", date(2025, 7, 1)),
        ("20250701", "3112", date(2025, 12, 31)),
        ("20230701", "2902", date(2024, 2, 29)),
        ("20240101", "2902", date(2024, 2, 29)),
        ("20260317", "1603", date(2027, 3, 16)),
        ("20260317", "1703", date(2026, 3, 17)),
    ],
)
def test_a_document_date_is_the_day_in_the_fiscal_year(start: str, written: str, day: date) -> None:
    row = read({**PLAIN, 10: written}, header={13: start, 15: "", 16: ""})

    assert row.document_date == day


@pytest.mark.parametrize(
    ("start", "written", "reason"),
    [
        ("20260101", "2902", "29.02. is no day of the fiscal year 2026-01-01 to 2026-12-31."),
        ("20240701", "2902", "29.02. is no day of the fiscal year 2024-07-01 to 2025-06-30."),
        ("20260101", "3104", "31.04. is no day of the fiscal year 2026-01-01 to 2026-12-31."),
        ("20260101", "0013", "00.13. is no day of the fiscal year 2026-01-01 to 2026-12-31."),
        ("20260101", "311225", "31.12.25 lies outside the fiscal year 2026-01-01 to 2026-12-31."),
        ("20260101", "01012027", "01.01.2027 lies outside the fiscal year 2026-01-01 to 2026-12-31."),
        ("20250701", "30062025", "30.06.2025 lies outside the fiscal year 2025-07-01 to 2026-06-30."),
        ("20260101", "", "is missing; it must be a date TTMM."),
        ("20260101", "01.01.26", "'01.01.26' is not a date in the form TTMM."),
        ("20260101", "11", "'11' is not a date in the form TTMM."),
    ],
)
def test_a_document_date_outside_the_fiscal_year_is_refused(start: str, written: str, reason: str) -> None:
    found = faults({**PLAIN, 10: written}, header={13: start, 15: "", 16: ""})

    assert found == [("/10", f"field 10 (Belegdatum): {reason}")]


# Fingerprint and identity.


@pytest.mark.parametrize(
    "same",
    [
        {1: "119"},
        {1: "119,0"},
        {7: "010000"},
        {9: "00"},
        {10: "03032026"},
        {13: "0,00"},
        {114: "1"},
        {102: "SV"},
        {118: "0"},
    ],
)
def test_fingerprint_is_that_of_the_content_and_not_of_the_bytes(same: dict[int, str]) -> None:
    assert read({**PLAIN, **same}).fingerprint == read(PLAIN).fingerprint


@pytest.mark.parametrize(
    "other",
    [
        {1: "119,01"},
        {2: "H"},
        {3: "USD"},
        {4: "1,1"},
        {5: "100,00", 6: "EUR"},
        {7: "10001"},
        {8: "4300"},
        {9: "40"},
        {10: "0403"},
        {11: "RE-1"},
        {12: "x"},
        {13: "1,00"},
        {14: "Text"},
        {20: "x"},
        {37: "x"},
        {40: "AT"},
        {115: "01012026"},
        {117: "01012026"},
        {118: "1"},
        {119: "7"},
        {125: "4736"},
    ],
)
def test_fingerprint_changes_with_everything_that_is_booked_or_stored(other: dict[int, str]) -> None:
    assert read({**PLAIN, **other}).fingerprint != read(PLAIN).fingerprint


@pytest.mark.parametrize("changed", [{1: "120,00"}, {2: "H"}, {8: "4300"}, {9: "40"}, {14: "Text"}, {114: "1"}])
def test_identity_of_a_row_with_a_document_number_stays_when_the_row_changes(changed: dict[int, str]) -> None:
    numbered = {**PLAIN, 11: "RE-1"}

    assert read({**numbered, **changed}).identity == read(numbered).identity


@pytest.mark.parametrize("changed", [{1: "120,00"}, {9: "40"}, {14: "Text"}, {7: "4400", 8: "10000", 2: "H"}])
def test_identity_of_a_row_without_a_number_is_its_date_and_accounts(changed: dict[int, str]) -> None:
    assert read({**PLAIN, **changed}).identity == read(PLAIN).identity


def test_rows_with_the_same_booking_guid_in_one_file_are_told_apart_by_counting() -> None:
    guid = {103: "6F9619FF-8B86-D011-B42D-00C04FC964FF"}
    again = {103: guid[103].lower()}

    one = read_batch(batch_bytes({**PLAIN, **guid})).rows
    two = read_batch(batch_bytes({**PLAIN, **guid}, {**PLAIN, **again})).rows

    assert two[0].identity == one[0].identity
    assert two[1].identity != two[0].identity
    assert two[1].identity.startswith("guid:")


def test_identity_with_a_booking_guid_is_the_guid() -> None:
    guid = {103: "6F9619FF-8B86-D011-B42D-00C04FC964FF"}
    changed = {**PLAIN, **guid, 1: "5,00", 7: "1600", 8: "1800", 10: "0101", 11: "X", 14: "X"}

    assert read(changed, header={17: "Anderer Stapel"}).identity == read({**PLAIN, **guid}).identity
    assert read(changed).identity.startswith("guid:")


@pytest.mark.parametrize("header", [{11: "1002"}, {12: "2"}, {13: "20260102"}, {16: "20260331"}, {17: "Anderer Stapel"}])
def test_identity_belongs_to_one_batch_of_one_client(header: dict[int, str]) -> None:
    assert read(PLAIN, header={15: "20260102", **header}).identity != read(PLAIN, header={15: "20260102"}).identity


def test_identity_does_not_depend_on_the_place_in_the_file() -> None:
    numbered = {**PLAIN, 11: "RE-1"}

    alone = read_batch(batch_bytes(numbered)).rows[0]
    second = read_batch(batch_bytes({**PLAIN, 11: "RE-0"}, numbered)).rows[1]

    assert (second.identity, second.fingerprint, second.line) == (alone.identity, alone.fingerprint, 4)


def test_equal_rows_have_one_fingerprint_and_two_identities() -> None:
    first, second = read_batch(batch_bytes(PLAIN, PLAIN)).rows

    assert first.fingerprint == second.fingerprint
    assert first.identity != second.identity
