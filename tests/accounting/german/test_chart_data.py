"""The tables of German accounting law: complete, consistent with each other, and the same facts as the reference they were taken from."""

import csv
from dataclasses import FrozenInstanceError, asdict, fields, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from accounting.german import chart as chart_module
from accounting.german.chart import AccountTemplate, Chart, StandardAccounts, TaxCodeTemplate, load_chart, standard_accounts

GERMAN = Path(chart_module.__file__).parent
REFERENCE = Path(__file__).parents[3].parent / "shared" / "reference"
CHARTS: tuple[Chart, ...] = ("skr03", "skr04")
TABLES = ("chart_skr03.csv", "chart_skr04.csv", "tax_codes.csv", "report_groups.csv", "standard_accounts.csv")

both_charts = pytest.mark.parametrize("chart", CHARTS)
needs_reference = pytest.mark.skipif(not REFERENCE.is_dir(), reason=f"no reference tables in {REFERENCE}")


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def accounts(chart: Chart) -> dict[str, AccountTemplate]:
    return {account.number: account for account in load_chart(chart).accounts}


def tax_codes(chart: Chart) -> dict[str, TaxCodeTemplate]:
    return {tax_code.code: tax_code for tax_code in load_chart(chart).tax_codes}


def report_groups() -> dict[str, dict[str, str]]:
    return {row["code"]: row for row in table(GERMAN / "report_groups.csv")}


