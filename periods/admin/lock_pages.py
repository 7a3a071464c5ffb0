"""The two pages of the hard lock: one person asks with a checklist, another sees what has changed since and approves."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from accounting.wording import period_name
from ledgerlou.admin.faults import add_faults
from ledgerlou.admin.request import CompanyRequest
from ledgerlou.admin.service_page import NothingToFill, Values, call
from ledgerlou.admin.site import site
from ledgerlou.admin.templatetags.back_office import euro
from ledgerlou.errors import LedgerLouError
from periods.admin.actions import approver_of, page_of
from periods.admin.checklist_words import Point, question_words
from periods.admin.period_page import answers_of, current_points, kept_points, pending_of, steps_since
from periods.checklist import digest_of, kept_digest, questions_of
from periods.closing import NOTE_LENGTH, Statement, approve_lock, request_lock
from periods.history import requests_of
from periods.models import LockRequest, LockRequestStatus, Period

Trail = Sequence[tuple[str, str | None]]


class RequestForm(forms.Form):
    """What only people can answer, and a note to whoever approves. Nothing of it is required."""

    answers = forms.MultipleChoiceField(required=False)
    note = forms.CharField(required=False, max_length=NOTE_LENGTH, strip=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """A figure or a point when the lock was asked for, and now."""

    name: str
    then: object
    now: object
    is_changed: bool


def request_page(request: CompanyRequest, *, period: str, trail: Trail) -> HttpResponse:
    """The checklist, with what the books say filled in; on POST the request is made."""
    visit = request.visit
    questions = questions_of(company=request.company, period=period)

    def act(values: Values) -> None:
        said = Statement(answers=values["answers"], note=values["note"])
        request_lock(company=request.company, actor=request.actor, period=period, now=visit.now, statement=said)

    form = RequestForm(request.POST if request.method == "POST" else None)
    answers = form.fields["answers"]
    if isinstance(answers, forms.MultipleChoiceField):
        answers.choices = [(code, question_words(code)) for code in questions]
    done = _("The lock is asked for. Everybody who may approve it has got a mail.")
    status = _send(request, form, act)
    if status is None:
        messages.success(request, done)
        return HttpResponseRedirect(page_of(period))
    row = Period.objects.of(request.company).filter(period=period).first()
    digest = digest_of(company=request.company, period=period)
    points = current_points(visit, period=period, digest=digest)
    ticked = set(form.data.getlist("answers")) if request.method == "POST" and hasattr(form.data, "getlist") else set()
    context = {
        "name": period_name(period),
        "form": form,
        "questions": [(code, question_words(code), code in ticked) for code in questions],
        "points": points,
        "earlier": next((point for point in points if point.code == "order" and point.address), None),
        "figures": [(name, now) for name, now in _figures(kept_digest(company=request.company, digest=digest))],
        "pending": pending_of(requests_of(company=request.company, row=row), visit.now) if row else None,
        "back": page_of(period),
        "note_length": NOTE_LENGTH,
    }
    return _page(request, "admin/period_request.html", context, title=_("Ask for the lock"), trail=trail, status=status)


def approve_page(request: CompanyRequest, *, period: str, request_id: UUID, trail: Trail) -> HttpResponse:
    """The request beside the books as they stand now; on POST the period is locked for good. Raises Http404."""
    visit = request.visit
    pending = LockRequest.objects.of(request.company).filter(id=request_id, period__period=period).select_related("period").first()
    if pending is None:
        raise Http404
    form = NothingToFill(request.POST if request.method == "POST" else None)

    def act(_values: Values) -> None:
        approve_lock(company=request.company, actor=request.actor, period=period, request_id=request_id, now=visit.now)

    status = _send(request, form, act)
    if status is None:
        messages.success(request, _("The period is locked for good. You both get the closing hash by mail."))
        return HttpResponseRedirect(page_of(period))
    digest = digest_of(company=request.company, period=period)
    figures = _compared_figures(pending.digest, kept_digest(company=request.company, digest=digest))
    points = _compared_points(kept_points(pending), current_points(visit, period=period, digest=digest))
    steps = steps_since(visit, pending)
    is_waiting = pending.status == LockRequestStatus.PENDING and pending.expires_at > visit.now
    context = {
        "name": period_name(period),
        "form": form,
        "lock_request": pending,
        "is_waiting": is_waiting,
        "approver": approver_of(visit, pending),
        "figures": figures,
        "points": points,
        "answers": answers_of(pending),
        "steps": steps,
        "is_changed": bool(steps) or any(line.is_changed for line in (*figures, *points)),
        "has_evidence": bool(pending.digest),
        "back": page_of(period),
        "withdraw": reverse("admin:periods_period_cancel", args=[period, request_id]),
    }
    return _page(request, "admin/period_approve.html", context, title=_("Lock for good"), trail=trail, status=status)


def _send(request: CompanyRequest, form: forms.Form, act: Callable[[Values], None]) -> int | None:
    """On POST call the service: None when it did what was asked, else the status with which the page is shown again."""
    if request.method != "POST":
        return 200
    if not form.is_valid():
        return 400
    try:
        call(lambda: act(form.cleaned_data))
    except LedgerLouError as refused:
        add_faults(form, refused)
        return refused.http_status
    return None


def _page(
    request: CompanyRequest, template: str, context: Mapping[str, Any], *, title: str, trail: Trail, status: int | None
) -> TemplateResponse:
    everything = {**site.each_context(request), **context, "title": title, "trail": [*trail, (title, None)]}
    return TemplateResponse(request, template, everything, status=status)


def _figures(kept: Mapping[str, Any]) -> list[tuple[str, object]]:
    """What the closing hash covers, in words; the same lines for every digest, so that two of them can be compared."""
    first, last = kept["first_number"], kept["last_number"]
    numbers = "–" if first is None else str(first) if first == last else f"{first} – {last}"
    return [
        (_("Journal lines"), str(kept["event_count"])),
        (_("Numbers"), numbers),
        (_("Debit total"), euro(Decimal(kept["debit"]))),
        (_("Credit total"), euro(Decimal(kept["credit"]))),
        (_("Follows the closing hash"), _code(kept["prev_hash"])),
        (_("Closing hash"), _code(kept["closing_hash"])),
    ]


def _compared_figures(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[Compared]:
    """Figures at the request and now. Requests from before figures were kept have none to compare with."""
    before = dict(_figures(then)) if then else {}
    return [
        Compared(name=name, then=before.get(name, "–"), now=value, is_changed=bool(then) and before.get(name) != value)
        for name, value in _figures(now)
    ]


def _compared_points(then: Sequence[Point], now: Sequence[Point]) -> list[Compared]:
    """Points of the checklist at the request and now."""
    before = {point.code: point for point in then}
    return [
        Compared(
            name=point.name,
            then=before.get(point.code),
            now=point,
            is_changed=point.code in before and (before[point.code].text, before[point.code].mark) != (point.text, point.mark),
        )
        for point in now
    ]


def _code(text: str) -> str:
    return format_html('<span class="ll-code">{}</span>', text)
