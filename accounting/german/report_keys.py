"""Report keys of accounts: positions of §§ 266, 275 HGB (report_groups.csv) or the short names that the interface offers for them.

An account keeps the key as it was given; whoever lays out a report asks here for the position.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

CASH: Final = "A.B.IV"  # § 266 Abs. 2 B.IV HGB: cash, bank balances, cheques

# Short names for people who do not know the numbering of the Commercial Code.
SHORT_NAMES: Final[Mapping[str, str]] = {
    "revenue": "G.1",
    "other_income": "G.4",
    "material_expense": "G.5a",
    "purchased_services": "G.5b",
    "personnel_expense": "G.6a",
    "depreciation": "G.7a",
    "other_opex": "G.8",
    "interest_income": "G.11",
    "interest_expense": "G.13",
    "income_tax": "G.14",
    "other_tax": "G.16",
    "fixed_assets": "A.A.II.3",
    "inventories": "A.B.I.3",
    "receivables": "A.B.II.1",
    "other_assets": "A.B.II.4",
    "cash": CASH,
    "provisions": "P.B.3",
    "payables": "P.C.4",
    "liabilities": "P.C.8",
}
# The line of the monthly management report (BWA form 01) that accounts of a position usually belong to.
_USUAL_BWA_LINES: Final[Mapping[str, str]] = {
    "G.1": "1020",
    "G.2": "1040",
    "G.3": "1045",
    "G.4": "1090",
    "G.5a": "1060",
    "G.5b": "1060",
    "G.6a": "1100",
    "G.6b": "1100",
    "G.7a": "1240",
    "G.7b": "1240",
    "G.8": "1260",
    "G.9": "1322",
    "G.10": "1322",
    "G.11": "1322",
    "G.12": "1240",
    "G.13": "1310",
    "G.14": "1355",
    "G.16": "1140",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Position:
    """A position of balance sheet or P&L with its heading. `statement` is balance_sheet, profit_loss or technical; `parent` may be empty."""

    code: str
    statement: str
    side: str
    parent: str
    label_de: str
    label_en: str
    legal_ref: str


@cache
def layout() -> tuple[Position, ...]:
    """Every position that takes accounts or holds such positions, in the order of the law; computed lines are left out."""
    with Path(__file__).with_name("report_groups.csv").open(encoding="utf-8", newline="") as table:
        rows = [row for row in csv.DictReader(table, strict=True) if row["side"] != "sum" and not row["note"].startswith("computed,")]
        return tuple(Position(**{name: row[name] for name in Position.__dataclass_fields__}) for row in rows)


def position_of(report_group: str | None) -> str | None:
    """The position in balance sheet or P&L that a report key means; None for no key and for keys of the company's own making."""
    if report_group is None:
        return None
    position = SHORT_NAMES.get(report_group, report_group)
    return position if position in _positions() else None


def belongs_to_profit_and_loss(position: str) -> bool:
    """Whether a position stands in the P&L; the others stand in the balance sheet or, for 9xxx accounts, in no statement."""
    return _positions()[position] == "profit_loss"


def usual_bwa_line(position: str | None) -> str:
    """The BWA line of a position of the P&L, empty where there is none."""
    return _USUAL_BWA_LINES.get(position or "", "")


@cache
def _positions() -> Mapping[str, str]:
    """Statement by position. Headings and computed lines take no accounts."""
    with Path(__file__).with_name("report_groups.csv").open(encoding="utf-8", newline="") as table:
        return {
            row["code"]: row["statement"]
            for row in csv.DictReader(table, strict=True)
            if row["side"] != "sum" and not row["note"].startswith(("heading", "computed,"))
        }
