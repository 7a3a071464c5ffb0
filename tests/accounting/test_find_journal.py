"""Filters, search and pages of the journal against a plain walk over all its lines; and plans at size."""

import json
import random
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

import pytest
from django.db import connection, connections

from accounting.models.journal import Event, Intent
from accounting.posting import post
from accounting.selectors import journal_pages
from accounting.selectors.journal_pages import NEITHER, REVERSALS, REVERSED, JournalQuery, count_up_to, journal_page, journal_rows
from accounting.services.documents import ReceivedFile, store_document
from accounting.services.reversals import ReversalRequest, reverse_booking
from ledgerlou.companies.context import company_transaction
from tests.accounting.two_years import ACTOR, committed, looked_at
from tests.accounting.vouchers import PDF
from tests.conftest import NOW, draft, new_company, show_company

FIRST_WINDOW = 4096  # how many lines the database looks through before it asks its text index (migration 0011)


@lru_cache(maxsize=1)
def _committed() -> Any:
    """Two years of bookings, some of them with references and odd texts."""
    made = committed(1)
    texts = ["Büro 50%_Rabatt \\ Ende", "Zahlung RE-77", "ZAHLUNG 1800", "a"]
    drafts = [
        draft(
            ("6815", f"{n + 1}.50", "0"), ("1600", "0", f"{n + 1}.50"), day=f"2026-0{n % 9 + 1}-11", text=text, external_reference=reference
        )
        for n, (text, reference) in enumerate(
            (text, reference) for text in texts for reference in (None, f"RE-{len(text)}", "x' OR 1=1 --")
        )
    ]
    with company_transaction(made.id, actor=ACTOR):
        posted = post(company=made, actor=ACTOR, drafts=drafts, now=NOW)
        reverse_booking(company=made, actor=ACTOR, request=ReversalRequest(intent_id=posted[0].intent_id), today=NOW.date(), now=NOW)
    return made


@pytest.fixture
def company(real_commits: None) -> Iterator[Any]:
    """The committed books; what a test adds is taken back."""
    with looked_at(_committed()) as made:
        yield made


def walk(company: Any, wanted: JournalQuery) -> list[int]:
    """What the query means, in Python."""
    intents = {intent.id: intent for intent in Intent.objects.of(company)}
    reversed_ids = {intent.reverses_id for intent in intents.values()} - {None}
    found = []
    for event in Event.objects.of(company):
        intent = intents[event.intent_id]
        term, own = wanted.search.lower(), f"{intent.description} {intent.external_reference or ''}".lower()
        hits = [
            len(term) > 2 and term in own,
            term in (event.account_debit, event.account_credit),
            term == str(event.journal_number),
            wanted.search_amount is not None and wanted.search_amount in (event.amount, intent.total),
        ]
        kinds = {REVERSALS: intent.reverses_id is not None, REVERSED: intent.id in reversed_ids}
        kinds[NEITHER] = not any(kinds.values())
        checks = [
            not term or any(hits),
            wanted.account is None or wanted.account in (event.account_debit, event.account_credit),
            wanted.from_date is None or event.booking_date >= wanted.from_date,
            wanted.until is None or event.booking_date <= wanted.until,
            not wanted.periods or event.period in wanted.periods,
            wanted.source is None or intent.source == wanted.source,
            wanted.amount_from is None or event.amount >= wanted.amount_from,
            wanted.amount_to is None or event.amount <= wanted.amount_to,
            wanted.has_document is None or (intent.document_id is not None) == wanted.has_document,
            wanted.reversal is None or kinds[wanted.reversal],
        ]
        if all(checks):
            found.append(event.journal_number)
    return sorted(found, reverse=True)


