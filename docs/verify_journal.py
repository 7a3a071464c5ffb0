#!/usr/bin/env python3
r"""Verify an export of a LedgerLou journal. Needs Python 3.8 or later and nothing else.

    python3 verify_journal.py FILE [NUMBER:HASH]      FILE ends in .jsonl or .csv; written by `manage.py export_journal`

Exit code 0: everything fits. 1: something does not; the first wrong row is named. 2: the file cannot be read or is no such export.

What is recomputed, from the file alone:

* Journal numbers run 1, 2, 3, ... without gap, and the lines of a booking follow one another, complete.
* Every line has a hash (SHA-256) over all its fields and over the hash of the line before, the first over 64 zeros. So nobody can
  change, add, remove or move a line without changing every hash after it.
* Every line moves a positive amount between two different accounts: debit and credit are equal by construction.
* Every closing (a period locked for good) has a hash over the lines of its period and over the closing before.
* The last record repeats the number to come and the last hash, so that lines cut off at the end are missed.

Somebody who makes up all lines anew can make up all hashes, too. So note the last number and hash that this script prints, outside the
company: give them as NUMBER:HASH when a later export is verified, and it must have the same hash there.
"""

import csv
import hashlib
import json
import re
import sys
from decimal import Decimal

FORMAT, EVENT_FORM, CLOSING_FORM = "ledgerlou-journal-2", "ledgerlou-event-", "ledgerlou-closing-1"
NO_HASH = "0" * 64

# The fields that the hash of a line covers, in order. Form 1 has no items_sha256, which seals what the booking does to open items.
HASHED = """
    form company_id journal_number event_id intent_id booking_date period position source_line account_debit account_credit amount
    tax_code tax_role fx_currency fx_amount description category source channel actor_type actor_label actor_person_id actor_key_prefix
    external_reference custom_metadata document_id document_sha256 reverses_intent_id general_reversal booking_fx_currency
    booking_fx_amount booking_fx_rate booking_fx_rate_date booking_fx_rate_source booking_total line_accounts event_count item_count
    settlement_count items_sha256 created_at prev_hash
""".split()  # noqa: SIM905 -- easier to compare with a row of the file
FIELDS = {
    "header": ["format", "company_id", "company_name", "exported_at", "events", "closings"],
    "event": HASHED + ["audit_hash"],  # noqa: RUF005 -- plain for readers
    "closing": ["period", "opening_period", "closing_position", "closing_prev_hash", "closing_hash"],
    "head": ["next_number", "last_hash"],
}


class Wrong(Exception):
    """The first thing that does not fit."""


class NoExport(Exception):
    """This is something else than an export."""


def sha256_of(values):
    """SHA-256 (hex) over texts and nulls written as a JSON array in UTF-8, a comma and a blank between them."""
    return hashlib.sha256(json.dumps(values, ensure_ascii=False).encode("utf-8")).hexdigest()


def hashed_of(event):
    """The texts that the hash of a line covers."""
    return [event[name] for name in HASHED if name != "items_sha256" or event[name] is not None]


def same(what, recorded, recomputed):
    """Name what differs."""
    if recorded != recomputed:
        raise Wrong(f"{what}: recorded {recorded!r}, recomputed {recomputed!r}")


def unambiguous(pairs):
    """An object from its pairs. A name that stands twice could show one value to people and another to programs."""
    if len(dict(pairs)) != len(pairs):
        raise KeyError("a name stands twice")
    return dict(pairs)


def read_json_lines(stream):
    """One JSON object a line. Only a line feed ends a line; other separators may stand in texts."""
    for row, line in enumerate(stream, start=1):
        try:
            fields = json.loads(line, object_pairs_hook=unambiguous)
            yield row, str(fields.pop("record")), fields
        except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
            raise Wrong(f"row {row}: not a record, which is a JSON object on one line") from None


