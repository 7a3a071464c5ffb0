"""The page of a period: state, figures, checklist, and what happened to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from accounting.closing_digest import ClosingDigest, booking_counts
from accounting.models.document import Document
from accounting.selectors.month_checks import Days, unbooked_documents
from accounting.wording import period_name
from ledgerlou.admin.request import CompanyRequest, Visit
from ledgerlou.errors import InvalidInput
from ledgerlou.money import ZERO
from periods.admin.actions import Action, Approver, actions_of, approver_of
from periods.admin.board import StateWords, state_words
from periods.admin.checklist_words import Point, points_of, question_words
from periods.board import state_of
from periods.checklist import accounts_by_number, days_of, digest_of, finding_from_json, findings_of
from periods.history import Happening, HistoryLine, history_of, requests_of
from periods.locks import fiscal_year_of_period, is_adjustment
from periods.models import LockRequest, LockRequestStatus, Period

MAX_DOCUMENTS: Final = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One line of the history in words."""

    at: datetime
    who: str
    text: str
    icon: str
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """A question of the checklist and whether the person who asked for the lock ticked it."""

    text: str
    is_ticked: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class PeriodPage:
    """What the template of a period shows. `kept` is the request whose checklist counts: the pending one, or the approved."""

    period: str
    name: str
    row: Period | None
    days: Days
    fiscal_year: str
    state: StateWords
    actions: Sequence[Action]
    pending: LockRequest | None
    approver: Approver | None
    kept: LockRequest | None
    digest: ClosingDigest
    debit: Decimal
    credit: Decimal
    booking_count: int
    journal: str
    points: Sequence[Point]
    answers: Sequence[Answer]
    documents: Sequence[Document]
    steps: Sequence[Step]


def known_period(request: CompanyRequest, period: str) -> None:
    """Raises Http404 for what names no period of the company's calendar."""
    try:
        fiscal_year_of_period(request.company, period)
    except InvalidInput as unknown:
        raise Http404 from unknown


def period_page(visit: Visit, *, period: str) -> PeriodPage:
    """Everything about a period. A fixed number of statements for each state."""
    company = visit.company
    row = Period.objects.of(company).filter(period=period).first()
    requests = requests_of(company=company, row=row) if row else []
    pending = pending_of(requests, visit.now)
    approved = next((request for request in requests if request.status == LockRequestStatus.APPROVED), None)
    digest = digest_of(company=company, period=period)
    days = days_of(company=company, period=period)
    lines = history_of(company=company, row=row, requests=requests, now=visit.now) if row else []
    kept = approved or pending
    return PeriodPage(
        period=period,
        name=period_name(period),
        row=row,
        days=days,
        fiscal_year=str(fiscal_year_of_period(company, period).label),
        state=state_words(state_of(row, pending)),
        actions=actions_of(visit, period=period, row=row, pending=pending),
        pending=pending,
        approver=approver_of(visit, pending) if pending else None,
        kept=kept,
        digest=digest,
        debit=sum((debit for _account, debit, _credit in digest.totals), ZERO),
        credit=sum((credit for _account, _debit, credit in digest.totals), ZERO),
        booking_count=booking_counts(company_id=company.id, periods=[period]).get(period, 0),
        journal=f"{reverse('admin:accounting_event_changelist')}?period={period}",
        points=kept_points(approved) if approved else current_points(visit, period=period, digest=digest),
        answers=answers_of(kept) if kept else (),
        documents=() if approved or is_adjustment(period) else unbooked_documents(company=company, days=days, limit=MAX_DOCUMENTS),
        steps=[_step(line) for line in lines],
    )


def pending_of(requests: Sequence[LockRequest], now: datetime) -> LockRequest | None:
    """The request that waits, if any; one whose time is over does not."""
    waiting = (request for request in requests if request.status == LockRequestStatus.PENDING and request.expires_at > now)
    return next(waiting, None)


def current_points(visit: Visit, *, period: str, digest: ClosingDigest) -> list[Point]:
    """What the books say about the period now."""
    findings = findings_of(company=visit.company, period=period, digest=digest)
    accounts = accounts_by_number(company=visit.company, findings=findings)
    return points_of(findings, accounts=accounts, days=days_of(company=visit.company, period=period))


def kept_points(request: LockRequest) -> list[Point]:
    """What the books said when the lock was asked for; nothing for requests from before there were checklists."""
    return points_of([finding_from_json(kept) for kept in request.checklist.get("findings", [])])


def answers_of(request: LockRequest) -> list[Answer]:
    """The questions of a request and what was ticked."""
    answers = request.checklist.get("answers", [])
    return [Answer(text=question_words(answer["code"]), is_ticked=answer["ticked"]) for answer in answers]


def steps_since(visit: Visit, request: LockRequest) -> list[Step]:
    """What happened to the period after a request was made."""
    lines = history_of(company=visit.company, row=request.period, requests=[], now=visit.now)
    return [_step(line) for line in lines if line.at > request.created_at]


def _step(line: HistoryLine) -> Step:
    text, icon = {
        Happening.SOFT_LOCKED: (_("soft-locked it"), "lock_clock"),
        Happening.REOPENED: (_("reopened"), "lock_open"),
        Happening.REQUESTED: (_("asked for the lock"), "gpp_good"),
        Happening.APPROVED: (_("approved; the period is locked for good"), "lock"),
        Happening.CANCELLED: (_("withdrew the request"), "undo"),
        Happening.EXPIRED: (_("The request expired."), "timer_off"),
    }[line.what]
    note = line.request.note if line.request and line.what == Happening.REQUESTED else ""
    return Step(at=line.at, who=line.who, text=text, icon=icon, note=note)
