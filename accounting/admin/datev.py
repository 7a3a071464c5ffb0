"""DATEV booking batches: upload, see what would happen to every row, then import; and the imports of the past with their reports."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from unfold.widgets import UnfoldBooleanWidget

from accounting.models.account import Account
from accounting.models.datev import DatevImport
from accounting.services.datev_import import ImportOptions, import_datev_batch, preview_datev_batch
from accounting.services.datev_import_report import report_as_json
from ledgerlou.admin.base import Button, ReadOnlyAdmin, Section
from ledgerlou.admin.faults import add_faults, translated
from ledgerlou.admin.request import CompanyRequest
from ledgerlou.admin.service_page import call, require_scope
from ledgerlou.admin.site import site
from ledgerlou.admin.templatetags.back_office import euro
from ledgerlou.admin.waiting_uploads import keep_upload, waiting_upload
from ledgerlou.companies.models.company import Company
from ledgerlou.errors import LedgerLouError

WRITE: Final = "journal:write"
SHOWN: Final = 200  # rows of a kind on the page; the API's report has all


class BatchForm(forms.Form):
    """The file, and how strict to be. `upload` brings back a file that was sent for the preview."""

    file = forms.FileField(
        label=gettext_lazy("DATEV file"),
        required=False,
        help_text=gettext_lazy("A booking batch (Buchungsstapel) in DATEV format, of one fiscal year."),
        widget=forms.FileInput({"accept": ".csv,text/csv"}),
    )
    all_or_nothing = forms.BooleanField(
        label=gettext_lazy("All or nothing"),
        required=False,
        help_text=gettext_lazy("One row that is refused holds back all others."),
        widget=UnfoldBooleanWidget(),
    )
    add_personal_accounts = forms.BooleanField(
        label=gettext_lazy("Add missing customers and vendors"),
        required=False,
        initial=True,
        help_text=gettext_lazy("Other missing accounts are never made: what type they are cannot be told from a booking."),
        widget=UnfoldBooleanWidget(),
    )
    upload = forms.CharField(required=False, widget=forms.HiddenInput())

    def options(self) -> ImportOptions:
        """What the service takes."""
        return ImportOptions(
            all_or_nothing=self.cleaned_data["all_or_nothing"], add_personal_accounts=self.cleaned_data["add_personal_accounts"]
        )


@admin.register(DatevImport, site=site)
class DatevImportAdmin(ReadOnlyAdmin):
    """Imports that booked something, newest first."""

    details_template = "admin/datev_import.html"
    has_history = False
    page_key = "id"
    list_title = gettext_lazy("DATEV import")
    list_display = ("file_name", "designation", "created_at", "imported_by", "row_count", "booked_count", "refused_count")
    sortable_by = ()

    def pages(self) -> list[URLPattern]:
        """The way in."""
        return [self.page("new/", self.upload_view, "new")]

    def get_queryset(self, request: CompanyRequest) -> QuerySet[Model]:
        """Without the reports, which are long; a page reads its own."""
        return super().get_queryset(request).defer("report")

    def changelist_view(self, request: CompanyRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, with the button for a new one."""
        address = reverse("admin:accounting_datevimport_new")
        buttons = [Button(label=_("Import a file"), address=address, icon="upload_file", variant="primary")]
        return super().changelist_view(request, {**(extra_context or {}), "list_buttons": buttons if request.visit.may(WRITE) else []})

    def details_context(self, request: CompanyRequest, row: Model) -> dict[str, Any]:
        """The report that was given then."""
        context = super().details_context(request, row)
        return {**context, "report": _readable(row.report, request.company)} if isinstance(row, DatevImport) else context

    def sections(self, request: CompanyRequest, row: Model) -> Sequence[Section]:
        """Who and when."""
        if not isinstance(row, DatevImport):
            return []
        facts: list[tuple[str, object]] = [
            (_("Imported"), row.created_at),
            (_("Imported by"), row.imported_by),
            (_("SHA-256"), row.file_sha256),
        ]
        return [Section(title=_("Import"), facts=facts)]

    def upload_view(self, request: CompanyRequest) -> HttpResponse:
        """Form, preview, import: the same address, so that going back in the browser does no harm."""
        require_scope(request, WRITE)
        if request.method != "POST":
            return self._page(request, BatchForm())
        form = BatchForm(request.POST, request.FILES)
        if not form.is_valid():
            return self._page(request, form, status=400)
        name, data = _file_of(request, form)
        if not data:
            form.add_error("file", _("Choose a file. One sent before is kept for half an hour."))
            return self._page(request, form, status=400)
        return self._book(request, form, name, data) if "import" in request.POST else self._preview(request, form, name, data)

    def _preview(self, request: CompanyRequest, form: BatchForm, name: str, data: bytes) -> HttpResponse:
        """What the import would do to every row; the file waits for the decision."""
        try:
            report = call(
                lambda: preview_datev_batch(
                    company=request.company, actor=request.actor, data=data, file_name=name, now=request.visit.now, options=form.options()
                )
            )
        except LedgerLouError as refused:
            add_faults(form, refused)
            return self._page(request, form, status=refused.http_status)
        upload = keep_upload(request.visit, name=name, data=data)
        kept = BatchForm(initial={**form.cleaned_data, "upload": upload, "file": None})
        return self._page(request, kept, report=_readable(report_as_json(report), request.company), is_kept=bool(upload))

    def _book(self, request: CompanyRequest, form: BatchForm, name: str, data: bytes) -> HttpResponse:
        """The import itself. Where nothing was new, the report says so."""
        try:
            report = call(
                lambda: import_datev_batch(
                    company=request.company, actor=request.actor, data=data, file_name=name, now=request.visit.now, options=form.options()
                )
            )
        except LedgerLouError as refused:
            add_faults(form, refused)
            return self._page(request, form, status=refused.http_status)
        if report.import_id is not None:
            return HttpResponseRedirect(reverse("admin:accounting_datevimport_change", args=[report.import_id]))
        return self._page(request, BatchForm(), report=_readable(report_as_json(report), request.company), nothing_new=True)

    def _page(self, request: CompanyRequest, form: BatchForm, *, status: int = 200, **more: Any) -> HttpResponse:
        title = _("Import a DATEV file")
        context = {**site.each_context(request), "title": title, "trail": [*self.trail(), (title, None)], "form": form, **more}
        return TemplateResponse(request, "admin/datev_upload.html", context, status=status)


