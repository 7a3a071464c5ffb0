"""How templates of the back office write money, days, moments, and where a page is."""

from datetime import date, datetime
from decimal import Decimal

from django import template
from django.http import HttpRequest
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from ledgerlou.admin.menu import MenuGroup, menu_of

register = template.Library()


@register.filter
def euro(amount: Decimal | None) -> str:
    """An amount with two places, grouped as the language of the page does: 1.234,56 or 1,234.56."""
    return "" if amount is None else formats.number_format(amount, 2, use_l10n=True, force_grouping=True)


@register.filter
def amount(value: Decimal | None) -> str:
    """A foreign amount or a rate with the places it has, at least two."""
    if value is None:
        return ""
    exact = value.normalize()
    places = max(2, -int(exact.as_tuple().exponent))
    return formats.number_format(exact, places, use_l10n=True, force_grouping=True)


@register.filter
def shown(value: object) -> object:
    """A fact of any kind as people read it; a dash for nothing."""
    if value is None or value == "":
        return mark_safe('<span class="text-subtle">–</span>')
    if isinstance(value, bool):
        return yes_or_no(value)
    if isinstance(value, datetime):
        return formats.date_format(timezone.localtime(value), "DATETIME_FORMAT")
    if isinstance(value, date):
        return formats.date_format(value, "DATE_FORMAT")
    if isinstance(value, Decimal):
        return amount(value)
    return value


@register.filter
def yes_or_no(value: bool) -> SafeString:
    """A tick or a dash with a name for those who do not see it."""
    icon, name = ("check", gettext("yes")) if value else ("remove", gettext("no"))
    return format_html(
        '<span class="material-symbols-outlined text-base" role="img" aria-label="{}" title="{}">{}</span>', name, name, icon
    )


@register.simple_tag(takes_context=True)
def page_trail(context: template.Context) -> list[tuple[str, str | None]]:
    """Where the page is, as steps of name and address; the last step is the page itself."""
    trail = context.get("trail")
    if trail:
        return list(trail)
    return [(str(context.get("title") or ""), None)]


@register.simple_tag(takes_context=True)
def menu(context: template.Context) -> list[MenuGroup]:
    """The menu of this visit."""
    request = context.get("request")
    return menu_of(request) if isinstance(request, HttpRequest) else []


@register.filter
def tax_role(role: str | None) -> str:
    """The part an event plays in a tax."""
    return {"base": gettext("base"), "tax": gettext("tax"), "self_assessment": gettext("self-assessment")}.get(role or "", "")


@register.filter
def iso_day(text: str) -> str:
    """A day kept as ISO text, as the page's language writes it."""
    return formats.date_format(date.fromisoformat(text), "DATE_FORMAT")
