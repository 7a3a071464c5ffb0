"""The page where bookkeepers spend their day: type lines, see what will be posted, book with one key, and go on."""

from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from accounting.admin.booking_entry_form import WRITE, Entry, HeadForm, day_in_address, entry_of, id_in_address
from accounting.admin.booking_fields import page_language
from accounting.admin.booking_posting import book, rehearsed
from accounting.admin.booking_rows import Grid, Row, euros_as_typed
from accounting.admin.documents import preview_of
from accounting.expansion import draft_total
from accounting.models.document import Document
from accounting.posting import DuplicateSuspected
from accounting.selectors.booking_templates import template_with_lines, templates_of
from accounting.selectors.documents import document_of
from accounting.selectors.tax_codes import tax_codes_of
from accounting.services.booking_templates import NewTemplate, TemplateLine, save_template
from ledgerlou.admin.base import ReadOnlyAdmin
from ledgerlou.admin.request import CompanyRequest
from ledgerlou.admin.service_page import call, require_scope
from ledgerlou.admin.site import site
from ledgerlou.admin.templatetags.back_office import euro
from ledgerlou.admin.waiting_uploads import keep_upload, waiting_upload
from ledgerlou.errors import LedgerLouError, NotFound

PERIODS: Final = ("13", "14")


def new_booking_page(pages: ReadOnlyAdmin, request: CompanyRequest) -> HttpResponse:
    """An empty form, one filled from a template or for a document, or what was sent: booked, previewed, or kept as a template."""
    require_scope(request, WRITE)
    if request.method != "POST":
        return _page(pages, request, _prepared(request))
    entry = entry_of(request)
    if "save_template" in request.POST:
        return _save_template(pages, request, entry)
    if "preview" in request.POST:
        return _page(pages, request, entry, preview=rehearsed(request, entry))
    return _book(pages, request, entry)


def _book(pages: ReadOnlyAdmin, request: CompanyRequest, entry: Entry) -> HttpResponse:
    """Post, and open the next form with the same date."""
    draft = entry.draft()
    if draft is None:
        return _page(pages, request, entry, status=400)
    try:
        posted = book(request, entry, draft)
    except LedgerLouError as refused:
        if not isinstance(refused, DuplicateSuspected):  # its twins and the field for the reason say it better
            entry.blame(refused)
        return _page(pages, request, entry, status=refused.http_status)
    booked = _("Booked: %(text)s, %(total)s euros, journal number %(number)s.") % {
        "text": draft.description,
        "total": euro(draft_total(draft)),
        "number": posted.first_number,
    }
    address = reverse("admin:accounting_intent_change", args=[posted.intent_id])
    messages.success(request, format_html('{} <a class="ll-link" href="{}">{}</a>', booked, address, _("Show the booking")))
    kept = {"date": draft.booking_date.isoformat(), "period": draft.adjustment_period or ""}
    return HttpResponseRedirect(f"{reverse('admin:accounting_intent_new')}?{urlencode(kept)}")


def _save_template(pages: ReadOnlyAdmin, request: CompanyRequest, entry: Entry) -> HttpResponse:
    """Keep the lines as a recurring booking; the form stays as it is. Neither date nor amounts are needed for that."""
    for name in ("date", "text"):
        entry.head.fields[name].required = False
    lines = entry.grid.lines(needs_amounts=False)
    if not (entry.head.is_valid() and entry.grid.is_sound):
        return _page(pages, request, entry, status=400)
    values = entry.head.cleaned_data
    facts = NewTemplate(
        name=values["save_as"],
        lines=tuple(TemplateLine(account=line.account, debit=line.debit, credit=line.credit, tax_code=line.tax_code) for line in lines),
        description=values["text"],
        external_reference=values["reference"],
        replaces=values["save_over"],
    )
    try:
        template = call(lambda: save_template(company=request.company, actor=request.actor, facts=facts, now=request.visit.now))
    except LedgerLouError as refused:
        entry.blame(refused)
        return _page(pages, request, entry, status=refused.http_status)
    messages.success(request, _("Kept as the recurring booking %(name)s. Nothing was booked.") % {"name": template.name})
    return _page(pages, request, entry)


def _prepared(request: CompanyRequest) -> Entry:
    """The form before anything was typed: the date of the booking before, a template's lines, a document."""
    initial: dict[str, Any] = {"date": day_in_address(request.GET.get("date", "")) or request.visit.today}
    if request.GET.get("period") in PERIODS:
        initial["period"] = request.GET["period"]
    grid = Grid()
    if template_id := id_in_address(request.GET.get("template", "")):
        try:
            template, lines = template_with_lines(company=request.company, template_id=template_id)
        except NotFound as missing:
            raise Http404 from missing
        initial |= {"text": template.description, "reference": template.external_reference, "save_as": template.name}
        grid.rows = [
            Row(
                account=line.account,
                debit=euros_as_typed(line.debit),
                credit=euros_as_typed(line.credit),
                tax_code=line.tax_code or "",
            )
            for line in lines
        ]
    if document_id := id_in_address(request.GET.get("document", "")):
        if _document(request, document_id) is None:
            raise Http404
        initial["document"] = document_id
    return Entry(head=HeadForm(initial=initial, today=request.visit.today), grid=grid)


def _document(request: CompanyRequest, document_id: object) -> Document | None:
    """The document that was picked, if it is one of this company."""
    found = id_in_address(str(document_id or ""))
    try:
        return document_of(company=request.company, document_id=found) if found else None
    except NotFound:
        return None


def _page(
    pages: ReadOnlyAdmin, request: CompanyRequest, entry: Entry, *, preview: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    entry.grid.name_accounts(request.company)
    title = _("New booking")
    upload, upload_name = _kept_upload(request)
    document = _document(request, entry.head["document"].value())
    context = {
        **site.each_context(request),
        "title": title,
        "trail": [*pages.trail(), (title, None)],
        "is_fullwidth": "1",
        "head": entry.head,
        "rows": entry.grid.padded(),
        "empty_row": Row(),
        "faults_above": entry.faults_above(),
        "twins": entry.twins,
        "preview": preview,
        "tax_codes": tax_codes_of(company=request.company),
        "templates": templates_of(company=request.company),
        "upload": upload,
        "upload_name": upload_name,
        "document": preview_of(document) if document else None,
        "page_language": page_language(),
        "starts_in_lines": "date" in request.GET and request.method != "POST",
        "shows_fx": any(entry.head[name].value() or entry.head[name].errors for name in ("fx_currency", "fx_amount", "fx_rate")),
    }
    return TemplateResponse(request, "admin/booking_entry.html", context, status=status)


def _kept_upload(request: CompanyRequest) -> tuple[str, str]:
    """A document that came with a booking that was not posted waits for the next try: the text that brings it back, and its name."""
    sent = request.FILES.get("file")
    if sent is not None:
        sent.seek(0)
        token = keep_upload(request.visit, name=str(sent.name), data=sent.read())
        return token, str(sent.name) if token else ""
    token = request.POST.get("upload", "")
    waiting = waiting_upload(request.visit, token)
    return (token, waiting[0]) if waiting else ("", "")
