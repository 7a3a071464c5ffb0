"""Account sheet, account tree, trial balance, bank and open items: their figures, ways and files."""

from datetime import timedelta
from decimal import Decimal

from django.urls import reverse

from accounting.drafts import Settle
from accounting.services.reversals import ReversalRequest, reverse_booking
from ledgerlou import clock
from tests.admin.bookkeeping import at_work, book, book_all
from tests.admin.books import Books
from tests.admin.page_texts import rows_of_csv, sheet_of, text_of, ways_on
from tests.conftest import draft

BALANCES = "/admin/accounting/account/trial-balance/"
TREE = "/admin/accounting/account/tree/"


def test_account_sheet_pages_by_key_with_one_running_balance(own_books: Books) -> None:
    book(own_books, 60)
    client, address = own_books.client("auditor"), sheet_of(own_books)

    first = client.get(address)
    older = client.get(address + ways_on(first)["Ältere"])
    newer = client.get(address + ways_on(older)["Neuere"])

    lines = [line for page in (first, older) for line in page.context["page"].lines]
    assert [line.key for line in lines] == sorted({line.key for line in lines}, reverse=True)
    assert (len(first.context["page"].lines), len(lines), ways_on(older).get("Ältere")) == (50, 60 + 5, None)
    assert [line.balance for line in newer.context["page"].lines] == [line.balance for line in first.context["page"].lines]
    assert lines[0].balance == first.context["totals"].closing == Decimal("-862.40") - Decimal(60 * 61 / 2)
    assert [later.balance - later.debit + later.credit for later in lines[:-1]] == [line.balance for line in lines[1:]]
    assert lines[-1].balance == lines[-1].debit - lines[-1].credit


def test_account_sheet_totals_its_months(books: Books) -> None:
    year, month = clock.today().year, f"{clock.today():%Y-%m}"
    page = books.client("auditor").get(sheet_of(books))

    totals = page.context["totals"]
    assert page.context["chosen"].query == f"period={year}"
    if month != f"{year}-02":
        assert [(total.period, total.debit, total.credit, total.balance) for total in totals.periods] == [
            (f"{year}-02", Decimal("0.00"), Decimal("12.40"), Decimal("-12.40")),
            (month, Decimal("1084.90"), Decimal("1934.90"), Decimal("-862.40")),
        ]
    assert totals.closing == Decimal("-862.40")


def test_account_sheet_of_a_range_agrees_with_the_trial_balance(books: Books) -> None:
    today, client = clock.today(), books.client("auditor")
    ranges = [
        {"period": str(today.year)},
        {"period": f"{today:%Y-%m}"},
        {"period": f"{today.year}-P13"},
        {"start": f"{today.year}-01-10", "end": today.isoformat()},
        {"start": today.isoformat(), "end": today.isoformat()},
    ]

    for asked in ranges:
        [row] = [row for _, row in client.get(BALANCES, asked).context["rows"] if row.number == "1800"] or [None]
        totals = client.get(sheet_of(books), asked).context["totals"]
        assert (totals.opening, totals.debit, totals.credit, totals.closing) == (row.opening, row.debit, row.credit, row.closing)


def test_general_reversal_takes_its_amount_off_the_original_side(own_books: Books) -> None:
    [wrong] = book_all(own_books, draft(("6815", "50.00", "0"), ("1800", "0", "50.00"), day=clock.today().isoformat(), text="Falsch"))
    with at_work(own_books) as actor:
        wanted = ReversalRequest(intent_id=wrong, general_reversal=True)
        reverse_booking(company=own_books.company, actor=actor, request=wanted, today=clock.today(), now=clock.now())

    page = own_books.client("auditor").get(sheet_of(own_books))

    undone, done = page.context["page"].lines[:2]
    assert [(line.debit, line.credit) for line in (undone, done)] == [
        (Decimal("0.00"), Decimal("-50.00")),
        (Decimal("0.00"), Decimal("50.00")),
    ]
    assert undone.balance == page.context["totals"].closing == Decimal("-862.40")


def test_account_sheet_as_file_has_every_line(own_books: Books) -> None:
    book(own_books, 60)
    client = own_books.client("auditor")
    address = reverse("admin:accounting_account_file", args=[own_books.rows["account"]])

    rows = rows_of_csv(text_of(client.get(address, {"period": str(clock.today().year), "download": "csv"})))
    first = client.get(sheet_of(own_books))
    second = client.get(sheet_of(own_books) + ways_on(first)["Ältere"])
    shown = [line for page in (first, second) for line in page.context["page"].lines]

    assert [int(row[0]) for row in rows[1:]] == [line.journal_number for line in shown]
    assert [row[10] for row in rows[1:]] == [f"{line.balance:f}".replace(".", ",") for line in shown]


