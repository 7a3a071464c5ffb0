"""Verifications that people ask for: a row first, one worker at a time, one result; nothing is lost with a worker."""

from datetime import timedelta
from io import StringIO
from uuid import UUID

import pytest
from celery import current_app
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction

from accounting.admin.fault_words import FAULT_WORDS
from accounting.services.verification import (
    VERIFY_TASK,
    ask_for_verification,
    begin_verification,
    keep_failure,
    keep_result,
    recompute,
)
from accounting.tasks import resume_verifications, verify_company
from accounting.verify_findings import KINDS
from ledgerlou import clock
from ledgerlou.companies.context import company_transaction
from ledgerlou.companies.models.verification import MAX_ATTEMPTS, VerificationRun
from ledgerlou.errors import WrongState
from tests.accounting.verify_attack import disarmed
from tests.accounting.verify_books import make_books


@pytest.fixture
def books(real_commits):
    return make_books()


@pytest.fixture
def messages(monkeypatch):
    """What was handed to the broker, which leaves this process."""
    sent = []
    monkeypatch.setattr(current_app, "send_task", lambda name, **options: sent.append((name, options["kwargs"])))
    return sent


def ask(books):
    with company_transaction(books.company.id, actor=books.actor):
        return ask_for_verification(company=books.company, actor=books.actor, now=clock.now())


def work(books, run):
    verify_company(company_id=str(books.company.id), run_id=str(run.id))


def stored(books, run):
    with company_transaction(books.company.id):
        return VerificationRun.objects.of(books.company).get(id=run.id)


def begin(books, run):
    with company_transaction(books.company.id):
        return begin_verification(company_id=books.company.id, run_id=run.id, now=clock.now())


def test_worker_is_called_once_the_wish_is_kept(books, messages):
    with company_transaction(books.company.id, actor=books.actor):
        run = ask_for_verification(company=books.company, actor=books.actor, now=clock.now())
        before_the_commit = list(messages)

    assert before_the_commit == []
    assert messages == [(VERIFY_TASK, {"company_id": str(books.company.id), "run_id": str(run.id)})]
    assert (stored(books, run).asked_by, stored(books, run).finished_at) == (books.actor.label, None)


def test_sound_books_are_found_sound(books, messages):
    run = ask(books)

    work(books, run)

    found = stored(books, run)
    assert (found.line_count, found.fault_count, found.faults, found.attempts, found.error) == (21, 0, [], 1, "")
    assert found.is_clean
    assert found.started_at <= found.finished_at
    assert len(found.head_hash) == 64


def test_damage_is_found_and_named(books, messages, connect):
    attacker = disarmed(connect("superuser"))
    attacker.execute("UPDATE accounting_event SET amount = amount + 1 WHERE company_id = %s AND journal_number = 3", [books.company.id])
    attacker.commit()
    run = ask(books)

    work(books, run)

    found = stored(books, run)
    assert not found.is_clean
    assert found.fault_count >= 2
    [damaged] = [fault for fault in found.faults if fault["kind"] == "event_hash"]
    assert (damaged["journal_number"], damaged["stored"] != damaged["recomputed"]) == (3, True)


def test_second_wish_is_refused_while_the_first_is_open(books, messages):
    run = ask(books)

    with pytest.raises(WrongState), company_transaction(books.company.id, actor=books.actor), transaction.atomic():
        ask_for_verification(company=books.company, actor=books.actor, now=clock.now())

    assert len(messages) == 1
    work(books, run)
    assert ask(books).id != run.id


def test_task_that_runs_twice_changes_nothing(books, messages):
    run = ask(books)
    work(books, run)
    before = stored(books, run).finished_at

    work(books, run)

    assert (stored(books, run).finished_at, stored(books, run).attempts) == (before, 1)


def test_worker_that_died_is_followed_by_another(books, messages):
    run = ask(books)
    assert begin(books, run)  # and the worker is killed here

    assert resume_verifications() >= 1
    assert messages.count((VERIFY_TASK, {"company_id": str(books.company.id), "run_id": str(run.id)})) == 2
    work(books, run)

    assert (stored(books, run).fault_count, stored(books, run).attempts) == (0, 2)


def test_verification_that_kills_every_worker_is_given_up(books, messages):
    run = ask(books)
    for _ in range(MAX_ATTEMPTS):
        assert begin(books, run)

    work(books, run)

    found = stored(books, run)
    assert (found.attempts, found.fault_count, found.error) == (MAX_ATTEMPTS, None, "3 workers began and none came to an end")
    assert ask(books).id != run.id


def test_two_workers_do_not_verify_side_by_side(books, messages, connect):
    run = ask(books)
    other = connect("app")
    other.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"ledgerlou verification {run.id}"])

    work(books, run)
    beside = stored(books, run)
    other.rollback()
    work(books, run)

    assert (beside.attempts, beside.finished_at) == (0, None)
    assert stored(books, run).fault_count == 0


def test_quicker_worker_wins(books, messages):
    run = ask(books)
    begin(books, run)
    report = recompute(company_id=books.company.id, run_id=run.id)
    first, second = clock.now(), clock.now() + timedelta(seconds=1)

    for now in (first, second):
        with company_transaction(books.company.id):
            keep_result(company_id=books.company.id, run_id=run.id, report=report, now=now)
    with company_transaction(books.company.id):
        keep_failure(company_id=books.company.id, run_id=run.id, error=DatabaseError("late"), now=second)

    assert (stored(books, run).finished_at, stored(books, run).error) == (first, "")


def test_failure_is_kept_with_its_reason(books, messages):
    run = ask(books)
    begin(books, run)

    with company_transaction(books.company.id):
        keep_failure(company_id=books.company.id, run_id=run.id, error=OSError("disk is gone"), now=clock.now())

    assert (stored(books, run).error, stored(books, run).fault_count) == ("OSError: disk is gone", None)
    assert not stored(books, run).is_clean


def test_unknown_verification_is_left_alone(books, messages):
    verify_company(company_id=str(books.company.id), run_id=str(UUID(int=0)))

    with company_transaction(books.company.id):
        assert VerificationRun.objects.of(books.company).count() == 0


def test_command_writes_its_result_down(books, connect):
    call_command("verify", company=books.company.id, skip_files=True, stdout=StringIO())
    attacker = disarmed(connect("superuser"))
    attacker.execute("UPDATE accounting_accountmonth SET debit = debit + 1 WHERE company_id = %s", [books.company.id])
    attacker.commit()
    with pytest.raises(CommandError):
        call_command("verify", company=books.company.id, stdout=StringIO())

    with company_transaction(books.company.id):
        runs = list(VerificationRun.objects.of(books.company).order_by("id"))
    assert [(run.asked_by, run.with_files, run.line_count, run.fault_count == 0) for run in runs] == [
        ("manage.py verify", False, 21, True),
        ("manage.py verify", True, 21, False),
    ]
    assert {fault["kind"] for fault in runs[1].faults} == {"month_balance"}


def test_every_kind_of_fault_has_words_for_the_page():
    assert set(FAULT_WORDS) == set(KINDS)
