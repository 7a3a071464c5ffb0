"""Verify on sound books, as the application's role: nothing to find, one view of the books, few queries, and a command that says it all."""

import json
from io import StringIO
from threading import Thread
from uuid import uuid4

import pytest
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.utils import InternalError
from django.test.utils import CaptureQueriesContext

from accounting.models.journal import Event
from accounting.models.open_item import OpenItem, Settlement
from accounting.posting import post
from accounting.sealing import seal
from accounting.verify import verify_books
from accounting.verify_source import FIELD_NAMES, FIELD_TEXTS, LINES_SQL, SEALED_SQL, books_snapshot
from ledgerlou import clock
from ledgerlou.companies.actor import Actor
from ledgerlou.companies.context import company_transaction
from tests.accounting.verify_books import bulk_books, lock_months, make_books
from tests.conftest import draft, new_company, new_person


@pytest.fixture
def books(real_commits):
    return make_books()


def verified(company, **options):
    with books_snapshot(company.id), connection.cursor() as cursor:
        return verify_books(cursor, company_id=company.id, **options)


def run(*arguments):
    """Run the command: exit code, standard output, error output."""
    out, err = StringIO(), StringIO()
    try:
        call_command("verify", *arguments, stdout=out, stderr=err)
    except CommandError as error:
        return error.returncode, out.getvalue(), str(error)
    return 0, out.getvalue(), err.getvalue()


@pytest.mark.parametrize("chunk", [1, 4, 50_000])
def test_sound_books_have_no_fault_however_they_are_cut(books, chunk):
    report = verified(books.company, chunk=chunk)

    with company_transaction(books.company.id):
        last = Event.objects.of(books.company).order_by("-journal_number").first()
        items = (OpenItem.objects.of(books.company).count(), Settlement.objects.of(books.company).count())
    assert (report.faults, report.fault_counts) == ((), {})
    assert (report.events, report.head_hash) == (21, last.audit_hash)
    assert items == (6, 6)


def test_fiscal_year_from_july_is_sound_with_its_opening_entries(real_commits):
    owner = new_person()
    company = new_company(owner=owner, fiscal_year_start_month=7)
    actor = Actor(label="Erika Beispiel", channel="api", actor_type="person", person_id=owner.id, role="owner")
    opening = draft(("1800", "9.00", "0.00"), ("2900", "0.00", "9.00"), day="2026-07-01", opening=True)
    with company_transaction(company.id, actor=actor):
        post(
            company=company,
            actor=actor,
            drafts=[opening, draft(("6815", "1.00", "0.00"), ("1800", "0.00", "1.00"), day="2026-07-02")],
            now=clock.now(),
        )
        lock_months(company, owner, actor, "2026-07", "2026-08")

    report = verified(company)

    assert (report.faults, report.events) == ((), 3)


def test_empty_company_is_sound(real_commits):
    report = verified(new_company())

    assert (report.faults, report.events, report.head_hash) == ((), 0, "0" * 64)


def test_server_settings_do_not_change_the_hashes(books, connect):
    with connect("superuser") as raw, raw.cursor() as cursor:
        cursor.execute("SET datestyle = 'German, DMY'; SET timezone = 'Asia/Kathmandu'; SET extra_float_digits = 0")
        report = verify_books(cursor, company_id=books.company.id)

    assert report.faults == ()


def test_form_of_a_line_is_the_one_of_database_function_and_posting(books):
    with company_transaction(books.company.id), connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {SEALED_SQL}, accounting_event_hash(e, i), e.audit_hash, ARRAY[{', '.join(FIELD_TEXTS)}]::text[] "
            f"FROM {LINES_SQL} ORDER BY e.journal_number"
        )
        rows = cursor.fetchall()

    place = FIELD_NAMES.index("items_sha256")
    covered = [fields if fields[place] else [*fields[:place], *fields[place + 1 :]] for *_, fields in rows]
    assert [(own, in_database, seal(texts)) for (own, in_database, *_), texts in zip(rows, covered, strict=True)] == [
        (stored,) * 3 for _, _, stored, _ in rows
    ]
    assert len(rows) == 21


