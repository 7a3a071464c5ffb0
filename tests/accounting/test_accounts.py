"""The chart of accounts: adding, placing, searching, changing, and the guards of its table."""

from decimal import Decimal

import pytest
from django.db import connection, transaction

from accounting.drafts import Settle
from accounting.models.account import Account
from accounting.posting import post
from accounting.selectors.accounts import account_page, search_accounts
from accounting.services.accounts import AccountChange, AccountInUse, DuplicateAccount, NewAccount, change_account, create_account
from accounting.services.tax_codes import NewTaxCode, create_tax_code, deactivate_tax_code
from ledgerlou.errors import InvalidInput, NotFound
from tests.conftest import NOW, draft, show_company

pytestmark = pytest.mark.django_db


def add(company, actor, number="6817", name="Cloud-Infrastruktur", type="expense", **rest):
    return create_account(company=company, actor=actor, facts=NewAccount(number=number, name=name, type=type, **rest), now=NOW)


def found(company, text="", account_type=None):
    return [account.number for account in search_accounts(company=company, text=text, account_type=account_type)]


def test_account_is_added_with_everything_that_follows_from_it(company, actor):
    account = add(company, actor, name="  Cloud-\u00a0Übertragung \n Süd ", category="IT-Kosten", report_group="other_opex")

    stored = Account.objects.of(company).get(number="6817")
    assert (stored.id, stored.name, stored.sort_key, stored.type, stored.category, stored.report_group, stored.bwa_line) == (
        account.id, "Cloud- Übertragung Süd", "cloud- ubertragung sud", "expense", "IT-Kosten", "other_opex", "1260",
    )  # fmt: skip
    assert (stored.is_system, stored.is_active, stored.is_item_account, stored.is_reconcilable, stored.created_at) == (
        False, True, False, False, NOW,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("number", "type", "report_group", "expected"),
    [
        ("6816", "expense", None, ("G.8", "1260")),  # like 6815, office supplies
        ("4401", "revenue", None, ("G.1", "1020")),  # like 4400
        ("1805", "asset", None, ("A.B.IV", "")),  # like 1800, bank
        ("0001", "asset", None, ("A.A.I.2", "")),  # nothing lower: like 0100
        ("681599", "expense", None, ("G.8", "1260")),  # longer numbers stand behind their root
        ("10000", "asset", None, ("A.B.II.1", "")),  # like 1200
        ("70000", "liability", None, ("P.C.4", "")),  # like 3300
        ("6816", "expense", "personnel_expense", ("personnel_expense", "1100")),
        ("6816", "expense", "G.13", ("G.13", "1310")),
        ("6311", "expense", "other_opex", ("other_opex", "1120")),  # rent stays among the costs of premises
        ("6816", "expense", "my own key", ("my own key", "")),
    ],
)
def test_account_stands_in_the_reports_as_sent_or_like_its_neighbour(company, actor, number, type, report_group, expected):
    account = add(company, actor, number, "Neu", type, report_group=report_group)

    assert (account.report_group, account.bwa_line) == expected


@pytest.mark.parametrize(
    ("number", "type", "is_item_account"),
    [
        ("10000", "asset", True),
        ("69999", "asset", True),
        ("70000", "liability", True),
        ("99999", "liability", True),
        ("09999", "asset", False),
        ("100000", "asset", False),
        ("12345678", "expense", False),
    ],
)
def test_personal_accounts_bear_open_items(company, actor, number, type, is_item_account):
    account = add(company, actor, number, "Kunde oder Lieferant", type)

    assert (account.is_item_account, account.is_reconcilable) == (is_item_account, is_item_account)


