"""Whole booking batches: the own files against balances worked out by hand, the published sample files against their known facts."""

import json
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from accounting.drafts import AccountFacts, ChartFacts, Draft, DraftLine, Fx
from accounting.german.datev_chart import DatevChart, accounts_needed
from accounting.german.datev_extf import Batch, read_batch
from accounting.german.datev_header import DatevFileRefused
from accounting.german.datev_plan import BatchPlan, PlannedBooking, net_per_account, plan_batch
from tests.accounting.german import datev_expected as expected
from tests.accounting.german.datev_charts import SKR03, SKR04

OWN = Path(__file__).parent / "datev_files"
SHARED = Path(__file__).parents[4] / "shared" / "data" / "datev"
BATCHES = ("ledermann_EXTF_Buchungsstapel.csv", "datev2015_EXTF_Buchungsstapel.csv")
OTHER_CATEGORIES = {
    "ledermann_EXTF_Kontenbeschriftungen.csv": "category 20, Kontenbeschriftungen",
    "ledermann_EXTF_Stammdaten.csv": "category 16, Debitoren/Kreditoren",
    "datev2015_EXTF_Sachkontobeschriftungen.csv": "category 20, Kontenbeschriftungen",
    "datev2015_EXTF_Zahlungsbedingungen.csv": "category 46, Zahlungsbedingungen",
}


def own(name: str) -> Batch:
    return read_batch((OWN / name).read_bytes())


def shared(name: str) -> bytes:
    if not SHARED.is_dir():
        pytest.skip(f"the published sample files are not at {SHARED}")
    return (SHARED / "extf" / name).read_bytes()


def by_period(plan: BatchPlan) -> dict[str, dict[str, Decimal]]:
    bookings: dict[str, list[PlannedBooking]] = defaultdict(list)
    for booking in plan.bookings:
        day = booking.draft.booking_date
        bookings[f"{day.year}-00" if booking.draft.opening else f"{day:%Y-%m}"].append(booking)
    return {period: net_per_account(event for one in found for event in one.transfers) for period, found in bookings.items()}


@pytest.mark.parametrize(
    ("name", "chart", "balances"),
    [
        ("version_05.csv", SKR04, expected.VERSION_05),
        ("version_07.csv", SKR03, expected.VERSION_07),
        ("version_09.csv", SKR04, expected.VERSION_09),
        ("version_12.csv", SKR04, expected.VERSION_12),
    ],
)
def test_own_file_comes_to_the_balances_worked_out_by_hand(name: str, chart: DatevChart, balances: Mapping[str, Decimal]) -> None:
    batch = own(name)

    plan = plan_batch(batch=batch, chart=chart)

    assert (batch.faults, batch.notices, plan.refused) == ((), (), ())
    assert plan.balances == balances
    assert sum(plan.balances.values()) == 0


def test_version_13_books_the_good_rows_and_names_the_others() -> None:
    batch = own("version_13.csv")

    plan = plan_batch(batch=batch, chart=SKR04)

    assert by_period(plan) == expected.VERSION_13_BY_PERIOD
    assert {refused.row.line: refused.faults[0].pointer for refused in plan.refused} == expected.VERSION_13_REFUSED
    assert [fault.pointer for fault in batch.faults] == list(expected.VERSION_13_UNREADABLE.values())
    assert batch.row_count == 21
    assert len(batch.rows) == 18


def test_one_month_of_a_batch_can_be_planned_alone() -> None:
    batch = own("version_13.csv")
    february = {row.line for row in batch.rows if row.document_date.month == 2}

    plan = plan_batch(batch=batch, chart=SKR04, lines=february)

    assert by_period(plan) == {"2026-02": expected.VERSION_13_BY_PERIOD["2026-02"]}
    assert len(plan.refused) == len(expected.VERSION_13_REFUSED)


@pytest.mark.parametrize(
    ("name", "version", "format_version", "columns", "encoding", "locked"),
    [
        ("version_05.csv", 510, 5, 105, "cp1252", False),
        ("version_07.csv", 510, 7, 116, "cp1252", True),
        ("version_09.csv", 700, 9, 120, "utf-8", False),
        ("version_12.csv", 700, 12, 124, "utf-8", False),
        ("version_13.csv", 700, 13, 125, "cp1252", True),
    ],
)
def test_own_file_has_its_format(name: str, version: int, format_version: int, columns: int, encoding: str, locked: bool) -> None:
    batch = own(name)

    header = batch.header
    assert (header.version, header.format_version, len(batch.column_names)) == (version, format_version, columns)
    assert (batch.encoding, batch.locked) == (encoding, locked)


def test_dates_of_a_fiscal_year_in_two_calendar_years_fall_on_their_days() -> None:
    batch = own("version_07.csv")

    assert [row.document_date.isoformat() for row in batch.rows] == [
        "2015-12-01",
        "2015-12-15",
        "2015-12-20",
        "2016-01-05",
        "2016-01-10",
        "2016-01-11",
        "2016-02-29",
        "2016-02-12",
        "2016-01-15",
        "2016-01-16",
        "2016-01-20",
    ]
    assert [row.service_date for row in batch.rows][3] == date(2015, 12, 28)
    assert [row.text for row in own("version_05.csv").rows][3:5] == ["Büromaterial, 59,50 €", 'Fachbuch "Buchführung"']


