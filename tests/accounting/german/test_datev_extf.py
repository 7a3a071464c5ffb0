"""The file as a whole: encodings, limits, header, columns, broken lines. One bad line never spoils the others."""

import csv
from datetime import date
from pathlib import Path

import pytest

from accounting.german import datev_extf
from accounting.german.datev_columns import COLUMNS, column_count
from accounting.german.datev_extf import read_batch
from accounting.german.datev_header import DatevFileRefused
from tests.accounting.german.datev_charts import batch_bytes, entry

REFERENCE = Path(__file__).parents[4] / "shared" / "reference" / "datev_buchungsstapel_columns.csv"
ROW = entry("119,00", "S", "10000", "4400", f14="Büro – 5 €")


def refused(data: bytes) -> DatevFileRefused:
    with pytest.raises(DatevFileRefused) as caught:
        read_batch(data)
    return caught.value


@pytest.mark.parametrize(
    ("encoding", "bom", "found"),
    [("cp1252", b"", "cp1252"), ("utf-8", b"", "utf-8"), ("utf-8", b"\xef\xbb\xbf", "utf-8")],
)
def test_text_is_read_in_every_encoding_that_datev_programs_write(encoding: str, bom: bytes, found: str) -> None:
    batch = read_batch(bom + batch_bytes(ROW, encoding=encoding))

    assert (batch.encoding, batch.rows[0].text, batch.header.marker) == (found, "Büro – 5 €", "EXTF")
    assert (batch.faults, batch.notices) == ((), ())


def test_euro_sign_of_windows_1252_is_one_byte_and_no_line_break() -> None:
    data = batch_bytes(entry("1,00", "S", "1600", "1800", f14="5 € … und 6 €"))

    assert b"5 \x80 \x85 und" in data
    assert read_batch(data).rows[0].text == "5 € … und 6 €"


@pytest.mark.parametrize("line_end", [b"\r\n", b"\n", b"\r"])
def test_every_line_end_is_read_and_blank_lines_do_not_count(line_end: bytes) -> None:
    data = batch_bytes(ROW, ROW).replace(b"\r\n", line_end) + line_end + b"  " + line_end

    batch = read_batch(data)

    assert ([row.line for row in batch.rows], batch.row_count, batch.faults) == ([3, 4], 2, ())


def test_a_byte_that_is_no_character_is_named() -> None:
    error = refused(batch_bytes(ROW).replace(b"\x96", b"\x81"))

    assert "byte 0x81" in error.message


@pytest.mark.parametrize("data", [batch_bytes(ROW).decode("cp1252").encode("utf-16"), batch_bytes(ROW) + b"\x00"])
def test_zero_bytes_are_refused(data: bytes) -> None:
    assert "zero bytes" in refused(data).message


def test_a_file_above_the_limit_is_refused_unread() -> None:
    error = refused(b'"EXTF"' + b" " * datev_extf.MAX_BYTES)

    assert error.details == {"size_bytes": datev_extf.MAX_BYTES + 6}


def test_more_rows_than_a_batch_may_have_are_refused() -> None:
    rows = ["1,00;S;;;;;1600;1800;;0101"] * (datev_extf.MAX_ROWS + 1)

    assert refused(batch_bytes(*rows)).details == {"rows": 100_000}


@pytest.mark.parametrize(
    ("data", "pointer", "part_of_the_reason"),
    [
        (b"", "/header/1", "begins with ''"),
        (b"\r\n\r\n", "/header/1", "begins with ''"),
        (b"Datum;Betrag;Text\r\n01.01.2026;5,00;Porto\r\n", "/header/1", "begins with 'Datum'"),
        (b'"EXTF";700;21;"Buchungsst', "/header/1", "wrongly set quotes"),
        (b'"EXTF";700', "/header/3", "category (none)"),
        (batch_bytes(ROW, header={1: "GDPD"}), "/header/1", "instead of EXTF or DTVF"),
        (batch_bytes(ROW, header={2: "300"}), "/header/2", "known are 510 and 700"),
        (batch_bytes(ROW, header={2: "2147483648"}), "/header/2", "known are 510 and 700"),
        (batch_bytes(ROW, header={3: "16"}), "/header/3", "category 16, Debitoren/Kreditoren"),
        (batch_bytes(ROW, header={3: "65"}), "/header/3", "category 65, Wiederkehrende Buchungen"),
        (batch_bytes(ROW, header={3: "77", 4: "Neues"}), "/header/3", "category 77, Neues"),
        (batch_bytes(ROW, header={5: "14"}), "/header/5", "known are 1 to 13"),
        (batch_bytes(ROW, header={5: "0"}), "/header/5", "known are 1 to 13"),
        (batch_bytes(ROW, header={5: ""}), "/header/5", "known are 1 to 13"),
    ],
)
def test_what_is_no_booking_batch_is_refused_with_the_reason(data: bytes, pointer: str, part_of_the_reason: str) -> None:
    error = refused(data)

    assert part_of_the_reason in error.message
    assert [fault.pointer for fault in error.faults] == [pointer]