@pytest.mark.parametrize(
    ("facts", "pointer"),
    [
        ({"number": "10000", "type": "liability"}, "/type"),
        ({"number": "69999", "type": "revenue"}, "/type"),
        ({"number": "70000", "type": "asset"}, "/type"),
        ({"number": "99999", "type": "equity"}, "/type"),
        ({"number": ""}, "/number"),
        ({"number": "0000"}, "/number"),
        ({"number": "123456789"}, "/number"),
        ({"number": "12a"}, "/number"),
        ({"number": "１２３４"}, "/number"),
        ({"number": "6817\n"}, "/number"),
        ({"type": "income"}, "/type"),
        ({"name": " "}, "/name"),
        ({"name": "x" * 256}, "/name"),
        ({"name": "Kosten\x00"}, "/name"),
        ({"name": "Kosten \u202efdp.exe"}, "/name"),
        ({"category": "x" * 101}, "/category"),
        ({"report_group": "x" * 41}, "/report_group"),
        ({"report_group": "cash"}, "/report_group"),
        ({"type": "asset", "report_group": "G.8"}, "/report_group"),
    ],
)
def test_wrong_account_is_refused_and_leaves_nothing(company, actor, facts, pointer):
    before = Account.objects.of(company).count()

    with pytest.raises(InvalidInput) as caught, transaction.atomic():
        add(company, actor, **facts)

    assert [fault.pointer for fault in caught.value.faults] == [pointer]
    assert Account.objects.of(company).count() == before


@pytest.mark.parametrize("number", ["1800", "01800", "400", "00000400"])
def test_taken_number_is_refused_with_or_without_zeros(company, actor, number):
    with pytest.raises(DuplicateAccount) as caught, transaction.atomic():
        add(company, actor, number, "Noch eine", "asset")

    assert (caught.value.details["account_number"], caught.value.details["is_active"]) == ("1800" if "18" in number else "0400", True)


def test_switched_off_account_keeps_its_number(company, actor):
    add(company, actor)
    change_account(company=company, actor=actor, number="6817", change=AccountChange(is_active=False))

    with pytest.raises(DuplicateAccount, match="switched off") as caught, transaction.atomic():
        add(company, actor)

    assert caught.value.details["is_active"] is False


def test_other_companies_numbers_are_free(other_company, company, actor):
    show_company(other_company)
    add(other_company, actor, "4711", "Fremdes Konto", "revenue")
    show_company(company)

    add(company, actor, "4711", "Eigenes Konto", "revenue")

    assert list(Account.objects.filter(number="4711").values_list("name", flat=True)) == ["Eigenes Konto"]


def test_page_lists_active_accounts_by_number(company, actor):
    total = Account.objects.of(company).count()
    add(company, actor, "0001", "Ganz vorn", "asset")
    change_account(company=company, actor=actor, number="6815", change=AccountChange(is_active=False))

    rows, count = account_page(company=company, limit=2, offset=0)
    everything, _ = account_page(company=company, limit=5000, offset=0)

    assert ([row.number for row in rows], count) == (["0001", "0100"], total)
    numbers = [row.number for row in everything]
    assert numbers == sorted(numbers)
    assert len(numbers) == total
    assert "6815" not in numbers
    assert account_page(company=company, limit=5, offset=count) == ([], count)


def test_search_puts_numbers_first_then_names_that_start_so(company, actor):
    add(company, actor, "4712", "Verkauf 180 Tage", "revenue")
    add(company, actor, "4713", "180 Tage Verkauf", "revenue")

    hits = found(company, "180")
    numbers = [number for number in hits if number.startswith("180")]
    assert hits == [*numbers, "4713", "4712"]
    assert numbers[0] == "1800"


def test_search_takes_the_exact_number_before_longer_ones(company, actor):
    add(company, actor, "47190", "Kunde 4719", "asset")
    add(company, actor, "4718", "Erlöse wie 4719", "revenue")
    add(company, actor, "4719", "Weitere Erlöse", "revenue")

    assert found(company, "4719") == ["4719", "47190", "4718"]


@pytest.mark.parametrize("text", ["bürobedarf", "BÜROBEDARF", "burobedarf", "Buerobedarf", " Bürobedarf ", "Bu\u0308robedarf"])
def test_search_does_not_mind_case_and_umlauts(company, text):
    assert "6815" in found(company, text)


@pytest.mark.parametrize("text", ["Vorsteuer 19%", "vorsteuer 19 %", "VORSTEUER  19 %"])
def test_search_does_not_mind_the_blank_before_percent(company, text):
    hits = search_accounts(company=company, text=text)

    assert {"1406"} <= {account.number for account in hits}
    assert all("Vorsteuer 19 %" in account.name for account in hits)


@pytest.mark.parametrize("text", ["%%", "_____", "\\", "'; DROP TABLE accounting_account; --", "zzzz"])
def test_search_takes_signs_as_they_are(company, text):
    assert found(company, text) == []


