"""The canonical form of a journal line and its SHA-256, the same as the database and `docs/verify_journal.py` compute (RULINGS 12)."""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

FIRST_PREV_HASH: Final = "0" * 64
_encode = json.JSONEncoder(ensure_ascii=False).encode


def seal(fields: Sequence[str | None] | Sequence[Sequence[str | None]]) -> str:
    """SHA-256 (hex) over the JSON array of the fields, or of rows of fields, UTF-8, parted by a comma and a blank."""
    return hashlib.sha256(_encode(fields).encode()).hexdigest()


def moment_text(moment: datetime) -> str:
    """A moment as the hash sees it: UTC with microseconds and Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def amount_text(amount: Decimal) -> str:
    """Euros as the hash sees them: two decimals."""
    return f"{amount:.2f}"


def fx_text(amount: Decimal | None) -> str | None:
    """A foreign amount as the hash sees it: four decimals, as stored."""
    return None if amount is None else f"{amount:.4f}"


def rate_text(rate: Decimal | None) -> str | None:
    """A rate as the hash sees it: eight decimals, as stored."""
    return None if rate is None else f"{rate:.8f}"


def metadata_text(metadata: object | None) -> str | None:
    """Custom metadata as one canonical JSON text: keys sorted, numbers as digits."""
    if metadata is None:
        return None
    return _CanonicalEncoder().text(metadata)


class _CanonicalEncoder:
    """JSON for flat metadata; numbers are Decimals or ints and never go through float."""

    def text(self, value: object) -> str:
        if isinstance(value, dict):
            items = (f"{_encode(str(key))}: {self.text(value[key])}" for key in sorted(value))
            return "{" + ", ".join(items) + "}"
        if isinstance(value, Decimal):
            return f"{value:f}"
        return json.dumps(value, ensure_ascii=False)
