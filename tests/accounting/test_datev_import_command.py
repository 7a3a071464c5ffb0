"""`manage.py import_datev`: what it prints, how it exits, and whose books it takes."""

import json
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from tests.accounting.datev_ledger import OWN, ROWS, everything
from tests.accounting.german.datev_charts import batch_bytes, entry
from tests.conftest import new_company

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path):
    """Write a batch and return its path."""

    def write(data: bytes) -> str:
        path = tmp_path / "EXTF_Probe.csv"
        path.write_bytes(data)
        return str(path)

    return write


def command(company, *arguments: str) -> tuple[int, str]:
    """Exit status and output."""
    out = StringIO()
    try:
        call_command("import_datev", *arguments, "--company", str(company.id), stdout=out)
    except SystemExit as left:
        return int(left.code or 0), out.getvalue()
    return 0, out.getvalue()


def test_a_good_file_is_booked_and_exits_with_0_again_and_again(company, file):
    path = file(batch_bytes(*ROWS))

    first = command(company, path)
    before = everything(company)
    again = command(company, path)

    assert (first[0], again[0]) == (0, 0)
    assert "Rows booked: 3 (bookings: 3); known already: 0;" in first[1]
    assert "Rows booked: 0 (bookings: 0); known already: 3;" in again[1]
    assert everything(company) == before


def test_refused_rows_exit_with_1_and_stand_in_the_json(company, file):
    status, out = command(company, file(batch_bytes(*ROWS, entry("1,00", "S", "6999", "1600"))), "--json")

    report = json.loads(out)
    assert status == 1
    assert report["counts"] == {"booked": 3, "known": 0, "changed": 0, "refused": 1, "held_back": 0, "gone": 0}
    assert (report["sum_S"], report["sum_H"], report["complete"], report["preview"]) == ("120.00", "119.00", False, False)
    assert [(line["line"], line["errors"][0]["code"]) for line in report["refused"]] == [(6, "ACCOUNT_NOT_FOUND")]
    [cash] = [account for account in report["trial_balance"]["accounts"] if account["account_number"] == "1600"]
    assert (cash["before"]["balance"], cash["after"]["balance"]) == ("0.00", "-119.00")


def test_a_changed_row_exits_with_1(company, file):
    command(company, file(batch_bytes(*ROWS)))

    status, out = command(company, file(batch_bytes({**ROWS[0], 1: "238,00"}, *ROWS[1:])))

    assert status == 1
    assert "Changed since they were booked, not booked again:" in out


def test_a_dry_run_says_so_and_leaves_nothing(company, file):
    before = everything(company)

    status, out = command(company, file((OWN / "version_05.csv").read_bytes()), "--dry-run")

    assert status == 0
    assert "Rows to book: 12 (bookings: 12);" in out
    assert out.endswith("This was a dry run: nothing was kept.\n")
    assert everything(company) == before


def test_switches_reach_the_import(company, file):
    before = everything(company)
    path = file(batch_bytes(*ROWS))

    status, out = command(company, path, "--no-new-accounts", "--all-or-nothing", "--json")

    counts = json.loads(out)["counts"]
    assert (status, counts["booked"], counts["refused"], counts["held_back"]) == (1, 0, 1, 2)
    assert everything(company) == before


def test_a_file_of_another_kind_exits_with_2_and_all_reasons(company, file):
    path = file(batch_bytes(*ROWS, header={22: "CHF", 27: "03"}))

    status, out = command(company, path, "--json")
    with pytest.raises(CommandError) as refused:
        command(company, path)

    assert status == 2
    assert [fault["pointer"] for fault in json.loads(out)["errors"]] == ["/header/22", "/header/27"]
    assert (refused.value.returncode, str(refused.value).count("\n")) == (2, 2)


@pytest.mark.parametrize("company_id", [None, uuid4()])
def test_a_company_must_be_named_where_there_are_several_and_must_exist(company, file, company_id):
    new_company(name="Zweite GmbH")
    arguments = ["--company", str(company_id)] if company_id else []

    with pytest.raises(CommandError) as refused:
        call_command("import_datev", file(batch_bytes(*ROWS)), *arguments)

    assert refused.value.returncode == 2


def test_a_file_that_is_not_there_exits_with_2(company, tmp_path):
    with pytest.raises(CommandError, match="cannot be read") as refused:
        command(company, str(tmp_path / "missing.csv"))

    assert refused.value.returncode == 2
