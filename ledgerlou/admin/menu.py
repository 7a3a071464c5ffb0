"""The menu by work: what this person may open, where the page at hand belongs, and how much waits behind an entry.

The setting MENU names the pages. Templates, the palette and the keys all read the menu from here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from ledgerlou.admin.request import Visit, visit_of
from ledgerlou.admin.waiting import count_at

_CACHE: Final = "_menu"


@dataclass(frozen=True, kw_only=True, slots=True)
class MenuEntry:
    """A page of the menu. `key` opens it after `g`; `badge` is how much waits there."""

    title: str
    icon: str
    address: str
    key: str
    is_here: bool
    badge: str
    is_grave: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class MenuGroup:
    """Pages that belong together; a group without a title stands for itself."""

    title: str
    entries: Sequence[MenuEntry]


def menu_of(request: HttpRequest) -> list[MenuGroup]:
    """The menu of this visit: pages that the role may open, which the pages ask again. Groups in which that is none are left out."""
    known: list[MenuGroup] | None = getattr(request, _CACHE, None)
    if known is None:
        visit = visit_of(request)
        known = [] if visit is None else _menu(request, visit)
        setattr(request, _CACHE, known)
    return known


def _menu(request: HttpRequest, visit: Visit) -> list[MenuGroup]:
    here = _entry_at_hand(request)
    groups = [
        MenuGroup(
            title=str(group["title"]), entries=[_entry(request, entry, here) for entry in group["entries"] if visit.may(entry["scope"])]
        )
        for group in settings.MENU
    ]
    return [group for group in groups if group.entries]


def _entry(request: HttpRequest, entry: dict[str, Any], here: str) -> MenuEntry:
    address = reverse(f"admin:{entry['page']}")
    badge, is_grave = count_at(request, address)
    return MenuEntry(
        title=str(entry["title"]),
        icon=entry["icon"],
        address=address,
        key=entry["key"],
        is_here=entry["page"] == here,
        badge=badge,
        is_grave=is_grave,
    )


def _entry_at_hand(request: HttpRequest) -> str:
    """The entry that the page at hand belongs to: its own, else the one that lists such rows."""
    name = request.resolver_match.url_name or "" if request.resolver_match else ""
    entries = [entry for group in settings.MENU for entry in group["entries"]]
    if any(entry["page"] == name for entry in entries):
        return name
    for entry in entries:
        lists = (entry["page"].removesuffix("changelist"),) if entry["page"].endswith("_changelist") else ()
        if name.startswith((*lists, *entry["covers"])):
            return str(entry["page"])
    return ""
