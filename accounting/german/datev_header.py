"""Line 1 of a DATEV file: who wrote it, what is in it, for which client and fiscal year."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from accounting.german.datev_columns import CATEGORIES, FIRST_FORMAT_VERSION, LAST_FORMAT_VERSION
from ledgerlou.clock import BERLIN
from ledgerlou.errors import Fault, LedgerLouError

BOOKING_BATCH: Final = 21
HEADER_FIELDS: Final = 31
ANNUAL_ACCOUNTS: Final = 2

_NAMES: Final = (
    "Kennzeichen",
    "Versionsnummer",
    "Formatkategorie",
    "Formatname",
    "Formatversion",
    "Erzeugt am",
    "Importiert",
    "Herkunft",
    "Exportiert von",
    "Importiert von",
    "Beraternummer",
    "Mandantennummer",
    "WJ-Beginn",
    "Sachkontenlänge",
    "Datum von",
    "Datum bis",
    "Bezeichnung",
    "Diktatkürzel",
    "Buchungstyp",
    "Rechnungslegungszweck",
    "Festschreibung",
    "WKZ",
    "reserviert",
    "Derivatskennzeichen",
    "reserviert",
    "reserviert",
    "SKR",
    "Branchenlösung-Id",
    "reserviert",
    "reserviert",
    "Anwendungsinformation",
)


class DatevFileRefused(LedgerLouError):
    """The file as a whole cannot be read as a DATEV booking batch; the faults say which field of the header or which column is why."""

    code, title = "DATEV_FILE_REFUSED", "Not a readable DATEV booking batch"


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchHeader:
    """The header of a booking batch, field numbers as in the DATEV description of the header.

    `lock_flag` is field 21 as written (None when empty); `chart` is "03" or "04" (SKR03, SKR04) or None; `booking_type` is 1 for
    day-to-day bookkeeping and 2 for annual accounts.
    """

    marker: str
    version: int
    format_name: str
    format_version: int
    created_at: datetime | None
    origin: str
    exported_by: str
    imported_by: str
    consultant: int
    client: int
    fiscal_year_start: date
    account_length: int
    date_from: date | None
    date_until: date | None
    designation: str
    initials: str
    booking_type: int
    accounting_purpose: int | None
    lock_flag: bool | None
    currency: str
    derivative: str
    chart: str | None
    industry_solution: str
    application_info: str

    @property
    def fiscal_year_end(self) -> date:
        """The last day a row can have: twelve months after the start. The format does not say when a shorter year ends."""
        start = self.fiscal_year_start
        if (start.month, start.day) == (2, 29):
            return date(start.year + 1, 2, 28)
        return start.replace(year=start.year + 1) - timedelta(days=1)

    @property
    def locked(self) -> bool:
        """Whether the batch counts as locked (festgeschrieben): an empty flag does, as in DATEV since 2016/17."""
        return self.lock_flag is not False


def read_header(fields: Sequence[str]) -> tuple[BatchHeader, list[Fault]]:
    """The header of a booking batch, and what is odd about it without standing in the way.

    Raises DatevFileRefused with everything that is wrong at once; a file of another kind is named.
    """
    reader = _HeaderReader(fields)
    _require_booking_batch(reader)
    start, date_from, date_until = reader.day(13, required=True), reader.day(15), reader.day(16)
    header = BatchHeader(
        marker=reader.text(1),
        version=reader.number(2, required=True) or 0,
        format_name=reader.text(4),
        format_version=reader.number(5, required=True) or 0,
        created_at=reader.moment(6),
        origin=reader.text(8),
        exported_by=reader.text(9),
        imported_by=reader.text(10),
        consultant=reader.number(11, required=True) or 0,
        client=reader.number(12, required=True) or 0,
        fiscal_year_start=start or date.min,
        account_length=reader.number(14, required=True, within=(4, 8)) or 0,
        date_from=date_from,
        date_until=date_until,
        designation=reader.text(17),
        initials=reader.text(18),
        booking_type=reader.number(19, within=(1, 2)) or 1,
        accounting_purpose=reader.number(20),
        lock_flag=reader.flag(21),
        currency=reader.currency(22),
        derivative=reader.text(24),
        chart=reader.chart(27),
        industry_solution=reader.text(28),
        application_info=reader.text(31),
    )
    if start is not None:
        _require_period_in_fiscal_year(reader, header)
    if reader.faults:
        raise DatevFileRefused("The header of the DATEV file has faults.", faults=reader.faults)
    return header, reader.notices


def _require_booking_batch(reader: "_HeaderReader") -> None:
    """Refuse what is no booking batch of a version we know, naming what the file is instead."""
    if reader.text(1) not in ("EXTF", "DTVF"):
        message = f"This is not a file in DATEV format: it begins with {reader.text(1)[:20]!r} instead of EXTF or DTVF."
        raise DatevFileRefused(message, pointer="/header/1")
    if reader.text(2) not in ("510", "700"):
        message = f"The header has version {reader.text(2)!r}; known are 510 and 700. Export the file in one of these."
        raise DatevFileRefused(message, pointer="/header/2")
    category = reader.text(3)
    if category != str(BOOKING_BATCH):
        known = CATEGORIES.get(int(category)) if re.fullmatch(r"[0-9]{1,3}", category) else None
        message = (
            f"This file is of category {category[:20] or '(none)'}, {known or reader.text(4)[:40] or 'unknown'}. Only category 21, "
            "Buchungsstapel, holds bookings: choose that file."
        )
        raise DatevFileRefused(message, pointer="/header/3", category=category, format_name=reader.text(4))
    version = reader.text(5)
    if not re.fullmatch(r"[0-9]{1,3}", version) or not FIRST_FORMAT_VERSION <= int(version) <= LAST_FORMAT_VERSION:
        # A newer version may have columns that change what a row means, so it is not read on the chance that it has not.
        message = f"Buchungsstapel format version {version[:20]!r} is not known; known are {FIRST_FORMAT_VERSION} to {LAST_FORMAT_VERSION}."
        raise DatevFileRefused(message, pointer="/header/5")


def _require_period_in_fiscal_year(reader: "_HeaderReader", header: BatchHeader) -> None:
    """The period of the batch lies inside one fiscal year (DATEV header, fields 15 and 16)."""
    for number, day in ((15, header.date_from), (16, header.date_until)):
        if day is not None and not header.fiscal_year_start <= day <= header.fiscal_year_end:
            year = f"{header.fiscal_year_start} to {header.fiscal_year_end}"
            reader.fault(number, f"{day} is outside the fiscal year {year}. One file holds one fiscal year.")
    if header.date_from is not None and header.date_until is not None and header.date_from > header.date_until:
        reader.fault(16, f"{header.date_until} is before the first day of the batch, {header.date_from}.")


class _HeaderReader:
    """Reads typed fields by their number and collects what is wrong. Missing fields at the end count as empty."""

    def __init__(self, fields: Sequence[str]) -> None:
        self._fields = [field.strip() for field in fields] + [""] * (HEADER_FIELDS - len(fields))
        self.faults: list[Fault] = []
        self.notices: list[Fault] = []

    def fault(self, number: int, problem: str) -> None:
        self.faults.append(self._about(number, problem))

    def _about(self, number: int, problem: str) -> Fault:
        return Fault(pointer=f"/header/{number}", code="INVALID_INPUT", message=f"Header field {number} ({_NAMES[number - 1]}): {problem}")

    def text(self, number: int) -> str:
        return self._fields[number - 1]

    def number(self, number: int, *, required: bool = False, within: tuple[int, int] | None = None) -> int | None:
        value = self.text(number)
        if not value and not required:
            return None
        if not re.fullmatch(r"[0-9]{1,8}", value):
            self.fault(number, f"{value[:20]!r} is not a whole number." if value else "A number is missing.")
            return None
        found = int(value)
        if within is not None and not within[0] <= found <= within[1]:
            self.fault(number, f"{found} is not within {within[0]} to {within[1]}.")
            return None
        return found

    def day(self, number: int, *, required: bool = False) -> date | None:
        value = self.text(number)
        if not value and not required:
            return None
        try:
            if not re.fullmatch(r"[0-9]{8}", value):
                raise ValueError
            found = date(int(value[:4]), int(value[4:6]), int(value[6:]))
        except ValueError:
            self.fault(number, f"{value[:20]!r} is not a date in the form JJJJMMTT.")
            return None
        if not 1900 <= found.year <= 9000:
            self.fault(number, f"{found} cannot be the date of a booking.")
            return None
        return found

    def moment(self, number: int) -> datetime | None:
        """JJJJMMTTHHMMSSmmm; only a notice when it is something else, since no booking depends on it."""
        value = self.text(number)
        if not value:
            return None
        try:
            if not re.fullmatch(r"[0-9]{17}", value):
                raise ValueError
            # The format names no time zone; the programs write the local time of their German users.
            return datetime.strptime(value + "000", "%Y%m%d%H%M%S%f").replace(tzinfo=BERLIN)
        except ValueError:
            self.notices.append(self._about(number, f"{value[:20]!r} is not a moment in the form JJJJMMTTHHMMSSmmm; it is left out."))
            return None

    def flag(self, number: int) -> bool | None:
        value = self.text(number)
        if value not in ("", "0", "1"):
            self.fault(number, f"{value[:20]!r} is neither 0 nor 1.")
        return {"0": False, "1": True}.get(value)

    def currency(self, number: int) -> str:
        value = self.text(number) or "EUR"
        if not re.fullmatch(r"[A-Z]{3}", value):
            self.fault(number, f"{value[:20]!r} is not a currency code such as EUR.")
        return value

    def chart(self, number: int) -> str | None:
        value = self.text(number)
        if value in ("", "03", "04"):
            return value or None
        self.notices.append(self._about(number, f"{value[:20]!r} is neither 03 nor 04, so the chart of accounts is not checked."))
        return None
