"""Request bodies: exact JSON and multipart forms, with limits, before any field is looked at."""

import json
from decimal import Decimal
from typing import Any, Final, NoReturn

from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError

from ledgerlou.api.errors import LengthRequired, RequestTooLarge, UnsupportedMediaType
from ledgerlou.errors import InvalidInput

JSON, FORM = "application/json", "multipart/form-data"
MAX_DEPTH: Final = 16
MAX_DIGITS: Final = 32
EXPONENTS: Final = range(-10, 16)


class _Refused(ValueError):
    """A JSON text that we do not take although the grammar allows it."""


def media_type(http: HttpRequest) -> str:
    """The media type of the body without parameters. Raises UnsupportedMediaType for a character set other than UTF-8."""
    declared: str = http.META.get("CONTENT_TYPE", "")
    if declared == JSON:
        return JSON
    name, *parameters = declared.split(";")
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip().lower() == "charset" and value.strip().strip('"').lower() not in ("utf-8", "utf8"):
            raise UnsupportedMediaType("Bodies are read as UTF-8 only.", pointer="header:Content-Type")
    return name.strip().lower()


def raw_body(http: HttpRequest, *, max_bytes: int) -> bytes:
    """The body as received. Raises RequestTooLarge, LengthRequired."""
    length = http.META.get("CONTENT_LENGTH") or ""
    if not length and "chunked" in http.META.get("HTTP_TRANSFER_ENCODING", "").lower():
        raise LengthRequired("Send the body with a Content-Length header.", pointer="header:Content-Length")
    if length.isdigit() and int(length) > max_bytes:
        raise RequestTooLarge(f"The body may have at most {max_bytes} bytes.", max_bytes=max_bytes)
    return http.body


def parse_json(raw: bytes) -> Any:
    """The JSON value with exact decimals. Raises InvalidInput.

    Refused besides what the grammar refuses: NaN and Infinity, numbers of more than 32 digits or with exponents outside -10 to 15,
    a key twice, more than 16 levels, zero bytes and lone surrogates in texts, other encodings than UTF-8.
    """
    try:
        text = raw.decode("utf-8")
        value = _decoder.decode(text)
        if raw.count(b"{") + raw.count(b"[") > MAX_DEPTH:
            _check_depth(value)
        if b"\\u" in raw or b"\x00" in raw:
            _check_escapes(value)
    except UnicodeDecodeError:
        raise InvalidInput("The body is not UTF-8.") from None
    except RecursionError:
        raise InvalidInput(f"The body is nested deeper than {MAX_DEPTH} levels.") from None
    except json.JSONDecodeError as fault:
        raise InvalidInput(f"The body is not JSON: {fault.msg} at line {fault.lineno}, column {fault.colno}.") from None
    except _Refused as fault:
        raise InvalidInput(str(fault)) from None
    return value


def parse_form(http: HttpRequest) -> dict[str, Any]:
    """Fields and files of a multipart body by name. Raises InvalidInput."""
    found: dict[str, Any] = {}
    try:
        parts: list[tuple[str, list[Any]]] = [*http.POST.lists(), *http.FILES.lists()]
    except MultiPartParserError:
        raise InvalidInput("The multipart body cannot be read.") from None
    for name, values in parts:
        if len(values) > 1 or name in found:
            raise InvalidInput(f"{name} is given twice.", pointer=f"/{name}")
        found[name] = values[0]
    try:
        _check_escapes([*found, *(value for value in found.values() if isinstance(value, str))])
    except _Refused as fault:
        raise InvalidInput(str(fault)) from None
    return found


def _decimal(text: str) -> Decimal:
    mantissa, _, exponent = text.lower().partition("e")
    if len(mantissa) > MAX_DIGITS and sum(map(str.isdigit, mantissa)) > MAX_DIGITS:
        raise _Refused(f"The number {text[:40]} has more than {MAX_DIGITS} digits.")
    if exponent and (len(exponent) > 4 or int(exponent) not in EXPONENTS):
        raise _Refused(f"The exponent of the number {text[:40]} is outside {EXPONENTS[0]} to {EXPONENTS[-1]}.")
    return Decimal(text)


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise _Refused(f"The number {text[:40]} has more than {MAX_DIGITS} digits.")
    return int(text)


def _constant(name: str) -> NoReturn:
    raise _Refused(f"{name} is not a number.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _Refused(f'The key "{twice[:100]}" is given twice.')
    return found


_decoder = json.JSONDecoder(parse_float=_decimal, parse_int=_integer, parse_constant=_constant, object_pairs_hook=_object)


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            inner for outer in level for inner in (outer.values() if isinstance(outer, dict) else outer) if isinstance(inner, dict | list)
        ]
        if not level:
            return
    raise _Refused(f"The body is nested deeper than {MAX_DEPTH} levels.")


def _check_escapes(value: Any) -> None:
    """Escapes can smuggle in what PostgreSQL cannot store as text."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            waiting += item
        elif isinstance(item, str) and ("\x00" in item or any("\ud800" <= character <= "\udfff" for character in item)):
            raise _Refused("Texts must not contain zero bytes or lone surrogates.")
