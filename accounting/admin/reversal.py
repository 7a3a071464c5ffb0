"""Reversing a booking: why, where, and what the counter-booking will be, shown before it is written."""

from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from accounting.admin.posting_preview import preview_context, rehearse
from accounting.models.journal import Intent
from accounting.posting import PostedIntent
from accounting.services.reversals import CURRENT_PERIOD, ORIGINAL_PERIOD, ReversalRequest, reverse_booking
from ledgerlou.admin.base import ReadOnlyAdmin
from ledgerlou.admin.faults import add_faults, texts_of
from ledgerlou.admin.request import CompanyRequest
from ledgerlou.admin.service_page import call, require_scope
from ledgerlou.admin.site import site
from ledgerlou.errors import LedgerLouError

WRITE: Final = "journal:write"


class ReversalForm(forms.Form):
    """Why and where a booking is reversed."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("Stands in the text of the counter-booking."),
        widget=UnfoldAdminTextInputWidget({"autofocus": True}),
    )
    posting_mode = forms.ChoiceField(
        label=gettext_lazy("Date of the counter-booking"),
        choices=[(CURRENT_PERIOD, gettext_lazy("today")), (ORIGINAL_PERIOD, gettext_lazy("date of the original booking"))],
        initial=CURRENT_PERIOD,
        widget=UnfoldAdminRadioSelectWidget(),
    )
    general_reversal = forms.BooleanField(
        label=gettext_lazy("General reversal (Generalumkehr)"),
        required=False,
        help_text=gettext_lazy("Takes the amounts off the original sides, so that turnover is not inflated."),
        widget=UnfoldBooleanWidget(),
    )

    def name_days(self, request: CompanyRequest, intent: Intent) -> None:
        """Write both days beside the choice."""
        days = {CURRENT_PERIOD: request.visit.today, ORIGINAL_PERIOD: intent.booking_date}
        field = self.fields["posting_mode"]
        field.choices = [  # type: ignore[attr-defined]  # a choice field
            (mode, f"{name} ({date_format(days[mode], 'DATE_FORMAT')})")
            for mode, name in field.choices  # type: ignore[attr-defined]
        ]


def reversal_page(pages: ReadOnlyAdmin, request: CompanyRequest, object_id: UUID) -> HttpResponse:
    """Ask why and where, show the counter-booking, then have it written. `preview` in the form asks for the preview alone."""
    require_scope(request, WRITE)
    intent = pages.row_or_404(request, object_id)
    if not isinstance(intent, Intent):
        raise TypeError(intent)
    form = ReversalForm(request.POST) if request.method == "POST" else ReversalForm()
    form.name_days(request, intent)
    if request.method != "POST":
        return _page(pages, request, intent, form)
    if not form.is_valid():
        return _page(pages, request, intent, form, status=400)
    try:
        if "preview" in request.POST:
            shown = preview_context(
                request.company,
                rehearse(lambda: _reverse(request, object_id, form)),
                general_reversal=form.cleaned_data["general_reversal"],
            )
            return _page(pages, request, intent, form, preview=shown)
        posted = call(lambda: _reverse(request, object_id, form))
    except LedgerLouError as refused:
        if request.POST.get("preview") == "part":
            return _part(request, {"faults": texts_of(refused)})
        add_faults(form, refused)
        return _page(pages, request, intent, form, status=refused.http_status)
    messages.success(request, _("The booking is reversed. This is the counter-booking."))
    return HttpResponseRedirect(reverse("admin:accounting_intent_change", args=[posted.intent_id]))


def _reverse(request: CompanyRequest, object_id: UUID, form: ReversalForm) -> PostedIntent:
    wanted = ReversalRequest(
        intent_id=object_id,
        reason=form.cleaned_data["reason"],
        posting_mode=form.cleaned_data["posting_mode"],
        general_reversal=form.cleaned_data["general_reversal"],
    )
    return reverse_booking(company=request.company, actor=request.actor, request=wanted, today=request.visit.today, now=request.visit.now)


def _part(request: CompanyRequest, context: dict[str, Any]) -> HttpResponse:
    """The preview alone, for the script of the page."""
    return TemplateResponse(request, "admin/posting_preview.html", context)


def _page(
    pages: ReadOnlyAdmin,
    request: CompanyRequest,
    intent: Intent,
    form: ReversalForm,
    *,
    preview: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    if preview is not None and request.POST.get("preview") == "part":
        return _part(request, preview)
    title = _("Reverse a booking")
    context = {
        **site.each_context(request),
        "title": title,
        "trail": [*pages.trail(intent), (title, None)],
        "form": form,
        "intent": intent,
        "back": reverse("admin:accounting_intent_change", args=[intent.pk]),
        "preview": preview,
    }
    return TemplateResponse(request, "admin/reversal.html", context, status=status)