SEARCHES = [
    JournalQuery(search=text, search_amount=amount)
    for text, amount in [
        ("zahlung", None),
        ("Buchung 1", None),
        ("50%_rabatt \\", None),
        ("%", None),
        ("___", None),
        ("x' or 1=1", None),
        ("1800", Decimal("1800.00")),
        ("7", Decimal("7.00")),
        ("3,50", Decimal("3.50")),
        ("999999999999999999", None),
        ("9999999999999999999999", None),
        ("RE-", None),
        ("abschluss", None),
    ]
]
FILTERS = [
    JournalQuery(),
    JournalQuery(account="1600"),
    JournalQuery(account="4711"),
    JournalQuery(from_date=date(2026, 3, 1), until=date(2026, 3, 31)),
    JournalQuery(from_date=date(2026, 3, 1)),
    JournalQuery(until=date(2026, 3, 31)),
    JournalQuery(from_date=date(2026, 1, 1), until=date(2029, 12, 31)),
    JournalQuery(from_date=date(2026, 3, 31), until=date(2026, 3, 1)),
    JournalQuery(from_date=date(2029, 1, 1), until=date(2029, 2, 1)),
    JournalQuery(periods=("2026-P13", "2026-00")),
    JournalQuery(source="reversal"),
    JournalQuery(amount_from=Decimal("100.00"), amount_to=Decimal("200.00")),
    JournalQuery(amount_from=Decimal("7.00"), amount_to=Decimal("7.00")),
    JournalQuery(has_document=True),
    JournalQuery(has_document=False, source="booking"),
    *(JournalQuery(reversal=kind) for kind in (REVERSALS, REVERSED, NEITHER)),
    JournalQuery(search="buchung", account="1600", reversal=NEITHER, from_date=date(2026, 2, 1), until=date(2027, 2, 28)),
]


@pytest.mark.parametrize("wanted", [*SEARCHES, *FILTERS], ids=repr)
def test_lines_found_are_those_that_match(company, wanted):
    hoped = walk(company, wanted)

    assert [row.journal_number for row in journal_rows(company=company, wanted=wanted)] == hoped
    assert count_up_to(company=company, wanted=wanted, limit=10_000) == len(hoped)
    assert count_up_to(company=company, wanted=wanted, limit=3) == min(len(hoped), 3)


@pytest.mark.parametrize(
    "wanted", [JournalQuery(), JournalQuery(search="zahlung"), JournalQuery(account="1600"), JournalQuery(search="1800")], ids=repr
)
def test_pages_forth_and_back_show_every_hit_once(company, wanted, monkeypatch):
    monkeypatch.setattr(journal_pages, "ROWS_AT_A_TIME", 7)
    hoped = walk(company, wanted)

    forth, page = [], journal_page(company=company, wanted=wanted, limit=4)
    assert page.newer is None
    while True:
        forth.append([row.journal_number for row in page.rows])
        if page.older is None:
            break
        page = journal_page(company=company, wanted=wanted, limit=4, older=page.older)
    back = [forth[-1]]
    while page.newer is not None:
        page = journal_page(company=company, wanted=wanted, limit=4, newer=page.newer)
        back.append([row.journal_number for row in page.rows])

    assert [number for part in forth for number in part] == hoped
    assert [number for part in reversed(back) for number in part] == hoped
    assert [row.journal_number for row in journal_rows(company=company, wanted=wanted)] == hoped


def test_row_says_what_the_list_shows(company, files):
    received = ReceivedFile(content=PDF, name="beleg.pdf", declared_type="application/pdf")
    document = store_document(company=company, actor=ACTOR, received=received, now=NOW)
    booking = draft(
        ("6815", "11.90", "0", "VST19"), ("1800", "0", "11.90"), text="Beleg", external_reference="B-1", document_id=document.id
    )
    [posted] = post(company=company, actor=ACTOR, drafts=[booking], now=NOW)

    tax, base = journal_page(company=company, wanted=JournalQuery(has_document=True), limit=5).rows

    assert [
        (row.intent_id, row.account_debit, row.account_debit_name, row.account_credit, row.amount, row.tax_code) for row in (base, tax)
    ] == [
        (posted.intent_id, "6815", "Bürobedarf", "1800", Decimal("10.00"), "VST19"),
        (posted.intent_id, "1406", "Vorsteuer 19 %", "1800", Decimal("1.90"), "VST19"),
    ]
    assert (base.description, base.external_reference, base.source, base.document_id, base.document_name) == (
        "Beleg",
        "B-1",
        "booking",
        document.id,
        document.original_name,
    )
    assert (base.is_reversal, base.is_reversed) == (False, False)


