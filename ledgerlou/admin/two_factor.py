"""The second factor: six digits of an authenticator (TOTP, RFC 6238). A person's own choice, or everybody's duty by setting."""

from base64 import b32encode
from enum import Enum
from typing import Any, Final

import segno
from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.validators import RegexValidator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_otp import login as remember_device
from django_otp.plugins.otp_totp.models import TOTPDevice
from unfold.widgets import BASE_INPUT_CLASSES

from ledgerlou.api.errors import RateLimited
from ledgerlou.api.throttle import count_attempt
from ledgerlou.companies.models.people import Person

LIMIT: Final = "LOGINS_PER_MINUTE"


class Step(Enum):
    """What a person who gave the right password has to do before they see anything."""

    NONE = "none"
    VERIFY = "verify"
    SET_UP = "set_up"


def next_step(person: Person) -> Step:
    """Nothing for a session that a device has confirmed, or for people without one where none is required."""
    if person.is_verified():  # type: ignore[attr-defined]  # django_otp's middleware gives people this method
        return Step.NONE
    if confirmed_device(person) is not None:
        return Step.VERIFY
    return Step.SET_UP if settings.REQUIRE_TWO_FACTOR else Step.NONE


def confirmed_device(person: Person) -> TOTPDevice | None:
    """The person's authenticator that is in use."""
    return TOTPDevice.objects.filter(user=person, confirmed=True).order_by("id").first()


class CodeForm(forms.Form):
    """Six digits."""

    code = forms.CharField(
        label=gettext_lazy("Six digits from your authenticator"),
        max_length=6,
        validators=[RegexValidator(r"^[0-9]{6}$", gettext_lazy("Give the six digits that the authenticator shows."))],
        widget=forms.TextInput(
            {"class": " ".join(BASE_INPUT_CLASSES), "inputmode": "numeric", "autocomplete": "one-time-code", "autofocus": True}
        ),
    )


def accept_code(request: HttpRequest, form: CodeForm, *, confirmed: bool) -> TOTPDevice | None:
    """The person's device that takes the form's digits; else the form says why not. Wrong digits are counted and slow the device down."""
    person = request.user
    if not form.is_valid():
        return None
    try:
        count_attempt(f"second-factor:{person.pk}", setting=LIMIT)
    except RateLimited as refused:
        form.add_error(None, too_many_attempts(refused))
        return None
    for device in TOTPDevice.objects.select_for_update().filter(user=person, confirmed=confirmed).order_by("id"):
        if device.verify_token(form.cleaned_data["code"]):
            return device
    form.add_error("code", _("These digits are wrong or were used already. Wait for the next ones."))
    return None


def too_many_attempts(refused: RateLimited) -> str:
    """What a person reads who tried too often."""
    return _("Too many attempts. Try again in %(seconds)s seconds.") % {"seconds": refused.headers.get("Retry-After", "60")}


def code_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """The second half of signing in. `context` is what every page of the site shows."""
    person = request.user
    if not isinstance(person, Person) or next_step(person) is not Step.VERIFY:
        return HttpResponseRedirect(reverse("admin:login"))
    form = CodeForm(request.POST or None)
    if request.method == "POST":
        device = accept_code(request, form, confirmed=True)
        if device is not None:
            remember_device(request, device)
            return HttpResponseRedirect(reverse("admin:login"))
    page = {**context, "title": _("Second factor"), "form": form}
    return TemplateResponse(request, "admin/second_factor.html", page, status=400 if form.errors else 200)


def set_up_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """A person's own page: switch the second factor on, see that it is on, switch it off where nobody demands it."""
    person = request.user
    if not isinstance(person, Person) or next_step(person) is Step.VERIFY:
        return HttpResponseRedirect(reverse("admin:login"))
    form = CodeForm(request.POST if request.POST.get("action") in ("confirm", "stop") else None)
    if request.method == "POST":
        done = _change(request, person, form)
        if done is not None:
            return done
    device = confirmed_device(person)
    pending = None if device else TOTPDevice.objects.filter(user=person, confirmed=False).order_by("id").last()
    page = {
        **context,
        "title": _("Two-factor sign-in"),
        "form": form,
        "device": device,
        "pending": pending,
        "qr_code": _qr_code(pending.config_url) if pending else "",
        "secret": _readable_secret(pending) if pending else "",
        "is_required": settings.REQUIRE_TWO_FACTOR,
    }
    return TemplateResponse(request, "admin/two_factor.html", page, status=400 if form.errors else 200)


def _change(request: HttpRequest, person: Person, form: CodeForm) -> HttpResponse | None:
    """Do what was asked for; None when the page is shown again with its faults."""
    here = HttpResponseRedirect(reverse("admin:two_factor"))
    action = request.POST.get("action")
    if action == "start":
        if confirmed_device(person) is None:
            TOTPDevice.objects.filter(user=person, confirmed=False).delete()
            TOTPDevice.objects.create(user=person, name="TOTP", confirmed=False)
        return here
    device = accept_code(request, form, confirmed=action == "stop")
    if device is None:
        return None
    if action == "stop":
        if settings.REQUIRE_TWO_FACTOR:
            messages.error(request, _("A second factor is required here; it cannot be switched off."))
            return here
        TOTPDevice.objects.filter(user=person).delete()
        messages.success(request, _("Two-factor sign-in is off."))
        return here
    device.confirmed = True
    device.save(update_fields=["confirmed"])
    remember_device(request, device)
    messages.success(request, _("Two-factor sign-in is on. From now on you need your authenticator to sign in."))
    return HttpResponseRedirect(reverse("admin:index"))


def _qr_code(address: str) -> SafeString:
    """The address as a picture for the camera of a phone; made here, so that the secret leaves this machine only on the screen."""
    return mark_safe(segno.make(address, error="m").svg_inline(scale=5, border=3, dark="#111827", light="#ffffff"))  # noqa: S308 -- our own SVG


def _readable_secret(device: TOTPDevice) -> str:
    """The secret as people type it where there is no camera: base 32 in groups of four."""
    text = b32encode(device.bin_key).decode().rstrip("=")
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))
