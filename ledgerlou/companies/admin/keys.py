"""API keys: listed, made and shown once, revoked."""

from collections.abc import Sequence
from datetime import UTC, datetime, time
from functools import partial
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import BASE_INPUT_CLASSES, UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget

from ledgerlou import clock
from ledgerlou.admin.base import Button, ReadOnlyAdmin, Section
from ledgerlou.admin.request import CompanyRequest
from ledgerlou.admin.service_page import ServicePage, Values, answer, require_scope
from ledgerlou.admin.site import site
from ledgerlou.companies.models.people import ApiKey
from ledgerlou.companies.roles import MODULES
from ledgerlou.companies.services.keys import create_api_key, revoke_api_key

MANAGE: Final = "config:write"
LIST: Final = "admin:companies_apikey_changelist"


class KeyForm(forms.Form):
    """What a key is for and what it may do."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        help_text=gettext_lazy("The program that will use the key."),
        widget=UnfoldAdminTextInputWidget({"autofocus": True}),
    )
    scopes = forms.MultipleChoiceField(label=gettext_lazy("Scopes"), widget=UnfoldAdminCheckboxSelectMultipleWidget())
    last_day = forms.DateField(
        label=gettext_lazy("Last day"),
        required=False,
        help_text=gettext_lazy("Empty: the key works until it is revoked."),
        widget=forms.DateInput({"type": "date", "class": " ".join(BASE_INPUT_CLASSES)}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, held: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scopes"].choices = [(scope, scope) for scope in held]  # type: ignore[attr-defined]  # a choice field


def scopes_in_order(scopes: frozenset[str]) -> list[str]:
    """Scopes by module, reading before writing."""
    every = [f"{module}:{action}" for module in MODULES for action in ("read", "write")]
    return [scope for scope in (*every, "admin") if scope in scopes]


@admin.register(ApiKey, site=site)
class KeyPage(ReadOnlyAdmin):
    """Keys of this company's programs."""

    read_scope = "config:read"
    list_display = ("name", "text", "state", "created_by", "created_at", "expires_at", "last_used_at")
    list_select_related = ("created_by",)
    ordering = ("-created_at", "id")
    sortable_by = ()

    def pages(self) -> list[URLPattern]:
        """Making and revoking."""
        return [self.page("new/", self.create_view, "new"), self.page("<uuid:object_id>/revoke/", self.revoke_view, "revoke")]

    def changelist_view(self, request: CompanyRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, with the button for a new one."""
        buttons = [Button(label=_("New key"), address=reverse("admin:companies_apikey_new"), icon="add", variant="primary")]
        return super().changelist_view(request, {**(extra_context or {}), "list_buttons": buttons if request.visit.may(MANAGE) else []})

    @admin.display(description=gettext_lazy("key"))
    def text(self, key: ApiKey) -> SafeString:
        """As much of the key as is known."""
        return format_html('<span class="ll-code">ll_{}_…</span>', key.prefix)

    @admin.display(description=gettext_lazy("status"))
    def state(self, key: ApiKey) -> SafeString:
        """Whether it opens anything."""
        kind, name = _state_of(key)
        return format_html('<span class="ll-chip {}">{}</span>', kind, name)

    def sections(self, request: CompanyRequest, row: Model) -> Sequence[Section]:
        """Everything but the secret, which nobody knows any more."""
        if not isinstance(row, ApiKey):
            return []
        facts: list[tuple[str, object]] = [
            (_("Name"), row.name),
            (_("Key"), self.text(row)),
            (_("Status"), self.state(row)),
            (_("Scopes"), ", ".join(scopes_in_order(frozenset(row.scopes)))),
            (_("Created by"), str(row.created_by)),
            (_("Created"), row.created_at),
            (_("Expires"), row.expires_at),
            (_("Revoked"), row.revoked_at),
            (_("Last used"), row.last_used_at),
        ]
        return [Section(title=_("API key"), facts=facts)]

    def buttons(self, request: CompanyRequest, row: Model) -> Sequence[Button]:
        """Revoking, while there is something to revoke."""
        if not isinstance(row, ApiKey) or row.revoked_at is not None or not request.visit.may(MANAGE):
            return []
        return [Button(label=_("Revoke"), address=reverse("admin:companies_apikey_revoke", args=[row.pk]), icon="block", variant="danger")]

    def create_view(self, request: CompanyRequest) -> HttpResponse:
        """Ask what for, then show the key, this once."""
        require_scope(request, MANAGE)
        held = scopes_in_order(request.actor.scopes)

        def act(values: Values) -> HttpResponse:
            last_day = values["last_day"]
            expires_at = datetime.combine(last_day, time.max, tzinfo=clock.BERLIN).astimezone(UTC) if last_day else None
            key, full_text = create_api_key(
                company=request.company,
                actor=request.actor,
                name=values["name"],
                scopes=values["scopes"],
                expires_at=expires_at,
                now=request.visit.now,
            )
            context = {**site.each_context(request), "title": _("New API key"), "trail": [*self.trail(), (key.name, None)]}
            return TemplateResponse(request, "admin/key_shown_once.html", {**context, "key": key, "full_text": full_text})

        page = ServicePage(
            title=_("New API key"),
            submit=_("Make the key"),
            explanation=_("The key acts for you: with your rights in this company at most, and only as long as you have them."),
            act=act,
            form=partial(KeyForm, held=held),
            back=reverse(LIST),
            trail=self.trail(),
        )
        return answer(request, page)

    def revoke_view(self, request: CompanyRequest, object_id: UUID) -> HttpResponse:
        """Ask once, then stop the key for good."""
        require_scope(request, MANAGE)
        key = self.row_or_404(request, object_id)

        def act(values: Values) -> str:
            revoke_api_key(company=request.company, actor=request.actor, key_id=object_id, now=request.visit.now)
            return reverse(LIST)

        page = ServicePage(
            title=_("Revoke a key"),
            submit=_("Revoke"),
            explanation=_("Programs that use this key stop working at once. This cannot be undone."),
            act=act,
            back=reverse(LIST),
            done=_("The key is revoked."),
            is_grave=True,
            facts=[(_("Key"), str(key))],
            trail=self.trail(key),
        )
        return answer(request, page)


def _state_of(key: ApiKey) -> tuple[str, str]:
    if key.revoked_at is not None:
        return "bad", _("revoked")
    if key.expires_at is not None and key.expires_at <= clock.now():
        return "warn", _("expired")
    return "good", _("active")
