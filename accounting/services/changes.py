"""What services that change master data share: fields a change leaves alone, and texts that fit on one line."""

import unicodedata
from enum import Enum
from typing import Final, Literal

from ledgerlou.companies.reason import MAX_LENGTH
from ledgerlou.errors import InvalidInput


class Keep(Enum):
    """The value of a field that a change does not mention; None means that the field is cleared."""

    KEEP = "keep"


KEEP: Final = Keep.KEEP
Kept = Literal[Keep.KEEP]


def one_line(text: str, *, pointer: str) -> str:
    """A name or label without line breaks and double blanks, since it goes into lists, files and headers.

    Raises InvalidInput for characters that cannot be seen: control characters, and marks that turn the direction of writing.
    """
    line = " ".join(text.split())
    if any(unicodedata.category(character) in ("Cc", "Cs") or character in _TURNING for character in line):
        raise InvalidInput("Control characters and marks that turn the direction of writing are not allowed.", pointer=pointer)
    return line


def reason_text(reason: str | None) -> str | None:
    """Why something is changed, as the audit history keeps it. Raises InvalidInput for one that is too long or cannot be read."""
    if reason is None:
        return None
    line = one_line(reason, pointer="/reason")
    if len(line) > MAX_LENGTH:
        raise InvalidInput(f"A reason has at most {MAX_LENGTH} characters.", pointer="/reason")
    return line or None


# Unicode's embeddings, overrides and isolates (UAX #9): they let a text look like another.
_TURNING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
