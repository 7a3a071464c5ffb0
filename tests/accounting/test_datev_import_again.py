"""The same DATEV batch again, or only looked at: nothing is booked twice, and a preview leaves nothing."""

from dataclasses import replace

import pytest

from accounting.models.datev import DatevImportedRow
from accounting.models.journal import Event, Intent
from accounting.services.datev_import import ImportOptions, preview_datev_batch
from accounting.services.datev_import_report import FieldChange
from accounting.services.datev_import_text import report_as_text
from periods.locks import reopen_period
from tests.accounting.datev_ledger import ACTOR, OWN, ROWS, balances_by_period, close, everything, outcome, run, went
from tests.accounting.german import datev_expected as expected
from tests.accounting.german.datev_charts import batch_bytes, entry
from tests.conftest import NOW, new_company, show_company

pytestmark = pytest.mark.django_db

GUID = "6F9619FF-8B86-D011-B42D-00C04FC964FF"


def test_the_same_file_again_adds_nothing(company):
    first = run(company, batch_bytes(*ROWS))
    before = everything(company)

    again = run(company, batch_bytes(*ROWS))

    assert outcome(again) == went(known=[3, 4, 5])
    assert [row.intent_id for row in again.known] == [booking.intent_id for booking in first.booked]
    assert (again.import_id, again.is_complete) == (None, True)
    assert everything(company) == before


def test_a_whole_file_with_openings_again_adds_nothing(company):
    run(company, (OWN / "version_13.csv").read_bytes())
    before = everything(company)

    again = run(company, (OWN / "version_13.csv").read_bytes())

    assert outcome(again) == went(known=list(range(3, 13)), refused=list(range(13, 24)))
    assert everything(company) == before


def test_a_changed_row_is_reported_field_by_field_and_not_booked(company):
    first = run(company, batch_bytes(*ROWS))
    before = everything(company)

    again = run(company, batch_bytes({**ROWS[0], 1: "238,00", 14: "Andere Lieferung"}, *ROWS[1:]))

    assert outcome(again) == went(known=[4, 5], changed=[3])
    [changed] = again.changed
    assert changed.intent_id == first.booked[0].intent_id
    assert changed.changes == (
        FieldChange(field=1, name="Umsatz (ohne Soll/Haben-Kz)", was="119,00", now="238,00"),
        FieldChange(field=14, name="Buchungstext", was="Lieferung", now="Andere Lieferung"),
    )
    assert again.is_complete is False
    assert everything(company) == before


def test_all_or_nothing_holds_back_new_rows_beside_a_changed_one(company):
    run(company, batch_bytes(ROWS[0]))

    again = run(company, batch_bytes({**ROWS[0], 1: "238,00"}, *ROWS[1:]), options=ImportOptions(all_or_nothing=True))

    assert outcome(again) == went(changed=[3], held_back=[4, 5])


def test_a_longer_export_adds_only_what_is_new_and_reports_what_is_gone(company):
    run(company, batch_bytes(*ROWS))

    again = run(company, batch_bytes(*ROWS[:2], entry("1,00", "S", "1600", "1800", day="0503")))

    assert outcome(again) == went(known=[3, 4], booked=[5], gone=1)
    assert again.gone[0].row == "2026-03-04 59.5 EUR H 1600/6815 | Papier"
    assert again.is_complete is True


def test_rows_of_a_period_that_was_opened_again_come_with_the_next_import(company):
    close(company, "2026-02")
    run(company, (OWN / "version_13.csv").read_bytes())
    reopen_period(company=company, period="2026-02")

    report = run(company, (OWN / "version_13.csv").read_bytes())

    assert balances_by_period(company) == expected.VERSION_13_BY_PERIOD
    assert [line.line for line in report.known] == [3, 4, 5, 6, 7, 8]


