"""The worked books, posted through the services and compared to the cent: transfers, trial balances, statements, open items."""

import json
from collections import Counter
from datetime import date
from decimal import Decimal

import pytest
from django.db import transaction

from accounting.drafts import Draft, DraftLine, Fx, Settle
from accounting.models.account import Account
from accounting.posting import post
from accounting.selectors.balances import account_balances, range_of_period
from accounting.selectors.open_items import open_items
from accounting.selectors.statements import account_statement
from accounting.services.opening_balances import BalanceRow, post_opening_balances
from accounting.services.reversals import ReversalRequest, reverse_booking
from ledgerlou.errors import LedgerLouError
from periods.gate import fiscal_year_named
from tests.conftest import NOW, new_company, show_company

pytestmark = pytest.mark.django_db
BOOKS = ("muster_handel_2026", "dienst_ug_2026", "cent_traps")


def load(shared, book, name):
    path = shared / "books" / book / name
    return json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)


def money(value) -> Decimal:
    return Decimal(value).quantize(Decimal("0.01"))


def to_draft(body, ids):
    fx = body.get("fx")
    return Draft(
        booking_date=date.fromisoformat(body["booking_date"]),
        description=body["description"],
        lines=tuple(
            DraftLine(
                account=line["account_number"], debit=Decimal(line["debit"]), credit=Decimal(line["credit"]), tax_code=line.get("tax_code")
            )
            for line in body["lines"]
        ),
        adjustment_period=body.get("adjustment_period"),
        external_reference=body.get("external_reference"),
        metadata=body.get("custom_metadata"),
        fx=Fx(
            currency=fx["currency"], amount=Decimal(fx["amount"]), rate=Decimal(fx["rate"]),
            rate_date=date.fromisoformat(fx["rate_date"]), rate_source=fx["rate_source"],
        ) if fx else None,
        settles=tuple(
            Settle(intent_id=ids[settle["step"]], account=settle["account_number"], amount=Decimal(settle["amount"]))
            for settle in body.get("settles", [])
        ),
        skip_duplicate_check=body.get("skip_duplicate_check", False),
    )  # fmt: skip


class Harness:
    """Posts a book and remembers what came of each step."""

    def __init__(self, company, actor, book):
        self.company, self.actor, self.book, self.ids, self.outcome = company, actor, book, {}, {}

    def run(self, each=None):
        opening = self.book.get("opening_balances")
        if opening:
            rows = [
                BalanceRow(account=r["account_number"], debit=money(r["debit"]), credit=money(r["credit"])) for r in opening["balances"]
            ]
            made = post_opening_balances(
                company=self.company, actor=self.actor, booking_date=date.fromisoformat(opening["booking_date"]), balances=rows, now=NOW
            )
            self.ids["OPEN"] = made.posted.intent_id
        for step in self.book["steps"]:
            try:
                with transaction.atomic():
                    posted = self._step(step)
                self.ids[step["id"]], self.outcome[step["id"]] = posted.intent_id, posted
            except (LedgerLouError, ValueError) as error:
                self.outcome[step["id"]] = getattr(error, "code", "INVALID_INPUT")
            if each:
                each(step)

    def _step(self, step):
        if "post" in step:
            [posted] = post(company=self.company, actor=self.actor, drafts=[to_draft(step["post"], self.ids)], now=NOW)
            return posted
        wish = step["reverse"]
        request = ReversalRequest(
            intent_id=self.ids[wish["step"]], reason=wish["reason"], posting_mode=wish["posting_mode"],
            general_reversal=wish.get("general_reversal", False),
        )  # fmt: skip
        return reverse_booking(company=self.company, actor=self.actor, request=request, today=date.fromisoformat(step["today"]), now=NOW)


