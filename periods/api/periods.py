"""Periods: how they stand, soft lock and reopening, and the hard lock with four eyes."""

from typing import Final
from uuid import UUID

from ledgerlou.api import fields
from ledgerlou.api.answers import Answer
from ledgerlou.api.operation import Operation
from ledgerlou.api.parameters import PathParameter
from ledgerlou.api.request import ApiRequest
from ledgerlou.api.serializers import Output
from ledgerlou.api.text import Text
from ledgerlou.api.views import CompanyView
from ledgerlou.errors import Forbidden, NotFound
from periods.closing import (
    EarlierPeriodOpen,
    LockRequestPending,
    RequestExpired,
    RequestNotPending,
    SelfApprovalDenied,
    approve_lock,
    cancel_lock_request,
    request_lock,
)
from periods.locks import PeriodAlreadyLocked, PeriodAlreadySoftLocked, PeriodIrreversible, reopen_period, soft_lock_period
from periods.models import LockRequest, LockRequestStatus, Period, PeriodStatus
from periods.selectors import list_periods, lock_status

_PERIOD_TEXT: Final = Text(
    "Month or adjustment period; its year is the calendar year in which the fiscal year ends",
    "Monat oder Abschlussperiode; deren Jahr ist das Kalenderjahr, in dem das Wirtschaftsjahr endet",
)
_REQUEST_TEXT: Final = Text("Lock request", "Sperrantrag")
PERIOD: Final = PathParameter("period", "period", text=_PERIOD_TEXT)
REQUEST_ID: Final = PathParameter("request_id", "uuid", text=_REQUEST_TEXT)


def _status() -> fields.ChoiceField:
    return fields.ChoiceField(PeriodStatus, help_text=Text("State of the period", "Zustand der Periode"))


def _period_number() -> fields.ChoiceField:
    return fields.ChoiceField((0, 13, 14), help_text=Text("0 for a month, else 13 or 14", "0 für einen Monat, sonst 13 oder 14"))


def _closing_hash(*, allow_null: bool = False) -> fields.StringField:
    text = Text("SHA-256 over the locked period, chained to the one before", "SHA-256 über die gesperrte Periode, verkettet mit der davor")
    return fields.StringField(max_length=64, pattern="[0-9a-f]{64}", help_text=text, allow_null=allow_null)


def _who(text: Text, *, allow_null: bool = False) -> fields.StringField:
    return fields.StringField(max_length=200, help_text=text, allow_null=allow_null)


_LOCKED_BY: Final = Text("Who locked it", "Wer sie gesperrt hat")
_LOCKED_AT: Final = Text("When it was locked", "Wann sie gesperrt wurde")
_REQUESTED_BY: Final = Text("Who asked for the lock", "Wer die Sperre beantragt hat")
_EXPIRES_AT: Final = Text("When the request expires: after 48 hours", "Wann der Antrag verfällt: nach 48 Stunden")
_ASKED_AT: Final = Text("When the lock was asked for", "Wann die Sperre beantragt wurde")


class PeriodRow(Output):
    """A period in the list."""

    period = fields.PeriodField(help_text=_PERIOD_TEXT)
    status = _status()
    period_number = _period_number()
    booking_count = fields.IntField(min_value=0, help_text=Text("Bookings in the period", "Buchungen der Periode"))
    locked_by = _who(_LOCKED_BY, allow_null=True)
    locked_at = fields.MomentField(allow_null=True, help_text=_LOCKED_AT)
    closing_hash = _closing_hash(allow_null=True)


class PeriodState(Output):
    """A period after it was reopened."""

    period = fields.PeriodField(help_text=_PERIOD_TEXT)
    period_number = _period_number()
    status = _status()


class SoftLockedPeriod(PeriodState):
    """A period after its soft lock."""

    locked_by = _who(_LOCKED_BY)
    locked_at = fields.MomentField(help_text=_LOCKED_AT)


class LockedPeriod(SoftLockedPeriod):
    """A period after its hard lock."""

    closing_hash = _closing_hash()
    request_id = fields.IdField(help_text=_REQUEST_TEXT)
    approved_by = _who(Text("Who approved the lock", "Wer die Sperre freigegeben hat"))
    requested_by = _who(_REQUESTED_BY)


