"""Who booked something, from where and through which door, in the words of the API."""

from collections.abc import Mapping
from typing import Final

from ledgerlou.companies.actor import CHANNELS

SOURCES: Final[Mapping[str, str]] = {
    "booking": "Direct booking",
    "opening_balances": "Opening balances",
    "reversal": "Reversal",
    "import_datev": "DATEV import",
    "demo": "Demo data",
}


def provenance(*, channel: str, source: str, actor_type: str, actor_label: str, actor_key_prefix: str | None) -> dict[str, str]:
    """`surface` is the door (API, back office, command), `channel` the kind of booking; an absent key prefix is empty."""
    prefix = f"ll_{actor_key_prefix}" if actor_key_prefix else ""
    return {
        "surface": channel,
        "surface_label": CHANNELS.get(channel, channel),
        "channel": source,
        "channel_label": SOURCES.get(source, source),
        "actor_type": actor_type,
        "actor_label": actor_label,
        "actor_key_prefix": prefix,
        "actor_display": f"{actor_label} ({prefix})" if prefix else actor_label,
    }
