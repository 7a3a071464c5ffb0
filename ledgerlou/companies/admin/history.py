"""The audit history of the company: who changed what, when, from which value to which."""

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.template.loader import render_to_string
from django.urls import URLPattern
from django.utils.translation import gettext_lazy

from ledgerlou.admin.audit_trail import action_name, change_of, table_label
from ledgerlou.admin.base import ReadOnlyAdmin
from ledgerlou.admin.request import CompanyRequest
from ledgerlou.admin.site import site
from ledgerlou.companies.models.history import AuditEntry


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

    def get_queryset(self, request: CompanyRequest) -> QuerySet[Model]:
        """The company's part."""
        return self.model._default_manager.filter(company_id=request.company.id)

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
        return render_to_string("admin/changes.html", {"change": change_of(entry)})
