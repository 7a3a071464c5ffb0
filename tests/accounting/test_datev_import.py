"""The import of a DATEV batch, row by row: what is booked, what is refused and why, and that nothing is booked twice."""

import json
from copy import copy
from datetime import date
from decimal import Decimal

import pytest
from django.db import transaction

from accounting.german.datev_header import DatevFileRefused
from accounting.metadata import metadata_faults
from accounting.models.account import Account
from accounting.models.datev import DatevImport, DatevImportedRow
from accounting.models.journal import Event, Intent
from accounting.models.open_item import OpenItem
from accounting.services.datev_import import ImportOptions
from accounting.services.datev_import_report import report_as_json
from accounting.services.reversals import ReversalRequest, reverse_booking
from periods.models import Period
from tests.accounting.datev_ledger import OWN, ROWS, balances, balances_by_period, close, everything, outcome, run, went
from tests.accounting.german import datev_expected as expected
from tests.accounting.german.datev_charts import batch_bytes, entry
from tests.conftest import NOW

pytestmark = pytest.mark.django_db

GUID = "6F9619FF-8B86-D011-B42D-00C04FC964FF"
# Booked.


def test_rows_become_bookings_with_their_source_and_rows(company):
    report = run(company, batch_bytes(*ROWS, header={21: "1"}), name="EXTF_Maerz.csv")

    assert outcome(report) == went(booked=[3, 4, 5])
    assert [(booking.first_number, booking.event_count) for booking in report.booked] == [(1, 2), (3, 2), (5, 2)]
    intents = Intent.objects.of(company).order_by("id")
    assert [(intent.source, intent.category, intent.external_reference, intent.description) for intent in intents] == [
        ("import_datev", "datev_import", "RE-1", "Lieferung"),
        ("import_datev", "datev_import", None, "Papier"),
        ("import_datev", "datev_import", None, "Papier"),
    ]
    made = DatevImport.objects.of(company).get()
    assert (made.id, made.file_name, made.locked, made.booked_count, made.sum_debit, made.sum_credit, made.imported_by) == (
        report.import_id,
        "EXTF_Maerz.csv",
        True,
        3,
        Decimal("119.00"),
        Decimal("119.00"),
        "Tests",
    )
    assert made.report == json.loads(json.dumps(report_as_json(report)))
    rows = DatevImportedRow.objects.of(company).order_by("line")
    assert [(row.line, row.intent_id, row.position, row.raw[:2]) for row in rows] == [
        (3, intents[0].id, 1, ["119,00", "S"]),
        (4, intents[1].id, 1, ["59,50", "H"]),
        (5, intents[2].id, 1, ["59,50", "H"]),
    ]


def test_a_locked_batch_is_booked_and_locks_no_period(company):
    report = run(company, batch_bytes(ROWS[0], header={21: "1"}))

    assert report.locked is True
    assert [notice.pointer for notice in report.notices] == ["/header/27", "/header/21"]
    assert set(Period.objects.of(company).values_list("status", flat=True)) == {"open"}


@pytest.mark.parametrize(("locale", "names"), [("de", ["Debitor 10000", "Kreditor 70000"]), ("en", ["Customer 10000", "Vendor 70000"])])
def test_customers_and_vendors_are_added_beside_their_control_accounts(company, locale, names):
    speaking = copy(company)  # tests share the company
    speaking.locale = locale

    report = run(speaking, batch_bytes(ROWS[0], entry("59,50", "S", "6815", "70000", "9")))

    assert [(made.number, made.name) for made in report.created_accounts] == list(zip(("10000", "70000"), names, strict=True))
    for number, control in (("10000", "1200"), ("70000", "3300")):
        made, like = (Account.objects.of(company).get(number=one) for one in (number, control))
        same = ("type", "category", "report_group", "bwa_line", "is_reconcilable", "tax_code")
        assert [getattr(made, name) for name in same] == [getattr(like, name) for name in same]
        assert (made.is_item_account, made.is_system, made.is_active) == (True, False, True)


def test_open_items_have_reference_and_due_date_and_stay_open(company):
    run(
        company,
        batch_bytes(
            entry("119,00", "S", "10000", "4400", f11="RE-1", f117="02042026"),
            entry("59,50", "H", "70000", "6815", "9", f11="ER-1", f12="150426"),
            entry("119,00", "S", "1800", "10000", day="2003", f11="RE-1"),
            entry("23,80", "S", "1200", "4400", f11="RE-2"),
        ),
    )

    items = OpenItem.objects.of(company).order_by("intent_id")
    assert [(item.account, item.amount, item.reference, item.due_date, item.settlements.count()) for item in items] == [
        ("10000", Decimal("119.00"), "RE-1", date(2026, 4, 2), 0),
        ("70000", Decimal("-59.50"), "ER-1", date(2026, 4, 15), 0),
        ("10000", Decimal("-119.00"), "RE-1", date(2026, 3, 20), 0),
        ("1200", Decimal("23.80"), "RE-2", date(2026, 3, 3), 0),
    ]


