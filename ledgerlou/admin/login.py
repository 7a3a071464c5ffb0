"""Signing in to the back office: password, limits against guessing, and the pages of people without a (known) password.

Attempts count in the same buckets as those of the API: per address, and per account, where addresses the account has signed in from are
counted apart, so that strangers cannot keep a person out.
"""

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import LoginView
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.forms import AuthenticationForm
from unfold.widgets import BASE_INPUT_CLASSES

from ledgerlou import clock
from ledgerlou.admin.faults import add_faults
from ledgerlou.admin.request import visit_of
from ledgerlou.admin.two_factor import LIMIT, Step, next_step, too_many_attempts
from ledgerlou.api.errors import RateLimited
from ledgerlou.api.pipeline import count_anonymous
from ledgerlou.companies.api.attempts import count_sign_in, remember_sign_in
from ledgerlou.companies.models.people import Person
from ledgerlou.companies.services.passwords import request_password_reset, set_password
from ledgerlou.companies.services.people import companies_of
from ledgerlou.errors import LedgerLouError

_TEXT: Final = {"class": " ".join(BASE_INPUT_CLASSES)}
_MAX_SECRET: Final = 1000


class SignInForm(AuthenticationForm):  # type: ignore[misc]  # unfold ships no types
    """E-mail address and password. Every reason to refuse reads the same."""

    error_messages: Final = {
        "invalid_login": gettext_lazy("The e-mail address or the password is wrong."),
        "inactive": gettext_lazy("The e-mail address or the password is wrong."),
    }

    def __init__(self, request: HttpRequest | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.refused_by_count = False
        self.fields["username"].label = _("E-mail address")
        self.fields["password"].max_length = _MAX_SECRET

    def clean(self) -> dict[str, Any]:
        """Count first, so that a guess beyond the limit is not even checked."""
        try:
            count_anonymous(self.request, LIMIT)
            count_sign_in(self.request, self.cleaned_data.get("username", ""))
        except RateLimited as refused:
            self.refused_by_count = True
            raise forms.ValidationError(too_many_attempts(refused)) from refused
        cleaned: dict[str, Any] = super().clean()
        return cleaned

    def confirm_login_allowed(self, user: Person) -> None:
        """People without a company have nothing to see here."""
        today = clock.today()
        if not user.is_active or not any(company.is_in_force(today) for company in companies_of(user.id)):
            raise self.get_invalid_login_error()


class SignIn(LoginView):
    """The password. What follows depends on the second factor."""

    authentication_form = SignInForm
    template_name = "admin/login.html"

    def form_valid(self, form: SignInForm) -> HttpResponse:  # type: ignore[override]  # our own form
        """Sign in; `next_step` keeps the person out until the second factor is given."""
        remember_sign_in(self.request, form.get_user().email)
        return super().form_valid(form)

    def form_invalid(self, form: SignInForm) -> HttpResponse:  # type: ignore[override]  # our own form
        """Say no with the status that machines understand, too."""
        return self.render_to_response(self.get_context_data(form=form), status=429 if form.refused_by_count else 401)


def sign_in_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponseBase:
    """The first page for whoever is not (fully) signed in; who is goes on to the desk."""
    person = request.user
    if isinstance(person, Person) and request.method != "POST":
        if visit_of(request) is not None:
            return HttpResponseRedirect(reverse("admin:index"))
        step = next_step(person)
        if step is Step.VERIFY:
            return HttpResponseRedirect(reverse("admin:second_factor"))
        if step is Step.SET_UP:
            return HttpResponseRedirect(reverse("admin:two_factor"))
        logout(request)
        messages.error(request, _("You do not belong to a company any more."))
        return HttpResponseRedirect(reverse("admin:login"))
    page = {**context, "title": _("Sign in"), "app_path": request.get_full_path()}
    return SignIn.as_view(extra_context=page, next_page="admin:index")(request)


class AddressForm(forms.Form):
    """Whose password is forgotten."""

    email = forms.EmailField(
        label=gettext_lazy("E-mail address"), widget=forms.EmailInput({**_TEXT, "autocomplete": "username", "autofocus": True})
    )


def forgot_password_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Have a link mailed. The answer is the same whether or not somebody has the address."""
    form = AddressForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            count_anonymous(request, LIMIT)
            count_sign_in(request, form.cleaned_data["email"])
        except RateLimited as refused:
            form.add_error(None, too_many_attempts(refused))
            status = 429
        else:
            request_password_reset(email=form.cleaned_data["email"], now=clock.now())
            messages.success(request, _("If somebody signs in with this address, a mail with a link is on its way."))
            return HttpResponseRedirect(reverse("admin:login"))
    page = {**context, "title": _("Forgotten password"), "form": form}
    return TemplateResponse(request, "admin/forgot_password.html", page, status=status)


class NewPasswordForm(forms.Form):
    """A password, twice, and the token of the mail. A script takes the token from the part of the address that browsers keep to themselves."""

    token = forms.CharField(max_length=_MAX_SECRET, required=False, widget=forms.HiddenInput({"data-from-fragment": True}))
    password = forms.CharField(
        label=gettext_lazy("New password"),
        max_length=_MAX_SECRET,
        strip=False,
        widget=forms.PasswordInput({**_TEXT, "autocomplete": "new-password", "autofocus": True}),
        help_text=gettext_lazy("At least 12 characters. A sentence is easy to remember and hard to guess."),
    )
    again = forms.CharField(
        label=gettext_lazy("Once more"),
        max_length=_MAX_SECRET,
        strip=False,
        widget=forms.PasswordInput({**_TEXT, "autocomplete": "new-password"}),
    )

    def clean_again(self) -> str:
        """A typing error in a password would lock its person out."""
        again: str = self.cleaned_data["again"]
        if again != self.cleaned_data.get("password"):
            raise forms.ValidationError(_("The two passwords differ."))
        return again


def set_password_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Where the links of invitations and resets lead."""
    form = NewPasswordForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            count_anonymous(request, LIMIT)
            with transaction.atomic():
                set_password(token=form.cleaned_data["token"], password=form.cleaned_data["password"], now=clock.now())
        except RateLimited as refused:
            form.add_error(None, too_many_attempts(refused))
            status = 429
        except LedgerLouError as refused:
            add_faults(form, refused)
            status = refused.http_status
        else:
            messages.success(request, _("The password is set. You can sign in now."))
            return HttpResponseRedirect(reverse("admin:login"))
    page = {**context, "title": _("Set a password"), "form": form}
    return TemplateResponse(request, "admin/set_password.html", page, status=status)
