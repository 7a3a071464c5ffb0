"""The audit history of the company: who changed what, when, from which value to which."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import URLPattern
from django.utils.translation import gettext_lazy

from ledgerlou.admin.audit_trail import Change, action_name, changes_of, table_label
from ledgerlou.admin.base import ReadOnlyAdmin
from ledgerlou.admin.key_paging import KeyChangeList
from ledgerlou.admin.request import CompanyRequest
from ledgerlou.admin.site import site
from ledgerlou.companies.models.history import AuditEntry


class HistoryChangeList(KeyChangeList):
    """A page of the history, with the names of the people in it."""

    def get_results(self, request: CompanyRequest) -> None:
        """Read the entries, then everybody's names at once."""
        super().get_results(request)
        for entry, change in zip(self.result_list, changes_of(self.result_list), strict=True):
            entry.change = change


@admin.register(AuditEntry, site=site)
class AuditHistoryPage(ReadOnlyAdmin):
    """Rows are written by the database alone."""

    read_scope = "config:read"
    has_history = False
    page_key = "id"
    list_display = ("at", "actor", "what", "done", "changes")
    list_display_links = None
    sortable_by = ()

    def get_urls(self) -> list[URLPattern]:
        """The list says everything about a change."""
        return [self.page("", self.changelist_view, "changelist")]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type:
        """With names."""
        return HistoryChangeList

    def get_queryset(self, request: CompanyRequest) -> QuerySet[Model]:
        """The company's part."""
        rows: QuerySet[Model] = self.model._default_manager.filter(company_id=request.company.id)
        return rows

    @admin.display(description=gettext_lazy("what"))
    def what(self, entry: AuditEntry) -> str:
        """The kind of row."""
        return table_label(entry.table_name)

    @admin.display(description=gettext_lazy("action"))
    def done(self, entry: AuditEntry) -> str:
        """What was done with it."""
        return action_name(entry.action)

    @admin.display(description=gettext_lazy("what changed"))
    def changes(self, entry: AuditEntry) -> str:
        """Field by field."""
        change: Change = entry.change  # type: ignore[attr-defined]  # put there by HistoryChangeList
        return render_to_string("admin/changes.html", {"change": change})
