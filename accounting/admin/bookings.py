"""The page of one booking: events, open items, document, seal, links both ways, where it came from; and the button to reverse it."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import Model, Sum
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from accounting.admin.documents import preview_of
from accounting.admin.journal import account_names
from accounting.admin.seal_check import check_seals
from accounting.models.journal import Intent
from accounting.models.open_item import OpenItem
from accounting.selectors.journal import BookingView, booking_view
from accounting.services.reversals import CURRENT_PERIOD, ORIGINAL_PERIOD, ReversalRequest, reverse_booking
from ledgerlou.admin.base import Button, ReadOnlyAdmin, Section
from ledgerlou.admin.request import CompanyRequest
from ledgerlou.admin.service_page import ServicePage, Values, answer, require_scope
from ledgerlou.admin.site import site
from ledgerlou.admin.templatetags.back_office import amount
from ledgerlou.money import ZERO

WRITE = "journal:write"


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


@admin.register(Intent, site=site)
class BookingAdmin(ReadOnlyAdmin):
    """One booking with everything about it. Bookings are listed in the journal."""

    details_template = "admin/booking.html"
    has_history = False

    def pages(self) -> list[URLPattern]:
        """The page behind the button."""
        return [self.page("<uuid:object_id>/reverse/", self.reverse_view, "reverse")]

    def changelist_view(self, request: CompanyRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The journal is the list of bookings."""
        return HttpResponseRedirect(reverse("admin:accounting_event_changelist"))

    def trail(self, row: Model | None = None) -> list[tuple[str, str | None]]:
        """From the journal to the booking."""
        steps: list[tuple[str, str | None]] = [(_("Journal"), reverse("admin:accounting_event_changelist"))]
        if row is not None:
            steps.append((str(row), address_of(row.pk)))
        return steps

    def details_context(self, request: CompanyRequest, row: Model) -> dict[str, Any]:
        """The booking as the journal's selector knows it, and what stands around it."""
        view = booking_view(company=request.company, intent_id=row.pk)
        if view is None:
            raise Http404
        intent = view.intent
        others = _texts_of(request, view)
        return {
            **super().details_context(request, intent),
            "view": view,
            "intent": intent,
            "reverses": others.get(intent.reverses_id) if intent.reverses_id else None,
            "reversed_by": others.get(view.reversed_by) if view.reversed_by else None,
            "settles": [(link, others.get(link.intent_id)) for link in view.settles],
            "settled_by": [(link, others.get(link.intent_id)) for link in view.settled_by],
            "items": _items_of(request, intent),
            "preview": preview_of(intent.document) if intent.document else None,
            "checks": check_seals(company=request.company, intent_id=intent.id) if "verify" in request.GET else None,
        }

    def sections(self, request: CompanyRequest, row: Model) -> Sequence[Section]:
        """Where the booking came from."""
        if not isinstance(row, Intent):
            return []
        facts: list[tuple[str, object]] = [
            (_("Date"), row.booking_date),
            (_("Period"), row.period),
            (_("Reference"), row.external_reference),
            (_("Category"), row.category),
            (_("Recorded"), row.created_at),
            (_("Booked by"), row.actor_label),
            (_("Through"), channel_name(row.channel)),
            (_("Source"), source_name(row.source)),
        ]
        if row.actor_key_prefix:
            facts.append((_("API key"), f"ll_{row.actor_key_prefix}"))
        if row.fx_currency:
            facts += [
                (_("Foreign amount"), f"{amount(row.fx_amount)} {row.fx_currency}"),
                (_("Rate (foreign units per euro)"), row.fx_rate),
                (_("Rate of"), row.fx_rate_date),
            ]
        sections = [Section(title=_("Provenance"), facts=facts)]
        extra = [
            (str(key), json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value) for key, value in _metadata(row)
        ]
        return [*sections, Section(title=_("Metadata"), facts=extra)] if extra else sections

    def buttons(self, request: CompanyRequest, row: Model) -> Sequence[Button]:
        """Reversing, for whoever may post."""
        if not request.visit.may(WRITE) or not isinstance(row, Intent) or row.reverses_id is not None:
            return []
        return [Button(label=_("Reverse"), address=reverse("admin:accounting_intent_reverse", args=[row.pk]), icon="undo")]

    def reverse_view(self, request: CompanyRequest, object_id: UUID) -> HttpResponse:
        """Ask why and where, then have the counter-booking written."""
        require_scope(request, WRITE)
        intent = self.row_or_404(request, object_id)
        if not isinstance(intent, Intent):
            raise TypeError(intent)

        def act(values: Values) -> str:
            wanted = ReversalRequest(intent_id=object_id, **values)
            posted = reverse_booking(
                company=request.company, actor=request.actor, request=wanted, today=request.visit.today, now=request.visit.now
            )
            return address_of(posted.intent_id)

        page = ServicePage(
            title=_("Reverse a booking"),
            submit=_("Reverse"),
            explanation=_("The booking stays in the journal; a counter-booking with the sides swapped is added and linked with it."),
            act=act,
            form=ReversalForm,
            back=address_of(object_id),
            done=_("The booking is reversed. This is the counter-booking."),
            facts=[(_("Booking"), str(intent)), (_("Date"), intent.booking_date)],
            trail=self.trail(intent),
        )
        return answer(request, page)


def address_of(intent_id: UUID) -> str:
    """The page of a booking."""
    return reverse("admin:accounting_intent_change", args=[intent_id])


def channel_name(channel: str) -> str:
    """The door a booking came through."""
    return {"api": _("REST API"), "admin": _("Back office"), "command": _("Command line"), "task": _("Background task")}.get(
        channel, channel
    )


def source_name(source: str) -> str:
    """What made a booking."""
    names = {
        "booking": _("Booking"),
        "opening_balances": _("Opening balances"),
        "reversal": _("Reversal"),
        "datev_import": _("DATEV import"),
    }
    return names.get(source, source)


def _metadata(intent: Intent) -> list[tuple[str, object]]:
    """The pairs that the caller sent along. Decimals keep their digits."""
    return list(json.loads(intent.custom_metadata, parse_float=str).items()) if intent.custom_metadata else []


def _texts_of(request: CompanyRequest, view: BookingView) -> dict[UUID, Intent]:
    """The bookings this one is linked with, in one query."""
    ids = {link.intent_id for link in (*view.settles, *view.settled_by)}
    ids |= {other for other in (view.intent.reverses_id, view.reversed_by) if other is not None}
    return {intent.id: intent for intent in Intent.objects.of(request.company).filter(id__in=ids)}


def _items_of(request: CompanyRequest, intent: Intent) -> list[dict[str, Any]]:
    """The open items the booking bore, with what is left of each."""
    items = list(
        OpenItem.objects.of(request.company).filter(intent=intent).annotate(moved=Sum("settlements__movement")).order_by("position")
    )
    names = account_names(request.company, [item.account for item in items])
    return [{"item": item, "name": names[item.account], "left": item.amount + (item.moved or ZERO)} for item in items]
