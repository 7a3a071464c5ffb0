"""Two small charts, parts of SKR03 and SKR04, as the DATEV import sees them; and a short way to write a batch."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from accounting.drafts import AccountFacts, ChartFacts, TaxCodeFacts
from accounting.german.datev_chart import DatevChart, DatevTaxCode
from accounting.german.datev_columns import COLUMNS

# code: rate, key, kind, tax account and self-assessment account (SKR04, SKR03)
_CODES: Mapping[str, tuple[str, int | None, str, str, str, str, str]] = {
    "UST19": ("19", 3, "standard", "3806", "", "1776", ""),
    "UST7": ("7", 2, "standard", "3801", "", "1771", ""),
    "UST16": ("16", 5, "standard", "3805", "", "1775", ""),
    "UST-EU19": ("19", 13, "eu_taxable", "3808", "", "1778", ""),
    "UST-EU7": ("7", 12, "eu_taxable", "3807", "", "1777", ""),
    "UST-IGL0": ("0", 11, "intra_community", "", "", "", ""),
    "UST-EXP0": ("0", 1, "export", "", "", "", ""),
    "UST-FREI-MV0": ("0", 1, "exempt_with_credit", "", "", "", ""),
    "UST-13B0": ("0", 46, "reverse_charge", "", "", "", ""),
    "OSS": ("0", 10, "oss", "3817", "", "1767", ""),
    "VST19": ("19", 9, "standard", "1406", "", "1576", ""),
    "VST7": ("7", 8, "standard", "1401", "", "1571", ""),
    "VST16": ("16", 7, "standard", "1405", "", "1575", ""),
    "VST-IGE19": ("19", 19, "intra_community", "1404", "3804", "1574", "1774"),
    "VST-IGE7": ("7", 18, "intra_community", "1402", "3802", "1572", "1772"),
    "VST-13B19": ("19", 94, "reverse_charge", "1407", "3837", "1577", "1787"),
    "VST-13B7": ("7", 91, "reverse_charge", "1408", "3835", "1578", "1785"),
    "VST-13B-EU19": ("19", 94, "reverse_charge_eu", "1407", "3837", "1577", "1787"),
    "VST-13B19-OV": ("19", 95, "reverse_charge_nd", "", "3837", "", "1787"),
    "VST-13B7-OV": ("7", 92, "reverse_charge_nd", "", "3835", "", "1785"),
    "VST-AUFT19": ("19", 90, "apportion", "1416", "", "1566", ""),
    "VST-OFF19": ("19", 98, "standard", "1406", "", "1576", ""),
    "VST-OWN19": ("19", 55, "standard", "1406", "", "1576", ""),
    "VST-LONG19": ("19", 6501, "standard", "1406", "", "1576", ""),
}
_SKR04 = {
    "asset tangible_assets": "0690",
    "asset receivables": "1200 10000",
    "liability payables": "3300 70000",
    "asset bank": "1800",
    "asset cash": "1600",
    "liability clearing": "3630",
    "asset vat_input": "1401 1402 1404 1405 1406 1407 1408 1416",
    "liability vat_output": "3801 3802 3804 3805 3806 3807 3808 3817 3835 3837",
    "equity equity": "2900",
    "equity opening_balance": "9000 9008 9009",
    "revenue revenue": "4120 4200 4300 4320 4400",
    "revenue sales_deductions": "4731 4736",
    "expense material": "5200 5400 5425",
    "expense purchase_deductions": "5736",
    "expense purchased_services": "5900 5923",
    "expense other_expense": "6300 6815",
}
_SKR03 = {
    "asset tangible_assets": "0410",
    "asset receivables": "1400 10000",
    "liability payables": "1600 70000",
    "asset bank": "1200",
    "asset cash": "1000",
    "asset vat_input": "1566 1571 1572 1574 1575 1576 1577 1578",
    "liability vat_output": "1767 1771 1772 1774 1775 1776 1777 1778 1785 1787",
    "equity opening_balance": "9000 9008 9009",
    "revenue revenue": "8125 8200 8400",
    "expense material": "3200 3425",
    "expense other_expense": "4930",
}


def _chart(*, accounts: Mapping[str, str], skr04: bool, automatic: Mapping[str, str], discounts: Mapping[str, str]) -> DatevChart:
    facts = {}
    for kind, numbers in accounts.items():
        type_, category = kind.split()
        for number in numbers.split():
            facts[number] = AccountFacts(
                number=number,
                type=type_,
                category=category,
                is_item_account=category in ("receivables", "payables"),
                is_tax_account=category.startswith("vat_"),
            )
    codes = {
        code: TaxCodeFacts(
            code=code,
            rate_percent=Decimal(rate),
            vat_account=(vat04 if skr04 else vat03) or None,
            self_assess_account=(self04 if skr04 else self03) or None,
            is_active=code != "VST-OFF19",
        )
        for code, (rate, _, _, vat04, self04, vat03, self03) in _CODES.items()
    }
    return DatevChart(
        facts=ChartFacts(accounts=facts, tax_codes=codes),
        automatic_codes=automatic,
        tax_codes=tuple(
            DatevTaxCode(code=code, direction="output" if code[0] in "UO" else "input", bu_key=entry[1], kind=entry[2])
            for code, entry in _CODES.items()
        ),
        discount_accounts=discounts,
    )


SKR04 = _chart(
    accounts=_SKR04,
    skr04=True,
    automatic={
        "4120": "UST-EXP0",
        "4300": "UST7",
        "4320": "OSS",
        "4400": "UST19",
        "4731": "UST7",
        "4736": "UST19",
        "5400": "VST19",
        "5425": "VST-IGE19",
        "5736": "VST19",
        "5923": "VST-13B-EU19",
    },
    discounts={"UST19": "4736", "UST7": "4731", "VST19": "5736"},
)
SKR03 = _chart(
    accounts=_SKR03,
    skr04=False,
    automatic={"8125": "UST-IGL0", "8400": "UST19", "3425": "VST-IGE19"},
    discounts={},
)


def batch_bytes(
    *rows: Mapping[int, str] | str,
    header: Mapping[int, str] | None = None,
    version: int = 13,
    columns: int = 125,
    encoding: str = "cp1252",
) -> bytes:
    """A batch: rows as {field number: content} or as a line of text, header fields to change by number. The year is 2026."""
    fields = {
        1: "EXTF",
        2: "700",
        3: "21",
        4: "Buchungsstapel",
        5: str(version),
        11: "1001",
        12: "1",
        13: "20260101",
        14: "4",
        15: "20260101",
        16: "20261231",
        17: "Probe",
        19: "1",
        21: "0",
        22: "EUR",
    }
    lines = [_line({**fields, **(header or {})}, 31), ";".join(column.name for column in COLUMNS[:columns])]
    lines += [row if isinstance(row, str) else _line(row, columns) for row in rows]
    return ("\r\n".join(lines) + "\r\n").encode(encoding)


def _line(fields: Mapping[int, str], count: int) -> str:
    texts: Sequence[str] = [fields.get(number, "") for number in range(1, count + 1)]
    return ";".join('"' + text.replace('"', '""') + '"' if text else "" for text in texts)


def entry(amount: str, side: str, account: str, contra: str, key: str = "", day: str = "0303", **fields: str) -> dict[int, str]:
    """A row; further fields by number, written f118="1"."""
    written = {1: amount, 2: side, 7: account, 8: contra, 9: key, 10: day}
    return {**written, **{int(name.removeprefix("f")): text for name, text in fields.items()}}