def test_a_full_row_stays_within_the_limits_of_metadata(company):
    full = {
        **entry("124,00", "S", "10000", "4200", "3", f3="CHF", f4="1,240402", f5="100,00", f6="EUR", f11="R" * 36, f12="1" * 12),
        14: "T" * 60,
        20: f'BEDI "{GUID}"',
        37: "1" * 36,
        38: "2" * 36,
        40: "ATU12345675",
        43: "100",
        44: "200",
        96: "AG",
        115: "01032026",
        116: "01032026",
        117: "02042026",
    }

    report = run(company, batch_bytes(full))

    assert outcome(report) == went(booked=[3])
    metadata = json.loads(Intent.objects.of(company).get().custom_metadata, parse_float=Decimal)
    assert list(metadata_faults(metadata)) == []
    assert {name: metadata[name] for name in ("datev_document_guid", "datev_cost_centre_1", "due_date", "service_date", "datev_case")} == {
        "datev_document_guid": GUID.lower(),
        "datev_cost_centre_1": "1" * 36,
        "due_date": "2026-04-02",
        "service_date": "2026-03-01",
        "datev_case": "100/200",
    }


def test_opening_rows_are_one_booking_whose_items_lead_back_to_their_rows(company):
    run(company, (OWN / "version_13.csv").read_bytes())

    items = OpenItem.objects.of(company).filter(booking_date=date(2026, 1, 1)).order_by("position")
    assert [(item.account, item.amount, item.position) for item in items] == [
        ("10000", Decimal("238.00"), 2),
        ("70000", Decimal("-119.00"), 3),
    ]
    rows = [DatevImportedRow.objects.of(company).get(intent_id=item.intent_id, position=item.position) for item in items]
    assert [row.raw[10] for row in rows] == ["RE-25", "ER-25"]


def test_discount_takes_the_tax_code_of_an_invoice_imported_before(company):
    run(company, batch_bytes(entry("107,00", "S", "10000", "4300", f11="RE-7"), header={17: "Rechnungen"}))

    report = run(company, batch_bytes(entry("104,86", "S", "1800", "10000", day="1003", f11="RE-7", f13="2,14"), header={17: "Bank"}))

    assert outcome(report) == went(booked=[3])
    # 2.14 at 7 %: 2.00 on the account for discounts at 7 %, 0.14 tax.
    assert (balances(company)["4731"], balances(company)["3801"]) == (Decimal("2.00"), Decimal("-6.86"))


def test_discount_on_an_invoice_that_was_reversed_is_refused(company, actor):
    first = run(company, batch_bytes(entry("107,00", "S", "10000", "4300", f11="RE-7"), header={17: "Rechnungen"}))
    request = ReversalRequest(intent_id=first.booked[0].intent_id)
    reverse_booking(company=company, actor=actor, request=request, today=date(2026, 3, 9), now=NOW)

    report = run(company, batch_bytes(entry("104,86", "S", "1800", "10000", day="1003", f11="RE-7", f13="2,14"), header={17: "Bank"}))

    assert outcome(report) == went(refused=[3])
    assert [fault.pointer for fault in report.refused[0].faults] == ["/rows/3/13"]


def test_discount_on_tax_free_sales_lowers_their_base(company):
    rows = (
        entry("100,00", "S", "10000", "4120", f11="RE-1"),  # export, an automatic account
        entry("98,00", "S", "1800", "10000", day="1003", f11="RE-1", f13="2,00"),
        entry("200,00", "S", "10001", "4125", f11="RE-2"),  # supply to another EU state
        entry("196,00", "S", "1800", "10001", day="1003", f11="RE-2", f13="4,00"),
    )

    run(company, batch_bytes(*rows))

    discounts = Event.objects.of(company).filter(account_debit__in=("4730", "4743")).order_by("journal_number")
    assert [(event.account_debit, event.amount, event.tax_code) for event in discounts] == [
        ("4730", Decimal("2.00"), "UST-EXP0"),
        ("4743", Decimal("4.00"), "UST-IGL0"),
    ]


# Refused.


def test_a_refused_row_names_all_its_faults_and_stops_no_other(company):
    report = run(company, batch_bytes(entry("1,00", "S", "9990", "9991", "4"), ROWS[0], entry("-1", "X", "10000", "", day="3002")))

    assert outcome(report) == went(booked=[4], refused=[3, 5])
    found, unreadable = report.refused
    assert found.row == "2026-03-03 1.00 EUR S 9990/9991 key 4"
    assert [(fault.pointer, fault.code) for fault in found.faults] == [
        ("/rows/3/7", "ACCOUNT_NOT_FOUND"),
        ("/rows/3/8", "ACCOUNT_NOT_FOUND"),
        ("/rows/3/9", "INVALID_TAX_CODE"),
    ]
    assert (unreadable.row, [fault.pointer for fault in unreadable.faults]) == ("", [f"/rows/5/{field}" for field in (1, 2, 8, 10)])


