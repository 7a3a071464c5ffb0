"""What tests of the DATEV import ask the ledger, and a short way to import."""

from collections import defaultdict
from decimal import Decimal
from pathlib import Path

from django.db import connection

from accounting.models.account import Account
from accounting.models.datev import DatevImport, DatevImportedRow
from accounting.models.journal import AccountMonth, Event, Intent
from accounting.models.open_item import OpenItem, Settlement
from accounting.services.datev_import import DEFAULTS, ImportOptions, import_datev_batch
from accounting.services.datev_import_report import ImportReport
from ledgerlou import clock
from ledgerlou.companies.actor import person_actor, system_actor
from ledgerlou.companies.models.people import Membership
from periods.closing import approve_lock, request_lock
from periods.locks import soft_lock_period
from periods.models import Period
from tests.accounting.german.datev_charts import entry
from tests.conftest import NOW

OWN = Path(__file__).parent / "german" / "datev_files"
ACTOR = system_actor("Tests")
ROWS = (
    entry("119,00", "S", "10000", "4400", f11="RE-1", f14="Lieferung"),
    entry("59,50", "H", "1600", "6815", "9", day="0403", f14="Papier"),
    entry("59,50", "H", "1600", "6815", "9", day="0403", f14="Papier"),
)


def run(company, data: bytes, *, name: str = "EXTF_Probe.csv", options: ImportOptions = DEFAULTS) -> ImportReport:
    return import_datev_batch(company=company, actor=ACTOR, data=data, file_name=name, now=NOW, options=options)


def close(company, period: str, *, how: str = "soft lock") -> None:
    """Close a period softly, by a request to lock it for good, or for good."""
    if how == "soft lock":
        soft_lock_period(company=company, actor=ACTOR, period=period, now=NOW)
        return
    member = Membership.objects.of(company).get()
    owner = person_actor(person_id=member.person_id, label="Erika Beispiel", role=member.role, channel="api")
    asked_at = clock.now()  # the database compares the end of the request with its own clock
    request = request_lock(company=company, actor=owner, period=period, now=asked_at)
    if how == "lock":
        approve_lock(company=company, actor=owner, period=period, request_id=request.id, now=asked_at)


def balances(company) -> dict[str, Decimal]:
    """Debit minus credit per account over all periods, as the month balances of the ledger have it."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for month in AccountMonth.objects.of(company):
        found[month.account] += month.debit - month.credit
    return dict(found)


def balances_by_period(company) -> dict[str, dict[str, Decimal]]:
    found: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for month in AccountMonth.objects.of(company):
        found[month.period][month.account] = month.debit - month.credit
    return dict(found)


def everything(company) -> dict[str, int]:
    """How many rows of each kind there are, to see that nothing was added."""
    kinds = (Intent, Event, OpenItem, Settlement, AccountMonth, Account, Period, DatevImport, DatevImportedRow)
    counts = {kind.__name__: kind.objects.of(company).count() for kind in kinds}
    with connection.cursor() as cursor:
        cursor.execute("SELECT next_number FROM accounting_journalhead WHERE company_id = %s", [company.id])
        counts["next number"] = cursor.fetchone()[0]
    return counts


def outcome(report: ImportReport) -> dict[str, object]:
    """Which lines of the file went where."""
    return {
        "booked": sorted(line for booking in report.booked for line in booking.lines),
        "known": [row.line for row in report.known],
        "changed": [row.line for row in report.changed],
        "refused": [line.line for line in report.refused],
        "held back": list(report.held_back),
        "gone": len(report.gone),
    }


def went(**lines: object) -> dict[str, object]:
    """An expected outcome; what is not named is empty."""
    named = {name.replace("_", " "): found for name, found in lines.items()}
    return {"booked": [], "known": [], "changed": [], "refused": [], "held back": [], "gone": 0, **named}
