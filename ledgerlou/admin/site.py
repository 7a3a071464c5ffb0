"""The back office as a Django admin site: our own addresses, signing in, and nothing that knows companies less well than we do."""

from collections.abc import Callable
from typing import Any, Final

from django.conf import settings
from django.contrib.auth import logout as leave
from django.contrib.auth.views import PasswordChangeView
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, include, path, re_path, reverse
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from unfold.sites import UnfoldAdminSite

from ledgerlou.admin.login import forgot_password_page, set_password_page, sign_in_page
from ledgerlou.admin.own_password import OwnPasswordForm
from ledgerlou.admin.preferences import set_language, set_theme, switch_company
from ledgerlou.admin.request import visit_of
from ledgerlou.admin.two_factor import code_page, set_up_page

View = Callable[..., HttpResponseBase]
MAX_TERM: Final = 100


class BackOffice(UnfoldAdminSite):  # type: ignore[misc]  # unfold ships no types
    """All pages for people. Django's generic pages (apps, log, objects by content type) do not exist here."""

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self._pages: list[URLPattern] = []

    def add_page(self, route: str, view: View, *, name: str) -> None:
        """A page that belongs to no model, added by the admin module of an app; for people who are signed in to a company."""
        self._pages.append(path(route, self._inside(view), name=name))

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether the person is fully signed in to a company; what they may do there, each page asks the role."""
        return visit_of(request) is not None

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """No list by application: the menu goes by work (settings/unfold.py)."""
        return []

    def get_log_entries(self, request: HttpRequest) -> list[Any]:
        """Django's own log is not used; the database writes the audit history."""
        return []

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Every address of the back office."""
        inside = self._inside
        models = [
            path(f"{model._meta.app_label}/{model._meta.model_name}/", include(model_admin.urls))
            for model, model_admin in self._registry.items()
        ]
        return [
            path("", inside(self.index), name="index"),
            path("login/", self._outside(sign_in_page), name="login"),
            path("login/code/", self._outside(code_page), name="second_factor"),
            path("two-factor/", self._outside(set_up_page), name="two_factor"),
            path("forgot-password/", self._outside(forgot_password_page), name="admin_password_reset"),
            path("set-password/", self._outside(set_password_page), name="set_password"),
            path("logout/", self.logout, name="logout"),
            path("language/", require_POST(set_language), name="language"),
            path("theme/", require_POST(set_theme), name="theme"),
            path("company/", inside(require_POST(switch_company)), name="company"),
            path("password/", inside(self.password_change), name="password_change"),
            path("search/", inside(self.search), name="search"),
            path("jsi18n/", self.i18n_javascript, name="jsi18n"),
            *self._pages,
            *models,
            re_path(r"(?P<url>.*)$", inside(self.catch_all_view)),
        ]

    def _inside(self, view: View) -> View:
        """A view for people who are signed in to a company; others go to the sign-in page."""

        def guarded(*args: Any, **kwargs: Any) -> HttpResponseBase:
            answer: HttpResponseBase = self.admin_view(view)(*args, **kwargs)
            return answer

        return guarded

    def _outside(self, page: Callable[[HttpRequest, dict[str, Any]], HttpResponseBase]) -> View:
        """A page that needs nobody to be signed in to a company."""

        def open_to_all(request: HttpRequest) -> HttpResponseBase:
            return page(request, self.each_context(request))

        return never_cache(open_to_all)

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        """A person's own password; their sessions elsewhere end."""
        context = {**self.each_context(request), **(extra_context or {}), "title": _("Change password")}
        done = reverse("admin:index")
        return PasswordChangeView.as_view(
            form_class=OwnPasswordForm, success_url=done, template_name="admin/own_password.html", extra_context=context
        )(request)

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Sign out, whatever step of signing in was reached."""
        if request.method != "POST":
            return HttpResponseRedirect(reverse("admin:index"))
        leave(request)
        return HttpResponseRedirect(reverse("admin:login"))

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Find pages, accounts and bookings of this company; without a term, its pages.

        Never cached: the next request may be in another company.
        """
        term = request.GET.get("s", "").strip()[:MAX_TERM]
        found = import_string(settings.UNFOLD["COMMAND"]["search_callback"])(request, term)
        return TemplateResponse(request, "admin/found.html", {"results": found}, headers={"Cache-Control": "no-store"})

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The desk."""
        context = {**self.each_context(request), "title": _("Desk"), "subtitle": None, **(extra_context or {})}
        return TemplateResponse(request, "admin/index.html", import_string(settings.UNFOLD["DASHBOARD_CALLBACK"])(request, context))

    def catch_all_view(self, request: HttpRequest, url: str) -> HttpResponse:
        """An address that no page has."""
        raise Http404


site = BackOffice(name="admin")