def test_number_of_queries_does_not_grow_with_the_books(books):
    with CaptureQueriesContext(connection) as few:
        verified(books.company)
    with company_transaction(books.company.id, actor=books.actor):
        bulk_books(books.company, books.actor, bookings=400)
    with CaptureQueriesContext(connection) as many:
        report = verified(books.company)

    assert (report.faults, report.events) == ((), 821)
    assert len(many) == len(few)


def test_bookings_that_come_meanwhile_are_not_seen(books):
    def book():
        with company_transaction(books.company.id, actor=books.actor):
            lines = (("6815", "1.00", "0.00"), ("1800", "0.00", "1.00"))
            post(company=books.company, actor=books.actor, drafts=[draft(*lines, text="meanwhile")], now=clock.now())
        connection.close()

    def book_after_the_first_chunk(_said):
        if not booked:
            booked.append(Thread(target=book))
            booked[0].start()
            booked[0].join()

    booked = []
    report = verified(books.company, chunk=10, progress=book_after_the_first_chunk)

    assert (report.faults, report.events) == ((), 21)
    later = verified(books.company)
    assert (later.faults, later.events) == ((), 22)


def test_snapshot_refuses_to_write(books):
    with pytest.raises(InternalError, match="read-only transaction"), books_snapshot(books.company.id), connection.cursor() as cursor:
        cursor.execute("UPDATE accounting_journalhead SET lock_only = false WHERE company_id = %s", [books.company.id])


def test_command_names_each_company_and_ends_with_zero(books):
    code, out, _ = run("--company", str(books.company.id))

    first, last = out.splitlines()
    assert code == 0
    assert first.startswith(f"company {books.company.id} (Muster Handel GmbH): 21 journal lines, no fault, ")
    assert last == "1 companies verified, no fault found."


def test_command_answers_in_json(books):
    code, out, _ = run("--company", str(books.company.id), "--json")

    answer = json.loads(out)
    [company] = answer["companies"]
    assert (code, answer["ok"]) == (0, True)
    assert company.pop("seconds") >= 0
    assert len(company.pop("head_hash")) == 64
    assert company == {
        "company_id": str(books.company.id),
        "company_name": "Muster Handel GmbH",
        "events": 21,
        "faults": [],
        "fault_counts": {},
    }


def test_command_reports_missing_and_changed_files_and_can_leave_them_out(books):
    storage = storages["default"]
    name, place = books.document.storage_name, f"document {books.document.id}"
    storage.delete(name)

    code, out, error = run("--company", str(books.company.id))
    assert (code, error.endswith(place + out.split(place)[1].splitlines()[0])) == (1, True)
    assert f"document_file: {place}: the document's file is missing or is not what was stored (stored nothing, recomputed '20 bytes" in out
    assert run("--company", str(books.company.id), "--skip-files")[0] == 0

    with storage.open(name, "wb") as file:
        file.write(b"%PDF-1.7 another one")
    [fault] = json.loads(run("--company", str(books.company.id), "--json")[1])["companies"][0]["faults"]
    assert (fault["kind"], fault["place"], fault["stored"][:10], fault["recomputed"]) == (
        "document_file",
        place,
        "20 bytes, ",
        f"20 bytes, SHA-256 {books.document.sha256}",
    )


def test_command_refuses_an_unknown_company(real_commits):
    unknown = uuid4()

    assert run("--company", str(unknown)) == (1, "", f"There is no company {unknown}.")


def test_command_verifies_every_company(books):
    other = new_company("skr03", name="Fremde UG")

    _, out, _ = run("--skip-files")

    assert {f"company {company.id} ({company.name})" for company in (books.company, other)} <= {
        line.split(":")[0] for line in out.splitlines()
    }


def test_progress_names_the_lines_done(books):
    said = []
    verified(books.company, chunk=10, progress=said.append)

    assert said[:2] == ["journal lines up to number 10", "journal lines up to number 20"]
    assert said[-1] == "links and history"
