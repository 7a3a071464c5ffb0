"""Whole books against their expected events: one of our own, and those of the specification where they lie beside the project."""

import csv
import json
from collections import Counter
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from accounting.drafts import AccountFacts, ChartFacts, Draft, DraftLine, Fx, TaxCodeFacts, Transfer
from accounting.expansion import expand
from ledgerlou.errors import LedgerLouError

OWN_BOOK = Path(__file__).parents[1] / "books" / "expansion.json"
SHARED = Path(__file__).parents[3] / "shared"
EXCHANGE_DIFFERENCES = {"skr04": ("4840", "6880"), "skr03": ("2660", "2150")}
SHARED_BOOKS = ("muster_handel_2026", "dienst_ug_2026", "cent_traps")

# Refused, but not by expansion: amounts are checked when the lines are made, the period by periods, duplicates by posting.
DECIDED_ELSEWHERE = {("cent_traps", "B037"), ("cent_traps", "B042"), ("cent_traps", "B047")}

Json = Mapping[str, Any]
Event = tuple[str, str, Decimal, str, Decimal | None]


def _load(path: Path) -> Json:
    book: Json = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    return book


def _draft(post: Json) -> Draft:
    """The draft of a body of POST /v1/bookings or POST /v1/bookings/opening-balances; rows of 0/0 are left out."""
    lines = tuple(
        DraftLine(
            account=row["account_number"],
            debit=Decimal(row["debit"]),
            credit=Decimal(row["credit"]),
            tax_code=row.get("tax_code"),
        )
        for row in post.get("balances", post.get("lines"))
        if row["debit"] or row["credit"]
    )
    fx = post.get("fx")
    return Draft(
        booking_date=date.fromisoformat(post["booking_date"]),
        description=post.get("description", ""),
        lines=lines,
        opening="balances" in post,
        fx=fx
        and Fx(
            currency=fx["currency"],
            amount=Decimal(fx["amount"]),
            rate=Decimal(fx["rate"]),
            rate_date=date.fromisoformat(fx["rate_date"]),
            rate_source=fx["rate_source"],
        ),
    )


def _outcome(draft: Draft, chart: ChartFacts) -> Counter[Event] | str:
    """What expansion makes of a draft: the multiset of events, or the code of the refusal."""
    try:
        return Counter(_event(transfer) for transfer in expand(draft, chart))
    except LedgerLouError as refused:
        return refused.code


def _event(transfer: Transfer) -> Event:
    tax = f"{transfer.tax_code}/{transfer.tax_role}" if transfer.tax_code else ""
    return (transfer.debit, transfer.credit, transfer.amount, tax, transfer.fx_amount)


def _expected(step: Json) -> Counter[Event] | str:
    if "error" in step:
        return str(step["error"])
    return Counter(
        (event["debit"], event["credit"], Decimal(event["amount"]), event.get("tax", ""), event.get("fx_amount"))
        for event in step["events"]
    )


def _without_fx_amounts(outcome: Counter[Event] | str) -> Counter[Event] | str:
    if isinstance(outcome, str):
        return outcome
    return Counter((debit, credit, amount, tax, None) for debit, credit, amount, tax, _ in outcome.elements())


def _shared_chart(chart: str) -> ChartFacts:
    """The chart and the tax codes of the reference files, as far as expansion needs them."""
    with (SHARED / "reference" / f"{chart}.csv").open(encoding="utf-8", newline="") as file:
        accounts = {
            row["number"]: AccountFacts(
                number=row["number"],
                type=row["type"],
                category=row["category"],
                is_tax_account=row["category"] in ("vat_input", "vat_output"),
                is_exchange_difference=row["number"] in EXCHANGE_DIFFERENCES[chart],
            )
            for row in csv.DictReader(file)
        }
    with (SHARED / "reference" / "tax_codes.csv").open(encoding="utf-8", newline="") as file:
        tax_codes = {
            row["code"]: TaxCodeFacts(
                code=row["code"],
                rate_percent=Decimal(row["rate"]),
                vat_account=row[f"vat_account_{chart}"] or None,
                self_assess_account=row[f"self_assess_account_{chart}"] or None,
                is_active=row["active"] == "yes",
            )
            for row in csv.DictReader(file)
        }
    return ChartFacts(accounts=accounts, tax_codes=tax_codes)


def test_own_book_expands_to_its_worked_results() -> None:
    book = _load(OWN_BOOK)
    chart = ChartFacts(
        accounts={row["number"]: AccountFacts(**row) for row in book["accounts"]},
        tax_codes={row["code"]: TaxCodeFacts(**{**row, "rate_percent": Decimal(row["rate_percent"])}) for row in book["tax_codes"]},
    )

    outcomes = {step["id"]: _outcome(_draft(step["post"]), chart) for step in book["steps"]}

    assert outcomes == {step["id"]: _expected(step["expected"]) for step in book["steps"]}


@pytest.mark.skipif(not (SHARED / "books").is_dir(), reason="the worked books of the specification do not lie beside the project")
@pytest.mark.parametrize("name", SHARED_BOOKS)
def test_shared_book_expands_to_its_expected_events(name: str) -> None:
    book = _load(SHARED / "books" / name / "book.json")
    expected = {step["step"]: _expected(step) for step in _load(SHARED / "books" / name / "expected.json")["steps"]}
    chart = _shared_chart(book["company"]["chart"])
    posts = {step["id"]: step["post"] for step in book["steps"] if "post" in step and (name, step["id"]) not in DECIDED_ELSEWHERE}
    if "opening_balances" in book:
        posts["OPEN"] = book["opening_balances"]

    outcomes = {step: _outcome(_draft(post), chart) for step, post in posts.items()}

    # The books do not judge how foreign amounts are shared where an exchange difference is booked (E14).
    not_judged = {
        step
        for step, post in posts.items()
        if {row["account_number"] for row in post.get("lines", ())} & set(EXCHANGE_DIFFERENCES[book["company"]["chart"]])
    }
    assert {step: _without_fx_amounts(outcome) if step in not_judged else outcome for step, outcome in outcomes.items()} == {
        step: _without_fx_amounts(expected[step]) if step in not_judged else expected[step] for step in posts
    }


@pytest.mark.skipif(not (SHARED / "books").is_dir(), reason="the worked books of the specification do not lie beside the project")
def test_shared_book_fractions_of_a_cent_make_no_draft() -> None:
    [post] = [step["post"] for step in _load(SHARED / "books" / "cent_traps" / "book.json")["steps"] if step["id"] == "B037"]

    with pytest.raises(ValueError, match="whole, non-negative cents"):
        _draft(post)
