"""Amounts as people type and paste them: 1.234,56 and 1,234.56, with blanks, currency signs and every kind of minus."""

import re
from decimal import Decimal
from typing import Final

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from ledgerlou.errors import Fault, InvalidInput
from ledgerlou.money import MAX_EUROS

_LONGEST: Final = 60
_BLANKS: Final = re.compile("[ \t\u00a0\u2007\u2009\u202f]")  # among them the no-break blanks that spreadsheets put between thousands
_MINUS: Final = re.compile("[-\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d]")
_CURRENCY: Final = re.compile(r"^(?:€|EUR)|(?:€|EUR)$", re.IGNORECASE)
_NOTHING_AFTER: Final = re.compile(r"[.,](?:-{1,2}|[\u2013\u2014])$")  # 100,- is what a hundred euros look like on German paper
_PLAIN: Final = re.compile(r"([0-9]*)(?:[.,]([0-9]+))?", re.ASCII)


def parse_amount(text: str, language: str, *, pointer: str = "", places: int = 2, largest: Decimal = MAX_EUROS) -> Decimal | Fault:
    """The amount a person means, or what is wrong with it, said in the language of the page.

    `language` is the page's: it decides where a text can be read in two ways. With both separators the last one is the decimal point. A
    lone separator that groups thousands in this language and has three digits behind it groups (1.234 is 1234 on German pages); any other
    lone separator is the decimal point (1234.56 and 1234,56 mean the same everywhere). Minus before or behind, or brackets, make it
    negative; a euro sign is left out. `places` is how many decimals are allowed: 2 for euros, 4 for foreign amounts, 8 for rates.
    """
    if len(text) > _LONGEST:
        return _fault(pointer, _not_an_amount(text[:20] + "…", language))
    bare, is_negative = _without_signs(text.strip())
    number = _digits_and_point(bare, language)
    if number is None:
        return _fault(pointer, _not_an_amount(text.strip(), language))
    whole, decimals = number
    if len(decimals) > places:
        return _fault(pointer, _("%(text)s has more than %(places)s decimals.") % {"text": text.strip(), "places": places})
    value = Decimal(f"{whole or '0'}.{decimals or '0' * places}")
    if value > largest:
        return _fault(pointer, _("%(text)s is too large.") % {"text": text.strip()})
    return -value if is_negative and value else value


def _without_signs(text: str) -> tuple[str, bool]:
    """The text without currency, outer blanks and sign, and whether the sign made it negative. Two signs leave nothing of it."""
    bare = _NOTHING_AFTER.sub("", _CURRENCY.sub("", text).strip())
    if bare[:1] == "(" and bare[-1:] == ")":
        return _CURRENCY.sub("", bare[1:-1].strip()).strip(), True
    before, behind = _MINUS.match(bare[:1]), _MINUS.match(bare[-1:])
    if not (before or behind or bare[:1] == "+"):
        return bare, False
    if behind and (before or bare[:1] == "+"):
        return "", False
    inner = bare[:-1] if behind else bare[1:]
    return _CURRENCY.sub("", inner.strip()).strip(), bool(before or behind)


def _digits_and_point(bare: str, language: str) -> tuple[str, str] | None:
    """Digits before and behind the decimal point, or None when the separators make no sense."""
    own, other = (".", ",") if language.startswith("de") else (",", ".")
    text = _BLANKS.sub(" ", bare).replace("\u2019", "'")
    for group, points in ((" ", ".,"), ("'", ".,"), (own, other), (other, own)):
        found = re.fullmatch(rf"([1-9][0-9]{{0,2}}(?:{re.escape(group)}[0-9]{{3}})+)(?:[{points}]([0-9]+))?", text, re.ASCII)
        # The other language's separator, alone and once, is a decimal point here: 1,234 is no thousand on a German page.
        if found and (group != other or found[2] or text.count(other) > 1):
            return found[1].replace(group, ""), found[2] or ""
    plain = _PLAIN.fullmatch(text)
    return (plain[1], plain[2] or "") if plain and text else None


def _not_an_amount(text: str, language: str) -> str:
    if not text:
        return _("An amount is missing.")
    with override(language):
        example = number_format(Decimal("1234.56"), 2, use_l10n=True, force_grouping=True)
    return _("%(text)s is not an amount. Write it like %(example)s.") % {"text": text, "example": example}


def _fault(pointer: str, message: str) -> Fault:
    return Fault(pointer=pointer, code=InvalidInput.code, message=message)
