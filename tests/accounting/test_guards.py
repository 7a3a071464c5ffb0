"""Raw SQL against the guards of the journal, under the application's role and under the owner's: nothing gets past PostgreSQL."""

from datetime import date
from uuid import UUID

import psycopg
import pytest

from accounting.posting import post
from accounting.sealing import seal
from accounting.services.reversals import ReversalRequest, reverse_booking
from ledgerlou.companies.actor import system_actor
from ledgerlou.companies.context import company_transaction
from ledgerlou.ids import new_id
from tests.conftest import NOW, draft, new_company

INTENT = {
    "booking_date": "2026-03-02", "period": "2026-03", "description": "Angriff", "category": "", "source": "booking", "channel": "api",
    "actor_type": "system", "actor_label": "Angreifer", "general_reversal": "false", "total": "10.00", "line_accounts": "1600,6815",
    "event_count": "1", "item_count": "0", "settlement_count": "0", "created_at": "2026-03-02T00:00:00.000000Z",
}  # fmt: skip
EVENT = {
    "booking_date": "2026-03-02", "period": "2026-03", "position": "1", "source_line": "0", "account_debit": "6815",
    "account_credit": "1600", "amount": "10.00",
}  # fmt: skip
FORGED = "00000000-0000-7000-8000-000000000001"
JOURNAL_TABLES = ("accounting_intent", "accounting_event", "accounting_openitem", "accounting_settlement", "accounting_document")


@pytest.fixture
def books(real_commits):
    """A committed company with a sale (open item), a payment that settles half of it, and a plain booking."""
    company = new_company()
    actor = system_actor("Tests")
    with company_transaction(company.id):
        sale = draft(("1200", "119.00", "0.00"), ("4400", "0.00", "119.00", "UST19"), text="Verkauf")
        [sold] = post(company=company, actor=actor, drafts=[sale], now=NOW)
        plain = draft(("6815", "5.00", "0.00"), ("1600", "0.00", "5.00"), text="Bar")
        [booked] = post(company=company, actor=actor, drafts=[plain], now=NOW)
    company.sale, company.plain = sold, booked
    return company


@pytest.fixture(params=["app", "owner"])
def attacker(request, books, connect):
    made = connect(request.param)
    made.execute("SELECT set_config('ledgerlou.company', %s, false)", [str(books.id)])
    made.commit()
    made.role = request.param
    return made


class Forger:
    """Writes rows that look right, with one thing changed."""

    def __init__(self, connection, company):
        self.connection, self.company = connection, company
        number, last = connection.execute(
            "SELECT next_number, last_hash FROM accounting_journalhead WHERE company_id = %s", [company.id]
        ).fetchone()
        self.number, self.last = number, last

    def intent(self, **change):
        row = {"id": str(new_id()), "company_id": str(self.company.id), **INTENT, **change}
        self._insert("accounting_intent", row)
        return row

    def event(self, intent, **change):
        row = {
            "id": str(new_id()), "company_id": str(self.company.id), "journal_number": str(self.number), "intent_id": intent["id"],
            **EVENT, "prev_hash": self.last, **change,
        }  # fmt: skip
        row.setdefault("audit_hash", seal(self._canonical(row, intent)))
        self._insert("accounting_event", row)
        self.number, self.last = self.number + 1, row["audit_hash"]
        return row

    def _canonical(self, e, i):
        event = ("company_id", "journal_number", "id", "intent_id", "booking_date", "period", "position", "source_line", "account_debit",
                 "account_credit", "amount", "tax_code", "tax_role", "fx_currency", "fx_amount")  # fmt: skip
        intent = ("description", "category", "source", "channel", "actor_type", "actor_label", "actor_person_id", "actor_key_prefix",
                  "external_reference", "custom_metadata", "document_id", "document_sha256", "reverses_id", "general_reversal", "fx_currency",
                  "fx_amount", "fx_rate", "fx_rate_date", "fx_rate_source", "total", "line_accounts", "event_count", "item_count",
                  "settlement_count", *(("items_sha256",) if i.get("items_sha256") else ()), "created_at")  # fmt: skip
        return [
            f"ledgerlou-event-{2 if i.get('items_sha256') else 1}",
            *(e.get(k) for k in event),
            *(i.get(k) for k in intent),
            e["prev_hash"],
        ]

    def _insert(self, table, row):
        columns, values = ", ".join(row), ", ".join(f"%({name})s" for name in row)
        self.connection.execute(f"INSERT INTO {table} ({columns}) VALUES ({values})", row)


def refused(connection, constraint, *, at_commit=False):
    """The body of the with-block must be refused by this guard; then everything is rolled back."""

    class Refusal:
        def __enter__(self):
            return self

        def __exit__(self, kind, error, trace):
            if kind is None and at_commit:
                try:
                    connection.commit()
                except psycopg.Error as late:
                    kind, error = type(late), late
            connection.rollback()
            assert kind is not None, f"{constraint} let it pass"
            assert issubclass(kind, psycopg.Error), error
            assert constraint in (error.diag.constraint_name or "", error.diag.message_primary), error
            return True

    return Refusal()


