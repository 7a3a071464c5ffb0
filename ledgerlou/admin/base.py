"""What every page of a model inherits: rows of this company only, rights by role, no log but the audit history."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from django.contrib.admin import ShowFacets
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from ledgerlou.admin.audit_trail import changes_of_row
from ledgerlou.admin.key_paging import KeyChangeList
from ledgerlou.admin.request import CompanyRequest, visit_of


class CompanyAdmin(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    """Pages of a company's rows. Who may read and write is a matter of scopes, as in the API; nobody deletes.

    `page_key` names a unique column that orders the list, newest first; such a list pages by key and counts nothing.
    `list_title` is what the list is called where the plural of its rows would be odd.
    """

    read_scope: ClassVar[str] = "journal:read"
    write_scope: ClassVar[str | None] = None
    page_key: ClassVar[str | None] = None
    list_title: ClassVar[Any] = None

    actions = None
    view_on_site = False
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 0
    show_facets = ShowFacets.NEVER

    def get_queryset(self, request: CompanyRequest) -> QuerySet[Model]:
        """The rows of the company at hand."""
        rows: QuerySet[Model] = self.model._default_manager.of(request.company)
        return rows

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type:
        """Lists with a key page by it."""
        return KeyChangeList if self.page_key else super().get_changelist(request, **kwargs)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Everybody who reads."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whoever holds the scope to read."""
        return self._may(request, self.read_scope)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whoever holds the scope to write, where rows are written here at all."""
        return self._may(request, self.write_scope)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """See `has_add_permission`."""
        return self._may(request, self.write_scope)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody: what books rest on is switched off, never deleted."""
        return False

    def changelist_view(self, request: CompanyRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, under the name of what it lists."""
        context = {"title": self.title_of_list, "has_add_permission": False, **(extra_context or {})}
        answer: HttpResponse = super().changelist_view(request, context)
        return answer

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> None:
        """Nothing: the database writes the audit history."""

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> None:
        """Nothing, see `log_addition`."""

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Model]) -> None:
        """Nothing, see `log_addition`."""

    def history_view(self, request: CompanyRequest, object_id: Any, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """What the audit history knows about a row."""
        row = self.row_or_404(request, object_id)
        context = {
            **self.admin_site.each_context(request),
            "title": _("History of %(row)s") % {"row": row},
            "trail": [*self.trail(row), (_("History"), None)],
            "changes": changes_of_row(company=request.company, table=self.opts.db_table, row_id=str(row.pk)),
        }
        return TemplateResponse(request, "admin/row_history.html", context)

    def row_or_404(self, request: CompanyRequest, object_id: Any) -> Model:
        """A row of this company. Raises Http404, also for another company's, and PermissionDenied for a role that may not read."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = self.get_queryset(request).filter(pk=object_id).first()
        if row is None:
            raise Http404
        return row

    def trail(self, row: Model | None = None) -> list[tuple[str, str | None]]:
        """Where a page is: the list, then the row."""
        steps: list[tuple[str, str | None]] = [(self.title_of_list, reverse(f"admin:{self.page_name('changelist')}"))]
        if row is not None:
            steps.append((str(row), reverse(f"admin:{self.page_name('change')}", args=[row.pk])))
        return steps

    @property
    def title_of_list(self) -> str:
        """What the list is called."""
        return str(self.list_title or self.opts.verbose_name_plural)

    def page_name(self, page: str) -> str:
        """The name of one of this model's addresses."""
        return f"{self.opts.app_label}_{self.opts.model_name}_{page}"

    def _may(self, request: HttpRequest, scope: str | None) -> bool:
        visit = visit_of(request)
        return visit is not None and scope is not None and visit.may(scope)


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """A group of facts on the page of a row: label and value each. A value is text, a number, a date or safe HTML."""

    title: str
    facts: Sequence[tuple[str, object]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Button:
    """A way from a page to something that can be done. `is_post` acts at once; everything else asks first on a page of its own."""

    label: str
    address: str
    icon: str = ""
    variant: str = "default"
    is_post: bool = False


class ReadOnlyAdmin(CompanyAdmin):
    """Rows that are looked at here and changed by services only: a list, a page for each row, its history, and pages behind buttons."""

    details_template: ClassVar[str] = "admin/details.html"
    has_history: ClassVar[bool] = True

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody adds rows here by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody changes rows here by hand."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """List, row and history; what a subclass adds in `pages` comes first."""
        addresses = [
            *self.pages(),
            self.page("", self.changelist_view, "changelist"),
            self.page(f"<{self.id_converter}:object_id>/", self.details_view, "change"),
        ]
        if self.has_history:
            addresses.append(self.page(f"<{self.id_converter}:object_id>/history/", self.history_view, "history"))
        return addresses

    @property
    def id_converter(self) -> str:
        """How ids look in addresses."""
        return "uuid" if self.opts.pk.get_internal_type() == "UUIDField" else "int"

    def pages(self) -> list[URLPattern]:
        """Further addresses of this model."""
        return []

    def page(self, route: str, view: Callable[..., HttpResponseBase], name: str) -> URLPattern:
        """An address of this model for people who are signed in."""
        address: URLPattern = path(route, self.admin_site.admin_view(view), name=self.page_name(name))
        return address

    def details_view(self, request: CompanyRequest, object_id: UUID | int) -> HttpResponse:
        """The page of one row."""
        row = self.row_or_404(request, object_id)
        return TemplateResponse(request, self.details_template, self.details_context(request, row))

    def details_context(self, request: CompanyRequest, row: Model) -> dict[str, Any]:
        """What the page of a row shows."""
        buttons = [*self.buttons(request, row)]
        if self.has_history:
            address = reverse(f"admin:{self.page_name('history')}", args=[row.pk])
            buttons.append(Button(label=_("History"), address=address, icon="history"))
        return {
            **self.admin_site.each_context(request),
            "title": str(row),
            "trail": self.trail(row),
            "row": row,
            "sections": self.sections(request, row),
            "buttons": buttons,
        }

    def sections(self, request: CompanyRequest, row: Model) -> Sequence[Section]:
        """The facts of a row: by default the columns of the list."""
        facts = [(capfirst(self.opts.get_field(name).verbose_name), getattr(row, name)) for name in self.list_display]
        return [Section(title=str(self.opts.verbose_name), facts=facts)]

    def buttons(self, request: CompanyRequest, row: Model) -> Sequence[Button]:
        """What this person can do with the row now."""
        return []
