"""One row of a DATEV booking batch: its fields by position, typed and checked, and what makes it the same row another day.

Source of the fields: DATEV developer portal, DATEV format, "Buchungsstapel" (numbers in brackets below are DATEV's).
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from dataclasses import fields as dataclass_fields
from datetime import date
from decimal import Decimal
from typing import Final

from accounting.german.datev_columns import COLUMNS
from accounting.german.datev_header import BatchHeader
from ledgerlou.errors import Fault
from ledgerlou.money import ZERO

_CONTROL_CHARACTER: Final = re.compile(r"[\x00-\x1f\x7f]")
_DOCUMENT_LINK: Final = re.compile(r'^([A-Z]{4}) "([^"]{1,200})"$')
_GUID: Final = re.compile(r"^\{?([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})\}?$")


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchRow:
    """One readable row, with the number of its line in the file.

    `amount` is above zero and in `currency` (1, 3); `base_amount` is its worth in `base_currency` (5, 6); `rate` is as written, in
    units of the currency per unit of the base currency (4). `account` and `contra_account` are digits as written (7, 8); `side` S
    puts `account` in debit, H in credit (2). `locked` (114) is None when empty. `document_guid` is the GUID of the document link
    (20). `service_date` is 115, `tax_period_date` 116, `due_date` 117. `raw` holds the fields as they stood, without the empty ones
    at the end.

    `fingerprint` changes with anything that would be booked or stored; `identity` stays, see `Identities`.
    """

    line: int
    amount: Decimal
    side: str
    currency: str
    rate: Decimal | None
    base_amount: Decimal | None
    base_currency: str | None
    account: str
    contra_account: str
    bu_key: str
    document_date: date
    document_field_1: str
    document_field_2: str
    discount: Decimal | None
    text: str
    document_link: str
    document_guid: str | None
    cost_centre_1: str
    cost_centre_2: str
    eu_vat_id: str
    eu_rate_percent: Decimal | None
    taxation: str
    case_number: str
    case_supplement: str
    bu49_main_type: str
    bu49_main_number: str
    bu49_supplement: str
    advance_type: str
    locked: bool | None
    service_date: date | None
    tax_period_date: date | None
    due_date: date | None
    general_reversal: bool
    tax_rate_percent: Decimal | None
    tax_country: str
    discount_account: str
    raw: tuple[str, ...]
    fingerprint: str
    identity: str

    @property
    def features(self) -> tuple[str, ...]:
        """What a person knows the row by: amount and side, the two accounts, date, document number, text; empty where it has none."""
        money = f"{self.amount.normalize():f} {self.currency} {self.side}{'G' if self.general_reversal else ''}"
        accounts = f"{self.account.lstrip('0')}/{self.contra_account.lstrip('0')}"
        return money, accounts, self.document_date.isoformat(), self.document_field_1, self.text


class Identities:
    """Names for rows that survive a second export of the same batch in which a row was changed.

    A row with a booking GUID (103) is that GUID, for this consultant, client and fiscal year; of several rows with the same GUID in
    one file it is the n-th. Without one it is the n-th row of its batch (period and designation of the header) with its document date
    and document field 1 or, where that is empty, with its date and its two accounts. So amount, text, key and tax fields may change
    without the row becoming another one, and with a document number the accounts too. The position in the file takes no part: one row
    put in above would rename all rows below.

    Equal rows are told apart by counting. That is enough, because `datev_reimport` first pairs equal fingerprints and asks for
    identities only among what is left.
    """

    def __init__(self, header: BatchHeader) -> None:
        self._client = (str(header.consultant), str(header.client), header.fiscal_year_start.isoformat())
        self._batch = (str(header.date_from), str(header.date_until), header.designation)
        self._seen: Counter[tuple[str, ...]] = Counter()

    def name(self, *, guid: str, day: date, document_field_1: str, accounts: tuple[str, str]) -> str:
        """The identity of the next row."""
        if guid:
            self._seen["guid", guid.casefold()] += 1
            return "guid:" + _sha256([*self._client, guid.casefold(), str(self._seen["guid", guid.casefold()])])
        anchor = (day.isoformat(), *((document_field_1,) if document_field_1 else sorted(accounts)))
        self._seen[anchor] += 1
        return "row:" + _sha256([*self._client, *self._batch, *anchor, str(self._seen[anchor])])


def read_row(*, fields: Sequence[str], line: int, header: BatchHeader, identities: Identities) -> BatchRow | list[Fault]:
    """One row, or everything that is wrong with it. Missing fields at the end count as empty."""
    reader = _RowReader(fields=fields, line=line, header=header)
    link = reader.text(20)
    row = BatchRow(
        line=line,
        amount=reader.decimal(1, digits=10, places=2, required=True) or ZERO,
        side=reader.matching(2, r"[SH]", "S or H", required=True),
        currency=reader.matching(3, r"[A-Z]{3}", "a currency code such as CHF") or header.currency,
        rate=reader.decimal(4, digits=4, places=6),
        base_amount=reader.decimal(5, digits=10, places=2, zero_is_empty=True),
        base_currency=reader.matching(6, r"[A-Z]{3}", "a currency code such as EUR") or None,
        account=reader.account(7, required=True),
        contra_account=reader.account(8, required=True),
        bu_key=reader.matching(9, r"[0-9]{1,4}", "a key of up to four digits"),
        document_date=reader.document_date(10) or header.fiscal_year_start,
        document_field_1=reader.text(11),
        document_field_2=reader.text(12),
        discount=reader.decimal(13, digits=8, places=2, zero_is_empty=True),
        text=reader.text(14),
        document_link=link,
        document_guid=_guid_of(link),
        cost_centre_1=reader.text(37),
        cost_centre_2=reader.text(38),
        eu_vat_id=reader.text(40),
        eu_rate_percent=reader.decimal(41, digits=2, places=2, zero_is_empty=True),
        taxation=reader.matching(42, r"[ISKP]", "I, S, K or P"),
        case_number=reader.matching(43, r"[0-9]{1,3}", "a number"),
        case_supplement=reader.matching(44, r"[0-9]{1,3}", "a number"),
        bu49_main_type=reader.matching(45, r"[0-9]", "a digit"),
        bu49_main_number=reader.matching(46, r"[0-9]{1,2}", "a number"),
        bu49_supplement=reader.matching(47, r"[0-9]{1,3}", "a number"),
        advance_type=reader.text(96),
        locked={"0": False, "1": True}.get(reader.matching(114, r"[01]", "0 or 1")),
        service_date=reader.day(115),
        tax_period_date=reader.day(116),
        due_date=reader.day(117),
        general_reversal=reader.matching(118, r"[01Gg]", "1, G, 0 or empty") not in ("", "0"),
        tax_rate_percent=reader.decimal(119, digits=2, places=2, zero_is_empty=True),
        tax_country=reader.text(120),
        discount_account=reader.account(125),
        raw=reader.raw,
        fingerprint="",
        identity="",
    )
    if reader.faults:
        return reader.faults
    identity = identities.name(
        guid=reader.text(103),
        day=row.document_date,
        document_field_1=row.document_field_1,
        accounts=(row.account.lstrip("0"), row.contra_account.lstrip("0")),
    )
    return replace(row, fingerprint=_fingerprint(row), identity=identity)


# What says nothing about the booking. Not the lock flag either: the same row comes back locked in the next export.
_NOT_IN_FINGERPRINT: Final = frozenset({"line", "document_guid", "locked", "raw", "fingerprint", "identity"})
_FINGERPRINTED: Final = tuple(field.name for field in dataclass_fields(BatchRow) if field.name not in _NOT_IN_FINGERPRINT)
_WITHOUT_LEADING_ZEROS: Final = frozenset({"account", "contra_account", "bu_key", "discount_account"})


def parse_short_date(value: str) -> date | None:
    """A date TTMMJJ of this century, or None for any other text: document field 2 may hold a due date or a second reference."""
    if not re.fullmatch(r"[0-9]{6}", value):
        return None
    return _day(year=2000 + int(value[4:]), month=int(value[2:4]), day=int(value[:2]))


def _fingerprint(row: BatchRow) -> str:
    """SHA-256 over the values, not the bytes: "100" and "100,00", 0101 and 01012026, 0085 and 85 are the same."""
    written = []
    for name in _FINGERPRINTED:
        value = getattr(row, name)
        if isinstance(value, Decimal):
            written.append(f"{value.normalize():f}")
        else:
            written.append(str(value).lstrip("0") if name in _WITHOUT_LEADING_ZEROS else str(value))
    return _sha256(written)


def _sha256(parts: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps(list(parts), ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def _guid_of(link: str) -> str | None:
    """The GUID in a document link such as `BEDI "…"` or `DDMS "…"`; other links name a file and have none."""
    found = _DOCUMENT_LINK.match(link)
    guid = _GUID.match(found.group(2)) if found else None
    return guid.group(1).lower() if guid else None


class _RowReader:
    """Reads typed fields by their number and collects what is wrong with them."""

    def __init__(self, *, fields: Sequence[str], line: int, header: BatchHeader) -> None:
        self._line, self._header = line, header
        self.faults: list[Fault] = []
        used = len(fields)
        while used and not fields[used - 1].strip():
            used -= 1
        self.raw = tuple(fields[:used])
        if used > len(COLUMNS):
            self._fault_at(len(COLUMNS) + 1, f"Line {line} has {used} fields; a booking batch has {len(COLUMNS)} at most.")
        for column, field in zip(COLUMNS, self.raw, strict=False):
            if len(field) > column.max_length and len(field.strip()) > column.max_length:
                self.fault(column.number, f"has {len(field.strip())} characters; {column.max_length} are allowed.")
            if field and _CONTROL_CHARACTER.search(field):
                self.fault(column.number, "holds a control character, such as a tab or a line break.")

    def fault(self, number: int, problem: str) -> None:
        """One fault of a field; a field has one at most, the first found."""
        self._fault_at(number, f"Line {self._line}, field {number} ({COLUMNS[number - 1].name}): {problem}")

    def _fault_at(self, number: int, message: str) -> None:
        pointer = f"/rows/{self._line}/{number}"
        if all(fault.pointer != pointer for fault in self.faults):
            self.faults.append(Fault(pointer=pointer, code="INVALID_INPUT", message=message))

    def text(self, number: int) -> str:
        return self.raw[number - 1].strip() if number <= len(self.raw) else ""

    def matching(self, number: int, pattern: str, what: str, *, required: bool = False) -> str:
        value = self.text(number)
        if value and not re.fullmatch(pattern, value):
            self.fault(number, f"{value[:20]!r} is not {what}.")
        elif required and not value:
            self.fault(number, f"is missing; it must be {what}.")
        return value

    def decimal(self, number: int, *, digits: int, places: int, required: bool = False, zero_is_empty: bool = False) -> Decimal | None:
        """A positive number with a decimal comma and no separator of thousands."""
        value = self.text(number)
        if not value:
            if required:
                self.fault(number, "is missing.")
            return None
        if not re.fullmatch(rf"[0-9]{{1,{digits}}}(,[0-9]{{1,{places}}})?", value):
            self.fault(number, _why_no_number(value, digits=digits, places=places))
            return None
        found = Decimal(value.replace(",", "."))
        if not found:
            if not zero_is_empty:
                self.fault(number, "is zero; it must be above zero.")
            return None
        return found

    def account(self, number: int, *, required: bool = False) -> str:
        value = self.matching(number, r"[0-9]{1,9}", "an account number, up to nine digits")
        if required and not value.strip("0"):
            self.fault(number, "is empty. A row needs two accounts: a collective posting is exported as one row for each part.")
        return value

    def document_date(self, number: int) -> date | None:
        """TTMM, TTMMJJ or TTMMJJJJ, or the same without the zero that spreadsheets cut off, as a day of the header's fiscal year."""
        value = self.text(number)
        if not value:
            self.fault(number, "is missing; it must be a date TTMM.")
            return None
        start, end = self._header.fiscal_year_start, self._header.fiscal_year_end
        if not re.fullmatch(r"[0-9]{3,8}", value):
            self.fault(number, f"{value[:20]!r} is not a date in the form TTMM.")
            return None
        value = value.zfill(len(value) + len(value) % 2)
        years = {0: (start.year, end.year), 2: (2000 + int(value[4:] or 0),), 4: (int(value[4:] or 0),)}[len(value) - 4]
        days = [day for year in years if (day := _day(year=year, month=int(value[2:4]), day=int(value[:2])))]
        found = next((day for day in days if start <= day <= end), None)
        if found is None:
            problem = "lies outside" if days and len(value) > 4 else "is no day of"
            self.fault(number, f"{value[:2]}.{value[2:4]}.{value[4:]} {problem} the fiscal year {start} to {end}.")
        return found

    def day(self, number: int) -> date | None:
        """TTMMJJJJ, or the same without the zero that spreadsheets cut off."""
        value = self.text(number)
        if not value:
            return None
        digits = value.zfill(8)
        found = None
        if re.fullmatch(r"[0-9]{7,8}", value):
            found = _day(year=int(digits[4:]), month=int(digits[2:4]), day=int(digits[:2]))
        if found is None or not 1900 <= found.year <= 9000:
            self.fault(number, f"{value[:20]!r} is not a date in the form TTMMJJJJ.")
            return None
        return found


def _why_no_number(value: str, *, digits: int, places: int) -> str:
    shown = repr(value[:20])
    if value.startswith("-"):
        return f"{shown} is negative. Amounts are positive; the side, S or H, says the direction."
    if "." in value:
        return f"{shown} has a point. Numbers have a decimal comma and no separator of thousands."
    whole, _, fraction = value.partition(",")
    if whole.isdecimal() and fraction.isdecimal() and len(fraction) > places:
        return f"{shown} has {len(fraction)} decimals; {places} are allowed."
    if whole.isdecimal() and len(whole) > digits:
        return f"{shown} is too large; {digits} digits before the comma are allowed."
    return f"{shown} is not a number such as 1234,56."


def _day(*, year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
