"""Names in dictionary order (DIN 5007-1), stored beside the name because collations differ between PostgreSQL builds."""

import unicodedata


def sort_key(name: str) -> str:
    """Lower case, umlauts as their base letter, ß as ss, other accents dropped. At most 255 characters."""
    folded = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in folded if not unicodedata.combining(letter))[:255]
