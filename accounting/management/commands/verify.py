"""`manage.py verify`: recompute the books of every company and name the first fault of each kind."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection

from accounting.journal_sql import refresh_journal_statistics
from accounting.services.verification import Verified, record_verification
from accounting.verify import FAULTS_OF_EACH_KIND, verify_books
from accounting.verify_findings import KINDS, BooksReport
from accounting.verify_source import books_snapshot
from ledgerlou import clock
from ledgerlou.companies.actor import system_actor
from ledgerlou.companies.context import all_company_ids, company_transaction


class Command(BaseCommand):
    """Recompute the journal, balances, closings, open items, links, history and document files. Exit code 1 when something is wrong."""

    help = "Recompute everything about the books and name what is wrong."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which companies, how thorough, how to answer."""
        parser.add_argument("--company", type=UUID, metavar="ID", help="only this company")
        parser.add_argument("--json", action="store_true", help="answer in JSON")
        parser.add_argument("--skip-files", action="store_true", help="leave the document files unread")
        parser.add_argument("--limit", type=int, default=FAULTS_OF_EACH_KIND, help="faults to show of each kind (default %(default)s)")

    def handle(self, *_: Any, **options: Any) -> None:
        """Verify company after company, each in a view of its own that nothing changes meanwhile."""
        refresh_journal_statistics()
        companies = all_company_ids()
        if options["company"]:
            if options["company"] not in companies:
                raise CommandError(f"There is no company {options['company']}.")
            companies = [options["company"]]
        reports = []
        for company_id in companies:
            started_at = clock.now()
            report = self._verify(company_id, options)
            self._keep(report, started_at=started_at, with_files=not options["skip_files"])
            reports.append(report)
            if not options["json"]:
                self._tell(report)
        damaged = [report for report in reports if report.faults]
        if options["json"]:
            answer = {"ok": not damaged, "companies": [asdict(report) for report in reports]}
            self.stdout.write(json.dumps(answer, default=str, ensure_ascii=False, indent=2))
        elif not damaged:
            self.stdout.write(f"{len(reports)} companies verified, no fault found.")
        if damaged:
            first = damaged[0]
            raise CommandError(
                f"Faults in {len(damaged)} of {len(reports)} companies; the first: company {first.company_id}, {first.faults[0]}"
            )

    def _verify(self, company_id: UUID, options: dict[str, Any]) -> BooksReport:
        def progress(text: str) -> None:
            if options["verbosity"] > 1 or self.stderr.isatty():
                self.stderr.write(f"{company_id}: {text}", self.style.NOTICE)

        with books_snapshot(company_id), connection.cursor() as cursor:
            return verify_books(
                cursor, company_id=company_id, limit=max(options["limit"], 1), files=not options["skip_files"], progress=progress
            )

    def _keep(self, report: BooksReport, *, started_at: datetime, with_files: bool) -> None:
        """Write the result down where people see it. A database that takes no writes (a replica) still gets its verdict."""
        verified = Verified(
            report=report,
            asked_by=system_actor("manage.py verify").label,
            started_at=started_at,
            finished_at=clock.now(),
            with_files=with_files,
        )
        try:
            with company_transaction(report.company_id):
                record_verification(company_id=report.company_id, verified=verified)
        except DatabaseError as error:
            self.stderr.write(f"{report.company_id}: the result could not be written down: {error}", self.style.WARNING)

    def _tell(self, report: BooksReport) -> None:
        found = sum(report.fault_counts.values())
        verdict = f"{found} faults" if found else "no fault"
        self.stdout.write(
            f"company {report.company_id} ({report.company_name}): {report.events} journal lines, {verdict}, {report.seconds:.1f} s"
        )
        for kind in KINDS:
            shown = [fault for fault in report.faults if fault.kind == kind]
            for fault in shown:
                self.stdout.write(f"  {kind}: {fault}")
            more = report.fault_counts.get(kind, 0) - len(shown)
            if more > 0:
                self.stdout.write(f"  {kind}: and {more} more")
