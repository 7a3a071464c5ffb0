"""Import a DATEV booking batch (EXTF) from the command line."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from accounting.german.datev_extf import MAX_BYTES
from accounting.services.datev_import import ImportOptions, import_datev_batch, preview_datev_batch
from accounting.services.datev_import_report import ImportReport, report_as_json
from accounting.services.datev_import_text import report_as_text
from ledgerlou import clock
from ledgerlou.companies.actor import system_actor
from ledgerlou.companies.context import all_company_ids, company_transaction, current_company
from ledgerlou.errors import LedgerLouError

_FILE_REFUSED: Final = 2
_ROWS_LEFT: Final = 1


class Command(BaseCommand):
    """Exit status: 0 every row is in the books, 1 some rows are not (refused, changed, held back), 2 nothing could be imported."""

    help = (
        "Book the rows of a DATEV booking batch (EXTF Buchungsstapel, header version 510 or 700) that are not in the books yet. "
        "Exit status: 0 when every row is in the books, 1 when rows were left out, 2 when the file as a whole was refused."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file, the company, and how strict to be."""
        parser.add_argument("file", type=Path, help="The booking batch, for example EXTF_Buchungsstapel.csv")
        parser.add_argument("--company", type=UUID, metavar="ID", help="Whose books; may be left out when there is one company only")
        parser.add_argument("--dry-run", action="store_true", help="Do all the work, report, and keep nothing")
        parser.add_argument("--json", action="store_true", help="Print the report as JSON, amounts as text")
        parser.add_argument("--all-or-nothing", action="store_true", help="Book nothing when a row is refused or has changed")
        parser.add_argument(
            "--no-new-accounts",
            action="store_true",
            help="Refuse rows of customers and vendors that are not in the chart, instead of adding them",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Import and report."""
        path: Path = options["file"]
        try:
            report = _import(path=path, company_id=options["company"] or _only_company(), options=options)
        except LedgerLouError as error:
            if options["json"]:
                errors = [{"pointer": fault.pointer, "code": fault.code, "message": fault.message} for fault in error.faults]
                self.stdout.write(_json({"error": error.code, "message": error.message, "errors": errors}))
                raise SystemExit(_FILE_REFUSED) from error
            faults = [f"  {fault.message}" for fault in error.faults if fault.message != error.message]
            raise CommandError("\n".join([error.message, *faults]), returncode=_FILE_REFUSED) from error
        self.stdout.write(_json(report_as_json(report)) if options["json"] else report_as_text(report), ending="")
        if not report.is_complete:
            raise SystemExit(_ROWS_LEFT)


def _import(*, path: Path, company_id: UUID, options: dict[str, Any]) -> ImportReport:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}", returncode=_FILE_REFUSED) from error
    actor = system_actor("import_datev")
    work = preview_datev_batch if options["dry_run"] else import_datev_batch
    with company_transaction(company_id, actor=actor):
        return work(
            company=current_company(company_id),
            actor=actor,
            data=data,
            file_name=path.name,
            now=clock.now(),
            options=ImportOptions(all_or_nothing=options["all_or_nothing"], add_personal_accounts=not options["no_new_accounts"]),
        )


def _only_company() -> UUID:
    found = all_company_ids()
    if len(found) != 1:
        raise CommandError(f"There are {len(found)} companies: name one with --company ID.", returncode=_FILE_REFUSED)
    return found[0]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
