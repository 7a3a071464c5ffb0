"""The grid of a page where people type lines: what they wrote in each cell, what it means, and what is wrong with it."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from django.http import QueryDict
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from accounting.admin.booking_fields import page_language
from accounting.models.account import Account
from ledgerlou.admin.amounts_input import parse_amount
from ledgerlou.companies.models.company import Company
from ledgerlou.errors import Fault
from ledgerlou.money import ZERO

COLUMNS: Final = ("account", "debit", "credit", "tax_code")
EMPTY_ROWS: Final = 8  # how many empty lines a page offers where no script adds them
MAX_ROWS: Final = 5000
_LONGEST_CELL: Final = 120
_NUMBER: Final = re.compile(r"([0-9]{1,9})(?:\s.*)?", re.ASCII | re.DOTALL)  # 1800, also as "1800 Bank"
_CELL_OF: Final = {"account_number": "account"}  # how pointers of the services name a cell


@dataclass(kw_only=True, slots=True)
class Row:
    """A line as it stands on the page: the texts of its cells, and faults by cell (`row` for the line as a whole)."""

    account: str = ""
    debit: str = ""
    credit: str = ""
    tax_code: str = ""
    name: str = ""
    faults: dict[str, list[str]] = field(default_factory=dict)

    @property
    def is_blank(self) -> bool:
        """Whether nothing was written into it."""
        return not any((self.account, self.debit, self.credit, self.tax_code))

    def blame(self, cell: str, text: str) -> None:
        """Put a fault on a cell."""
        self.faults.setdefault(cell, []).append(text)


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """What a row means: an account and an amount on one side, zero on both where none was given."""

    account: str
    debit: Decimal
    credit: Decimal
    tax_code: str | None


@dataclass(kw_only=True, slots=True)
class Grid:
    """All rows, in the order of the page. `filled` are those that count; a service's line 0 is the first of them."""

    rows: list[Row] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def filled(self) -> list[Row]:
        """The rows in which something stands."""
        return [row for row in self.rows if not row.is_blank]

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong so far."""
        return not self.faults and not any(row.faults for row in self.rows)

    def padded(self, wanted: int = EMPTY_ROWS) -> list[Row]:
        """The rows for the page: those with content, and empty ones below."""
        rows = self.filled
        return [*rows, *(Row() for _row in range(max(wanted - len(rows), 2)))]

    def lines(self, *, needs_amounts: bool = True) -> list[Line]:
        """What the filled rows mean. What cannot be read becomes a fault of its cell; see `is_sound` afterwards."""
        return [_line_of(row, needs_amounts=needs_amounts) for row in self.filled]

    def place(self, pointer: str, text: str) -> bool:
        """Put a fault of a service on its cell (`/lines/2/tax_code`) or above the grid; False when it is not about lines."""
        parts = pointer.strip("/").split("/")
        if parts[0] not in ("lines", "balances"):
            return False
        index = int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else None
        if index is None or index >= len(self.filled):
            self.faults.append(text)
        else:
            cell = _CELL_OF.get(parts[2], parts[2]) if len(parts) > 2 else "row"
            self.filled[index].blame(cell if cell in COLUMNS else "row", text)
        return True

    def name_accounts(self, company: Company) -> None:
        """Write the names of the accounts beside their numbers, in one query."""
        numbers = {row.account for row in self.filled if row.account}
        known = dict(Account.objects.of(company).filter(number__in=numbers).values_list("number", "name")) if numbers else {}
        for row in self.filled:
            row.name = known.get(row.account, "")


def grid_of(posted: QueryDict) -> Grid:
    """The rows of a form: as one JSON text where a script gathered them, else cell by cell."""
    gathered = posted.get("lines", "")
    cells = _gathered(gathered) if gathered else zip(*_columns(posted), strict=True)
    grid = Grid(rows=[_row_of([text.strip()[:_LONGEST_CELL] for text in row]) for row in cells])
    if len(grid.rows) > MAX_ROWS:
        del grid.rows[MAX_ROWS:]
        grid.faults.append(_("At most %(count)s lines fit on this page.") % {"count": MAX_ROWS})
    return grid


def euros_as_typed(amount: Decimal) -> str:
    """An amount as the page's language writes it; nothing for zero."""
    return number_format(amount, 2, use_l10n=True, force_grouping=True) if amount else ""


def _row_of(cells: Sequence[str]) -> Row:
    account, debit, credit, tax_code = cells
    return Row(account=account, debit=debit, credit=credit, tax_code=tax_code)


def _gathered(text: str) -> Iterable[Sequence[str]]:
    """Rows of four texts; anything else was not written by our script and counts as no row."""
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError):
        return []
    if not isinstance(rows, list):
        return []
    return [row for row in rows if isinstance(row, list) and len(row) == len(COLUMNS) and all(isinstance(cell, str) for cell in row)]


def _columns(posted: QueryDict) -> list[list[str]]:
    """The cells of the plain form, column by column, short columns filled up."""
    columns = [posted.getlist(name) for name in COLUMNS]
    longest = max(len(column) for column in columns)
    return [column + [""] * (longest - len(column)) for column in columns]


def _line_of(row: Row, *, needs_amounts: bool) -> Line:
    debit, credit = _amount(row, "debit"), _amount(row, "credit")
    if debit and credit:
        row.blame("credit", _("A line has debit or credit, not both."))
    elif needs_amounts and not (debit or credit) and not {"debit", "credit"} & row.faults.keys():
        row.blame("debit", _("An amount is missing."))
    return Line(account=_account(row), debit=debit, credit=credit, tax_code=row.tax_code.upper() or None)


def _amount(row: Row, side: str) -> Decimal:
    text = row.debit if side == "debit" else row.credit
    if not text:
        return ZERO
    amount = parse_amount(text, page_language())
    if isinstance(amount, Fault):
        row.blame(side, amount.message)
        return ZERO
    if amount < 0:
        row.blame(side, _("Amounts are positive; the side says the direction."))
        return ZERO
    return amount


def _account(row: Row) -> str:
    """The account's number, also where its name stands behind it."""
    if not row.account:
        row.blame("account", _("Choose an account."))
        return ""
    found = _NUMBER.fullmatch(row.account)
    if found is None:
        row.blame("account", _("%(text)s is no account number. Choose an account from the list.") % {"text": row.account})
        return ""
    row.account = found[1]
    return row.account
