"""What a DATEV posting key (BU-Schlüssel, field 9) says: which tax key, whether it lifts the automatism, whether it reverses.

The classic key has two digits: a correction key (tens) and a tax key (units). Sources: DATEV reference book on charts of accounts
("Berichtigungsschlüssel", "Steuerschlüssel"); a help page of a DATEV-compatible program (microdat.de, "Stornieren mittels
Generalumkehr"). Since fiscal year 2018 keys of three and four digits exist too; no list of them is public.
"""

from dataclasses import dataclass
from typing import Final

# Taken by § 13b UStG out of the nineties; the other nineties are input VAT to be apportioned (§ 15 Abs. 4 UStG).
_REVERSE_CHARGE_KEYS: Final = frozenset({91, 92, 93, 94, 95})

# Correction keys of a general reversal, and the key that made the booking it takes back.
_REVERSED_TENS: Final = {2: 0, 3: 90, 6: 10, 7: 50, 8: 40}


class UnclearKey(Exception):
    """The key has no meaning that we may book by. The text is for the person who imports the file."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyMeaning:
    """`tax_key` is the key that a tax code must have, None where the key names no tax. `lifts_automatism` is key 40.

    With `reverses` the row takes a booking back, and its two sides are the other way round than those of the booking. That is how
    DATEV's own sample batch of 2015 writes it (invoice with S, its correction with H and key 20); field 118 is another matter.
    """

    tax_key: int | None = None
    lifts_automatism: bool = False
    reverses: bool = False


def key_meaning(bu_key: str) -> KeyMeaning:
    """Take a key apart. `bu_key` is empty or up to four digits; zeros in front do not count. Raises UnclearKey."""
    key = int(bu_key or "0")
    if key > 99:
        # A tax code may be set up with such a key; without one the row is refused later, by name.
        return KeyMeaning(tax_key=key)
    tens = key // 10
    if tens in _REVERSED_TENS:
        taken_back = _REVERSED_TENS[tens] + key % 10
        if taken_back in _REVERSE_CHARGE_KEYS:
            raise UnclearKey(
                f"Key {key} would take back input VAT to be apportioned, whose key {taken_back} § 13b UStG uses today. "
                "Export the reversal with field 118."
            )
        original = _plain_meaning(taken_back)
        return KeyMeaning(tax_key=original.tax_key, lifts_automatism=original.lifts_automatism, reverses=True)
    return _plain_meaning(key)


def _plain_meaning(key: int) -> KeyMeaning:
    if key == 0:
        return KeyMeaning()
    if key == 40:
        return KeyMeaning(lifts_automatism=True)
    if key in (4, 6):
        raise UnclearKey(f"Key {key} is no tax key: tax keys are 1, 2, 3, 5, 7, 8 and 9.")
    if key == 93:
        raise UnclearKey("Key 93 is kept for § 13b UStG and has no meaning yet; in use are 91, 92, 94 and 95.")
    return KeyMeaning(tax_key=key)