def test_forged_booking_that_is_right_is_accepted(attacker, books):
    forger = Forger(attacker, books)
    forger.event(forger.intent())
    attacker.execute("SET CONSTRAINTS ALL IMMEDIATE")
    attacker.rollback()


@pytest.mark.parametrize("table", JOURNAL_TABLES)
def test_posted_rows_cannot_be_changed_or_removed(attacker, books, table):
    for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
        if table == "accounting_settlement" and attacker.role == "owner" and not statement.startswith("TRUNCATE"):
            continue  # the table is empty here: no row, no row trigger
        if table == "accounting_document" and attacker.role == "owner" and not statement.startswith("TRUNCATE"):
            continue
        with pytest.raises(psycopg.Error) as caught:
            attacker.execute(statement)
        attacker.rollback()
        assert caught.value.sqlstate in {"42501", "23001"}, statement


def test_head_cannot_be_moved(attacker, books):
    for statement in (
        "UPDATE accounting_journalhead SET next_number = 99",
        "DELETE FROM accounting_journalhead",
        "TRUNCATE accounting_journalhead",
    ):
        with pytest.raises(psycopg.Error) as caught:
            attacker.execute(statement)
        attacker.rollback()
        assert caught.value.sqlstate in {"42501", "23001"}, statement


def test_month_balances_cannot_be_written(attacker, books):
    for statement in (
        "UPDATE accounting_accountmonth SET debit = 0",
        "DELETE FROM accounting_accountmonth",
        f"INSERT INTO accounting_accountmonth (company_id, account, period, debit, credit) VALUES ('{books.id}', '1800', '2026-05', 1, 1)",
        "TRUNCATE accounting_accountmonth",
    ):
        with pytest.raises(psycopg.Error) as caught:
            attacker.execute(statement)
        attacker.rollback()
        assert caught.value.sqlstate in {"42501", "23001"}, statement


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"journal_number": "77"}, "event_numbers_have_no_gap"),
        ({"journal_number": "1"}, "event_journal_number_is_unique"),
        ({"prev_hash": "0" * 64}, "event_hash_is_the_seal"),
        ({"audit_hash": "f" * 64}, "event_hash_is_the_seal"),
        ({"position": "2"}, "intent_is_written_whole"),
        ({"amount": "0.00"}, "event_amount_is_positive"),
        ({"amount": "-1.00"}, "event_amount_is_positive"),
        ({"account_debit": "1600"}, "event_accounts_differ"),
        ({"account_debit": "6816"}, "event_account_debit"),
        ({"account_credit": "9999999"}, "event_account_credit"),
        ({"tax_code": "VST19"}, "event_tax_code_has_a_role"),
        ({"tax_code": "VST99", "tax_role": "base"}, "event_tax_code"),
        ({"booking_date": "2026-03-03"}, "event_intent"),
        ({"period": "2026-04"}, "event_intent"),
        ({"account_debit": "1200"}, "open_items_equal_the_movement"),
    ],
)
def test_wrong_event_is_refused(attacker, books, change, constraint):
    with refused(attacker, constraint, at_commit=True):
        forger = Forger(attacker, books)
        forger.event(forger.intent(), **change)


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"booking_date": "2026-04-02"}, "event_period_is_open"),
        ({"period": "2031-01"}, "intent_period"),
        ({"event_count": "2"}, "intent_is_written_whole"),
        ({"item_count": "1"}, "intent_items_have_their_seal"),
        ({"settlement_count": "1"}, "intent_items_have_their_seal"),
        ({"items_sha256": "a" * 64}, "intent_items_have_their_seal"),
        ({"item_count": "1", "items_sha256": "a" * 64}, "intent_is_written_whole"),
        ({"settlement_count": "1", "items_sha256": "a" * 64}, "intent_is_written_whole"),
        ({"total": "0.00"}, "intent_total_is_positive"),
        ({"fx_currency": "USD"}, "intent_fx_is_whole_or_absent"),
        ({"document_sha256": "a" * 64}, "intent_document_has_its_hash"),
        ({"general_reversal": "true"}, "intent_general_reversal_reverses"),
    ],
)
def test_wrong_intent_is_refused(attacker, books, change, constraint):
    with refused(attacker, constraint, at_commit=True):
        forger = Forger(attacker, books)
        intent = forger.intent(**change)
        forger.event(intent, booking_date=intent["booking_date"], period=intent["period"])


def test_intent_without_events_is_refused_at_commit(attacker, books):
    with refused(attacker, "intent_has_events_at_commit", at_commit=True):
        Forger(attacker, books).intent()


def test_event_cannot_be_added_to_a_posted_booking(attacker, books):
    with refused(attacker, "intent_is_written_whole"):
        forger = Forger(attacker, books)
        forger.event({**INTENT, "id": str(books.plain.intent_id)}, id=FORGED, position="2", audit_hash=true_seal(forger, books))