def test_function_shows_the_company_of_the_transaction_alone(company):
    other = new_company("skr03", name="Fremde UG")
    show_company(other)

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounting_find_journal('{}', NULL, NULL, 100)")
        own = cursor.fetchone()
        cursor.execute("SELECT set_config('ledgerlou.company', '', true)")
        cursor.execute("SELECT count(*) FROM accounting_find_journal('{}', NULL, NULL, 100)")
        nobody = cursor.fetchone()

    assert (own, nobody) == ((0,), (0,))


@pytest.fixture(scope="module")
def long_journal(django_db_setup: None, django_db_blocker: Any) -> Any:
    """30,000 lines: one old booking with a rare text, then common ones, of which the newest 10,000 say something else."""
    with django_db_blocker.unblock():
        company = new_company()
        dice = random.Random(3)  # noqa: S311 -- a test's own dice
        with company_transaction(company.id, actor=ACTOR):
            for start in range(0, 30_000, 5000):
                drafts = [
                    draft(
                        ("6815" if number % 50 else "6310", "1.00", "0"),
                        ("1800", "0", "1.00"),
                        day=(date(2026, 1, 1) + timedelta(days=dice.randrange(300))).isoformat(),
                        text="Seltener Fund" if number == 17 else "Tagesgeschäft" if number < 20_000 else "Anderes",
                        skip_duplicate_check=True,
                    )
                    for number in range(start, start + 5000)
                ]
                post(company=company, actor=ACTOR, drafts=drafts, now=NOW)
        with connections["owner"].cursor() as cursor:
            cursor.execute("ANALYZE")
        return company


@pytest.mark.slow
@pytest.mark.usefixtures("real_commits")
@pytest.mark.parametrize(
    ("wanted", "newest", "count"),
    [
        (JournalQuery(search="fund"), 18, 1),
        (JournalQuery(search="tagesgeschäft"), 20_000, 19_999),
        (JournalQuery(search="tagesgeschäft", account="6310"), 19_951, 400),
        (JournalQuery(search="anderes", account="6310"), 29_951, 200),
        (JournalQuery(search="tagesgeschäft", from_date=date(2026, 5, 1), until=date(2026, 5, 1)), None, None),
        (JournalQuery(search="nirgends"), None, 0),
    ],
    ids=repr,
)
def test_text_is_found_far_behind_the_nearest_lines(long_journal, wanted, newest, count):
    """The three ways of the search: through the lines, by few lines, by few texts."""
    with company_transaction(long_journal.id, read_only=True):
        numbers = [row.journal_number for row in journal_rows(company=long_journal, wanted=wanted)]
        page = journal_page(company=long_journal, wanted=wanted, limit=3)
        upwards = journal_page(company=long_journal, wanted=wanted, limit=3, newer=1)
        days = Event.objects.of(long_journal).filter(booking_date=date(2026, 5, 1), journal_number__lte=20_000)
        on_the_day = sorted(days.values_list("journal_number", flat=True), reverse=True)

    hoped = on_the_day if wanted.from_date else numbers
    assert numbers == sorted(hoped, reverse=True)
    assert len(numbers) == (len(on_the_day) if count is None and wanted.from_date else count or 0)
    assert numbers[:1] == ([] if newest is None and not wanted.from_date else [newest or on_the_day[0]])
    assert [row.journal_number for row in page.rows] == numbers[:3]
    assert [row.journal_number for row in upwards.rows] == [number for number in numbers if number > 1][-3:]


@pytest.mark.slow
@pytest.mark.usefixtures("real_commits")
def test_page_reads_by_index_at_size(long_journal):
    with company_transaction(long_journal.id, read_only=True), connection.cursor() as cursor:
        facts = {"company": long_journal.id, "wanted": "{}", "older": 200, "newer": None, "limit": 51}
        cursor.execute(f"EXPLAIN (FORMAT JSON) {journal_pages._ROWS_SQL}", facts)
        [[found]] = cursor.fetchall()
    plans = json.loads(found) if isinstance(found, str) else found
    tables = {node["Relation Name"] for node in nodes(plans[0]["Plan"]) if node["Node Type"] == "Seq Scan"}
    assert tables - {"accounting_document"} == set()  # it is empty here
    assert "accounting_find_journal" in {node.get("Function Name") for node in nodes(plans[0]["Plan"])}


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every node of a plan."""
    yield plan
    for inner in plan.get("Plans", []):
        yield from nodes(inner)
