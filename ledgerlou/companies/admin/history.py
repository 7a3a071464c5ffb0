"""The audit history of the company: who changed what, when, why, from which value to which."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from ledgerlou.admin.base import ReadOnlyAdmin
from ledgerlou.admin.downloads import Column, csv_answer
from ledgerlou.admin.key_paging import NEWER, OLDER, KeyPage
from ledgerlou.admin.request import CompanyRequest
from ledgerlou.admin.site import site
from ledgerlou.companies.admin.history_filter import filtered_history, history_filters, people_of
from ledgerlou.companies.admin.history_rows import HistoryRow, history_rows
from ledgerlou.companies.models.history import AuditEntry
from ledgerlou.companies.models.people import Person

_ENTRIES_AT_A_TIME: Final = 500
_DIGITS_OF_A_KEY: Final = 18


@admin.register(AuditEntry, site=site)
class AuditHistoryPage(ReadOnlyAdmin):
    """Rows are written by the database alone."""

    read_scope = "config:read"
    has_history = False

    def get_urls(self) -> list[URLPattern]:
        """The list says everything about a change."""
        return [self.page("", self.list_view, "changelist")]

    def list_view(self, request: CompanyRequest) -> HttpResponseBase:
        """A page of the history, newest first, filtered by what stands in the address; or all of it as a file."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        filters, people = history_filters(request.GET), people_of(request.company)
        keys = {name: request.GET.get(name, "") for name in (OLDER, NEWER)}
        if any(key and not _is_key(key) for key in keys.values()):  # an address that somebody has changed by hand
            return HttpResponseRedirect(f"{request.path}?{filters.query}")
        names = sorted({person.name or person.email for person in people})
        entries = filtered_history(company=request.company, filters=filters, known_people=names)
        if "download" in request.GET and filters.is_valid:  # else the file would hold something else than was asked for
            return _csv_answer(request, entries, people)
        page, ways = self._page(entries, query=filters.query, older=keys[OLDER], newer=keys[NEWER])
        context = {
            **self.admin_site.each_context(request),
            "title": self.title_of_list,
            "trail": [(self.title_of_list, None)],
            "is_fullwidth": "1",
            "form": filters.form,
            "filters": filters,
            "people": names,
            "rows": history_rows(page, people=people),
            "ways": ways,
            "csv_address": "?" + "&".join(part for part in (filters.query, "download=csv") if part),
        }
        return TemplateResponse(request, "admin/audit_history.html", context)

    def _page(self, entries: QuerySet[AuditEntry], *, query: str, older: str, newer: str) -> tuple[list[AuditEntry], KeyPage]:
        """One page and one entry more, to know whether it goes on; nothing is counted and nothing skipped."""
        size = self.list_per_page
        if newer:
            found = list(entries.filter(id__gt=int(newer)).order_by("id")[: size + 1])
        else:
            found = list((entries.filter(id__lt=int(older)) if older else entries)[: size + 1])
        goes_on, page = len(found) > size, found[:size]
        if newer:
            page.reverse()

        def way(**more: Any) -> str:
            return "?" + "&".join(part for part in (query, urlencode(more)) if part)

        return page, KeyPage(
            newest=way() if older or newer else "",
            newer=way(newer=page[0].id) if page and (older or (newer and goes_on)) else "",
            older=way(older=page[-1].id) if page and (newer or goes_on) else "",
        )


def _csv_answer(request: CompanyRequest, entries: QuerySet[AuditEntry], people: Sequence[Person]) -> HttpResponseBase:
    """One line for each value that changed, read page by page of entries while it is sent."""

    def lines() -> Iterator[list[str]]:
        page = list(entries[:_ENTRIES_AT_A_TIME])
        while page:
            for row in history_rows(page, people=people):
                yield from _csv_lines(row)
            page = list(entries.filter(id__lt=page[-1].id)[:_ENTRIES_AT_A_TIME])

    name = f"{_('Audit history').lower().replace(' ', '_')}_{request.visit.today.isoformat()}"
    return csv_answer(request, name=name, columns=[Column(label=head) for head in _heads()], rows=lines)


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _DIGITS_OF_A_KEY


def _heads() -> list[str]:
    return [_("When"), _("Who"), _("Kind"), _("What"), _("Id of a row"), _("Action"), _("Field"), _("Before"), _("After"), _("Reason")]


def _csv_lines(row: HistoryRow) -> Iterator[list[str]]:
    """The change, once for each value that changed, so that a spreadsheet can filter by field."""
    head = [timezone.localtime(row.at).isoformat(sep=" ", timespec="seconds"), row.actor, row.kind, row.name, row.row_id, row.action_name]
    for change in row.fields or (None,):
        values = ["", "", ""] if change is None else [capfirst(change.name), _csv_value(change.before), _csv_value(change.after)]
        yield [*head, *values, row.reason]


def _csv_value(value: object) -> str:
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value), "DATETIME_FORMAT")
    if isinstance(value, date):
        return date_format(value, "DATE_FORMAT")
    return "" if value is None else str(value)
