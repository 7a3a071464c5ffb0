"""`manage.py export_journal`: write the journal of a company for an auditor."""

import io
import os
import sys
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounting.export import Exported, Target, export_journal
from ledgerlou import clock
from ledgerlou.companies.context import all_company_ids


class Command(BaseCommand):
    """Write every journal line as it was hashed, the closings and the head, for `docs/verify_journal.py`."""

    help = "Export the journal of a company so that an auditor can verify it without LedgerLou."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose journal, in which form, and where to."""
        parser.add_argument("--company", type=UUID, metavar="ID", required=True)
        parser.add_argument("--format", choices=("jsonl", "csv"), required=True)
        parser.add_argument("--out", metavar="FILE", required=True, help="file to write, - for standard output")

    def handle(self, *_: Any, **options: Any) -> None:
        """Export to a file that appears under its name when it is complete, or to standard output."""
        if options["company"] not in all_company_ids():
            raise CommandError(f"There is no company {options['company']}.")
        if options["out"] == "-":
            if isinstance(sys.stdout, io.TextIOWrapper):
                sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # bytes as hashed, whatever the terminal speaks
            written = self._export(_Output(self.stdout), options)
        else:
            try:
                written = self._export_to_file(Path(options["out"]), options)
            except OSError as error:
                raise CommandError(f"Cannot write {options['out']}: {error.strerror}") from error
        self.stderr.write(f"{written.events} journal lines and {written.closings} closings exported.", self.style.SUCCESS)

    def _export_to_file(self, path: Path, options: dict[str, Any]) -> Exported:
        unfinished = path.with_name(f".{path.name}.{uuid4().hex}.part")
        try:
            handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with open(handle, "w", encoding="utf-8", newline="") as target:
                written = self._export(target, options)
                target.flush()
                os.fsync(target.fileno())
            os.replace(unfinished, path)
        finally:
            unfinished.unlink(missing_ok=True)
        return written

    def _export(self, target: Target, options: dict[str, Any]) -> Exported:
        def progress(events: int) -> None:
            if options["verbosity"] > 1 or self.stderr.isatty():
                self.stderr.write(f"{events} journal lines", self.style.NOTICE)

        return export_journal(company_id=options["company"], form=options["format"], target=target, now=clock.now(), progress=progress)


class _Output:
    """Standard output without the line end that Django's wrapper adds."""

    def __init__(self, stdout: Any) -> None:
        self.stdout = stdout

    def write(self, text: str) -> None:
        self.stdout.write(text, ending="")