def read_csv(stream):
    r"""The first row names the columns. `\N` is an absent value; a text that begins with a backslash has one more in front."""
    csv.field_size_limit(2**31 - 1)
    rows = csv.reader(stream, strict=True)
    try:
        columns = next(rows, [])
        unambiguous([(name, None) for name in columns])
        for row, cells in enumerate(rows, start=2):
            cell = dict(zip(columns, cells))  # noqa: B905 -- strict came with Python 3.10; a record with a missing cell is refused below
            own = [name for name in FIELDS.get(cell.get("record"), []) if name in cell]
            values = {name: None if cell[name] == "\\N" else re.sub(r"^\\", "", cell[name]) for name in own}
            yield row, cell.get("record"), values
    except (csv.Error, KeyError) as error:
        raise Wrong(f"near line {rows.line_num} of the file: {error}") from None


def records_of(stream, is_csv):
    """All records: header, events, closings, head, each with exactly the fields of its kind."""
    order, before = list(FIELDS), None
    for row, record, fields in (read_csv if is_csv else read_json_lines)(stream):
        if before is None and (record != "header" or fields.get("format") != FORMAT):
            raise NoExport(f"this is not an export of the form {FORMAT}")
        if (
            record not in FIELDS
            or set(fields) != set(FIELDS[record])
            or not all(isinstance(text, (str, type(None))) for text in fields.values())
        ):
            raise Wrong(f"row {row}: not a whole record of a known kind: {record}")
        if before and (order.index(record) < order.index(before) or record == before in ("header", "head")):
            raise Wrong(f"row {row}: a record {record} after a record {before}")
        before = record
        yield row, record, fields
    if before is None:
        raise NoExport("the file is empty")
    if before != "head":
        raise Wrong("the file ends without its last record, the head")


