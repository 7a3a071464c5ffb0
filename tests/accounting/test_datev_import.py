"""The import of a DATEV batch, row by row: what is booked, what is refused and why, and that nothing is booked twice."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from accounting.german.datev_header import DatevFileRefused
from accounting.metadata import metadata_faults
from accounting.models.account import Account
from accounting.models.datev import DatevImport, DatevImportedRow
from accounting.models.journal import Event, Intent
from accounting.models.open_item import OpenItem
from accounting.services.datev_import import ImportOptions, preview_datev_batch
from accounting.services.datev_import_report import FieldChange, report_as_json
from accounting.services.datev_import_text import report_as_text
from periods.models import Period
from tests.accounting.datev_ledger import ACTOR, OWN, balances, balances_by_period, everything, outcome, run, went
from tests.accounting.german import datev_expected as expected
from tests.accounting.german.datev_charts import batch_bytes, entry
from tests.conftest import NOW, new_company, show_company

pytestmark = pytest.mark.django_db

GUIDS = ("6F9619FF-8B86-D011-B42D-00C04FC964FF", "7F9619FF-8B86-D011-B42D-00C04FC964FF")
ROWS = (
    entry("119,00", "S", "10000", "4400", f11="RE-1", f14="Lieferung"),
    entry("59,50", "H", "1600", "6815", "9", day="0403", f14="Papier"),
    entry("59,50", "H", "1600", "6815", "9", day="0403", f14="Papier"),
)


def close(company, period: str, status: str = "soft_locked") -> None:
    Period.objects.of(company).filter(period=period).update(status=status)


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
    company.locale = locale

    report = run(company, batch_bytes(ROWS[0], entry("59,50", "S", "6815", "70000", "9")))

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
        20: f'BEDI "{GUIDS[0]}"',
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
        "datev_document_guid": GUIDS[0].lower(),
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
    from accounting.models.journal import Intent as Booked  # noqa: PLC0415 -- beside its only use
    from accounting.services.reversals import reverse_booking  # noqa: PLC0415 -- beside its only use

    run(company, batch_bytes(entry("107,00", "S", "10000", "4300", f11="RE-7"), header={17: "Rechnungen"}))
    assert Booked.objects.of(company).count() == 1
    assert reverse_booking is not None
