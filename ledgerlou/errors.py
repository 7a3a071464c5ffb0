"""What a caller can act on: one class per situation, one stable code each. Edges turn these into their own words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """One thing that is wrong with an input.

    `pointer` is a JSON pointer into the body (`/lines/0/debit`, empty for the body as a whole);
    a query parameter is written `?name`, a path parameter `{name}`, a header `header:Name`.
    """

    pointer: str
    code: str
    message: str


class LedgerLouError(Exception):
    """Something the caller can act on. `code` is what clients compare; `details` holds facts such as ids."""

    code: ClassVar[str] = "INVALID_INPUT"
    http_status: ClassVar[int] = 400
    title: ClassVar[str] = "The input is not valid"

    def __init__(self, message: str, *, faults: Sequence[Fault] = (), pointer: str = "", **details: object) -> None:
        super().__init__(message)
        self.message = message
        self.pointer = pointer
        self.details = details
        self.faults = tuple(faults) or (Fault(pointer=pointer, code=self.code, message=message),)


class InvalidInput(LedgerLouError):
    """A field, a query parameter or a key is missing, unknown or malformed."""


class NotFound(LedgerLouError):
    """The thing does not exist in this company (another company's thing is not found either)."""

    code, http_status, title = "NOT_FOUND", 404, "Not found"


class WrongState(LedgerLouError):
    """The thing is not in a state that allows the action."""

    code, http_status, title = "WRONG_STATE", 409, "The current state does not allow this"


class Forbidden(LedgerLouError):
    """The person or key is known but may not do this."""

    code, http_status, title = "FORBIDDEN", 403, "Not allowed"


class TryAgain(LedgerLouError):
    """A passing conflict (lock timeout, deadlock); the same request may succeed in a moment."""

    code, http_status, title = "TRY_AGAIN", 409, "Busy, try again"


def raise_together(errors: Iterable[LedgerLouError]) -> None:
    """Raise the first of several errors, carrying the faults and details of all; do nothing when there is none."""
    found = list(errors)
    if not found:
        return
    first = found[0]
    first.faults = tuple(fault for error in found for fault in error.faults)
    for error in found[1:]:
        first.details = {**error.details, **first.details}
    raise first
