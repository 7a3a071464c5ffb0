"""The page of one booking: events, open items, document, seal, links both ways, where it came from; and the button to reverse it."""

import json
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Model, Sum
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse
from django.utils.translation import gettext as _

from accounting.admin.booking_entry_form import DUPLICATE_REASON
from accounting.admin.documents import preview_of
from accounting.admin.entry_pages import entry_pages
from accounting.admin.journal import accounts_by_number
from accounting.admin.seal_check import check_seals
from accounting.models.journal import Intent
from accounting.models.open_item import OpenItem
from accounting.selectors.journal import BookingView, booking_view
from accounting.selectors.t_accounts import t_accounts
from accounting.wording import channel_name, period_name, source_name
from ledgerlou.admin.base import Button, ReadOnlyAdmin, Section
from ledgerlou.admin.request import CompanyRequest
from ledgerlou.admin.site import site
from ledgerlou.admin.templatetags.back_office import amount
from ledgerlou.money import ZERO

WRITE = "journal:write"


@admin.register(Intent, site=site)
class BookingAdmin(ReadOnlyAdmin):
    """One booking with everything about it. Bookings are listed in the journal."""

    details_template = "admin/booking.html"
    has_history = False

    def pages(self) -> list[URLPattern]:
        """Making and reversing bookings."""
        return entry_pages(self)

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
        checks = check_seals(company=request.company, intent_id=intent.id) if "verify" in request.GET else None
        items = list(
            OpenItem.objects.of(request.company).filter(intent=intent).annotate(moved=Sum("settlements__movement")).order_by("position")
        )
        numbers = {number for event in view.events for number in (event.account_debit, event.account_credit)}
        accounts = accounts_by_number(request.company, numbers | {item.account for item in items})
        return {
            **super().details_context(request, intent),
            "view": view,
            "intent": intent,
            "reverses": others.get(intent.reverses_id) if intent.reverses_id else None,
            "reversed_by": others.get(view.reversed_by) if view.reversed_by else None,
            "settles": [(link, others.get(link.intent_id)) for link in view.settles],
            "settled_by": [(link, others.get(link.intent_id)) for link in view.settled_by],
            "items": [{"item": item, "account": accounts[item.account], "left": item.amount + (item.moved or ZERO)} for item in items],
            "lines": [(event, accounts[event.account_debit], accounts[event.account_credit]) for event in view.events],
            "t_accounts": [(accounts[sheet.number], sheet) for sheet in t_accounts(view.events, general_reversal=intent.general_reversal)],
            "is_fullwidth": "1",
            "preview": preview_of(intent.document) if intent.document else None,
            "checks": checks,
            "all_hold": checks is not None and all(check.holds for check in checks),
            "seals": list(zip_longest(view.events, checks or ())),
        }

    def sections(self, request: CompanyRequest, row: Model) -> Sequence[Section]:
        """Where the booking came from."""
        if not isinstance(row, Intent):
            return []
        facts: list[tuple[str, object]] = [
            (_("Date"), row.booking_date),
            (_("Period"), period_name(row.period)),
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
        extra = [(_name_of(key), _shown(value)) for key, value in _metadata(row)]
        return [*sections, Section(title=_("Metadata"), facts=extra)] if extra else sections

    def buttons(self, request: CompanyRequest, row: Model) -> Sequence[Button]:
        """Reversing, for whoever may post."""
        if not request.visit.may(WRITE) or not isinstance(row, Intent) or row.reverses_id is not None:
            return []
        return [Button(label=_("Reverse"), address=reverse("admin:accounting_intent_reverse", args=[row.pk]), icon="undo")]


def address_of(intent_id: UUID) -> str:
    """The page of a booking."""
    return reverse("admin:accounting_intent_change", args=[intent_id])


def _name_of(key: str) -> str:
    return _("Reason in spite of a similar booking") if key == DUPLICATE_REASON else key


def _shown(value: object) -> object:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


def _metadata(intent: Intent) -> list[tuple[str, object]]:
    """The pairs that the caller sent along. Decimals keep their digits."""
    return list(json.loads(intent.custom_metadata, parse_float=str).items()) if intent.custom_metadata else []


def _texts_of(request: CompanyRequest, view: BookingView) -> dict[UUID, Intent]:
    """The bookings this one is linked with, in one query."""
    ids = {link.intent_id for link in (*view.settles, *view.settled_by)}
    ids |= {other for other in (view.intent.reverses_id, view.reversed_by) if other is not None}
    return {intent.id: intent for intent in Intent.objects.of(request.company).filter(id__in=ids)}