def true_seal(forger, books):
    """The right hash of an event that must not be: only the guard under test may refuse it."""
    intent = {
        **INTENT, "id": str(books.plain.intent_id), "description": "Bar", "total": "5.00", "channel": "command", "actor_label": "Tests",
        "created_at": NOW.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    }  # fmt: skip
    row = {"id": FORGED, "company_id": str(books.id), "journal_number": str(forger.number)}
    return seal(forger._canonical({**row, "intent_id": intent["id"], **EVENT, "position": "2", "prev_hash": forger.last}, intent))


def test_items_cannot_be_added_or_overpaid(attacker, books):
    [item] = attacker.execute("SELECT id FROM accounting_openitem WHERE company_id = %s", [books.id]).fetchall()
    attacker.rollback()
    item_row = {
        "id": str(new_id()), "company_id": str(books.id), "intent_id": str(books.plain.intent_id), "account": "1200", "position": 1,
        "booking_date": "2026-03-02", "due_date": "2026-03-02", "amount": "3.00",
    }  # fmt: skip
    with refused(attacker, "open_items_are_written_whole"):
        Forger(attacker, books)._insert("accounting_openitem", item_row)
    settlement = {
        "id": str(new_id()), "company_id": str(books.id), "open_item_id": str(item[0]), "intent_id": str(books.plain.intent_id),
        "account": "1200", "booking_date": "2026-03-02", "movement": "-3.00",
    }  # fmt: skip
    with refused(attacker, "open_items_are_written_whole"):
        Forger(attacker, books)._insert("accounting_settlement", settlement)


def test_forged_payment_cannot_overpay_an_item(attacker, books):
    [(item,)] = attacker.execute("SELECT id FROM accounting_openitem WHERE company_id = %s", [books.id]).fetchall()
    with refused(attacker, "open_item_is_not_overpaid"):
        forger = Forger(attacker, books)
        forged_payment(forger, books, item, movement="-200.00")


def forged_payment(forger, books, item, *, movement, sealed_movement=None):
    """A payment that settles an item, with the right seal, or with that of another movement."""
    settlement_id, total = str(new_id()), movement.lstrip("-")
    items_seal = seal([["settlement", settlement_id, str(item), "1200", sealed_movement or movement, None]])
    intent = forger.intent(settlement_count="1", items_sha256=items_seal, total=total, line_accounts="1200,1800")
    forger._insert(
        "accounting_settlement",
        {"id": settlement_id, "company_id": str(books.id), "open_item_id": str(item), "intent_id": intent["id"], "account": "1200",
         "booking_date": "2026-03-02", "movement": movement},
    )  # fmt: skip
    forger.event(intent, account_debit="1800", account_credit="1200", amount=total)


def test_forged_payment_with_its_seal_is_accepted_and_with_another_refused(attacker, books):
    [(item,)] = attacker.execute("SELECT id FROM accounting_openitem WHERE company_id = %s", [books.id]).fetchall()
    forged_payment(Forger(attacker, books), books, item, movement="-20.00")
    attacker.execute("SET CONSTRAINTS ALL IMMEDIATE")
    attacker.rollback()
    with refused(attacker, "items_hash_is_the_seal"):
        forged_payment(Forger(attacker, books), books, item, movement="-20.00", sealed_movement="-30.00")


def test_reversal_must_mirror_its_original(attacker, books):
    with refused(attacker, "reversal_mirrors_its_original"):
        forger = Forger(attacker, books)
        forger.event(
            forger.intent(reverses_id=str(books.plain.intent_id), total="1.00"), account_debit="1600", account_credit="6815", amount="1.00"
        )


def test_booking_is_reversed_once_and_a_reversal_never(attacker, books):
    with company_transaction(books.id):
        request = ReversalRequest(intent_id=books.plain.intent_id)
        posted = reverse_booking(company=books, actor=system_actor("Tests"), request=request, today=date(2026, 3, 2), now=NOW)
    with refused(attacker, "intent_reversed_once"):
        Forger(attacker, books).intent(reverses_id=str(books.plain.intent_id))
    with refused(attacker, "reversal_mirrors_its_original"):
        forger = Forger(attacker, books)
        forger.event(forger.intent(reverses_id=str(posted.intent_id), total="5.00"), amount="5.00")


def test_application_cannot_write_for_another_company(books, connect):
    other = new_company("skr03", name="Fremde UG")
    app = connect("app")
    app.execute("SELECT set_config('ledgerlou.company', %s, false)", [str(books.id)])
    app.commit()

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        Forger(app, books)._insert("accounting_intent", {"id": str(new_id()), "company_id": str(other.id), **INTENT})
    app.rollback()


def test_owner_cannot_link_companies(books, connect):
    other = new_company("skr03", name="Fremde UG")
    owner = connect("owner")
    with refused(owner, "intent_reverses"):
        Forger(owner, other).intent(reverses_id=str(books.plain.intent_id))
    with refused(owner, "event_intent"):
        forger = Forger(owner, other)
        forger.event(
            {**INTENT, "id": str(UUID(str(books.plain.intent_id)))}, account_debit="4930", account_credit="1000", audit_hash="0" * 64
        )
