"""What `custom_metadata` of a booking may hold: small, flat and never changed (contract, POST /v1/bookings)."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

from accounting.sealing import metadata_text
from ledgerlou.errors import InvalidInput, LedgerLouError

MAX_KEYS: Final = 20
MAX_KEY_LENGTH: Final = 64
MAX_TEXT_LENGTH: Final = 256
MAX_BYTES: Final = 4096


def metadata_faults(metadata: Mapping[str, object], pointer: str = "/custom_metadata") -> Iterable[LedgerLouError]:
    """Everything that is wrong with an object of metadata."""
    if len(metadata) > MAX_KEYS:
        yield InvalidInput(f"At most {MAX_KEYS} keys are kept; here are {len(metadata)}.", pointer=pointer)
    for key, value in metadata.items():
        place = f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"
        if not 1 <= len(key) <= MAX_KEY_LENGTH:
            yield InvalidInput(f"A key has 1 to {MAX_KEY_LENGTH} characters.", pointer=place)
        if "\x00" in key or (isinstance(value, str) and "\x00" in value):
            yield InvalidInput("The character U+0000 cannot be stored.", pointer=place)
        if isinstance(value, str):
            if len(value) > MAX_TEXT_LENGTH:
                yield InvalidInput(f"A text has at most {MAX_TEXT_LENGTH} characters.", pointer=place)
        elif value is not None and not isinstance(value, bool | int | Decimal):
            yield InvalidInput("A value is a text, a number, true, false or null; objects and arrays are not kept.", pointer=place)
    if not any(isinstance(value, dict | list) for value in metadata.values()):
        size = len((metadata_text(dict(metadata)) or "").encode())
        if size > MAX_BYTES:
            yield InvalidInput(f"The whole object has at most {MAX_BYTES} bytes; here are {size}.", pointer=pointer)
