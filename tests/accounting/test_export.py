"""The export of the journal, and the script that verifies it without us: every change of an exported field is found and named."""

import ast
import csv
import importlib.util
import io
import json
import pathlib
import subprocess
import sys
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounting.export import export_journal
from accounting.models.journal import Event
from accounting.sealing import seal
from accounting.verify_source import FIELD_NAMES
from ledgerlou.companies.context import company_transaction
from tests.accounting.verify_books import NASTY, NASTY_FIRST, bulk_books, make_books
from tests.conftest import NOW, new_company

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "docs" / "verify_journal.py"
FORMS = ("jsonl", "csv")
LINES, CLOSINGS = 21, 2


def load_script():
    spec = importlib.util.spec_from_file_location("verify_journal", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


script = load_script()


@pytest.fixture(scope="module")
def books(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        yield make_books()
        connection.close()


@pytest.fixture(scope="module")
def exported(books, django_db_blocker):
    """The export in both forms."""
    with django_db_blocker.unblock():
        return {form: exported_text(books.company, form) for form in FORMS}


def exported_text(company, form):
    target = StringIO(newline="")
    export_journal(company_id=company.id, form=form, target=target, now=NOW)
    return target.getvalue()


class Rows:
    """The rows of an export to be tampered with: `cells` of a row are what its form holds, by field."""

    def __init__(self, form, text):
        self.form = form
        if form == "jsonl":
            self.rows = [json.loads(line) for line in text.split("\n")[:-1]]
        else:
            self.columns, *rows = csv.reader(io.StringIO(text, newline=""))
            self.rows = [dict(zip(self.columns, row, strict=True)) for row in rows]

    def row_number(self, index):
        """As the script counts: from 1, and the names of the columns are the first row of a table."""
        return index + (1 if self.form == "jsonl" else 2)

    def find(self, record, **fields):
        [index] = [
            i for i, row in enumerate(self.rows) if row["record"] == record and all(row[name] == value for name, value in fields.items())
        ]
        return index

    def written(self):
        if self.form == "jsonl":
            return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in self.rows)
        target = StringIO(newline="")
        writer = csv.DictWriter(target, self.columns, lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(self.rows)
        return target.getvalue()

    def other_value(self, value):
        """A value that differs as little as possible."""
        if value in (None, "\\N"):
            return "" if self.form == "jsonl" else "x"
        return value + " "

    @property
    def nothing(self):
        return None if self.form == "jsonl" else "\\N"


@pytest.fixture(params=FORMS)
def rows(request, exported):
    return Rows(request.param, exported[request.param])


@pytest.fixture
def verdict(tmp_path, capsys):
    """Run the script's main function: exit code and what it says."""

    def run(form, text, *arguments):
        file = tmp_path / f"journal.{form}"
        file.write_bytes(text.encode())
        code = script.main([str(file), *arguments])
        out, err = capsys.readouterr()
        return code, out + err

    return run


def test_rewriting_an_export_changes_nothing(rows, exported):
    assert rows.written() == exported[rows.form]


def test_export_holds_every_line_as_it_was_hashed(books, exported):
    records = Rows("jsonl", exported["jsonl"]).rows

    header, *events = records[: LINES + 1]
    with company_transaction(books.company.id):
        stored = list(Event.objects.of(books.company).order_by("journal_number").values_list("audit_hash", flat=True))
    assert header == {
        "record": "header",
        "format": "ledgerlou-journal-2",
        "company_id": str(books.company.id),
        "company_name": "Muster Handel GmbH",
        "exported_at": "2026-11-25T09:00:00.000000Z",
        "events": str(LINES),
        "closings": str(CLOSINGS),
    }
    assert [list(event) for event in events] == [["record", *FIELD_NAMES, "audit_hash"]] * LINES
    assert [event["audit_hash"] for event in events] == stored
    assert [seal(hashed(event)) for event in events] == stored
    assert {event["form"] for event in events} == {"ledgerlou-event-1", "ledgerlou-event-2"}


def test_export_ends_with_closings_and_head(books, exported):
    first, second, head = Rows("jsonl", exported["jsonl"]).rows[LINES + 1 :]

    assert [first[name] for name in ("record", "period", "opening_period", "closing_position", "closing_prev_hash")] == [
        "closing", "2026-01", "2026-00", "1", "0" * 64,
    ]  # fmt: skip
    assert [second[name] for name in ("period", "opening_period", "closing_position", "closing_prev_hash")] == [
        "2026-02", None, "2", first["closing_hash"],
    ]  # fmt: skip
    assert (head["record"], head["next_number"]) == ("head", str(LINES + 1))


def test_both_forms_hold_the_same(exported, tmp_path):
    read = {}
    for form in FORMS:
        (tmp_path / form).write_bytes(exported[form].encode())
        with open(tmp_path / form, encoding="utf-8", newline="" if form == "csv" else "\n") as stream:
            read[form] = [(record, fields) for _, record, fields in script.records_of(stream, form == "csv")]

    assert read["csv"] == read["jsonl"]
    texts = {(fields["description"], fields["external_reference"]) for record, fields in read["csv"] if record == "event"}
    assert (NASTY, NASTY_FIRST) in texts


def test_script_accepts_a_sound_export_and_says_what_to_note(rows, verdict, books):
    code, said = verdict(rows.form, rows.written())

    head = rows.rows[rows.find("head")]
    assert code == 0
    assert said.splitlines()[0].endswith(f"company {books.company.id}: {LINES} journal lines and {CLOSINGS} closings fit.")
    assert said.splitlines()[1] == f"Note outside the company: {LINES}:{head['last_hash']}"
    assert verdict(rows.form, rows.written(), f"{LINES}:{head['last_hash']}")[0] == 0


def test_script_compares_with_a_hash_noted_earlier(rows, verdict):
    fifth = rows.rows[rows.find("event", journal_number="5")]["audit_hash"]

    assert verdict(rows.form, rows.written(), f"5:{fifth}")[0] == 0
    assert "journal number 6, the hash noted earlier" in verdict(rows.form, rows.written(), f"6:{fifth}")[1]
    code, said = verdict(rows.form, rows.written(), f"22:{fifth}")
    assert (code, "the journal ends before number 22" in said) == (1, True)


@pytest.mark.parametrize("name", [*FIELD_NAMES, "audit_hash"])
@pytest.mark.parametrize("number", [5, 13])  # a sale with document and metadata, and an invoice in dollars
def test_script_names_the_line_of_every_changed_field(rows, verdict, name, number):
    index = rows.find("event", journal_number=str(number))
    value = rows.rows[index][name]
    for changed in {rows.other_value(value), rows.nothing} - {value}:
        rows.rows[index][name] = changed
        code, said = verdict(rows.form, rows.written())

        assert code == 1
        assert f"row {rows.row_number(index)}: journal number {number}, " in said


@pytest.mark.parametrize(("record", "name"), [(record, name) for record in ("header", "closing", "head") for name in script.FIELDS[record]])
def test_script_finds_every_changed_field_of_the_other_records(rows, verdict, record, name):
    index = [i for i, row in enumerate(rows.rows) if row["record"] == record][-1]
    rows.rows[index][name] = rows.other_value(rows.rows[index][name])
    code, said = verdict(rows.form, rows.written())

    # name and moment are said for people and sealed by nothing; an opening period that does not exist closes nothing
    expected = {"company_name": 0, "exported_at": 0, "format": 2, "opening_period": 0}.get(name, 1)
    assert (code, said.split(":")[0]) == (expected, {0: "OK", 1: "WRONG", 2: "CANNOT VERIFY"}[expected])


def test_script_misses_the_opening_entries_that_a_closing_sealed(rows, verdict):
    index = rows.find("closing", period="2026-01")
    rows.rows[index]["opening_period"] = rows.nothing

    code, said = verdict(rows.form, rows.written())

    assert (code, f"row {rows.row_number(index)}: closing of period 2026-01, closing_hash: " in said) == (1, True)


def test_script_finds_a_removed_line(rows, verdict):
    for index in range(len(rows.rows)):
        tampered = Rows(rows.form, rows.written())
        removed = tampered.rows.pop(index)
        code, said = verdict(rows.form, tampered.written())

        assert code == (2 if removed["record"] == "header" else 1), removed
        if removed["record"] == "event" and removed["journal_number"] != str(LINES):
            due = int(removed["journal_number"])
            assert f"row {rows.row_number(index)}: journal number {due}, journal_number: recorded '{due + 1}', recomputed '{due}'" in said


def test_script_finds_swapped_lines(rows, verdict):
    for index in range(1, LINES):
        tampered = Rows(rows.form, rows.written())
        tampered.rows[index], tampered.rows[index + 1] = tampered.rows[index + 1], tampered.rows[index]
        code, said = verdict(rows.form, tampered.written())

        assert (code, f"row {rows.row_number(index)}: journal number {index}, " in said) == (1, True)


def test_script_finds_an_end_that_was_cut_off(rows, verdict):
    text = rows.written()

    for length in (len(text) - 3, len(text) * 2 // 3, len(text) // 2):
        assert verdict(rows.form, text[:length])[0] == 1
    for records in range(1, len(rows.rows)):
        cut = Rows(rows.form, text)
        del cut.rows[records:]
        assert "the file ends without its last record, the head" in verdict(rows.form, cut.written())[1]


def test_script_finds_cut_lines_though_the_head_was_moved(rows, verdict):
    last = rows.find("event", journal_number=str(LINES))
    head = rows.find("head")
    rows.rows[head] |= {"next_number": str(LINES), "last_hash": rows.rows[last - 1]["audit_hash"]}
    del rows.rows[last]

    code, said = verdict(rows.form, rows.written())

    assert (code, f"header, events: recorded '{LINES}', recomputed '{LINES - 1}'" in said) == (1, True)


def hashed(event):
    """The texts that the hash of a line covers: form 1 has no seal of items."""
    return [event[name] for name in FIELD_NAMES if name != "items_sha256" or event[name] is not None]


def sealed_copy(rows, index, **changes):
    """A line that follows on another, with a hash that is right."""
    values = {**rows.rows[index], "prev_hash": rows.rows[index]["audit_hash"], **changes}
    return {**values, "audit_hash": seal(hashed({name: None if text == "\\N" else text for name, text in values.items()}))}


def test_script_finds_an_appended_line_though_it_is_sealed(rows, verdict):
    last = rows.find("event", journal_number=str(LINES))
    forged = sealed_copy(rows, last, journal_number=str(LINES + 1), intent_id=str(uuid4()))
    rows.rows.insert(last + 1, forged)

    code, said = verdict(rows.form, rows.written())
    assert (code, "head, next_number: recorded '22', recomputed '23'" in said) == (1, True)

    rows.rows[rows.find("head")] |= {"next_number": "23", "last_hash": forged["audit_hash"]}
    code, said = verdict(rows.form, rows.written())
    assert (code, "header, events: recorded '21', recomputed '22'" in said) == (1, True)


def test_script_finds_a_line_added_to_a_complete_booking(rows, verdict):
    last = rows.find("event", journal_number=str(LINES))
    rows.rows.insert(last + 1, sealed_copy(rows, last, journal_number=str(LINES + 1), position="2"))

    code, said = verdict(rows.form, rows.written())

    assert (code, "journal number 22, position: recorded '2', recomputed '1'" in said) == (1, True)


def test_script_finds_a_line_slipped_into_a_closed_period(rows, verdict):
    last = rows.find("event", journal_number=str(LINES))
    forged = sealed_copy(rows, last, journal_number=str(LINES + 1), intent_id=str(uuid4()), period="2026-02")
    rows.rows.insert(last + 1, forged)
    rows.rows[0]["events"] = str(LINES + 1)
    rows.rows[rows.find("head")] |= {"next_number": str(LINES + 2), "last_hash": forged["audit_hash"]}

    assert "closing of period 2026-02, closing_hash: " in verdict(rows.form, rows.written())[1]

    rows.rows.insert(last + 3, rows.rows.pop(last + 1))  # behind the closings, where their hashes are compared already
    assert "a record event after a record closing" in verdict(rows.form, rows.written())[1]


def test_script_finds_records_after_the_head(rows, verdict):
    rows.rows.append(dict(rows.rows[-1]))

    assert "a record head after a record head" in verdict(rows.form, rows.written())[1]


def test_script_refuses_a_name_that_stands_twice(exported, verdict):
    twice = exported["jsonl"].replace('"amount": "', '"amount": "1.00", "amount": "', 1)
    columns = exported["csv"].replace("record,form,", "record,form,form,", 1)

    assert "row 2: not a record" in verdict("jsonl", twice)[1]
    assert "a name stands twice" in verdict("csv", columns)[1]


@pytest.mark.parametrize("line", ['{"record": ["event"]}', '{"record": "event", "form": {"a": 1}}', "[" * 100_000, '"event"', "1e999", ""])
def test_script_refuses_rows_that_are_no_records(exported, verdict, line):
    header, rest = exported["jsonl"].split("\n", 1)

    code, said = verdict("jsonl", f"{header}\n{line}\n{rest}")

    assert (code, "row 2: " in said) == (1, True)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "text", ["", "\n", "Konto;Betrag\r\n1200;5\r\n", '{"record": "header", "format": "other-1"}\n', "\x00", "[1]\n", "null\n"]
)
def test_script_tells_what_is_no_export(verdict, form, text):
    code, said = verdict(form, text)

    assert (code, said.split(":")[0]) in ((1, "WRONG"), (2, "CANNOT VERIFY"))


def test_script_tells_files_it_cannot_read(tmp_path, capsys):
    (tmp_path / "latin.csv").write_bytes("Prüfung".encode("latin-1"))

    assert [script.main(arguments) for arguments in ([], ["a", "b"], [str(tmp_path / "absent.csv")], [str(tmp_path / "latin.csv")])] == [
        2
    ] * 4
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("form", FORMS)
def test_script_runs_alone(exported, tmp_path, form):
    (tmp_path / f"j.{form}").write_bytes(exported[form].encode())
    (tmp_path / f"bad.{form}").write_bytes(exported[form].replace("119.00", "118.00", 1).encode())
    (tmp_path / "verify_journal.py").write_bytes(SCRIPT.read_bytes())

    def run(name):
        command = [sys.executable, "-I", "-S", "-W", "error", str(tmp_path / "verify_journal.py"), name]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env={}, check=False)

    assert (run(f"j.{form}").returncode, run(f"bad.{form}").returncode, run(f"absent.{form}").returncode) == (0, 1, 2)


def test_script_is_short_and_needs_only_an_old_python():
    text = SCRIPT.read_text()
    tree = ast.parse(text, feature_version=(3, 8))
    imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    imported |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}

    assert len(text.splitlines()) < 250
    assert imported == {"csv", "decimal", "hashlib", "json", "re", "sys"}
    assert tuple(script.HASHED) == FIELD_NAMES