class RequestedLock(Output):
    """A new request to lock a period."""

    request_id = fields.IdField(help_text=_REQUEST_TEXT)
    period = fields.PeriodField(help_text=_PERIOD_TEXT)
    status = fields.ChoiceField(LockRequestStatus, help_text=Text("State of the request", "Zustand des Antrags"))
    created_at = fields.MomentField(help_text=_ASKED_AT)
    expires_at = fields.MomentField(help_text=_EXPIRES_AT)
    message = _who(Text("What happens next", "Wie es weitergeht"))


class PendingLock(Output):
    """How a period stands and whether a request to lock it is pending; what describes the request is null when none is."""

    period = fields.PeriodField(help_text=_PERIOD_TEXT)
    status = _status()
    locked_by = _who(_LOCKED_BY, allow_null=True)
    locked_at = fields.MomentField(allow_null=True, help_text=_LOCKED_AT)
    closing_hash = _closing_hash(allow_null=True)
    has_pending_request = fields.BoolField(help_text=Text("Whether a request is pending", "Ob ein Antrag offen ist"))
    request_id = fields.IdField(allow_null=True, help_text=_REQUEST_TEXT)
    requested_by = _who(_REQUESTED_BY, allow_null=True)
    created_at = fields.MomentField(allow_null=True, help_text=_ASKED_AT)
    expires_at = fields.MomentField(allow_null=True, help_text=_EXPIRES_AT)


class CancelledRequest(Output):
    """A request that was withdrawn."""

    ok = fields.BoolField(help_text=Text("Always true", "Immer wahr"))
    request_id = fields.IdField(help_text=_REQUEST_TEXT)
    status = fields.ChoiceField(LockRequestStatus, help_text=Text("State of the request", "Zustand des Antrags"))


class PeriodsView(CompanyView):
    """All periods of the company."""

    tag = "Periods"

    @Operation(
        id="listPeriods",
        summary=Text("List periods", "Perioden auflisten"),
        description=Text(
            "Months of every fiscal year that was touched and of the running one, oldest first; after each year its adjustment periods.",
            "Monate jedes berührten und des laufenden Wirtschaftsjahres, älteste zuerst; nach jedem Jahr seine Abschlussperioden.",
        ),
        scopes="periods:read",
        answer=PeriodRow(many=True),
    )
    def get(self, request: ApiRequest) -> object:
        """Status and number of bookings."""
        return list_periods(company=request.company, now=request.now)


class SoftLockView(CompanyView):
    """The provisional close."""

    tag = "Periods"
    path = (PERIOD,)

    @Operation(
        id="softLockPeriod",
        summary=Text("Set a soft lock", "Periode vorläufig sperren"),
        description=Text(
            "Closes the period provisionally: postings are refused from now on, and it can be reopened.",
            "Sperrt die Periode vorläufig: Ab jetzt werden Buchungen abgelehnt; sie kann wieder geöffnet werden.",
        ),
        scopes="periods:write",
        answer=SoftLockedPeriod,
        errors=(NotFound, PeriodAlreadySoftLocked, PeriodAlreadyLocked),
    )
    def post(self, request: ApiRequest, *, period: str) -> object:
        """Soft lock."""
        return soft_lock_period(company=request.company, actor=request.actor, period=period, now=request.now)


class ReopenView(CompanyView):
    """The end of a provisional close."""

    tag = "Periods"
    path = (PERIOD,)

    @Operation(
        id="reopenPeriod",
        summary=Text("Release a soft lock", "Vorläufige Sperre aufheben"),
        description=Text(
            "Takes the soft lock off; the audit history keeps it. A period that is locked for good is never reopened.",
            "Hebt die vorläufige Sperre auf; das Änderungsprotokoll hält es fest. Eine festgeschriebene Periode wird nie wieder geöffnet.",
        ),
        scopes="periods:write",
        answer=PeriodState,
        errors=(PeriodIrreversible,),
    )
    def post(self, request: ApiRequest, *, period: str) -> object:
        """Reopen."""
        return reopen_period(company=request.company, period=period)