def _file_of(request: CompanyRequest, form: BatchForm) -> tuple[str, bytes]:
    """The file of this request, else the one that was put aside for its preview; empty when there is neither."""
    sent = form.cleaned_data["file"]
    if sent is not None:
        return str(sent.name), bytes(sent.read())
    return waiting_upload(request.visit, form.cleaned_data["upload"]) or ("", b"")


def _readable(report: dict[str, Any], company: Company) -> dict[str, Any]:
    """The report in the language of the page, cut to what fits on one, its accounts with the way to their sheets."""
    balances = report["trial_balance"]["accounts"]
    numbers = [account["account_number"] for account in balances[:SHOWN]]
    ids = dict(Account.objects.of(company).filter(number__in=numbers).values_list("number", "id"))
    return {
        **report,
        "sum_S": euro(Decimal(report["sum_S"])),
        "sum_H": euro(Decimal(report["sum_H"])),
        "booked": [{**row, "total": Decimal(row["total"])} for row in report["booked"][:SHOWN]],
        "refused": [
            {"line": line["line"], "row": _row(line["row"]), "reasons": [translated(fault["message"]) for fault in line["errors"]]}
            for line in report["refused"][:SHOWN]
        ],
        "changed": [{**line, "row": _row(line["row"])} for line in report["changed"][:SHOWN]],
        "gone": [{**line, "row": _row(line["row"])} for line in report["gone"][:SHOWN]],
        "notices": [translated(notice["message"]) for notice in report["notices"]],
        "accounts": [
            {
                **account,
                "id": ids.get(account["account_number"]),
                "before": Decimal(account["before"]["balance"]),
                "after": Decimal(account["after"]["balance"]),
            }
            for account in balances[:SHOWN]
        ],
        "shown": SHOWN,
        "is_cut": any(len(rows) > SHOWN for rows in (balances, *(report[kind] for kind in ("booked", "refused", "changed", "gone")))),
    }


def _row(text: str) -> str:
    """A row in short, as the report writes it, in the language of the page: its head before the first bar has two English words."""
    if get_language() == "en":
        return text
    head, bar, rest = text.partition(" | ")
    head = re.sub(r" key (\S+)", r" BU \1", head).replace(" general reversal", " Generalumkehr")
    return f"{head}{bar}{rest}"
