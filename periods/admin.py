"""Periods by fiscal year, and the buttons to close them: provisionally by one person, for good by two."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounting.closing_digest import closing_digest
from accounting.sealing import FIRST_PREV_HASH
from ledgerlou.admin.base import Button, ReadOnlyAdmin, Section
from ledgerlou.admin.request import CompanyRequest, Visit
from ledgerlou.admin.service_page import ServicePage, Values, answer, press, require_scope
from ledgerlou.admin.site import site
from ledgerlou.admin.templatetags.back_office import euro
from ledgerlou.money import ZERO
from periods.closing import approve_lock, cancel_lock_request, people_who_may_approve, request_lock
from periods.locks import reopen_period, soft_lock_period
from periods.models import LockRequest, LockRequestStatus, Period, PeriodStatus
from periods.selectors import PeriodSummary, list_periods

WRITE: Final = "periods:write"
LIST: Final = "admin:periods_period_changelist"
MAX_REQUESTS: Final = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class PeriodLine:
    """A period as the list shows it."""

    summary: PeriodSummary
    name: str
    row_id: UUID | None
    request: LockRequest | None
    is_now: bool
    buttons: Sequence[Button]


@dataclass(frozen=True, kw_only=True, slots=True)
class YearOfPeriods:
    """A fiscal year with its periods in order."""

    label: int
    lines: Sequence[PeriodLine]


def pending_requests(visit: Visit) -> dict[str, LockRequest]:
    """The requests that wait for somebody else, by period."""
    waiting = LockRequest.objects.of(visit.company).filter(status=LockRequestStatus.PENDING, expires_at__gt=visit.now)
    return {row.period.period: row for row in waiting.select_related("period").order_by("period__starts_on", "id")}


def period_name(period: str) -> str:
    """A period in words: March 2026; an adjustment period keeps its number."""
    year, _hyphen, part = period.partition("-")
    if part.startswith("P"):
        return _("Adjustment period %(number)s of %(year)s") % {"number": part[1:], "year": year}
    return date_format(date(int(year), int(part), 1), "F Y")


@admin.register(Period, site=site)
class PeriodAdmin(ReadOnlyAdmin):
    """What can still be booked, and what is reported."""

    read_scope = "periods:read"
    details_template = "admin/period.html"

    def pages(self) -> list[URLPattern]:
        """The buttons. They name the period, not a row: months that nobody has touched have none yet."""
        return [
            self.page("<slug:period>/soft-lock/", self.soft_lock_view, "soft_lock"),
            self.page("<slug:period>/reopen/", self.reopen_view, "reopen"),
            self.page("<slug:period>/request/", self.request_view, "request"),
            self.page("<slug:period>/approve/<uuid:request_id>/", self.approve_view, "approve"),
            self.page("<slug:period>/cancel/<uuid:request_id>/", self.cancel_view, "cancel"),
        ]

    def changelist_view(self, request: CompanyRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """All fiscal years, newest first."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {**self.admin_site.each_context(request), "title": _("Periods"), "years": list(self._years(request))}
        return TemplateResponse(request, "admin/periods.html", context)

    def _years(self, request: CompanyRequest) -> Iterator[YearOfPeriods]:
        """Newest year first, its periods in order."""
        rows = {row.period: row for row in Period.objects.of(request.company)}
        waiting = pending_requests(request.visit)
        this_month = f"{request.visit.today:%Y-%m}"
        lines = [
            (
                rows[summary.period].fiscal_year if summary.period in rows else int(summary.period[:4]),
                PeriodLine(
                    summary=summary,
                    name=period_name(summary.period),
                    row_id=rows[summary.period].id if summary.period in rows else None,
                    request=waiting.get(summary.period),
                    is_now=summary.period == this_month,
                    buttons=self._buttons_of(request, summary.period, summary.status, waiting.get(summary.period)),
                ),
            )
            for summary in list_periods(company=request.company, now=request.visit.now)
        ]
        years = [
            YearOfPeriods(label=label, lines=[line for _label, line in group]) for label, group in groupby(lines, key=lambda pair: pair[0])
        ]
        yield from reversed(years)

    def _buttons_of(self, request: CompanyRequest, period: str, status: str, pending: LockRequest | None) -> list[Button]:
        """What can be done with a period in this state. The services decide; a button that they would refuse is only not offered."""
        if not request.visit.may(WRITE) or status == PeriodStatus.LOCKED:
            return []

        def address(page: str, *more: object) -> str:
            return reverse(f"admin:periods_period_{page}", args=[period, *more])

        buttons = []
        if status == PeriodStatus.OPEN:
            buttons.append(Button(label=_("Soft-lock"), address=address("soft_lock"), icon="lock_clock", is_post=True))
        else:
            buttons.append(Button(label=_("Reopen"), address=address("reopen"), icon="lock_open", is_post=True))
        if pending is None:
            buttons.append(Button(label=_("Lock"), address=address("request"), icon="gpp_good"))
        else:
            buttons.append(Button(label=_("Approve"), address=address("approve", pending.id), icon="verified", variant="primary"))
            buttons.append(Button(label=_("Withdraw"), address=address("cancel", pending.id), icon="close", is_post=True))
        return buttons

    def details_context(self, request: CompanyRequest, row: Model) -> dict[str, Any]:
        """The period with its requests and its digest."""
        requests = LockRequest.objects.of(request.company).filter(period_id=row.pk).order_by("-created_at", "-id")[:MAX_REQUESTS]
        shown = [{"request": one, "state": _state_of(one, request)} for one in requests]
        return {**super().details_context(request, row), "requests": shown}

    def trail(self, row: Model | None = None) -> list[tuple[str, str | None]]:
        """From the periods to the period."""
        steps: list[tuple[str, str | None]] = [(_("Periods"), reverse(LIST))]
        if isinstance(row, Period):
            steps.append((period_name(row.period), reverse("admin:periods_period_change", args=[row.pk])))
        return steps

    def sections(self, request: CompanyRequest, row: Model) -> Sequence[Section]:
        """Days, state, and the seal."""
        if not isinstance(row, Period):
            return []
        facts: list[tuple[str, object]] = [
            (_("Period"), row.period),
            (_("Fiscal year"), str(row.fiscal_year)),
            (_("From"), row.starts_on),
            (_("Until"), row.ends_on),
            (_("Status"), row.get_status_display()),
            (_("Locked by"), row.locked_by),
            (_("Locked at"), row.locked_at),
        ]
        if row.closing_hash:
            facts += [(_("Closing hash"), _code(row.closing_hash)), (_("Follows"), _code(row.closing_prev_hash or ""))]
        return [Section(title=_("Period"), facts=facts)]

    def buttons(self, request: CompanyRequest, row: Model) -> Sequence[Button]:
        """As in the list."""
        if not isinstance(row, Period):
            return []
        return self._buttons_of(request, row.period, row.status, pending_requests(request.visit).get(row.period))

    def soft_lock_view(self, request: CompanyRequest, period: str) -> HttpResponse:
        """Close provisionally."""
        self._require_post(request)
        return press(
            request,
            act=lambda: soft_lock_period(company=request.company, actor=request.actor, period=period, now=request.visit.now),
            back=reverse(LIST),
            done=_("The period is soft-locked. It takes no bookings until it is reopened."),
        )

    def reopen_view(self, request: CompanyRequest, period: str) -> HttpResponse:
        """Take the soft lock off."""
        self._require_post(request)
        return press(
            request,
            act=lambda: reopen_period(company=request.company, period=period),
            back=reverse(LIST),
            done=_("The period is open again."),
        )

    def request_view(self, request: CompanyRequest, period: str) -> HttpResponse:
        """Ask for the hard lock."""
        require_scope(request, WRITE)
        name = _name_or_404(period)

        def act(values: Values) -> str:
            request_lock(company=request.company, actor=request.actor, period=period, now=request.visit.now)
            return reverse(LIST)

        page = ServicePage(
            title=_("Ask for the lock"),
            submit=_("Ask for the lock"),
            explanation=_(
                "A second person has to approve within 48 hours; until then the period takes no bookings. Once approved, the period is "
                "locked for good."
            ),
            act=act,
            back=reverse(LIST),
            done=_("The lock is asked for. Somebody else has to approve it within 48 hours."),
            facts=[(_("Period"), name), *self._digest(request, period)],
            trail=self.trail(),
        )
        return answer(request, page)

    def approve_view(self, request: CompanyRequest, period: str, request_id: UUID) -> HttpResponse:
        """Lock for good, after a look at what is sealed."""
        require_scope(request, WRITE)
        pending = LockRequest.objects.of(request.company).filter(id=request_id, period__period=period).first()
        if pending is None:
            raise Http404

        def act(values: Values) -> str:
            approve_lock(company=request.company, actor=request.actor, period=period, request_id=request_id, now=request.visit.now)
            return reverse(LIST)

        is_alone = people_who_may_approve(company=request.company, today=request.visit.today) == {request.actor.person_id}
        page = ServicePage(
            title=_("Lock for good"),
            submit=_("Lock for good"),
            explanation=_("This cannot be undone. Corrections go into the next open period."),
            act=act,
            back=reverse(LIST),
            done=_("The period is locked for good."),
            is_grave=True,
            facts=[
                (_("Period"), period_name(period)),
                (_("Asked for by"), pending.requested_by),
                (_("Asked for at"), pending.created_at),
                *self._digest(request, period),
                *([(_("Four eyes"), _("You are the only one who may approve here."))] if is_alone else []),
            ],
            trail=self.trail(),
        )
        return answer(request, page)

    def cancel_view(self, request: CompanyRequest, period: str, request_id: UUID) -> HttpResponse:
        """Withdraw a request."""
        self._require_post(request)
        return press(
            request,
            act=lambda: cancel_lock_request(
                company=request.company, actor=request.actor, period=period, request_id=request_id, now=request.visit.now
            ),
            back=reverse(LIST),
            done=_("The request is withdrawn."),
        )

    def _require_post(self, request: CompanyRequest) -> None:
        require_scope(request, WRITE)
        if request.method != "POST":
            raise Http404

    def _digest(self, request: CompanyRequest, period: str) -> list[tuple[str, object]]:
        """What the lock will seal, as it stands now; both people see it (RULINGS 20)."""
        digest = closing_digest(company_id=request.company.id, period=period)
        before = Period.objects.of(request.company).exclude(closing_position=None).order_by("-closing_position").first()
        prev_hash = (before and before.closing_hash) or FIRST_PREV_HASH
        facts: list[tuple[str, object]] = [(_("Journal lines"), str(digest.event_count))]
        if digest.event_count:
            facts += [
                (_("Numbers"), f"{digest.first_number} – {digest.last_number}"),
                (_("Debit total"), euro(sum((debit for _account, debit, _credit in digest.totals), ZERO))),
                (_("Credit total"), euro(sum((credit for _account, _debit, credit in digest.totals), ZERO))),
            ]
        return [*facts, (_("Closing hash"), _code(digest.closing_hash(prev_hash)))]


def _name_or_404(period: str) -> str:
    try:
        return period_name(period)
    except ValueError as error:
        raise Http404 from error


def _state_of(lock_request: LockRequest, request: CompanyRequest) -> str:
    """The state in words; a pending one whose time is over has expired."""
    overdue = lock_request.status == LockRequestStatus.PENDING and lock_request.expires_at <= request.visit.now
    return str(LockRequestStatus.EXPIRED.label if overdue else lock_request.get_status_display())


def _code(text: str) -> SafeString:
    return format_html('<span class="ll-code">{}</span>', text)