class LockView(CompanyView):
    """Requests to lock a period for good."""

    tag = "Periods"
    path = (PERIOD,)

    @Operation(
        id="requestPeriodLock",
        summary=Text("Ask for a hard lock", "Festschreibung beantragen"),
        description=Text(
            "Opens a lock request that a second person approves within 48 hours; until then the period takes no bookings. Periods are "
            "locked in order; the next year's months do not wait for P13 and P14.",
            "Eröffnet einen Sperrantrag, den eine zweite Person binnen 48 Stunden freigibt; bis dahin nimmt die Periode keine Buchungen "
            "an. Perioden werden der Reihe nach gesperrt; die Monate des nächsten Jahres warten nicht auf P13 und P14.",
        ),
        scopes="periods:write",
        answer=RequestedLock,
        status=201,
        creates=True,
        errors=(NotFound, Forbidden, PeriodAlreadyLocked, LockRequestPending, EarlierPeriodOpen),
    )
    def post(self, request: ApiRequest, *, period: str) -> object:
        """Ask."""
        made = request_lock(company=request.company, actor=request.actor, period=period, now=request.now)
        body = {
            "request_id": made.id,
            "period": period,
            "status": made.status,
            "created_at": made.created_at,
            "expires_at": made.expires_at,
            "message": f"Period {period} takes no bookings until another person has approved the lock or the request ends.",
        }
        return Answer(body, location=f"/v1/periods/{period}/lock/status")


class LockStatusView(CompanyView):
    """Is a request pending?"""

    tag = "Periods"
    path = (PERIOD,)

    @Operation(
        id="getPeriodLockStatus",
        summary=Text("Is a lock request pending", "Ist ein Sperrantrag offen"),
        description=Text(
            "The pending request and who made it; after the lock, the closing hash.",
            "Der offene Antrag und wer ihn gestellt hat; nach der Sperre der Abschluss-Hash.",
        ),
        scopes="periods:read",
        answer=PendingLock,
    )
    def get(self, request: ApiRequest, *, period: str) -> object:
        """The state of the period and of its request."""
        return lock_status(company=request.company, period=period, now=request.now)


class ApproveLockView(CompanyView):
    """The second pair of eyes."""

    tag = "Periods"
    path = (PERIOD, REQUEST_ID)

    @Operation(
        id="approvePeriodLock",
        summary=Text("Approve a lock request", "Sperrantrag freigeben"),
        description=Text(
            "Locks the period for good and stores its closing hash. Approved by another person than the one who asked; a key acts for the "
            "person who made it. The only person of a company who may approve may approve their own request.",
            "Schreibt die Periode fest und speichert ihren Abschluss-Hash. Freigeben muss eine andere Person als die antragstellende; ein "
            "Schlüssel handelt für die Person, die ihn angelegt hat. Wer allein freigeben darf, darf auch den eigenen Antrag freigeben.",
        ),
        scopes="periods:write",
        answer=LockedPeriod,
        errors=(NotFound, Forbidden, RequestNotPending, RequestExpired, SelfApprovalDenied, EarlierPeriodOpen),
    )
    def post(self, request: ApiRequest, *, period: str, request_id: UUID) -> object:
        """Approve and lock."""
        made = approve_lock(company=request.company, actor=request.actor, period=period, request_id=request_id, now=request.now)
        return _locked(made, made.period)


class CancelLockView(CompanyView):
    """The end of a request."""

    tag = "Periods"
    path = (
        PathParameter("period", "period", text=_PERIOD_TEXT, malformed=NotFound),
        PathParameter("request_id", "uuid", text=_REQUEST_TEXT, malformed=NotFound),
    )

    @Operation(
        id="cancelPeriodLock",
        summary=Text("Cancel a lock request", "Sperrantrag zurückziehen"),
        description=Text("Withdraws a request that is still pending.", "Zieht einen noch offenen Antrag zurück."),
        scopes="periods:write",
        answer=CancelledRequest,
        errors=(NotFound,),
    )
    def post(self, request: ApiRequest, *, period: str, request_id: UUID) -> object:
        """Cancel."""
        made = cancel_lock_request(company=request.company, actor=request.actor, period=period, request_id=request_id, now=request.now)
        return {"ok": True, "request_id": made.id, "status": made.status}


def _locked(made: LockRequest, period: Period) -> dict[str, object]:
    return {
        "period": period.period,
        "period_number": period.period_number,
        "status": period.status,
        "locked_by": period.locked_by,
        "locked_at": period.locked_at,
        "closing_hash": period.closing_hash,
        "request_id": made.id,
        "approved_by": made.decided_by,
        "requested_by": made.requested_by,
    }
