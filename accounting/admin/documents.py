"""Documents: the list, one with its preview and bookings, and its bytes with headers that let nothing in it act."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.contrib import admin
from django.db.models import Exists, Model, OuterRef, QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounting.models.document import Document
from accounting.models.journal import Intent
from accounting.selectors.documents import open_document
from ledgerlou.admin.base import Button, ReadOnlyAdmin, Section
from ledgerlou.admin.request import CompanyRequest
from ledgerlou.admin.site import site

PDF: Final = "application/pdf"
IMAGES: Final = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif"})
TEXTS: Final = frozenset({"text/plain", "text/xml", "application/xml", "application/json", "text/csv"})
# A document is someone else's content: no script, no form, no address of ours. Browsers show no PDF in a sandbox, so PDFs go without.
_LOCKED_DOWN: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; frame-ancestors 'self'"
MAX_BOOKINGS: Final = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """How a document is shown on a page: `kind` is pdf, image, text or none."""

    kind: str
    address: str
    download: str
    document: Document


def preview_of(document: Document) -> Preview:
    """The way a document of this type is shown."""
    address = reverse("admin:accounting_document_content", args=[document.pk])
    return Preview(kind=_kind_of(document.mime_type), address=address, download=f"{address}?download=1", document=document)


class BookedFilter(admin.SimpleListFilter):
    """Documents that prove a booking, and those that wait for one."""

    title = gettext_lazy("Booking")
    parameter_name = "booked"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Both ways."""
        return [("no", _("without a booking")), ("yes", _("with a booking"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> QuerySet[Model]:
        """The documents that are asked for; the index over documents of bookings answers for each."""
        bookings = Intent.objects.filter(company=OuterRef("company"), document=OuterRef("pk"))
        return {"no": queryset.filter(~Exists(bookings)), "yes": queryset.filter(Exists(bookings))}.get(self.value() or "", queryset)


@admin.register(Document, site=site)
class DocumentAdmin(ReadOnlyAdmin):
    """Documents (Belege), newest first."""

    details_template = "admin/document.html"
    has_history = False
    page_key = "id"
    list_display = ("original_name", "mime_type", "size", "created_at", "uploaded_by", "retention_until")
    list_filter = (BookedFilter,)
    sortable_by = ()

    def pages(self) -> list[URLPattern]:
        """The bytes."""
        return [self.page("<uuid:object_id>/content/", self.content_view, "content")]

    @admin.display(description=gettext_lazy("size"))
    def size(self, document: Document) -> str:
        """The size in a unit that people read."""
        return filesizeformat(document.size_bytes)

    def details_context(self, request: CompanyRequest, row: Model) -> dict[str, Any]:
        """The document, and the bookings it proves."""
        context = super().details_context(request, row)
        if not isinstance(row, Document):
            return context
        bookings = Intent.objects.of(request.company).filter(document=row).order_by("-booking_date", "-id")[:MAX_BOOKINGS]
        return {**context, "preview": preview_of(row), "bookings": bookings}

    def sections(self, request: CompanyRequest, row: Model) -> list[Section]:
        """Everything the row says."""
        if not isinstance(row, Document):
            return []
        facts: list[tuple[str, object]] = [
            (_("File name"), row.original_name),
            (_("Type"), row.mime_type),
            (_("Size"), filesizeformat(row.size_bytes)),
            (_("Uploaded"), row.created_at),
            (_("Uploaded by"), row.uploaded_by),
            (_("Kept until"), row.retention_until),
            (_("SHA-256"), _hash(row.sha256)),
        ]
        return [Section(title=_("Document"), facts=facts)]

    def buttons(self, request: CompanyRequest, row: Model) -> list[Button]:
        """Taking the file along."""
        address = reverse("admin:accounting_document_content", args=[row.pk])
        return [Button(label=_("Download"), address=f"{address}?download=1", icon="download")]

    def content_view(self, request: CompanyRequest, object_id: UUID) -> HttpResponse | FileResponse:
        """The bytes as received: shown where that is safe, else to be saved."""
        document = self.row_or_404(request, object_id)
        if not isinstance(document, Document):
            raise TypeError(document)
        kind = _kind_of(document.mime_type)
        content_type = {"pdf": PDF, "image": document.mime_type, "text": "text/plain; charset=utf-8"}.get(kind, "application/octet-stream")
        response = FileResponse(
            open_document(document),
            as_attachment=kind == "none" or "download" in request.GET,
            filename=document.original_name,
            content_type=content_type,
        )
        response.headers["Content-Security-Policy"] = _LOCKED_DOWN if kind == "pdf" else f"{_LOCKED_DOWN}; sandbox"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = "private, max-age=300"
        return response


def _kind_of(mime_type: str) -> str:
    if mime_type == PDF:
        return "pdf"
    if mime_type in IMAGES:
        return "image"
    return "text" if mime_type in TEXTS else "none"


def _hash(text: str) -> SafeString:
    return format_html('<span class="ll-code">{}</span>', text)