def test_a_row_put_in_above_its_like_is_booked_under_a_name_of_its_own(company):
    """Both rows are the first with their day and number, each in its file; only one of them is in the books."""
    table = entry("119,00", "S", "10000", "4400", f11="RE-1", f14="Tisch")
    run(company, batch_bytes(table))
    longer = batch_bytes(entry("7,00", "H", "70001", "6815", f11="RE-1", f14="Ganz anderes"), table)

    second, third = run(company, longer), run(company, longer)

    assert outcome(second) == went(known=[4], booked=[3])
    assert outcome(third) == went(known=[3, 4])
    assert DatevImportedRow.objects.of(company).values("identity").distinct().count() == 2


def test_rows_that_share_a_booking_guid_are_booked_each_once(company):
    parts = batch_bytes(*({**row, 103: GUID} for row in ROWS))

    first, again = run(company, parts), run(company, parts)

    assert (outcome(first), outcome(again)) == (went(booked=[3, 4, 5]), went(known=[3, 4, 5]))


def test_two_companies_import_the_same_file_each_for_itself(company):
    run(company, batch_bytes(*ROWS))
    other = new_company(name="Zweite GmbH")
    show_company(other)

    assert outcome(run(other, batch_bytes(*ROWS))) == went(booked=[3, 4, 5])
    assert Intent.objects.count() == 3  # row-level security shows the other company only


def test_a_preview_says_what_the_import_will_do_and_leaves_nothing(company):
    data = (OWN / "version_13.csv").read_bytes()
    before = everything(company)

    preview = preview_datev_batch(company=company, actor=ACTOR, data=data, file_name="EXTF_Probe.csv", now=NOW)

    assert everything(company) == before
    report = run(company, data)
    ids = {"import_id": None, "booked": ()}
    assert replace(preview, preview=False, **ids) == replace(report, **ids)
    assert [(booking.lines, booking.first_number) for booking in preview.booked] == [
        (booking.lines, booking.first_number) for booking in report.booked
    ]


def test_a_preview_in_another_fiscal_year_leaves_no_periods(company):
    data = batch_bytes(ROWS[0], header={13: "20240101", 15: "", 16: ""})
    before = everything(company)

    preview = preview_datev_batch(company=company, actor=ACTOR, data=data, file_name="EXTF_2024.csv", now=NOW)

    assert (outcome(preview), preview.fiscal_year) == (went(booked=[3]), 2024)
    assert everything(company) == before


def test_every_row_of_the_file_is_in_the_report_once(company):
    close(company, "2026-02")

    report = run(company, (OWN / "version_13.csv").read_bytes())

    lines = [line for booking in report.booked for line in booking.lines] + [line.line for line in report.refused]
    assert sorted(lines) == list(range(3, 24))
    assert report.row_count == len(lines)
    assert [line.line for line in report.refused] == sorted(line.line for line in report.refused)


def test_a_key_with_two_meanings_is_pointed_out(company):
    report = run(company, batch_bytes(entry("100,00", "S", "5900", "70000", "94")))

    assert Event.objects.of(company).filter(tax_code="VST-13B19").count() == 2
    assert "Key 94 could also mean VST-13B-EU19; the usual tax code was taken (rows: 1)." in [notice.message for notice in report.notices]


def test_report_as_text_shows_every_part(company):
    run(company, batch_bytes(ROWS[0], ROWS[1]))
    again = batch_bytes({**ROWS[0], 1: "238,00"}, entry("1.234,00", "S", "1600", "1800"), entry("1234,00", "S", "70001", "1800"))

    text = report_as_text(run(company, again))

    for part in (
        "EXTF_Probe.csv: EXTF 700, Buchungsstapel 13, cp1252",
        "Sums of the file: S 1,472.00, H 0.00",
        "Rows booked: 1 (bookings: 1); known already: 0; changed: 1; refused: 1; held back: 0; gone from the file: 1",
        "  Line 4: (unreadable)",
        "  field 1 (Umsatz (ohne Soll/Haben-Kz)): '119,00' became '238,00'",
        "  70001 Kreditor 70001",
        "1800                    0.00               0.00           1,234.00          -1,234.00  Bank",
    ):
        assert part in text