def test_range_that_cannot_be_is_told_and_the_year_is_shown(books: Books) -> None:
    page = books.client("auditor").get(BALANCES, {"start": "2025-06-01", "end": clock.today().isoformat()})

    assert "Der Zeitraum enthält Tage zweier Wirtschaftsjahre." in page.content.decode()
    assert page.context["chosen"].query == f"period={clock.today().year}"


def test_trial_balance_adds_up_and_leads_to_the_sheets_of_its_range(books: Books) -> None:
    client = books.client("auditor")
    page = client.get(BALANCES, {"period": f"{clock.today():%Y-%m}"})
    file = rows_of_csv(text_of(client.get(BALANCES, {"period": f"{clock.today():%Y-%m}", "download": "csv"})))

    totals = page.context["totals"]
    assert (totals["opening"], totals["closing"]) == (Decimal("0.00"), Decimal("0.00"))
    assert totals["debit"] == totals["credit"] == sum(row.debit for _, row in page.context["rows"])
    assert f"{sheet_of(books)}?period={clock.today():%Y-%m}" in page.content.decode()
    assert [row[0] for row in file[1:]] == [row.number for _, row in page.context["rows"]]


def test_account_tree_balances(books: Books) -> None:
    page = books.client("auditor").get(TREE)
    tree = page.context["tree"]

    assert (tree.unassigned, tree.others) == (Decimal("0.00"), ())
    assert tree.result.amount == Decimal("1200.00") - Decimal("500.00") - Decimal("1850.00") - Decimal("12.40")
    equity = next(group for group in tree.liabilities.groups if group.position.code == "P.A")
    assert equity.amount == tree.result.amount
    [cash] = [group for group in tree.assets.groups[0].groups if group.position.code == "A.B.IV"]
    assert [(account.number, account.amount) for account in cash.accounts] == [("1800", Decimal("-862.40"))]
    assert "Kassenbestand" in page.content.decode()


def test_bank_page_shows_todays_balance_and_the_newest_booking(books: Books) -> None:
    page = books.client("auditor").get(reverse("admin:accounting_account_bank"))

    [bank] = page.context["used"]
    assert (bank.number, bank.balance, bank.last_day) == ("1800", Decimal("-862.40"), clock.today())
    assert bank.last_intent_id == books.bookings["reversal"]
    assert "1600" in [account.number for account in page.context["unused"]]


def test_receivables_open_to_their_items_and_what_settles_them(own_books: Books) -> None:
    today = clock.today()
    [old] = book_all(
        own_books,
        draft(("1200", "100.00", "0"), ("4400", "0", "100.00"), day=(today - timedelta(days=45)).isoformat(), text="Alte Rechnung"),
    )
    book_all(
        own_books,
        draft(
            ("1800", "30.00", "0"),
            ("1200", "0", "30.00"),
            day=today.isoformat(),
            text="Teilzahlung",
            settles=(Settle(intent_id=old, account="1200", amount=Decimal("30.00")),),
        ),
    )
    client, address = own_books.client("auditor"), reverse("admin:accounting_openitem_receivables")

    page = client.get(address, {"account": "1200"})
    yesterday = client.get(address, {"day": (today - timedelta(days=1)).isoformat(), "account": "1200"})

    [row] = page.context["rows"]
    assert (row.number, row.count, row.ages.not_due, row.ages.up_to_60, row.ages.total) == (
        "1200",
        2,
        Decimal("428.00"),
        Decimal("70.00"),
        Decimal("498.00"),
    )
    first, second = page.context["opened"]["items"]
    assert (first.intent_id, first.original, first.open, first.days_overdue) == (old, Decimal("100.00"), Decimal("70.00"), 45)
    assert [(part.description, part.amount) for part in first.settled] == [("Teilzahlung", Decimal("30.00"))]
    assert (second.intent_id, second.open) == (own_books.bookings["sale"], Decimal("428.00"))
    assert [(item.open, item.settled) for item in yesterday.context["opened"]["items"]] == [(Decimal("100.00"), ())]


def test_payables_are_positive_debts(books: Books) -> None:
    page = books.client("auditor").get(reverse("admin:accounting_openitem_payables"), {"account": "3300"})

    assert [(row.number, row.ages.total) for row in page.context["rows"]] == [("3300", Decimal("595.00"))]
    assert [item.original for item in page.context["opened"]["items"]] == [Decimal("595.00")]


def test_items_of_an_account_of_the_other_side_are_not_there(books: Books) -> None:
    client = books.client("auditor")

    assert client.get(reverse("admin:accounting_openitem_payables"), {"account": "1200"}).status_code == 404