def test_all_faults_of_the_header_come_at_once() -> None:
    error = refused(batch_bytes(ROW, header={11: "zwölf", 12: "", 13: "20260230", 14: "9", 19: "3", 21: "2", 22: "Euro"}))

    assert [fault.pointer for fault in error.faults] == [f"/header/{field}" for field in (13, 11, 12, 14, 19, 21, 22)]
    assert error.faults[0].message == "Header field 13 (WJ-Beginn): '20260230' is not a date in the form JJJJMMTT."


@pytest.mark.parametrize(
    ("header", "pointers"),
    [
        ({15: "20251231"}, ["/header/15"]),
        ({16: "20270101"}, ["/header/16"]),
        ({15: "20260301", 16: "20260228"}, ["/header/16"]),
        ({13: "00010101"}, ["/header/13"]),
    ],
)
def test_a_batch_lies_inside_one_fiscal_year(header: dict[int, str], pointers: list[str]) -> None:
    assert [fault.pointer for fault in refused(batch_bytes(ROW, header=header)).faults] == pointers


def test_a_header_that_ends_early_counts_as_empty_at_the_end() -> None:
    header, columns, row, _ = batch_bytes(ROW).split(b"\r\n")
    short = b";".join(header.split(b";")[:14])

    batch = read_batch(b"\r\n".join((short, columns, row)))

    found = batch.header
    assert (found.date_from, found.date_until, found.currency, found.lock_flag, found.locked, found.chart) == (
        None,
        None,
        "EUR",
        None,
        True,
        None,
    )
    assert (found.booking_type, found.designation, len(batch.rows)) == (1, "", 1)


def test_oddities_of_the_header_are_notices_and_no_faults() -> None:
    batch = read_batch(batch_bytes(ROW, header={6: "gestern", 27: "49"}))

    assert (batch.header.created_at, batch.header.chart) == (None, None)
    assert [notice.pointer for notice in batch.notices] == ["/header/6", "/header/27"]


@pytest.mark.parametrize(
    ("start", "end"),
    [("20260101", date(2026, 12, 31)), ("20250701", date(2026, 6, 30)), ("20230301", date(2024, 2, 29)), ("20240229", date(2025, 2, 28))],
)
def test_fiscal_year_ends_twelve_months_after_its_start(start: str, end: date) -> None:
    batch = read_batch(batch_bytes(header={13: start, 15: "", 16: ""}))

    assert batch.header.fiscal_year_end == end


@pytest.mark.parametrize(
    ("header_flag", "row_flags", "locked"),
    [
        ("0", ["0", "0"], False),
        ("0", ["", ""], False),
        ("0", ["0", "1"], True),
        ("1", ["0", "0"], True),
        ("", ["0", "0"], False),
        ("", ["0", ""], True),
    ],
)
def test_one_locked_row_locks_the_batch_and_an_empty_flag_counts_as_one(header_flag: str, row_flags: list[str], locked: bool) -> None:
    rows = [{**ROW, 114: flag} for flag in row_flags]

    assert read_batch(batch_bytes(*rows, header={21: header_flag})).locked is locked


# Columns.


def test_columns_are_those_of_the_reference() -> None:
    if not REFERENCE.is_file():
        pytest.skip(f"the reference table is not at {REFERENCE}")
    with REFERENCE.open(encoding="utf-8") as file:
        reference = [(int(row["number"]), row["name"]) for row in csv.DictReader(file)]

    def without_blanks(name: str) -> str:
        return name.replace(" ", "")

    assert [(column.number, without_blanks(column.name)) for column in COLUMNS] == [(n, without_blanks(name)) for n, name in reference]


@pytest.mark.parametrize(("version", "count"), [(1, 116), (5, 116), (7, 116), (8, 120), (9, 120), (10, 124), (12, 124), (13, 125)])
def test_later_format_versions_only_append_columns(version: int, count: int) -> None:
    assert column_count(version) == count


@pytest.mark.parametrize("version", range(1, 14))
def test_every_format_version_is_read_with_all_its_columns(version: int) -> None:
    batch = read_batch(batch_bytes(ROW, version=version, columns=column_count(version)))

    assert (batch.header.format_version, len(batch.rows), batch.faults, batch.notices) == (version, 1, (), ())


@pytest.mark.parametrize("columns", [14, 20, 92, 105])
def test_missing_columns_at_the_end_count_as_empty(columns: int) -> None:
    batch = read_batch(batch_bytes({**ROW, 118: ""}, columns=columns))

    assert (batch.rows[0].general_reversal, batch.rows[0].locked, batch.faults, batch.notices) == (False, None, (), ())


