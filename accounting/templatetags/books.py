"""How pages of the books write accounts, periods and sources."""

import re
from datetime import date
from decimal import Decimal
from uuid import UUID

from django import template
from django.urls import reverse
from django.utils import formats
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from accounting import wording
from ledgerlou.admin.templatetags.back_office import euro

register = template.Library()


@register.filter
def short_day(day: date) -> str:
    """A day as short as the language writes it without losing the year."""
    return formats.date_format(day, "SHORT_DATE_FORMAT")


@register.filter
def euro_or_nothing(amount: Decimal) -> str:
    """An amount, or nothing for zero: figures that stand out in a table of many."""
    return euro(amount) if amount else ""


@register.filter
def is_special(period: str) -> bool:
    """Whether a line's period says more than its day: opening entries and adjustment periods."""
    return not period[5:].isdigit() or period.endswith("-00")


@register.filter
def short_period(period: str) -> str:
    """The part of a period's name that follows the year: P13, 00, 11."""
    return period[5:]


@register.filter
def period_name(period: str) -> str:
    """A period as people call it."""
    return wording.period_name(period)


@register.filter
def legal_reference(reference: str) -> str:
    """Where the law names a position, as the language of the page cites it: § 266 Abs. 2 A.I, or § 266 (2) A.I."""
    if not (get_language() or "").startswith("de"):
        return reference
    return re.sub(r"\((\d+)\)", r"Abs. \1", reference).replace(" no. ", " Nr. ").replace(" sentence ", " Satz ")


@register.filter
def source_name(source: str) -> str:
    """What made a booking."""
    return wording.source_name(source)


@register.simple_tag
def account_link(account_id: UUID, number: str, name: str, query: str = "") -> SafeString:
    """Number and name of an account, side by side, as a link to its sheet; `query` chooses the sheet's range."""
    address = reverse("admin:accounting_account_change", args=[account_id])
    return format_html(
        '<a class="ll-account" href="{}{}"><span class="nr">{}</span><span>{}</span></a>',
        address,
        f"?{query}" if query else "",
        number,
        name,
    )
