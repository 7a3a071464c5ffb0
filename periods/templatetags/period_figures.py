"""How the pages of periods write counts."""

from django import template
from django.utils.formats import number_format

register = template.Library()


@register.filter
def figure(count: int) -> str:
    """A count as the language of the page groups it: 1.234 or 1,234."""
    return number_format(count, use_l10n=True, force_grouping=True)