def test_more_columns_than_the_version_has_are_a_notice() -> None:
    batch = read_batch(batch_bytes(ROW, version=7, columns=120))

    assert [(notice.pointer, notice.message) for notice in batch.notices] == [
        ("/columns", "The file has 120 columns; format version 7 has 116 at most.")
    ]


def test_a_row_with_more_fields_than_any_version_is_a_fault_unless_they_are_empty() -> None:
    line = "1,00;S;;;;;1600;1800;;0101" + ";" * 115

    batch = read_batch(batch_bytes(line + ";;", line + ";;x"))

    assert [row.line for row in batch.rows] == [3]
    assert [(fault.pointer, fault.message) for fault in batch.faults] == [
        ("/rows/4/126", "Line 4 has 127 fields; a booking batch has 125 at most.")
    ]


def rename(data: bytes, old: str, new: str) -> bytes:
    lines = data.split(b"\r\n")
    lines[1] = lines[1].replace(old.encode("cp1252"), new.encode("cp1252"), 1)
    return b"\r\n".join(lines)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Basis-Umsatz", "Basisumsatz"),
        ("Gegenkonto (ohne BU-Schlüssel)", "Gegenkonto"),
        ("BU-Schlüssel;", "BU-Schluessel;"),
        ("Soll/Haben-Kennzeichen", "Soll/Haben-Kz"),
        ("SEPA-Mandatsreferenz", "Mandatsreferenz"),
        ("Buchungs GUID", "Leerfeld"),
    ],
)
def test_headings_may_be_spelled_as_other_versions_do(old: str, new: str) -> None:
    assert read_batch(rename(batch_bytes(ROW), old, new)).notices == ()


def test_an_unknown_heading_is_reported_and_the_column_still_counts_by_its_place() -> None:
    batch = read_batch(rename(batch_bytes(ROW), "Buchungstext", "Memo"))

    assert [(notice.pointer, notice.message) for notice in batch.notices] == [
        ("/columns/14", "Column 14 is named 'Memo'; in this format it is Buchungstext.")
    ]
    assert batch.rows[0].text == "Büro – 5 €"


def test_other_columns_in_the_place_of_essential_ones_are_refused_with_all_of_them() -> None:
    header = batch_bytes().split(b"\r\n")[0]

    error = refused(header + b"\r\nUmsatz;Soll/Haben;Konto;Gegenkonto;BU;Belegdatum\r\n1,00;S;1600;1800;;0101\r\n")

    assert [fault.pointer for fault in error.faults] == ["/columns/7", "/columns/8", "/columns/9", "/columns/10"]


def test_a_file_without_headings_is_refused() -> None:
    lines = batch_bytes(ROW).split(b"\r\n")

    assert refused(b"\r\n".join((lines[0], lines[2]))).faults[0].pointer == "/columns/1"
    assert len(refused(lines[0]).faults) == 6


# Lines.


@pytest.mark.parametrize(
    "line",
    [
        '1,00;S;;;;;1600;1800;;0101;"RE-1;;;"offen',
        '1,00;"S"x;;;;;1600;1800;;0101',
        '1,00;S;;;;;1600;1800;;0101;"offen',
        "1,00;S;;;;;1600;1800;;0101;" + "x" * 200_000,
    ],
)
def test_a_line_with_wrong_quotes_is_a_fault_of_its_own(line: str) -> None:
    batch = read_batch(batch_bytes(ROW, line, ROW))

    assert [row.line for row in batch.rows] == [3, 5]
    assert [fault.pointer for fault in batch.faults] == ["/rows/4"]


def test_a_long_line_is_refused_whatever_the_process_allows() -> None:
    before = csv.field_size_limit(2**31 - 1)
    try:
        batch = read_batch(batch_bytes(ROW, "1,00;S;;;;;1600;1800;;0101;" + "x" * 200_000, ROW))
    finally:
        csv.field_size_limit(before)

    assert [fault.pointer for fault in batch.faults] == ["/rows/4"]


def test_quotes_inside_a_text_are_doubled_and_separators_may_stand_in_it() -> None:
    batch = read_batch(batch_bytes(entry("1,00", "S", "1600", "1800", f14='Buch "A; B"')))

    assert batch.rows[0].text == 'Buch "A; B"'


def test_a_row_outside_the_period_of_the_batch_is_read_with_a_notice() -> None:
    batch = read_batch(batch_bytes(entry("1,00", "S", "1600", "1800", day="0104"), header={15: "20260301", 16: "20260331"}))

    assert [row.document_date for row in batch.rows] == [date(2026, 4, 1)]
    assert [notice.pointer for notice in batch.notices] == ["/rows/3/10"]


def test_totals_by_side_are_those_of_the_file() -> None:
    batch = read_batch(batch_bytes(ROW, entry("0,01", "S", "1600", "1800"), entry("7,50", "H", "1600", "1800")))

    assert (str(batch.total("S")), str(batch.total("H"))) == ("119.01", "7.50")
