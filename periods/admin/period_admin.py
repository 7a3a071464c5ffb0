"""Periods in the back office: the board, the page of a period, and its buttons."""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from django.utils.translation import gettext as _

from accounting.selectors.month_checks import overdue_accounts
from accounting.wording import period_name
from ledgerlou.admin.base import ReadOnlyAdmin
from ledgerlou.admin.request import CompanyRequest
from ledgerlou.admin.service_page import press, require_scope
from ledgerlou.admin.site import site
from periods.admin import lock_pages
from periods.admin.actions import LIST, WRITE, page_of
from periods.admin.board import board_page
from periods.admin.period_page import known_period, period_page
from periods.checklist import days_of
from periods.closing import cancel_lock_request
from periods.locks import reopen_period, soft_lock_period
from periods.models import Period

OVERDUE_DAYS: Final = 90
MAX_OVERDUE: Final = 10


@admin.register(Period, site=site)
class PeriodAdmin(ReadOnlyAdmin):
    """What can still be booked, and how months are closed: provisionally by one person, for good by two."""

    read_scope = "periods:read"

    def get_urls(self) -> list[URLPattern]:
        """Pages name the period, not a row: months that nobody has touched have none yet. A row's own address leads on."""
        return [*super().get_urls(), self.page("<slug:period>/", self.month_view, "month")]

    def pages(self) -> list[URLPattern]:
        """The buttons, and what is loaded later."""
        return [
            self.page("<slug:period>/soft-lock/", self.soft_lock_view, "soft_lock"),
            self.page("<slug:period>/reopen/", self.reopen_view, "reopen"),
            self.page("<slug:period>/request/", self.request_view, "request"),
            self.page("<slug:period>/approve/<uuid:request_id>/", self.approve_view, "approve"),
            self.page("<slug:period>/cancel/<uuid:request_id>/", self.cancel_view, "cancel"),
            self.page("<slug:period>/overdue/", self.overdue_view, "overdue"),
        ]

    def changelist_view(self, request: CompanyRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The board of the fiscal years, newest first."""
        self._require_reader(request)
        until = request.GET.get("until", "")
        page = board_page(request.visit, until=int(until) if until.isdecimal() and len(until) == 4 else None)
        context = {**self.admin_site.each_context(request), "title": _("Periods"), "board": page}
        return TemplateResponse(request, "admin/periods.html", context)

    def details_view(self, request: CompanyRequest, object_id: UUID | int) -> HttpResponse:
        """A row's page is that of its period; opening entries have none of their own and follow the first month."""
        row = self.row_or_404(request, object_id)
        if not isinstance(row, Period):
            raise Http404
        return HttpResponseRedirect(page_of(row.governed_by))

    def month_view(self, request: CompanyRequest, period: str) -> HttpResponse:
        """A period: how it stands, its checklist, and what happened to it."""
        self._require_reader(request)
        known_period(request, period)
        page = period_page(request.visit, period=period)
        context = {**self.admin_site.each_context(request), "title": page.name, "trail": self._trail(page.name), "page": page}
        return TemplateResponse(request, "admin/period.html", context)

    def overdue_view(self, request: CompanyRequest, period: str) -> HttpResponse:
        """Old open items of a period: a part that its page loads when it is shown, since they are summed up from every item there is.

        Without a script the link leads to a page of its own.
        """
        self._require_reader(request)
        known_period(request, period)
        day = days_of(company=request.company, period=period).last
        found = overdue_accounts(company=request.company, day=day, overdue_days=OVERDUE_DAYS, limit=MAX_OVERDUE)
        context: dict[str, Any] = {"accounts": found, "days": OVERDUE_DAYS, "day": day, "due_before": day - timedelta(days=OVERDUE_DAYS)}
        if request.headers.get("HX-Request"):
            return TemplateResponse(request, "admin/period_overdue.html", context, headers={"Vary": "HX-Request"})
        title = _("Old open items")
        frame = {"title": title, "trail": [*self._trail(period_name(period), page_of(period)), (title, None)]}
        everything = {**self.admin_site.each_context(request), **context, **frame}
        return TemplateResponse(request, "admin/period_overdue_page.html", everything, headers={"Vary": "HX-Request"})

    def trail(self, row: Model | None = None) -> list[tuple[str, str | None]]:
        """From the periods to the period, as the page of a row's history has it."""
        steps: list[tuple[str, str | None]] = [(_("Periods"), reverse(LIST))]
        if isinstance(row, Period):
            steps.append((period_name(row.period), page_of(row.governed_by)))
        return steps

    def soft_lock_view(self, request: CompanyRequest, period: str) -> HttpResponse:
        """Close provisionally."""
        self._require_post(request, period)
        return press(
            request,
            act=lambda: soft_lock_period(company=request.company, actor=request.actor, period=period, now=request.visit.now),
            back=page_of(period),
            done=_("The period is soft-locked. It takes no bookings until it is reopened."),
        )

    def reopen_view(self, request: CompanyRequest, period: str) -> HttpResponse:
        """Take the soft lock off."""
        self._require_post(request, period)
        return press(
            request,
            act=lambda: reopen_period(company=request.company, period=period),
            back=page_of(period),
            done=_("The period is open again."),
        )

    def cancel_view(self, request: CompanyRequest, period: str, request_id: UUID) -> HttpResponse:
        """Withdraw a request."""
        self._require_post(request, period)
        return press(
            request,
            act=lambda: cancel_lock_request(
                company=request.company, actor=request.actor, period=period, request_id=request_id, now=request.visit.now
            ),
            back=page_of(period),
            done=_("The request is withdrawn."),
        )

    def request_view(self, request: CompanyRequest, period: str) -> HttpResponse:
        """Ask for the hard lock."""
        require_scope(request, WRITE)
        known_period(request, period)
        return lock_pages.request_page(request, period=period, trail=self._trail(period_name(period), page_of(period)))

    def approve_view(self, request: CompanyRequest, period: str, request_id: UUID) -> HttpResponse:
        """Lock for good, after a look at what is sealed and at what has changed since the request."""
        require_scope(request, WRITE)
        known_period(request, period)
        trail = self._trail(period_name(period), page_of(period))
        return lock_pages.approve_page(request, period=period, request_id=request_id, trail=trail)

    def _trail(self, name: str, address: str | None = None) -> list[tuple[str, str | None]]:
        return [*self.trail(), (name, address)]

    def _require_reader(self, request: CompanyRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def _require_post(self, request: CompanyRequest, period: str) -> None:
        require_scope(request, WRITE)
        if request.method != "POST":
            raise Http404
        known_period(request, period)