def run_export(*arguments):
    out, err = StringIO(), StringIO()
    call_command("export_journal", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


@pytest.mark.parametrize("form", FORMS)
def test_command_writes_a_complete_file_for_its_owner_alone(books, real_commits, tmp_path, form):
    file = tmp_path / f"journal.{form}"
    file.write_text("what was there before")

    _, said = run_export("--company", str(books.company.id), "--format", form, "--out", str(file))

    assert said == f"{LINES} journal lines and {CLOSINGS} closings exported.\n"
    assert script.main([str(file)]) == 0
    assert [path.name for path in tmp_path.iterdir()] == [file.name]
    assert file.stat().st_mode & 0o777 == 0o600


def test_command_writes_to_standard_output(books, real_commits, tmp_path):
    out, _ = run_export("--company", str(books.company.id), "--format", "csv", "--out", "-")

    (tmp_path / "j.csv").write_bytes(out.encode())
    assert script.main([str(tmp_path / "j.csv")]) == 0


def test_command_leaves_nothing_when_it_cannot_finish(books, real_commits, tmp_path):
    folder = tmp_path / "journal.csv"
    folder.mkdir()

    with pytest.raises(CommandError, match="Cannot write"):
        run_export("--company", str(books.company.id), "--format", "csv", "--out", str(folder))
    with pytest.raises(CommandError, match="Cannot write"):
        run_export("--company", str(books.company.id), "--format", "csv", "--out", str(tmp_path / "absent" / "j.csv"))
    with pytest.raises(CommandError, match="There is no company"):
        run_export("--company", str(uuid4()), "--format", "csv", "--out", str(tmp_path / "j.csv"))
    assert list(tmp_path.iterdir()) == [folder]


@pytest.mark.parametrize("form", FORMS)
def test_empty_journal_is_exported_and_verified(real_commits, verdict, form):
    assert verdict(form, exported_text(new_company(), form))[0] == 0


def test_export_takes_the_same_few_queries_for_any_journal(real_commits):
    books = make_books()
    with CaptureQueriesContext(connection) as few:
        exported_text(books.company, "jsonl")
    with company_transaction(books.company.id, actor=books.actor):
        bulk_books(books.company, books.actor, bookings=1500)
    with CaptureQueriesContext(connection) as many:
        text = exported_text(books.company, "jsonl")

    assert len(many) == len(few)
    assert text.count('{"record": "event"') == LINES + 3000
