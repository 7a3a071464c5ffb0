"""What a person chooses once and finds again everywhere: language, look, company."""

from typing import Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from ledgerlou.admin.request import COMPANY_IN_SESSION, visit_of
from ledgerlou.companies.models.people import Person, Theme

THEME_COOKIE: Final = "theme"
_YEAR_SECONDS: Final = 365 * 24 * 3600


def theme_of(request: HttpRequest) -> str:
    """The look of a page: the person's own, before somebody has signed in the one last seen in this browser."""
    person = getattr(request, "user", None)
    wanted = person.theme if isinstance(person, Person) else request.COOKIES.get(THEME_COOKIE, "")
    return wanted if wanted in Theme.values else Theme.AUTO.value


def set_language(request: HttpRequest) -> HttpResponse:
    """Switch the language: for a person for good, for others on this browser."""
    language = request.POST.get("language", "")
    answer = HttpResponseRedirect(_way_back(request))
    if language not in dict(settings.LANGUAGES):
        return answer
    person = request.user
    if isinstance(person, Person) and visit_of(request) is not None:
        person.language = language
        person.save(update_fields=["language"])
    _keep(answer, settings.LANGUAGE_COOKIE_NAME, language)
    return answer


def set_theme(request: HttpRequest) -> HttpResponse:
    """Switch between light, dark and what the system wants: for a person for good, for others on this browser."""
    theme = request.POST.get("theme", "")
    answer = HttpResponseRedirect(_way_back(request))
    if theme not in Theme.values:
        return answer
    person = request.user
    if isinstance(person, Person):
        person.theme = theme
        person.save(update_fields=["theme"])
    _keep(answer, THEME_COOKIE, theme)
    return answer


def switch_company(request: HttpRequest) -> HttpResponse:
    """Work in another company of this person, here and after the next sign-in.

    Always leads to the desk: the page at hand belongs to the company left behind.
    """
    visit = visit_of(request)
    wanted = request.POST.get("company", "")
    chosen = next((company.company_id for company in visit.companies if str(company.company_id) == wanted), None) if visit else None
    if visit is None or chosen is None:
        raise Http404
    request.session[COMPANY_IN_SESSION] = wanted
    visit.person.last_company_id = chosen
    visit.person.save(update_fields=["last_company_id"])
    return HttpResponseRedirect(reverse("admin:index"))


def _keep(answer: HttpResponse, name: str, value: str) -> None:
    answer.set_cookie(name, value, max_age=_YEAR_SECONDS, secure=settings.SECURE_COOKIES, httponly=True, samesite="Lax")


def _way_back(request: HttpRequest) -> str:
    """The page a form was on, if it is one of ours."""
    page = request.META.get("HTTP_REFERER", "")
    if url_has_allowed_host_and_scheme(page, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return str(page)
    return reverse("admin:index")
