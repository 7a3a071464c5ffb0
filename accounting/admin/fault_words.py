"""What a verification can find, in the words of the page."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

FAULT_WORDS: Final[Mapping[str, Any]] = {
    "journal_number": _("Journal number does not follow on the one before"),
    "hash_chain": _("Line does not build on the hash of the line before"),
    "event_hash": _("Line is not what was sealed"),
    "event_without_booking": _("Line without a booking"),
    "booking_without_events": _("Booking without lines"),
    "booking_date": _("Line and booking have different dates"),
    "booking_period": _("Line and booking have different periods"),
    "booking_lines": _("Lines of a booking are not complete"),
    "booking_total": _("Total of a booking is not that of its lines"),
    "booking_accounts": _("Accounts of a booking are not those of its lines"),
    "reversal": _("Reversal does not mirror its original"),
    "head": _("Head of the journal does not fit the last line"),
    "month_balance": _("Month balance is not that of the lines"),
    "closing_sequence": _("Closings do not follow one another"),
    "closing_hash": _("Closing hash is not that of the period"),
    "posted_after_lock": _("Booked after the period was locked"),
    "item_count": _("Open items of a booking are missing or too many"),
    "settlement_count": _("Settlements of a booking are missing or too many"),
    "items_seal": _("Open items of a booking are not what was sealed"),
    "item_movement": _("Open items do not come to what was booked"),
    "item_facts": _("Open item does not fit its booking"),
    "settlement_facts": _("Settlement does not fit booking and open item"),
    "item_overpaid": _("Open item is settled beyond its amount"),
    "item_currency": _("Foreign amounts of an open item do not fit"),
    "item_balance": _("Open items do not come to the balance of the account"),
    "link": _("Row points to something that is not there"),
    "history": _("Row is not what the audit history tells"),
    "document_file": _("File of a document is missing or damaged"),
}


def fault_name(kind: str) -> str:
    """A kind of fault in words."""
    return str(FAULT_WORDS.get(kind, kind))
