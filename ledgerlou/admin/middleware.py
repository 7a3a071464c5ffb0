"""The one middleware of the back office. Requests of the API and for static files pass by and pay nothing for sessions and the rest.

For an address under `/admin/`: session, language, CSRF, person, second factor, messages, frames; then the company; then one
transaction around the view and the rendering of its page.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, cast

import structlog
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django_otp.middleware import OTPMiddleware

from ledgerlou import clock
from ledgerlou.admin.refusals import refusal_page
from ledgerlou.admin.request import COMPANY_IN_SESSION, CompanyRequest, Visit
from ledgerlou.admin.two_factor import Step, next_step
from ledgerlou.companies.actor import person_actor
from ledgerlou.companies.context import company_transaction, current_company
from ledgerlou.companies.models.people import Person
from ledgerlou.companies.rollback import undoing_after_rollback
from ledgerlou.companies.services.people import CompanyOfPerson, companies_of

Handler = Callable[[HttpRequest], HttpResponseBase]
ROOT: Final = "/admin/"
READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
# 'unsafe-eval': Alpine, which unfold is built on, evaluates its attributes. Styles stand in attributes, too. Nothing comes from elsewhere.
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)


class BackOfficeMiddleware:
    """Runs the chain for addresses of the back office and passes everything else on."""

    def __init__(self, get_response: Handler) -> None:
        self._pass_on = get_response
        self._csrf = CsrfViewMiddleware(get_response)
        handler: Handler = _CompanyStep(get_response)
        steps: tuple[Any, ...] = (
            XFrameOptionsMiddleware,
            MessageMiddleware,
            OTPMiddleware,
            AuthenticationMiddleware,
            CsrfViewMiddleware,
            LocaleMiddleware,
            SessionMiddleware,
        )
        for step in steps:
            handler = step(handler)
        self._chain = handler

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request; the language of a person ends with it."""
        if not is_back_office(request):
            return self._pass_on(request)
        with translation.override(settings.LANGUAGE_CODE):
            response = self._chain(request)
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        return response

    def process_view(self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any) -> HttpResponseBase | None:
        """The check of the CSRF token, which Django makes when the view is known."""
        if not is_back_office(request):
            return None
        return self._csrf.process_view(request, view, args, kwargs)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        """Keep nothing of what a refused or broken request did, and answer refusals with a page in the person's language."""
        if not is_back_office(request):
            return None
        transaction.set_rollback(True)
        return refusal_page(request, error)


def is_back_office(request: HttpRequest) -> bool:
    """Whether an address belongs to the back office."""
    return request.path_info.startswith(ROOT)


class _CompanyStep:
    """Who is it, for which company, and the transaction."""

    def __init__(self, get_response: Handler) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer inside the transaction. Files written for work that was rolled back are removed."""
        with undoing_after_rollback() as undo, _transaction(request):
            response = self._get_response(request)
            undo.kept = not transaction.get_rollback()
        return response


@contextmanager
def _transaction(request: HttpRequest) -> Iterator[None]:
    """The transaction of a request: the company's once the person is fully signed in, before that one that shows no company."""
    person = request.user
    if isinstance(person, AnonymousUser):
        with transaction.atomic():
            yield
        return
    translation.activate(person.language)
    now = clock.now()
    today = clock.legal_day(now)
    companies = tuple(company for company in companies_of(person.id) if company.is_in_force(today))
    if not companies or next_step(person) is not Step.NONE:
        with transaction.atomic():
            yield
        return
    chosen = _chosen(request, companies)
    actor = person_actor(person_id=person.id, label=str(person), role=chosen.role, channel="admin")
    structlog.contextvars.bind_contextvars(company=str(chosen.company_id), actor=actor.label)
    with company_transaction(chosen.company_id, actor=actor, read_only=request.method in READING):
        visit = Visit(person=person, company=current_company(chosen.company_id), actor=actor, companies=companies, now=now, today=today)
        admitted = cast(CompanyRequest, request)
        admitted.visit, admitted.company, admitted.actor, admitted.role = visit, visit.company, actor, chosen.role
        yield


def _chosen(request: HttpRequest, companies: Sequence[CompanyOfPerson]) -> CompanyOfPerson:
    """The company this browser switched to, else the one the person switched to last anywhere, while they belong to it; else the first."""
    by_id = {str(company.company_id): company for company in companies}
    person = cast(Person, request.user)
    return by_id.get(request.session.get(COMPANY_IN_SESSION, "")) or by_id.get(str(person.last_company_id)) or companies[0]
