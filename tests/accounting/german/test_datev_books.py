"""The worked books the other way round: their DATEV rows, read as a batch, must give back the balances of each step."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest

from accounting.drafts import AccountFacts, ChartFacts, TaxCodeFacts
from accounting.german.chart import Chart, load_chart
from accounting.german.datev_chart import DatevChart, DatevTaxCode
from accounting.german.datev_extf import read_batch
from accounting.german.datev_plan import net_per_account, plan_batch
from tests.accounting.german.datev_charts import batch_bytes

BOOKS = Path(__file__).parents[4] / "shared" / "books"


def standard_chart(name: Chart) -> DatevChart:
    """A whole standard chart as a new company has it."""
    template = load_chart(name)
    return DatevChart(
        facts=ChartFacts(
            accounts={
                account.number: AccountFacts(
                    number=account.number,
                    type=account.type,
                    category=account.category,
                    is_item_account=account.is_item_account,
                    is_tax_account=account.category in ("vat_input", "vat_output"),
                )
                for account in template.accounts
            },
            tax_codes={
                code.code: TaxCodeFacts(
                    code=code.code,
                    rate_percent=code.rate_percent,
                    vat_account=code.vat_account,
                    self_assess_account=code.self_assess_account,
                    is_active=code.is_active,
                )
                for code in template.tax_codes
            },
        ),
        automatic_codes={account.number: account.tax_code for account in template.accounts if account.tax_code},
        tax_codes=tuple(
            DatevTaxCode(
                code=code.code,
                direction="output" if code.direction == "output" else "input",
                bu_key=int(code.datev_bu) if code.datev_bu else None,
                kind=code.kind,
            )
            for code in template.tax_codes
        ),
    )


def written(row: dict[str, Any]) -> dict[int, str]:
    """A row of `expected.json` as fields of a batch."""
    fields = {
        1: f"{row['amount']:.2f}".replace(".", ","),
        2: row["side"],
        7: row["account"],
        8: row["contra"],
        9: row["bu_key"],
        10: row["date"],
    }
    return {**fields, 11: row["document_field_1"], 14: row["text"], 118: "1" if row["general_reversal"] else ""}


@pytest.mark.parametrize("name", ["muster_handel_2026", "dienst_ug_2026", "cent_traps"])
def test_datev_rows_of_a_worked_book_give_back_the_balances_of_each_step(name: str) -> None:
    if not BOOKS.is_dir():
        pytest.skip(f"the worked books are not at {BOOKS}")
    company = json.loads((BOOKS / name / "book.json").read_text())["company"]
    steps = json.loads((BOOKS / name / "expected.json").read_text(), parse_float=Decimal)["steps"]
    owners = [step["step"] for step in steps for _ in step.get("datev") or []]
    rows = [written(row) for step in steps for row in step.get("datev") or []]
    start = company["fiscal_year_start"].replace("-", "")
    batch = read_batch(batch_bytes(*rows, header={13: start, 15: "", 16: ""}))

    plan = plan_batch(batch=batch, chart=standard_chart(cast(Chart, company["chart"])))

    assert batch.faults == ()
    assert [(refused.row.line, refused.faults) for refused in plan.refused] == []
    found: dict[str, list[Any]] = {}
    for booking in plan.bookings:
        found.setdefault(owners[booking.rows[0].line - 3], []).extend(booking.transfers)
    nets = {step: {number: net for number, net in net_per_account(events).items() if net} for step, events in found.items()}
    assert nets == {
        step["step"]: {number: net for number, net in sorted(step["net"].items()) if net} for step in steps if step.get("datev")
    }