def without(row: dict[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in row.items() if name not in names}


# Files


@pytest.mark.parametrize("name", TABLES)
def test_table_is_utf8_with_line_feeds_and_full_rows(name: str) -> None:
    raw = (GERMAN / name).read_bytes()
    rows = list(csv.reader(raw.decode("utf-8").splitlines(), strict=True))

    assert b"\r" not in raw
    assert not raw.startswith(b"\xef\xbb\xbf")
    assert raw.endswith(b"\n")
    assert {len(row) for row in rows} == {len(rows[0])}
    assert [cell for row in rows for cell in row if cell != cell.strip() or "\N{NO-BREAK SPACE}" in cell] == []


def test_tables_have_the_expected_number_of_rows() -> None:
    counts = {name: len(table(GERMAN / name)) for name in TABLES}

    assert counts == {
        "chart_skr03.csv": 829,
        "chart_skr04.csv": 845,
        "tax_codes.csv": 47,
        "report_groups.csv": 95,
        "standard_accounts.csv": len(fields(StandardAccounts)),
    }


# Loader


def test_account_is_read_with_all_its_facts() -> None:
    assert accounts("skr04")["4400"] == AccountTemplate(
        number="4400",
        name_de="Umsatzerlöse 19 %",
        name_en="Sales revenue 19 %",
        type="revenue",
        category="revenue",
        report_group="G.1",
        bwa_line="1020",
        tax_code="UST19",
        is_reconcilable=False,
        is_item_account=False,
        equivalent="8400",
    )


def test_tax_code_is_read_with_the_accounts_of_its_chart() -> None:
    in_skr04 = tax_codes("skr04")["VST-IGE19"]

    assert replace(in_skr04, description_de="", description_en="") == TaxCodeTemplate(
        code="VST-IGE19",
        label_de="EU-Wareneinkauf 19 % (innergemeinschaftlicher Erwerb)",
        label_en="EU purchase of goods 19 % (intra-EU acquisition)",
        description_de="",
        description_en="",
        rate_percent=Decimal(19),
        direction="input",
        kind="intra_community",
        vat_account="1404",
        self_assess_account="3804",
        datev_bu="19",
        kz_base="89",
        kz_tax="89",
        kz_input="61",
        zm_type="",
        en16931_category="K",
        vatex="VATEX-EU-IC",
        valid_from=date(2007, 1, 1),
        valid_until=None,
        is_active=True,
        source="§ 1a, § 15 Abs. 1 Satz 1 Nr. 3 UStG",
    )
    assert tax_codes("skr03")["VST-IGE19"] == replace(in_skr04, vat_account="1574", self_assess_account="1774")


@both_charts
def test_chart_is_read_once_and_cannot_be_changed(chart: Chart) -> None:
    template = load_chart(chart)

    assert load_chart(chart) is template
    with pytest.raises(FrozenInstanceError):
        template.accounts[0].name_de = "anders"  # type: ignore[misc]


# Accounts


@both_charts
def test_account_numbers_are_four_digits_and_unique(chart: Chart) -> None:
    numbers = [account.number for account in load_chart(chart).accounts]

    assert [number for number in numbers if len(number) != 4 or not number.isdigit()] == []
    assert len(set(numbers)) == len(numbers)


@both_charts
def test_account_names_are_filled_unique_and_short(chart: Chart) -> None:
    for names in ([a.name_de for a in load_chart(chart).accounts], [a.name_en for a in load_chart(chart).accounts]):
        assert [name for name in names if not name or len(name) > 80] == []
        assert sorted({name for name in names if names.count(name) > 1}) == []


@both_charts
def test_account_names_differ_between_languages_unless_the_word_is_the_same(chart: Chart) -> None:
    same = {account.name_de for account in load_chart(chart).accounts if account.name_de == account.name_en}

    assert same == {"Bank", "Bank 1", "Bank 2", "Bank 3", "Bank 4", "Bank 5"}


@both_charts
def test_account_type_fits_its_report_group(chart: Chart) -> None:
    groups = report_groups()
    by_first_letters = {"A.": "asset", "P.A": "equity", "X.": "equity"} | dict.fromkeys(("P.B", "P.C", "P.D", "P.E", "P.S"), "liability")

    def expected(account: AccountTemplate) -> set[str]:
        if account.report_group.startswith("G."):
            return {groups[account.report_group]["side"]}
        return {kind for start, kind in by_first_letters.items() if account.report_group.startswith(start)}

    assert [account for account in load_chart(chart).accounts if {account.type} != expected(account)] == []


@both_charts
def test_account_refers_only_to_what_exists(chart: Chart) -> None:
    groups, codes = report_groups(), tax_codes(chart)
    parents = {row["parent"] for row in groups.values()}
    other = accounts("skr03" if chart == "skr04" else "skr04")

    broken = [
        account
        for account in load_chart(chart).accounts
        if account.report_group not in groups
        or (account.report_group in parents and account.report_group != "P.C.8")
        or (account.tax_code and account.tax_code not in codes)
        or (account.equivalent and account.equivalent not in other)
    ]

    assert broken == []


@both_charts
def test_bwa_line_is_set_exactly_on_profit_and_loss_accounts(chart: Chart) -> None:
    wrong = [a for a in load_chart(chart).accounts if a.report_group.startswith("G.") != bool(a.bwa_line)]

    assert wrong == []


def test_both_charts_agree_row_by_row() -> None:
    skr03, skr04 = accounts("skr03"), accounts("skr04")
    shared = {number: account for number, account in skr04.items() if account.equivalent}
    only_skr04 = "0700 1421 1422 1425 1436 1457 3786 3819 3860 3865 6100 6286 7323 7355 7361 7362"

    assert {a.equivalent: replace(a, number=a.equivalent or "", equivalent=number) for number, a in shared.items()} == skr03
    assert set(skr04) - set(shared) == set(only_skr04.split())


@both_charts
def test_automatic_account_carries_a_tax_code_of_its_side(chart: Chart) -> None:
    codes = tax_codes(chart)
    # Losses of receivables and disposals at a loss correct or are revenue: output tax on an expense account (§ 17 UStG, § 1 UStG).
    directions = {(a.type, codes[a.tax_code].direction) for a in load_chart(chart).accounts if a.tax_code}

    assert directions == {("revenue", "output"), ("expense", "input"), ("expense", "output"), ("asset", "input"), ("liability", "output")}


def test_item_accounts_are_the_two_control_accounts() -> None:
    found = {chart: [a.number for a in load_chart(chart).accounts if a.is_item_account] for chart in CHARTS}

    assert found == {"skr03": ["1400", "1600"], "skr04": ["1200", "3300"]}


# Tax codes


def test_tax_codes_are_unique_also_when_case_is_ignored() -> None:
    codes = [tax_code.code.casefold() for tax_code in load_chart("skr04").tax_codes]

    assert len(set(codes)) == len(codes) == 47


def test_tax_code_texts_are_filled_and_labels_unique() -> None:
    templates = load_chart("skr04").tax_codes

    assert [t.code for t in templates if not (t.label_de and t.label_en and t.description_de and t.description_en and t.source)] == []
    assert [t.code for t in templates if t.label_de == t.label_en or t.description_de == t.description_en] == []
    assert len({t.label_de for t in templates}) == len({t.label_en for t in templates}) == len(templates)


@both_charts
def test_tax_code_accounts_are_tax_accounts_of_the_chart(chart: Chart) -> None:
    known = accounts(chart)
    # § 15a UStG: corrections of earlier years run over a receivable of their own.
    allowed = {"vat_input", "vat_output"}

    wrong = [
        (t.code, number)
        for t in load_chart(chart).tax_codes
        for number in (t.vat_account, t.self_assess_account)
        if number and known[number].category not in allowed and t.code != "VST-15A"
    ]

    assert wrong == []


@both_charts
def test_tax_code_with_a_rate_has_an_account_to_book_the_tax(chart: Chart) -> None:
    without_account = [t.code for t in load_chart(chart).tax_codes if t.rate_percent > 0 and not (t.vat_account or t.self_assess_account)]
    not_deductible = {t.code for t in load_chart(chart).tax_codes if t.self_assess_account and not t.vat_account}

    assert without_account == []
    assert not_deductible == {t.code for t in load_chart(chart).tax_codes if t.code.endswith("-OV")}


def test_tax_codes_of_both_charts_use_equivalent_accounts() -> None:
    skr03, skr04 = tax_codes("skr03"), accounts("skr04")

    def moved(number: str | None) -> str | None:
        return skr04[number].equivalent if number else None

    translated = {
        t.code: replace(t, vat_account=moved(t.vat_account), self_assess_account=moved(t.self_assess_account))
        for t in load_chart("skr04").tax_codes
    }

    assert translated == skr03


def test_validity_of_rates_follows_the_law() -> None:
    codes = tax_codes("skr04")

    assert {(t.valid_from, t.valid_until) for t in codes.values() if t.rate_percent == 16} == {(date(2020, 7, 1), date(2020, 12, 31))}
    # § 12 Abs. 1 UStG since 2007; no 19 % code is older.
    assert min(t.valid_from for t in codes.values() if t.rate_percent == 19 and t.valid_from) == date(2007, 1, 1)
    assert [t.code for t in codes.values() if t.rate_percent > 0 and t.valid_from is None] == []
    assert [t.code for t in codes.values() if t.valid_from and t.valid_until and t.valid_from > t.valid_until] == []
    assert {code: codes[code].valid_from for code in ("UST7", "UST0", "UST-KU0", "OSS", "VST-LUF")} == {
        "UST7": date(1983, 7, 1),
        "UST0": date(2023, 1, 1),
        "UST-KU0": date(2025, 1, 1),
        "OSS": date(2021, 7, 1),
        "VST-LUF": date(2025, 1, 1),
    }


def test_recapitulative_statement_types_belong_to_their_kennzahlen() -> None:
    marked = {(t.zm_type, t.kz_base) for t in load_chart("skr04").tax_codes if t.zm_type}

    assert marked == {("L", "41"), ("S", "21"), ("D", "42")}  # § 18a Abs. 7 UStG


# Report groups and standard accounts


def test_report_groups_are_unique_and_labelled_in_both_languages() -> None:
    rows = table(GERMAN / "report_groups.csv")

    assert len({row["code"] for row in rows}) == len(rows)
    assert len({row["label_de"] for row in rows}) == len({row["label_en"] for row in rows}) == len(rows)
    assert [row for row in rows if not row["label_de"] or not row["label_en"] or row["label_de"] == row["label_en"]] == []
    assert {row["parent"] for row in rows} - {row["code"] for row in rows} == {""}


def test_standard_accounts_mean_the_same_in_both_charts() -> None:
    skr03, skr04 = asdict(standard_accounts("skr03")), asdict(standard_accounts("skr04"))

    assert {purpose: accounts("skr04")[number].equivalent for purpose, number in skr04.items()} == skr03
    assert len(set(skr04.values())) == len(skr04)


def test_standard_accounts_lie_on_the_right_side() -> None:
    known = accounts("skr04")
    standard = standard_accounts("skr04")

    assert {known[n].category for n in (standard.opening_gl, standard.opening_customers, standard.opening_vendors)} == {"opening_balance"}
    assert {known[n].category for n in (standard.transit, standard.suspense, standard.card_settlement)} == {"clearing"}
    assert [known[n].type for n in (standard.exchange_gain, standard.exchange_loss)] == ["revenue", "expense"]
    assert [known[n].type for n in (standard.small_difference_gain, standard.small_difference_loss)] == ["revenue", "expense"]
    assert [known[n].tax_code for n in (standard.discount_granted_19, standard.discount_granted_7, standard.discount_granted_0)] == [
        "UST19",
        "UST7",
        None,
    ]
    assert [known[n].tax_code for n in (standard.discount_received_19, standard.discount_received_7, standard.discount_received_0)] == [
        "VST19",
        "VST7",
        None,
    ]
    assert [known[n].report_group for n in (standard.receivables_control, standard.payables_control)] == ["A.B.II.1", "P.C.4"]
    assert {known[n].category for n in (standard.vat_payment, standard.special_prepayment, standard.prior_year_vat)} == {"vat_settlement"}


# Against the reference


@needs_reference
@both_charts
def test_chart_has_the_facts_of_the_reference(chart: Chart) -> None:
    ours = [without(row, "name_de", "name_en") for row in table(GERMAN / f"chart_{chart}.csv")]
    theirs = [without(row, "name_de", "name_en", "number_source") for row in table(REFERENCE / f"{chart}.csv")]

    assert ours == theirs


@needs_reference
def test_tax_codes_have_the_facts_of_the_reference() -> None:
    renamed = {"rate": "rate_percent", "active": "is_active"} | {f"ustva_{name}": name for name in ("kz_base", "kz_tax", "kz_input")}
    texts = ("label_de", "label_en", "description_de", "description_en", "valid_from", "valid_until", "source", "note")

    ours = [without(row, *texts) for row in table(GERMAN / "tax_codes.csv")]
    theirs = [{renamed.get(k, k): v for k, v in without(row, *texts).items()} for row in table(REFERENCE / "tax_codes.csv")]

    assert ours == theirs


@needs_reference
def test_report_groups_have_the_facts_of_the_reference() -> None:
    texts = ("label_de", "label_en", "note")

    assert [without(row, *texts) for row in table(GERMAN / "report_groups.csv")] == [
        without(row, *texts) for row in table(REFERENCE / "report_groups.csv")
    ]


@needs_reference
def test_bwa_lines_of_accounts_exist_in_the_reference() -> None:
    lines = {row["line"] for row in table(REFERENCE / "bwa_lines.csv") if row["kind"] == "accounts"}

    assert {account.bwa_line for account in load_chart("skr04").accounts} - {""} <= lines