def test_search_finds_active_accounts_of_the_type(company, actor):
    add(company, actor, "4714", "Zebrastreifen", "revenue")
    add(company, actor, "6818", "Zebrafutter", "expense")
    add(company, actor, "6819", "Zebrakauf", "expense")
    change_account(company=company, actor=actor, number="6819", change=AccountChange(is_active=False))

    assert found(company, "zebra") == ["4714", "6818"]
    assert found(company, "zebra", "expense") == ["6818"]
    assert found(company, "", "equity") == [row.number for row in Account.objects.of(company).filter(type="equity").order_by("number")[:20]]
    assert len(found(company, "")) == 20
    assert found(company, "  ") == found(company, "")


def test_search_sees_no_other_company(other_company, company, actor):
    show_company(other_company)
    add(other_company, actor, "4715", "Zebrahandel", "revenue")
    show_company(company)

    assert found(company, "zebra") == []


def test_account_is_renamed_and_placed_elsewhere(company, actor):
    change = AccountChange(name="Büro & mehr", category=None, report_group="G.5a", bwa_line="1060")
    change_account(company=company, actor=actor, number="6815", change=change)

    stored = Account.objects.of(company).get(number="6815")
    assert (stored.name, stored.sort_key, stored.category, stored.report_group, stored.bwa_line, stored.is_active, stored.is_system) == (
        "Büro & mehr", "buro & mehr", None, "G.5a", "1060", True, True,
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT new ->> 'name' FROM companies_auditentry WHERE table_name = 'accounting_account' AND lower(action) = 'update'"
        )
        assert cursor.fetchall() == [("Büro & mehr",)]


def test_unknown_account_cannot_be_changed(other_company, company, actor):
    show_company(other_company)
    add(other_company, actor, "4716", "Fremd", "revenue")
    show_company(company)

    for number in ("4716", "nonsense"):
        with pytest.raises(NotFound), transaction.atomic():
            change_account(company=company, actor=actor, number=number, change=AccountChange(name="x"))


@pytest.mark.parametrize("number", ["9000", "1200", "1800", "6880"])
def test_accounts_the_program_posts_to_stay_on(company, actor, number):
    with pytest.raises(AccountInUse), transaction.atomic():
        change_account(company=company, actor=actor, number=number, change=AccountChange(is_active=False))

    assert Account.objects.of(company).get(number=number).is_active is True


def test_account_of_a_tax_code_goes_off_after_the_code(company, actor):
    add(company, actor, "1409", "Vorsteuer eigene", "asset")
    for facts in (
        NewTaxCode(code="EIGEN", label="Eigen", rate=Decimal(5), vat_account="1409"),
        NewTaxCode(code="EIGEN2", label="Eigen", rate=Decimal(5), vat_account="1407", self_assess_account="1409"),
    ):
        create_tax_code(company=company, actor=actor, facts=facts, now=NOW)

    with pytest.raises(AccountInUse) as caught, transaction.atomic():
        change_account(company=company, actor=actor, number="1409", change=AccountChange(is_active=False))
    assert caught.value.details["tax_codes"] == ["EIGEN", "EIGEN2"]

    for code in ("EIGEN", "EIGEN2"):
        deactivate_tax_code(company=company, actor=actor, code=code)
    assert change_account(company=company, actor=actor, number="1409", change=AccountChange(is_active=False)).is_active is False


def test_account_with_open_items_stays_on_until_they_are_settled(company, actor):
    add(company, actor, "10001", "Kunde Huber", "asset")
    [sale] = post(company=company, actor=actor, drafts=[draft(("10001", "119.00", "0"), ("4400", "0", "119.00", "UST19"))], now=NOW)

    with pytest.raises(AccountInUse, match="open items"), transaction.atomic():
        change_account(company=company, actor=actor, number="10001", change=AccountChange(is_active=False))

    settle = Settle(intent_id=sale.intent_id, account="10001", amount=Decimal("119.00"))
    post(company=company, actor=actor, drafts=[draft(("1800", "119.00", "0"), ("10001", "0", "119.00"), settles=(settle,))], now=NOW)
    assert change_account(company=company, actor=actor, number="10001", change=AccountChange(is_active=False)).is_active is False
