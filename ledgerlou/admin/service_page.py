"""A page that asks before it calls a service: a form, one button, and every fault where it belongs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from ledgerlou.admin.faults import add_faults, texts_of
from ledgerlou.admin.request import CompanyRequest
from ledgerlou.admin.site import site
from ledgerlou.companies.rollback import undoing_after_rollback
from ledgerlou.errors import LedgerLouError

Values = dict[str, Any]
Result = TypeVar("Result")


class NothingToFill(forms.Form):
    """The form of a page that only asks "really?"."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ServicePage:
    """What the page says and does. `act` calls the service and returns where to go, or an answer of its own (a key shown once).

    `done` is the message after success; `facts` are shown above the form; `is_grave` marks what cannot be taken back. `template` extends
    the common one where a form needs an order of its own or something beside it, which `extra` brings.
    """

    title: str
    submit: str
    act: Callable[[Values], str | HttpResponse]
    back: str
    form: Callable[..., forms.Form] = NothingToFill
    explanation: str = ""
    done: str = ""
    is_grave: bool = False
    facts: Sequence[tuple[str, object]] = ()
    trail: Sequence[tuple[str, str | None]] = field(default=())
    template: str = "admin/service_page.html"
    extra: Mapping[str, Any] = field(default_factory=dict)


def answer(request: CompanyRequest, page: ServicePage) -> HttpResponse:
    """Show the form; on POST call the service, and show the form again with every fault it names."""
    form = page.form(request.POST, request.FILES) if request.method == "POST" else page.form()
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                reply = call(lambda: page.act(form.cleaned_data))
            except LedgerLouError as refused:
                add_faults(form, refused)
                status = refused.http_status
            else:
                if page.done:
                    messages.success(request, page.done)
                return HttpResponseRedirect(reply) if isinstance(reply, str) else reply
        else:
            status = 400
    context = {**site.each_context(request), "title": page.title, "trail": [*page.trail, (page.title, None)], "page": page, "form": form}
    return TemplateResponse(request, page.template, {**context, **page.extra}, status=status)


def press(request: CompanyRequest, *, act: Callable[[], object], back: str, done: str) -> HttpResponse:
    """A button without a form: call the service, say what happened, go back."""
    try:
        call(act)
    except LedgerLouError as refused:
        for text in texts_of(refused):
            messages.error(request, text)
    else:
        messages.success(request, done)
    return HttpResponseRedirect(back)


def call(act: Callable[[], Result]) -> Result:
    """Call a service in a savepoint: a refusal takes back what it did, its locks and its files, and the page can still be rendered."""
    with undoing_after_rollback(), transaction.atomic():
        result = act()
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    return result


def require_scope(request: CompanyRequest, scope: str) -> None:
    """Raises PermissionDenied when the person's role lacks the scope."""
    if not request.visit.may(scope):
        raise PermissionDenied
