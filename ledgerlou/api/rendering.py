"""JSON out: decimals are written as their digits and never pass through float."""

from datetime import UTC, date, datetime
from decimal import Decimal
from json.encoder import c_make_encoder, encode_basestring  # type: ignore[attr-defined]  # the C encoder behind json.dumps
from typing import Any
from uuid import UUID


class _Digits(str):
    """Text that goes into the document as it stands."""

    __slots__ = ()


def _encode_text(text: str) -> str:
    return text if type(text) is _Digits else encode_basestring(text)


def _encode_other(value: object) -> object:
    """Values that JSON does not know. Called by the encoder for everything but text, whole numbers, lists and dictionaries."""
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError(f"{value} cannot be written as JSON.")
        return _Digits(format(value, "f"))
    if isinstance(value, datetime):
        return moment_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be written as JSON.")


# json.dumps offers no way to write a number as given digits. Its C encoder does: it asks this function for the text of every string,
# and our function returns the digits bare. Arguments as in json.encoder.JSONEncoder.iterencode: NaN is refused, and no record of open
# containers is kept (None), because threads share the encoder.
_encode = c_make_encoder(None, _encode_other, _encode_text, None, ":", ",", False, False, False)


def to_json(value: Any) -> bytes:
    """The value as compact JSON in UTF-8."""
    return "".join(_encode(value, 0)).encode()


def moment_text(moment: datetime) -> str:
    """A moment in UTC, ISO 8601 with `Z`."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