class Journal:
    """Takes the records one after another and keeps what the next are compared with: sums, never lines."""

    def __init__(self, noted):
        """`noted` is number and hash of a line as an earlier export had them, or None."""
        self.noted = noted
        self.number, self.last_hash = 0, NO_HASH  # of the last line
        self.intent, self.position, self.count = None, "0", "0"  # of the last line and its booking
        self.lines_of = {}  # period: [how many lines, first number, last number, last hash]
        self.sums_of = {}  # period: {account: [debit, credit]}
        self.closings, self.last_closing = 0, NO_HASH

    def take_header(self, header):
        """Whose journal this is, and how much of it there is."""
        self.header = header

    def take_event(self, event):
        """A journal line."""
        self.number += 1
        where = f"journal number {self.number}"
        same(where + ", journal_number", event["journal_number"], str(self.number))
        same(where + ", form", event["form"], EVENT_FORM + ("1" if event["items_sha256"] is None else "2"))
        same(where + ", company_id", event["company_id"], self.header["company_id"])
        same(where + ", prev_hash", event["prev_hash"], self.last_hash)
        same(where + ", audit_hash", event["audit_hash"], sha256_of(hashed_of(event)))
        if self.position == self.count:  # the booking before is complete
            self.intent, self.position, self.count = event["intent_id"], "0", event["event_count"]
        self.position = str(int(self.position) + 1)
        same(where + ", intent_id", event["intent_id"], self.intent)
        same(where + ", position", event["position"], self.position)
        if not re.match(r"[0-9]+\.[0-9]{2}\Z", event["amount"] or "") or event["account_debit"] == event["account_credit"]:
            raise Wrong(where + ": not an amount between two accounts")
        same(where + ", amount above zero", Decimal(event["amount"]) > 0, True)
        self.last_hash = event["audit_hash"]
        if self.noted and self.noted[0] == str(self.number):
            same(where + ", the hash noted earlier", self.last_hash, self.noted[1])
        self.add_up(event)

    def add_up(self, event):
        """Add to the totals of the period; a general reversal takes from the sides of its original instead."""
        debit, credit, amount = event["account_debit"], event["account_credit"], Decimal(event["amount"])
        if event["general_reversal"] == "true":
            debit, credit, amount = credit, debit, -amount
        sums = self.sums_of.setdefault(event["period"], {})
        sums.setdefault(debit, [Decimal(0), Decimal(0)])[0] += amount
        sums.setdefault(credit, [Decimal(0), Decimal(0)])[1] += amount
        lines = self.lines_of.setdefault(event["period"], [0, self.number, None, None])
        lines[0] += 1
        lines[2:] = self.number, self.last_hash

    def take_closing(self, closing):
        """A period that is locked for good. The lock of a fiscal year's first month closes its opening entries, too."""
        self.closings += 1
        where = f"closing of period {closing['period']}"
        same(where + ", closing_position", closing["closing_position"], str(self.closings))
        same(where + ", closing_prev_hash", closing["closing_prev_hash"], self.last_closing)
        periods = [name for name in (closing["period"], closing["opening_period"]) if name in self.lines_of]
        lines = [self.lines_of[name] for name in periods]
        first = str(min(line[1] for line in lines)) if lines else None
        last, last_hash = max((line[2], line[3]) for line in lines) if lines else (None, None)
        totals = []
        for account in sorted({account for name in periods for account in self.sums_of[name]}):
            sides = [self.sums_of[name].get(account, (0, 0)) for name in periods]
            debit, credit = sum(side[0] for side in sides), sum(side[1] for side in sides)
            if debit or credit:
                totals.append([account, format(debit, ".2f"), format(credit, ".2f")])
        figures = [str(sum(line[0] for line in lines)), first, last and str(last), last_hash, totals, self.last_closing]
        due = sha256_of([CLOSING_FORM, self.header["company_id"], closing["period"]] + figures)  # noqa: RUF005 -- plain for readers
        same(where + ", closing_hash", closing["closing_hash"], due)
        self.last_closing = due

    def take_head(self, head):
        """Where the journal stood when it was exported."""
        same("last booking, number of lines", self.position, self.count)
        same("head, next_number", head["next_number"], str(self.number + 1))
        same("head, last_hash", head["last_hash"], self.last_hash)
        same("header, events", self.header["events"], str(self.number))
        same("header, closings", self.header["closings"], str(self.closings))
        if self.noted and int(self.noted[0]) > self.number:
            raise Wrong(f"the journal ends before number {self.noted[0]}, which was noted earlier")


def verify(stream, is_csv, noted=None):
    """Verify an export; returns the journal as it was read, or raises Wrong or NoExport."""
    journal = Journal(noted)
    for row, record, fields in records_of(stream, is_csv):
        try:
            getattr(journal, "take_" + record)(fields)
        except Wrong as wrong:
            raise Wrong(f"row {row}: {wrong}") from None
    return journal


def main(arguments):
    """Verify the file and say what was found."""
    if not 1 <= len(arguments) <= 2 or (len(arguments) == 2 and not re.match(r"[0-9]+:[0-9a-f]{64}\Z", arguments[1])):
        sys.stderr.write("usage: verify_journal.py FILE.jsonl|FILE.csv [NUMBER:HASH]\n")
        return 2
    name, noted = arguments[0], arguments[1].split(":") if len(arguments) == 2 else None
    try:
        with open(name, encoding="utf-8", newline="" if name.endswith(".csv") else "\n") as stream:
            journal = verify(stream, name.endswith(".csv"), noted)
    except Wrong as wrong:
        sys.stdout.write(f"WRONG: {name}, {wrong}\n")
        return 1
    except (NoExport, OSError, UnicodeDecodeError) as error:
        sys.stderr.write(f"CANNOT VERIFY: {name}: {error}\n")
        return 2
    company, lines, closings = journal.header["company_id"], journal.number, journal.closings
    sys.stdout.write(f"OK: {name}, company {company}: {lines} journal lines and {closings} closings fit.\n")
    sys.stdout.write(f"Note outside the company: {lines}:{journal.last_hash}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
