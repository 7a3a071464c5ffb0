"""Recurring bookings: the list to book from, one with its lines, renaming and switching off."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpResponse
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextInputWidget

from accounting.admin.booking_entry_form import WRITE
from accounting.admin.posting_preview import account_names
from accounting.models.booking_template import BookingTemplate, BookingTemplateLine
from accounting.selectors.booking_templates import templates_of
from accounting.services.booking_templates import rename_template, switch_off_template
from ledgerlou.admin.base import Button, ReadOnlyAdmin, Section
from ledgerlou.admin.request import CompanyRequest
from ledgerlou.admin.service_page import ServicePage, Values, answer, require_scope
from ledgerlou.admin.site import site
from ledgerlou.admin.templatetags.back_office import euro, yes_or_no

LIST = "admin:accounting_bookingtemplate_changelist"


class NameForm(forms.Form):
    """Another name for a template."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100, widget=UnfoldAdminTextInputWidget({"autofocus": True}))


@admin.register(BookingTemplate, site=site)
class BookingTemplateAdmin(ReadOnlyAdmin):
    """Templates in use, by name."""

    details_template = "admin/booking_template.html"
    list_before_template = "admin/booking_template_hint.html"
    list_display = ("name", "description", "external_reference", "line_count", "money", "book")
    list_display_links = ("name",)
    search_fields = ("name", "description")
    sortable_by = ()

    def pages(self) -> list[URLPattern]:
        """Renaming and switching off."""
        return [
            self.page("<uuid:object_id>/rename/", self.rename_view, "rename"),
            self.page("<uuid:object_id>/remove/", self.remove_view, "remove"),
        ]

    def get_queryset(self, request: CompanyRequest) -> QuerySet[Model]:
        """Those in use, each with its total; a page of one that was switched off is still found by its address."""
        rows: QuerySet[Model] = templates_of(company=request.company)
        return rows

    def get_list_display(self, request: CompanyRequest) -> Sequence[str]:
        """The button for whoever may post."""
        return self.list_display if request.visit.may(WRITE) else self.list_display[:-1]

    def get_ordering(self, request: Any) -> Sequence[str]:
        """By name, as a dictionary sorts."""
        return ("sort_key", "id")

    def changelist_view(self, request: CompanyRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, and the way to a new booking, where templates are made."""
        buttons = [Button(label=_("New booking"), address=reverse("admin:accounting_intent_new"), icon="add", variant="primary")]
        return super().changelist_view(request, {**(extra_context or {}), "list_buttons": buttons if request.visit.may(WRITE) else []})

    @admin.display(description=gettext_lazy("amount in euros"))
    def money(self, template: Any) -> str:
        """The sum of the debit lines; nothing where amounts are typed each time."""
        return euro(template.total) if template.total else ""

    @admin.display(description="")
    def book(self, template: BookingTemplate) -> SafeString:
        """The way to a form filled from the template."""
        return format_html('<a class="ll-button small" href="{}">{}</a>', booking_address(template.id), _("Book"))

    def row_or_404(self, request: CompanyRequest, object_id: Any) -> Model:
        """A template of this company, in use or not, since its history must stay within reach."""
        found = BookingTemplate.objects.of(request.company).filter(pk=object_id, is_active=False).first()
        return found if found is not None and self.has_view_permission(request) else super().row_or_404(request, object_id)

    def details_context(self, request: CompanyRequest, row: Model) -> dict[str, Any]:
        """Its lines with the names of their accounts."""
        lines = list(BookingTemplateLine.objects.of(request.company).filter(template_id=row.pk).order_by("position"))
        names = account_names(request.company, [line.account for line in lines])
        return {**super().details_context(request, row), "lines": [(line, names[line.account]) for line in lines]}

    def sections(self, request: CompanyRequest, row: Model) -> Sequence[Section]:
        """What it says and who made it."""
        if not isinstance(row, BookingTemplate):
            return []
        facts: list[tuple[str, object]] = [
            (_("Name"), row.name),
            (_("Text"), row.description),
            (_("Reference"), row.external_reference),
            (_("Active"), yes_or_no(row.is_active)),
            (_("Created by"), row.created_by),
            (_("Created"), row.created_at),
        ]
        return [Section(title=_("Recurring booking"), facts=facts)]

    def buttons(self, request: CompanyRequest, row: Model) -> Sequence[Button]:
        """Booking, renaming, switching off, for whoever may post."""
        if not isinstance(row, BookingTemplate) or not row.is_active or not request.visit.may(WRITE):
            return []
        return [
            Button(label=_("Book"), address=booking_address(row.pk), icon="edit_note", variant="primary"),
            Button(label=_("Rename"), address=reverse("admin:accounting_bookingtemplate_rename", args=[row.pk]), icon="edit"),
            Button(label=_("Remove"), address=reverse("admin:accounting_bookingtemplate_remove", args=[row.pk]), icon="delete"),
        ]

    def rename_view(self, request: CompanyRequest, object_id: UUID) -> HttpResponse:
        """Ask for another name."""
        require_scope(request, WRITE)
        template = self.row_or_404(request, object_id)

        def act(values: Values) -> str:
            rename_template(company=request.company, actor=request.actor, template_id=object_id, name=values["name"])
            return reverse(LIST)

        page = ServicePage(
            title=_("Rename a recurring booking"),
            submit=_("Rename"),
            act=act,
            form=NameForm,
            back=reverse(LIST),
            done=_("The recurring booking has its new name."),
            facts=[(_("Recurring booking"), str(template))],
            trail=self.trail(template),
        )
        return answer(request, page)

    def remove_view(self, request: CompanyRequest, object_id: UUID) -> HttpResponse:
        """Ask once, then take it off the list."""
        require_scope(request, WRITE)
        template = self.row_or_404(request, object_id)

        def act(values: Values) -> str:
            switch_off_template(company=request.company, actor=request.actor, template_id=object_id)
            return reverse(LIST)

        page = ServicePage(
            title=_("Remove a recurring booking"),
            submit=_("Remove"),
            explanation=_("It leaves the list; what was booked with it stays as it is, and the audit history keeps its lines."),
            act=act,
            back=reverse(LIST),
            done=_("The recurring booking is removed."),
            facts=[(_("Recurring booking"), str(template))],
            trail=self.trail(template),
        )
        return answer(request, page)


def booking_address(template_id: UUID) -> str:
    """A new booking filled from a template."""
    return f"{reverse('admin:accounting_intent_new')}?template={template_id}"
