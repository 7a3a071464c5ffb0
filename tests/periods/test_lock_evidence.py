"""What a request to lock keeps: checklist, note and digest, true when it is made and never changed."""

from datetime import timedelta

import pytest

from ledgerlou import clock
from ledgerlou.companies.context import company_transaction
from ledgerlou.errors import InvalidInput
from ledgerlou.ids import new_id
from periods.checklist import questions_of
from periods.closing import NOTE_LENGTH, Statement, request_lock
from periods.models import LockRequest, Period
from tests.companies.people import owner_of, refused
from tests.periods.books import JANUARY, YEAR, asks, book, close, committed_company, month, refusal_of

INSERT = (
    "INSERT INTO periods_lockrequest (id, company_id, period_id, status, requested_by_person_id, requested_by, created_at, expires_at, "
    "decided_by, digest) VALUES (%s, %s, %s, 'pending', %s, 'X', %s, %s, '', %s)"
)


@pytest.mark.django_db
def test_request_keeps_what_the_books_said_and_what_the_person_ticked(company):
    book(company, owner_of(company))
    said = Statement(answers=["bank", "complete"], note="Werft kommt noch")

    made = request_lock(company=company, actor=owner_of(company), period=JANUARY, now=clock.now(), statement=said)

    kept = LockRequest.objects.of(company).get(id=made.id)
    codes = ("opening", "complete", "bank", "payroll", "accruals", "vat_return")
    assert kept.checklist["answers"] == [{"code": code, "ticked": code in ("bank", "complete")} for code in codes]
    assert kept.note == "Werft kommt noch"
    assert [(row["code"], row["state"]) for row in kept.checklist["findings"]] == [
        ("order", "good"), ("trial_balance", "good"), ("clearing", "good"), ("cash", "good"), ("opening", "good"),
        ("output_tax", "good"), ("documents", "good"), ("late", "look"),
    ]  # fmt: skip
    assert kept.checklist["findings"][1] == {
        "code": "trial_balance", "state": "good", "count": 0, "amount": "119.00", "other": "119.00", "detail": "",
    }  # fmt: skip


@pytest.mark.django_db
def test_digest_of_a_request_is_what_the_lock_then_seals(company):
    book(company, owner_of(company))
    book(company, owner_of(company), period=month(2))
    close(company, JANUARY)

    digest = asks(company, owner_of(company), month(2)).digest

    sealed = Period.objects.of(company).get(period=JANUARY).closing_hash
    assert digest == {
        "event_count": 2, "first_number": 3, "last_number": 4, "debit": "119.00", "credit": "119.00",
        "prev_hash": sealed, "closing_hash": digest["closing_hash"],
    }  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("period", "facts", "asked"),
    [
        (month(1), {}, ("opening", "complete", "bank", "payroll", "accruals", "vat_return")),
        (month(2), {"vat_period": "quarterly"}, ("complete", "bank", "payroll", "accruals")),
        (month(3), {"vat_period": "quarterly"}, ("complete", "bank", "payroll", "accruals", "vat_return")),
        (month(3), {"vat_period": "yearly"}, ("complete", "bank", "payroll", "accruals")),
        (month(3), {"is_small_business": True}, ("complete", "bank", "payroll", "accruals")),
        (f"{YEAR}-P14", {}, ("audit", "final")),
    ],
)
def test_period_asks_what_belongs_to_it(company, period, facts, asked):
    for name, value in facts.items():
        setattr(company, name, value)

    assert questions_of(company=company, period=period) == asked


@pytest.mark.django_db
def test_year_end_has_questions_of_its_own(company):
    assert questions_of(company=company, period=f"{YEAR}-P13")[0] == "ledgers"
    assert len(questions_of(company=company, period=f"{YEAR}-P13")) == 10


@pytest.mark.django_db
def test_answer_to_no_question_and_overlong_note_are_refused(company):
    for said, pointer in ((Statement(answers=["audit"]), "/answers"), (Statement(note="x" * (NOTE_LENGTH + 1)), "/note")):
        with refused(InvalidInput) as refusal:
            request_lock(company=company, actor=owner_of(company), period=JANUARY, now=clock.now(), statement=said)
        assert [fault.pointer for fault in refusal.value.faults] == [pointer]
    assert LockRequest.objects.of(company).count() == 0


def test_evidence_is_never_changed(real_commits, connect):
    """The application's role may not touch these columns at all; the owner is refused by the guard."""
    company, [asker, _] = committed_company()
    with company_transaction(company.id):
        request = asks(company, asker, JANUARY)

    for change in ("checklist = '{}'", "note = 'anders'", "digest = '{}'"):
        statement = f"UPDATE periods_lockrequest SET {change} WHERE id = '{request.id}'"
        assert refusal_of(connect("app"), company, statement) == "permission denied for table periods_lockrequest"
        assert refusal_of(connect("owner"), company, statement) == "lock_request_is_decided_once"
        decided = f"UPDATE periods_lockrequest SET status = 'cancelled', decided_by = 'X', decided_at = now(), {change}"
        assert refusal_of(connect("owner"), company, f"{decided} WHERE id = '{request.id}'") == "lock_request_is_decided_once"


@pytest.mark.parametrize("role", ["app", "owner"])
def test_digest_that_is_not_of_the_books_is_refused(real_commits, connect, role):
    company, [asker, _] = committed_company()
    with company_transaction(company.id):
        book(company, asker)
        row = Period.objects.of(company).get(period=JANUARY)
    now = clock.now()

    def outcome(digest: str) -> str | None:
        values = [new_id(), company.id, row.id, asker.person_id, now, now + timedelta(hours=48), digest]
        return refusal_of(connect(role), company, (INSERT, values))

    assert outcome('{"closing_hash": "' + "a" * 64 + '"}') == "lock_request_digest_is_of_the_books"
    assert outcome('{"event_count": 2}') == "lock_request_digest_is_of_the_books"
    assert outcome("[]") in ("lock_request_evidence_is_named", "lock_request_digest_is_of_the_books")
    assert outcome("{}") is None
