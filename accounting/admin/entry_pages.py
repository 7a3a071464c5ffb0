"""The addresses under which bookings are made and reversed. They hang below the pages of bookings."""

from functools import partial

from django.urls import URLPattern

from accounting.admin.booking_answers import accounts_answer, preview_answer, rate_answer
from accounting.admin.booking_entry import new_booking_page
from accounting.admin.opening_entry import opening_page, opening_preview_answer
from accounting.admin.reversal import reversal_page
from ledgerlou.admin.base import ReadOnlyAdmin


def entry_pages(pages: ReadOnlyAdmin) -> list[URLPattern]:
    """New bookings and opening balances, what their pages ask for, and reversing; `pages` are those of bookings."""
    return [
        pages.page("new/", partial(new_booking_page, pages), "new"),
        pages.page("new/preview/", preview_answer, "preview"),
        pages.page("new/accounts/", accounts_answer, "accounts"),
        pages.page("new/rate/", rate_answer, "rate"),
        pages.page("opening/", partial(opening_page, pages), "opening"),
        pages.page("opening/preview/", opening_preview_answer, "opening_preview"),
        pages.page("<uuid:object_id>/reverse/", partial(reversal_page, pages), "reverse"),
    ]