@pytest.mark.parametrize("name", BATCHES)
def test_published_batch_has_the_facts_known_of_it(name: str) -> None:
    data = shared(name)
    facts: dict[str, Any] = json.loads((SHARED / "expected.json").read_text())[f"extf/{name}"]

    batch = read_batch(data)

    header = batch.header
    assert {
        "encoding": batch.encoding,
        "kennzeichen": header.marker,
        "version": str(header.version),
        "name": header.format_name,
        "format_version": str(header.format_version),
        "consultant": str(header.consultant),
        "client": str(header.client),
        "fiscal_year_start": f"{header.fiscal_year_start:%Y%m%d}",
        "account_length": str(header.account_length),
        "period_from": f"{header.date_from:%Y%m%d}",
        "period_to": f"{header.date_until:%Y%m%d}",
        "columns": len(batch.column_names),
        "rows": len(batch.rows),
        "sum_S": str(batch.total("S")),
        "sum_H": str(batch.total("H")),
        "accounts": sorted({account for row in batch.rows for account in (row.account, row.contra_account)}),
    } == {key: value for key, value in facts.items() if key not in ("origin", "newline", "category", "header_fields")}
    assert (batch.faults, batch.notices, batch.row_count) == ((), (), facts["rows"])


@pytest.mark.parametrize(("name", "what"), OTHER_CATEGORIES.items())
def test_published_file_of_another_category_is_refused_by_its_name(name: str, what: str) -> None:
    with pytest.raises(DatevFileRefused) as refused:
        read_batch(shared(name))

    assert what in refused.value.message
    assert refused.value.faults[0].pointer == "/header/3"


def sample_chart(batch: Batch) -> DatevChart:
    """Every account of the DATEV sample, the first digit saying what it is; SKR03 as far as the sample needs it."""
    types = {"0": "asset", "1": "asset", "4": "expense", "8": "revenue", "9": "liability"}
    accounts = {
        number: AccountFacts(number=number, type="asset", category="receivables", is_item_account=True)
        if len(number) == 5
        else AccountFacts(number=number, type=types[number[0]], category={"10": "cash", "11": "bank", "12": "bank"}.get(number[:2]))
        for number in (*accounts_needed(batch=batch), "8736")
    }
    tax = {number: AccountFacts(number=number, type="liability", is_tax_account=True) for number in ("1571", "1576", "1776")}
    return DatevChart(
        facts=ChartFacts(accounts={**accounts, **tax}, tax_codes=SKR03.facts.tax_codes),
        automatic_codes={"8400": "UST19", "8401": "UST19", "8120": "UST-EXP0", "8125": "UST-IGL0"},
        tax_codes=SKR03.tax_codes,
        discount_accounts={"UST19": "8736"},
    )


def test_published_datev_batch_books_as_its_texts_say() -> None:
    batch = read_batch(shared("datev2015_EXTF_Buchungsstapel.csv"))

    plan = plan_batch(batch=batch, chart=sample_chart(batch))

    assert plan.refused == ()
    assert len(plan.bookings) == 38
    # 10001 is the wrong customer of line 37 (S), taken back by line 38 (H, key 20): nothing may be left on it.
    assert plan.balances["10001"] == Decimal("0.00")
    # 10100: 1190 (27) + 1190 (30) + 2500 (33) - 2500 (34) + 119 (35) - 119 (36, with discount) + 35 (39).
    assert plan.balances["10100"] == Decimal("2415.00")
    # 2.38 discount of line 36, 19 % in it.
    assert plan.balances["8736"] == Decimal("2.00")
    # 26.87, with key 9: tax 4.29.
    assert plan.balances["4930"] == Decimal("22.58")


def test_published_datev_row_in_francs_is_booked_at_its_base_amount() -> None:
    batch = read_batch(shared("datev2015_EXTF_Buchungsstapel.csv"))

    [booking] = [one for one in plan_batch(batch=batch, chart=sample_chart(batch)).bookings if one.draft.fx is not None]

    # The row says 124.00 CHF at 1.240402, which would be 99.97, and 100.00 EUR: the euros count, so the rate is 1.24.
    row = booking.rows[0]
    assert booking.draft == Draft(
        booking_date=date(2016, 2, 27),
        description="Umsatz Schweiz",
        lines=(DraftLine(account="21100", credit=Decimal(100)), DraftLine(account="8050", debit=Decimal(100))),
        category="datev_import",
        metadata={"datev_identity": row.identity, "datev_fingerprint": row.fingerprint, "datev_rate": Decimal("1.240402")},
        fx=Fx(currency="CHF", amount=Decimal(124), rate=Decimal("1.24"), rate_date=date(2016, 2, 27), rate_source="manual"),
        skip_duplicate_check=True,
    )


def test_header_of_own_file_is_read_field_by_field() -> None:
    header = own("version_07.csv").header

    assert (header.marker, header.designation, header.chart, header.origin, header.exported_by) == ("EXTF", "EU-Fälle", "03", "LL", "Probe")
    assert (header.consultant, header.client, header.account_length, header.currency) == (1001, 1, 4, "EUR")
    assert (header.fiscal_year_start, header.fiscal_year_end) == (date(2015, 7, 1), date(2016, 6, 30))
    assert (header.date_from, header.date_until) == (date(2015, 12, 1), date(2016, 2, 29))
    assert header.created_at is not None
    assert header.created_at.astimezone(UTC) == datetime(2016, 3, 1, 11, tzinfo=UTC)
    assert (header.booking_type, header.accounting_purpose, header.lock_flag, header.locked) == (1, 0, False, False)