def test_an_account_of_the_ledger_is_never_made_up(company):
    before = everything(company)

    report = run(company, batch_bytes(entry("1,00", "S", "6999", "1600")))

    assert outcome(report) == went(refused=[3])
    assert everything(company) == before


def test_without_new_accounts_customers_and_vendors_are_refused(company):
    report = run(company, batch_bytes(*ROWS), options=ImportOptions(add_personal_accounts=False))

    assert outcome(report) == went(booked=[4, 5], refused=[3])
    assert report.refused[0].faults[0].code == "ACCOUNT_NOT_FOUND"
    assert not Account.objects.of(company).filter(number="10000").exists()


def test_no_account_is_added_for_a_refused_row(company):
    report = run(company, batch_bytes(entry("1,00", "S", "10000", "6999"), entry("1,00", "S", "10001", "1800")))

    assert [made.number for made in report.created_accounts] == ["10001"]
    assert not Account.objects.of(company).filter(number="10000").exists()


def test_an_account_that_is_switched_off_refuses_its_rows(company):
    Account.objects.of(company).filter(number="6815").update(is_active=False)

    report = run(company, batch_bytes(*ROWS))

    assert outcome(report) == went(booked=[3], refused=[4, 5])
    assert {fault.code for line in report.refused for fault in line.faults} == {"ACCOUNT_INACTIVE"}


def test_rows_in_a_closed_period_are_refused_and_the_others_booked(company):
    close(company, "2026-02")

    report = run(company, (OWN / "version_13.csv").read_bytes())

    assert balances_by_period(company) == {period: found for period, found in expected.VERSION_13_BY_PERIOD.items() if period != "2026-02"}
    locked = [line for line in report.refused if line.faults[0].code == "PERIOD_LOCKED"]
    assert [(line.line, line.faults[0].pointer) for line in locked] == [(line, f"/rows/{line}/10") for line in (9, 10, 11, 12)]
    assert locked[0].faults[0].message.startswith("Line 9: Period 2026-02 is soft-locked.")


@pytest.mark.parametrize("how", ["soft lock", "request", "lock"])
def test_opening_rows_are_refused_together_with_the_first_month(company, how):
    close(company, "2026-01", how=how)

    report = run(company, (OWN / "version_13.csv").read_bytes())

    assert set(balances_by_period(company)) == {"2026-02"}
    assert [line.line for line in report.refused if line.faults[0].code == "PERIOD_LOCKED"] == [3, 4, 5, 6, 7, 8]


@pytest.mark.parametrize(
    ("header", "pointers"),
    [
        ({27: "03"}, ["/header/27"]),
        ({13: "20260401", 15: "", 16: ""}, ["/header/13"]),
        ({13: "20260115", 15: "", 16: ""}, ["/header/13"]),
        ({13: "29990101", 15: "", 16: ""}, ["/header/13"]),
        ({22: "CHF"}, ["/header/22"]),
        ({13: "20260401", 15: "", 16: "", 22: "CHF", 27: "03"}, ["/header/13", "/header/22", "/header/27"]),
    ],
)
def test_a_file_for_other_books_is_refused_with_all_its_faults(company, header, pointers):
    before = everything(company)

    with pytest.raises(DatevFileRefused) as refused, transaction.atomic():
        run(company, batch_bytes(*ROWS, header=header))

    assert [fault.pointer for fault in refused.value.faults] == pointers
    assert everything(company) == before


def test_all_or_nothing_books_nothing_when_a_row_is_refused(company):
    before = everything(company)

    report = run(company, batch_bytes(*ROWS, entry("1,00", "S", "6999", "1600")), options=ImportOptions(all_or_nothing=True))

    assert outcome(report) == went(refused=[6], held_back=[3, 4, 5])
    assert (report.import_id, report.created_accounts, report.accounts, report.is_complete) == (None, (), (), False)
    assert everything(company) == before


def test_all_or_nothing_books_a_file_without_faults(company):
    report = run(company, batch_bytes(*ROWS), options=ImportOptions(all_or_nothing=True))

    assert (outcome(report), report.is_complete) == (went(booked=[3, 4, 5]), True)


def test_a_designation_longer_than_the_format_allows_is_cut_in_the_text(company):
    rows = (
        entry("1,00", "S", "1800", "9000", day="0101"),
        entry("1,00", "H", "2900", "9000", day="0101"),
        entry("1,00", "S", "1600", "1800"),
    )

    report = run(company, batch_bytes(*rows, header={17: "B" * 600}))

    assert [booking.description for booking in report.booked] == ["B" * 60] * 2