@pytest.fixture(params=BOOKS)
def harness(request, shared, db, actor):
    book = load(shared, request.param, "book.json")
    facts = book["company"]
    company = new_company(facts["chart"], name=facts["name"], fiscal_year_start_month=facts["fiscal_year_start_month"])
    show_company(company)
    made = Harness(company, actor, book)
    made.expected = load(shared, request.param, "expected.json")
    made.year = fiscal_year_named(company, int(facts["fiscal_year_end"][:4]))
    return made


def test_books_post_to_the_cent(harness):
    harness.run()

    has_exchange_difference = {"4840", "6880", "2660", "2150"}
    for want in harness.expected["steps"]:
        if want["step"] == "OPEN":
            continue
        got = harness.outcome[want["step"]]
        if want["status"] != 200:
            assert got == want["error"], want["step"]
            continue
        accounts = {event["debit"] for event in want["events"]} | {event["credit"] for event in want["events"]}
        judged = not accounts & has_exchange_difference
        assert Counter(
            (e["debit"], e["credit"], money(e["amount"]), e.get("tax"), Decimal(e["fx_amount"]).normalize() if judged and "fx_amount" in e else None)
            for e in want["events"]
        ) == Counter(
            (t.debit, t.credit, t.amount, f"{t.tax_code}/{t.tax_role}" if t.tax_code else None,
             t.fx_amount.normalize() if judged and t.fx_amount is not None else None)
            for t in got.transfers
        ), want["step"]  # fmt: skip
        assert (got.period, got.event_count) == (want["period"], want["event_count"]), want["step"]


def test_books_trial_balances(harness):
    harness.run()

    for name, rows in harness.expected["susa"].items():
        balances = account_balances(company=harness.company, wanted=range_of_period(harness.year, None if name == "year" else name))
        got = {
            row.number: (row.opening, row.debit, row.credit, row.closing)
            for row in balances
            if any((row.opening, row.debit, row.credit)) and not row.number.startswith("9")
        }
        want = {
            row["number"]: tuple(money(row[key]) for key in ("opening_balance", "period_debit", "period_credit", "closing_balance"))
            for row in rows
        }
        want = {number: row for number, row in want.items() if any(row) and not number.startswith("9")}
        assert got == want, name


def test_books_statements(harness):
    harness.run()

    step_of = {intent_id: step for step, intent_id in harness.ids.items()}
    for number, rows in harness.expected["statements"].items():
        account = Account.objects.of(harness.company).get(number=number)
        lines = account_statement(company=harness.company, account=account, start=None, end=None, limit=100_000).lines
        got = Counter(
            (step_of[line.intent_id], line.booking_date.isoformat(), line.period, line.contra_account, line.debit, line.credit)
            for line in lines
        )
        want = Counter(
            (row["step"], row["booking_date"], row["period"], row["contra_account"], money(row["debit"]), money(row["credit"]))
            for row in rows
        )
        assert got == want, number
        if rows:
            assert lines[-1].running_balance == money(rows[-1]["running_balance"]), number
        ours = {}
        for line in lines:
            ours[step_of[line.intent_id]] = line.running_balance
        theirs = {}
        for row in rows:
            theirs[row["step"]] = money(row["running_balance"])
        assert ours == theirs, number


def test_books_open_items(harness):
    harness.run()

    step_of = {intent_id: step for step, intent_id in harness.ids.items()}
    for key in harness.expected["open_items"]:
        day = date.fromisoformat(key["key_date"])
        found = open_items(company=harness.company, day=day)
        got, want = Counter(), Counter()
        for item in found:
            got[(item.account, step_of[item.intent_id])] += item.open
        for item in key["items"]:
            want[(item["account"], item["step"])] += money(item["open"])
        assert got == want, day
        ages = {
            (i["account"], i["step"]): (i["due_date"], i["days_overdue"], i["bucket"])
            for i in key["items"]
            if i["step"] != "OPEN" and i.get("due_date")
        }
        ours = {(i.account, step_of[i.intent_id]): (i.due_date.isoformat(), i.days_overdue, i.bucket) for i in found}
        for place, age in ages.items():
            assert ours[place] == age, place
