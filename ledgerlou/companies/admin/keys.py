"""API keys: listed, made and shown once, revoked."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.contrib import admin
from django.db.models import Model
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledgerlou import clock
from ledgerlou.admin.base import Button, ReadOnlyAdmin, Section
from ledgerlou.admin.request import CompanyRequest
from ledgerlou.admin.service_page import ServicePage, Values, answer, require_scope
from ledgerlou.admin.site import site
from ledgerlou.companies.admin.key_form import KeyForm, rights_in_short, scopes_in_order
from ledgerlou.companies.admin.words import scope_sentence
from ledgerlou.companies.models.people import ApiKey
from ledgerlou.companies.services.keys import create_api_key, revoke_api_key

MANAGE: Final = "config:write"
LIST: Final = "admin:companies_apikey_changelist"
EXPIRES_SOON: Final = timedelta(days=14)


@admin.register(ApiKey, site=site)
class KeyPage(ReadOnlyAdmin):
    """Keys of this company's programs."""

    read_scope = "config:read"
    list_display = ("name", "text", "rights", "state", "created_by", "expires", "last_used")
    list_select_related = ("created_by",)
    ordering = ("-created_at", "id")
    sortable_by = ()

    class Media:
        css = {"all": ["ledgerlou/settings.css"]}

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

    @admin.display(description=gettext_lazy("rights"))
    def rights(self, key: ApiKey) -> str:
        """What it may do, in a few words."""
        return rights_in_short(frozenset(key.scopes))

    @admin.display(description=gettext_lazy("expires"))
    def expires(self, key: ApiKey) -> object:
        """Its last day, if it has one."""
        return _("never") if key.expires_at is None else timezone.localtime(key.expires_at).date()

    @admin.display(description=gettext_lazy("last used"))
    def last_used(self, key: ApiKey) -> object:
        """When a program last came with it."""
        return key.last_used_at or _("not yet")

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
            (_("Acts for"), str(row.created_by)),
            (_("Created"), row.created_at),
            (_("Last day"), self.expires(row)),
            (_("Revoked"), row.revoked_at),
            (_("Last used"), self.last_used(row)),
        ]
        rights: list[tuple[str, object]] = [(scope, scope_sentence(scope)) for scope in scopes_in_order(frozenset(row.scopes))]
        return [Section(title=_("API key"), facts=facts), Section(title=_("What the key may do"), facts=rights)]

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
            explanation=_(
                "The key acts for whoever makes it: with their rights in this company at most, and only as long as they have them."
            ),
            act=act,
            form=partial(KeyForm, held=held),
            back=reverse(LIST),
            trail=self.trail(),
            template="admin/key_form.html",
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
        return "bad", _("expired")
    if key.expires_at is not None and key.expires_at <= clock.now() + EXPIRES_SOON:
        return "warn", _("expires soon")
    return "good", _("active")
