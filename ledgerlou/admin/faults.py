"""Refusals of the services in a person's language, on the field they belong to."""

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Final

from django import forms
from django.utils import translation
from django.utils.formats import date_format, number_format

from ledgerlou.admin.refusal_sentences import PARTS, SENTENCES
from ledgerlou.errors import Fault, LedgerLouError

_PLACEHOLDER: Final = re.compile(r"\{([a-z_]+)\}")
_AMOUNT: Final = re.compile(r"-?[0-9]{1,15}\.([0-9]{1,8})")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def texts_of(error: LedgerLouError) -> list[str]:
    """Every fault as a sentence in the language of the request."""
    return [text_of(fault) for fault in error.faults]


def text_of(fault: Fault) -> str:
    """A fault in the language of the request; in English where its sentence has no translation."""
    return translated(fault.message)


def add_faults(form: forms.Form, error: LedgerLouError) -> None:
    """Put every fault on the field its pointer names, and what belongs to none above the form."""
    for fault in error.faults:
        form.add_error(field_of(form.fields, fault.pointer), text_of(fault))


def field_of(names: Iterable[str], pointer: str) -> str | None:
    """The field a pointer (`/scopes/0`, `{period}`) leads to, if the form has it."""
    name = pointer.strip("/{}").partition("/")[0]
    return name if name in names else None


def translated(sentence: str) -> str:
    """A service's English sentence in the language of the request; as it is where there is no translation."""
    if translation.get_language() == "en":
        return sentence
    for pattern, known in _patterns():
        found = pattern.fullmatch(sentence)
        if found:
            facts = {name: _translated_fact(fact) for name, fact in found.groupdict().items()}
            return translation.gettext(known).format(**facts)
    return sentence


def _translated_fact(fact: str) -> str:
    """What stands in a sentence: a word we know, an amount, a day, a sentence of its own, or a fact that is the same in every language."""
    if fact in PARTS:
        return translation.gettext(fact)
    amount = _AMOUNT.fullmatch(fact)
    if amount:
        return number_format(Decimal(fact), decimal_pos=len(amount[1]), use_l10n=True, force_grouping=True)
    if _DAY.fullmatch(fact):
        with suppress(ValueError):  # no day of the calendar: shown as it was given
            return date_format(date.fromisoformat(fact), "SHORT_DATE_FORMAT")
    return translated(fact) if " " in fact else fact


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """The known sentences as patterns, the most specific (longest fixed part) first."""
    by_fixed_length = sorted(SENTENCES, key=lambda sentence: -len(_PLACEHOLDER.sub("", sentence)))
    return tuple((_pattern(sentence), sentence) for sentence in by_fixed_length)


def _pattern(sentence: str) -> re.Pattern[str]:
    parts = _PLACEHOLDER.split(sentence)  # text, name, text, name, text
    regex = "".join(re.escape(part) if position % 2 == 0 else f"(?P<{part}>.+?)" for position, part in enumerate(parts))
    return re.compile(regex, re.DOTALL)
