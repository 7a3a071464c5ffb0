"""Whole files imported for real: the own ones against balances worked out by hand, published samples against their known sums."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from accounting.models.account import Account
from accounting.models.journal import Intent
from accounting.models.open_item import OpenItem
from accounting.models.tax_code import TaxCode
from tests.accounting.datev_ledger import OWN, balances, balances_by_period, outcome, run, went
from tests.accounting.german import datev_expected as expected
from tests.accounting.german.datev_expected import _euros
from tests.conftest import new_company, show_company

pytestmark = pytest.mark.django_db


def company_with(chart: str, start_month: int = 1):
    company = new_company(chart, fiscal_year_start_month=start_month)
    show_company(company)
    # Key 90 means input VAT to be apportioned; few companies need the code, so it is switched off at first.
    TaxCode.objects.of(company).filter(code="VST-AUFT19").update(is_active=True)
    return company


@pytest.mark.parametrize(
    ("name", "chart", "start_month", "by_hand", "rows"),
    [
        ("version_05.csv", "skr04", 1, expected.VERSION_05, 12),
        ("version_07.csv", "skr03", 7, expected.VERSION_07, 11),
        ("version_09.csv", "skr04", 1, expected.VERSION_09, 11),
        ("version_12.csv", "skr04", 1, expected.VERSION_12, 9),
    ],
)
def test_own_file_leaves_the_balances_worked_out_by_hand(name, chart, start_month, by_hand, rows):
    company = company_with(chart, start_month)

    report = run(company, (OWN / name).read_bytes())

    assert outcome(report) == went(booked=list(range(3, 3 + rows)))
    assert balances(company) == by_hand
    assert {account.number: account.before.closing for account in report.accounts} == dict.fromkeys(by_hand, Decimal("0.00"))
    assert {account.number: account.after.closing for account in report.accounts} == by_hand


def test_version_13_books_the_good_rows_by_period_and_reports_the_others(company):
    report = run(company, (OWN / "version_13.csv").read_bytes())

    assert balances_by_period(company) == expected.VERSION_13_BY_PERIOD
    refused = {line.line: line.faults[0].pointer for line in report.refused}
    assert refused == {**expected.VERSION_13_REFUSED, **expected.VERSION_13_UNREADABLE}
    assert outcome(report) == went(booked=list(range(3, 13)), refused=list(range(13, 24)))
    assert (report.row_count, report.booked_count, report.is_complete, report.locked) == (21, 10, False, True)
    assert [booking.lines for booking in report.booked][:2] == [(3, 4, 5, 6), (7,)]


def test_trial_balance_keeps_openings_apart_from_turnover(company):
    report = run(company, (OWN / "version_13.csv").read_bytes())

    [customer] = [account for account in report.accounts if account.number == "10000"]
    # Opening 238 (4); debit 119 (7); credit 119 (10) and 238 (11).
    after = customer.after
    assert (after.opening, after.debit, after.credit, after.closing) == tuple(map(Decimal, ("238.00", "119.00", "357.00", "0.00")))


def test_general_reversals_lower_the_turnover_of_the_original_side(company):
    report = run(company, (OWN / "version_05.csv").read_bytes())

    # 4400: credit 100 (3) and 500 debit (8), taken back by 9 (key 20) and 11 (key 80): nothing is left on either side.
    [revenue] = [account.after for account in report.accounts if account.number == "4400"]
    assert (revenue.debit, revenue.credit) == (Decimal("0.00"), Decimal("0.00"))
    reversals = Intent.objects.of(company).filter(general_reversal=True).order_by("id")
    assert [(intent.description, intent.reverses_id, intent.source) for intent in reversals] == [("Berichtigung", None, "import_datev")] * 3


def test_foreign_currency_documents_and_locks_arrive(company):
    report = run(company, (OWN / "version_12.csv").read_bytes())

    intents = {intent.description: intent for intent in Intent.objects.of(company)}
    francs = intents["Ware nach Zürich"]
    assert (francs.fx_currency, francs.fx_amount, francs.fx_rate) == ("CHF", Decimal("124.0000"), Decimal("1.24000000"))
    assert json.loads(intents["Lieferung"].custom_metadata)["datev_document_guid"] == "6f9619ff-8b86-d011-b42d-00c04fc964ff"
    items = OpenItem.objects.of(company).filter(fx_currency__isnull=False).order_by("intent_id")
    assert [(item.account, item.amount, item.fx_currency, item.fx_amount) for item in items] == [
        ("10000", Decimal("100.00"), "CHF", Decimal("124.0000")),
        ("70000", Decimal("-454.55"), "USD", Decimal("-500.0000")),
        ("70000", Decimal("909.09"), "USD", Decimal("1000.0000")),
    ]
    assert report.locked is False


# What the booked rows of DATEV's sample of 2015 come to, worked out by hand from the file; numbers in brackets are its lines.
SAMPLE_2015 = _euros(
    a0100="-3584.56",  # 6
    a0210="-3745.56",  # 7
    a0320="-531.16",  # 8
    a0980="5368.00",  # 5856 (24) - 488 (40)
    a1000="433.13",  # -26.87 (19) + 460 (20)
    a10001="0.00",  # 35 (37) - 35 (38, key 20)
    a10100="1225.00",  # 1190 (30) + 2500 (33) - 2500 (34) + 119 (35) - 119 (36) + 35 (39)
    a10300="15301.67",  # 15
    a1100="-7760.81",  # -70.96 (22) - 5856 (24) - 70.27 (25) - 1763.58 (26)
    a1200="2616.62",  # 2500 (34) + 116.62 (36)
    a1360="-460.00",  # 20
    a1576="308.42",  # 4.29 (19) + 11.33 (22) + 11.22 (25) + 281.58 (26)
    a1776="-5035.46",  # -1.60 (4) - 795.07 (9) - 2443.12 (15) - 1182.30 (16) - 190 (30) - 399.16 (33) - 19 (35) + .38 (36) - 5.59 (39)
    a30200="4979.65",  # 9
    a31100="17107.00",  # 23
    a40000="11687.62",  # 10
    a40100="25776.46",  # 13968.83 (11) + 11807.63 (12)
    a4360="488.00",  # 40
    a4530="118.68",  # 70.96 - 11.33 (22) + 70.27 - 11.22 (25)
    a4580="1482.00",  # 1763.58 - 281.58 (26)
    a48220="10.00",  # 4
    a4830="3745.56",  # 7
    a4831="3584.56",  # 6
    a4832="531.16",  # 8
    a4930="22.58",  # 26.87 - 4.29 (19)
    a60391="7404.94",  # 16
    a8120="-11687.62",  # 10
    a8125="-42883.46",  # -13968.83 (11) - 11807.63 (12) - 17107 (23)
    a8400="-26504.42",  # -8.40 (4) - 4184.58 (9) - 12858.55 (15) - 6222.64 (16) - 1000 (30) - 2100.84 (33) - 100 (35) - 29.41 (39)
    a8736="2.00",  # 2.38 - 0.38 (36)
)
# Rows on accounts that SKR03 leaves to the company: 1369, 4400, 8050, 8060, 8070, 8401, 8405, 8407.
SAMPLE_2015_REFUSED = [3, 5, 13, 14, 17, 18, 21, 27, 28, 29, 31, 32]


@pytest.fixture
def facts(shared: Path):
    return json.loads((shared / "data" / "datev" / "expected.json").read_text())


def test_sample_of_2015_is_booked_except_for_accounts_that_are_missing(shared, facts):
    company = company_with("skr03")
    name = "extf/datev2015_EXTF_Buchungsstapel.csv"

    report = run(company, (shared / "data" / "datev" / name).read_bytes())

    assert (str(report.sum_debit), str(report.sum_credit), report.row_count) == (facts[name]["sum_S"], facts[name]["sum_H"], 38)
    assert outcome(report)["refused"] == SAMPLE_2015_REFUSED
    assert {fault.code for line in report.refused for fault in line.faults} == {"ACCOUNT_NOT_FOUND"}
    assert report.booked_count == 38 - len(SAMPLE_2015_REFUSED)
    assert balances(company) == SAMPLE_2015
    customers = ["10001", "10100", "10300", "30200", "31100", "40000", "40100", "48220", "60391"]
    assert [account.number for account in report.created_accounts] == customers
    [missing] = [notice.message for notice in report.notices if "does not have" in notice.message]
    assert missing == (
        "The chart does not have these accounts (rows in brackets): 1369 (1), 4400 (1), 8050 (4), 8060 (1), 8070 (1), 8401 (2), 8405 (3), "
        "8407 (1). Add them and import the file again."
    )


def test_sample_of_2015_is_complete_once_its_accounts_are_added(shared):
    company = company_with("skr03")
    data = (shared / "data" / "datev" / "extf" / "datev2015_EXTF_Buchungsstapel.csv").read_bytes()
    run(company, data)
    before = balances(company)
    revenue, clearing = (Account.objects.of(company).get(number=number) for number in ("8120", "1360"))
    for number in ("8050", "8060", "8070", "8401", "8405", "8407", "1369", "4400"):
        like = clearing if number == "1369" else revenue
        like.pk, like.number, like.tax_code, like.is_system = None, number, None, False
        like.id = Account().id
        like.save(force_insert=True)

    report = run(company, data)

    assert outcome(report) == went(booked=SAMPLE_2015_REFUSED, known=[line for line in range(3, 41) if line not in SAMPLE_2015_REFUSED])
    assert {account.number: account.before.closing for account in report.accounts if account.number in before} == {
        number: amount for number, amount in before.items() if number in {account.number for account in report.accounts}
    }
    # 124 CHF are 100 EUR (21), 8050: +100 (21) - 1000 (27, of 1190) + 700 (28) + 300 (29).
    assert balances(company)["8050"] == Decimal("100.00")
    # 8400: key 40 moves 600 (31) and 400 (32) away without tax.
    assert balances(company)["8400"] == SAMPLE_2015["8400"] + Decimal("1000.00")


def test_sample_of_ledermann_is_booked(shared, facts):
    company = company_with("skr03")
    name = "extf/ledermann_EXTF_Buchungsstapel.csv"

    report = run(company, (shared / "data" / "datev" / name).read_bytes())

    assert (str(report.sum_debit), str(report.sum_credit)) == (facts[name]["sum_S"], facts[name]["sum_H"])
    assert outcome(report) == went(booked=[3, 4])
    # 24.95 x 7/107 = 1.632; 5950 x 19/119 = 950.
    assert balances(company) == _euros(a10000="5950.00", a1200="-24.95", a1571="1.63", a1776="-950.00", a4940="23.32", a8400="-5000.00")
    assert {booking.booking_date for booking in report.booked} == {date(2018, 2, 21), date(2018, 2, 22)}
