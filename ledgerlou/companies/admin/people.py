"""People of the company: who belongs to it, in which role, until when."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpResponse
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import BASE_INPUT_CLASSES, UnfoldAdminEmailInputWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from ledgerlou import clock
from ledgerlou.admin.base import Button, ReadOnlyAdmin, Section
from ledgerlou.admin.grouped_form import Group, GroupedForm
from ledgerlou.admin.request import CompanyRequest
from ledgerlou.admin.service_page import ServicePage, Values, answer, require_scope
from ledgerlou.admin.site import site
from ledgerlou.admin.templatetags.back_office import shown
from ledgerlou.companies.admin.words import rights_table
from ledgerlou.companies.models.people import Membership
from ledgerlou.companies.roles import Role
from ledgerlou.companies.services.delivery import is_waiting
from ledgerlou.companies.services.memberships import (
    Invitation,
    change_role,
    end_membership,
    invite_person,
    is_in_force,
    send_invitation_again,
)
from ledgerlou.companies.services.people import has_password

MANAGE: Final = "admin"
LIST: Final = "admin:companies_membership_changelist"


class RoleForm(GroupedForm):
    """A role, and until when."""

    layout = (
        Group(title="", fields={"email": "half", "name": "half"}),
        Group(title="", fields={"role": "half", "valid_until": "half"}),
    )

    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=Role.choices, initial=Role.BOOKKEEPER, widget=UnfoldAdminSelectWidget())
    valid_until = forms.DateField(
        label=gettext_lazy("Last day"),
        required=False,
        help_text=gettext_lazy("Empty: no end. Auditors need one."),
        widget=forms.DateInput({"type": "date", "class": " ".join(BASE_INPUT_CLASSES)}, format="%Y-%m-%d"),
    )


class InvitationForm(RoleForm):
    """Whom to take in."""

    email = forms.EmailField(label=gettext_lazy("E-mail address"), widget=UnfoldAdminEmailInputWidget({"autofocus": True}))
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=150,
        help_text=gettext_lazy("Used for people who are new here; others keep the name they have."),
        widget=UnfoldAdminTextInputWidget(),
    )
    field_order = ("email", "name", "role", "valid_until")


@admin.register(Membership, site=site)
class PeoplePage(ReadOnlyAdmin):
    """Everybody who belongs or belonged to the company."""

    read_scope = "config:read"
    list_title = gettext_lazy("People")
    list_display = ("person_name", "email", "role", "state", "valid_until", "mail_state", "last_seen")
    list_select_related = ("person", "invitation_mail")
    list_after_template = "admin/roles_of_list.html"
    ordering = ("person__name", "id")
    sortable_by = ()

    class Media:
        css = {"all": ["ledgerlou/settings.css"]}

    def pages(self) -> list[URLPattern]:
        """Inviting, changing, letting go."""
        return [
            self.page("invite/", self.invite_view, "invite"),
            self.page("<uuid:object_id>/role/", self.role_view, "role"),
            self.page("<uuid:object_id>/invite-again/", self.invite_again_view, "invite_again"),
            self.page("<uuid:object_id>/end/", self.end_view, "end"),
        ]

    def changelist_view(self, request: CompanyRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, with the button to invite."""
        buttons = [Button(label=_("Invite"), address=reverse("admin:companies_membership_invite"), icon="person_add", variant="primary")]
        context = {**(extra_context or {}), "roles": rights_table(), "list_buttons": buttons if request.visit.may(MANAGE) else []}
        return super().changelist_view(request, context)

    @admin.display(description=gettext_lazy("name"))
    def person_name(self, membership: Membership) -> str:
        """The person."""
        return str(membership.person)

    @admin.display(description=gettext_lazy("e-mail"))
    def email(self, membership: Membership) -> str:
        """Their address."""
        return membership.person.email

    @admin.display(description=gettext_lazy("status"))
    def state(self, membership: Membership) -> SafeString:
        """Whether they can do anything here."""
        kind, name = _state_of(membership)
        return format_html('<span class="ll-chip {}">{}</span>', kind, name)

    @admin.display(description=gettext_lazy("invitation"))
    def mail_state(self, membership: Membership) -> SafeString | None:
        """Where the mail is that told them; nothing for people who were here before it was written down."""
        found = _mail_state(membership)
        return None if found is None else format_html('<span class="ll-chip {}">{}</span> <span class="ll-quiet">{}</span>', *found)

    @admin.display(description=gettext_lazy("last sign-in"))
    def last_seen(self, membership: Membership) -> object:
        """When they signed in last, to whichever company."""
        return membership.person.last_login

    def sections(self, request: CompanyRequest, row: Model) -> Sequence[Section]:
        """The person and the role."""
        if not isinstance(row, Membership):
            return []
        facts: list[tuple[str, object]] = [
            (_("Name"), str(row.person)),
            (_("E-mail address"), row.person.email),
            (_("Role"), row.get_role_display()),
            (_("Status"), self.state(row)),
            (_("Last day"), row.valid_until),
            (_("Member since"), row.created_at),
            (_("Invitation"), self.mail_state(row)),
            *([(_("Answer of the mail server"), error)] if (error := _mail_error(request, row)) else []),
            (_("Last sign-in"), row.person.last_login),
        ]
        return [Section(title=_("Membership"), facts=facts)]

    def buttons(self, request: CompanyRequest, row: Model) -> Sequence[Button]:
        """What managers can do with a membership that counts."""
        if not isinstance(row, Membership) or not request.visit.may(MANAGE) or not is_in_force(row, today=request.visit.today):
            return []
        again = [
            Button(
                label=_("Send the invitation again"),
                address=reverse("admin:companies_membership_invite_again", args=[row.pk]),
                icon="forward_to_inbox",
            )
        ]
        return [
            *([] if has_password(row.person) else again),
            Button(label=_("Change the role"), address=reverse("admin:companies_membership_role", args=[row.pk]), icon="manage_accounts"),
            Button(label=_("End the membership"), address=reverse("admin:companies_membership_end", args=[row.pk]), icon="person_remove"),
        ]

    def invite_view(self, request: CompanyRequest) -> HttpResponse:
        """Ask whom, then have the invitation mailed."""
        require_scope(request, MANAGE)

        def act(values: Values) -> str:
            invite_person(company=request.company, actor=request.actor, invitation=Invitation(**values), now=request.visit.now)
            return reverse(LIST)

        page = ServicePage(
            title=_("Invite a person"),
            submit=_("Invite"),
            explanation=_("The person gets a mail. Who has no password here yet sets one with the link in it, within 7 days."),
            act=act,
            form=InvitationForm,
            back=reverse(LIST),
            done=_("The invitation is on its way."),
            trail=self.trail(),
            template="admin/settings_form.html",
            extra={"roles": rights_table()},
        )
        return answer(request, page)

    def role_view(self, request: CompanyRequest, object_id: UUID) -> HttpResponse:
        """Another role, another end."""
        require_scope(request, MANAGE)
        membership = self._membership(request, object_id)

        def act(values: Values) -> str:
            change_role(company=request.company, actor=request.actor, membership_id=object_id, now=request.visit.now, **values)
            return reverse(LIST)

        initial = {"role": membership.role, "valid_until": membership.valid_until}
        page = ServicePage(
            title=_("Change the role"),
            submit=_("Change"),
            act=act,
            form=partial(RoleForm, initial=initial),
            back=reverse(LIST),
            done=_("The role is changed."),
            facts=[(_("Person"), str(membership.person))],
            trail=self.trail(membership),
            template="admin/settings_form.html",
            extra={"roles": rights_table()},
        )
        return answer(request, page)

    def invite_again_view(self, request: CompanyRequest, object_id: UUID) -> HttpResponse:
        """Ask once, then mail a new link."""
        require_scope(request, MANAGE)
        membership = self._membership(request, object_id)

        def act(values: Values) -> str:
            send_invitation_again(company=request.company, actor=request.actor, membership_id=object_id, now=request.visit.now)
            return reverse("admin:companies_membership_change", args=[object_id])

        page = ServicePage(
            title=_("Send the invitation again"),
            submit=_("Send"),
            explanation=_("The person gets a new link to set a password, good for 7 days. Links in earlier mails stop working."),
            act=act,
            back=reverse("admin:companies_membership_change", args=[object_id]),
            done=_("The invitation is on its way."),
            facts=[
                (_("Person"), str(membership.person)),
                (_("E-mail address"), membership.person.email),
                (_("Invitation"), self.mail_state(membership)),
            ],
            trail=self.trail(membership),
        )
        return answer(request, page)

    def end_view(self, request: CompanyRequest, object_id: UUID) -> HttpResponse:
        """Let somebody go."""
        require_scope(request, MANAGE)
        membership = self._membership(request, object_id)

        def act(values: Values) -> str:
            end_membership(company=request.company, actor=request.actor, membership_id=object_id, now=request.visit.now)
            return reverse(LIST)

        page = ServicePage(
            title=_("End the membership"),
            submit=_("End the membership"),
            explanation=_(
                "The person loses access at once, and their API keys for this company stop working. What they did stays in the books."
            ),
            act=act,
            back=reverse(LIST),
            done=_("The membership has ended."),
            is_grave=True,
            facts=[(_("Person"), str(membership.person)), (_("Role"), membership.get_role_display())],
            trail=self.trail(membership),
        )
        return answer(request, page)

    def _membership(self, request: CompanyRequest, object_id: UUID) -> Membership:
        row = self.row_or_404(request, object_id)
        if not isinstance(row, Membership):
            raise TypeError(row)
        return row


def _mail_state(membership: Membership) -> tuple[str, str, str] | None:
    """Look, word and moment of the newest mail to a member."""
    mail = membership.invitation_mail
    if mail is None:
        return None
    if mail.sent_at is not None:
        return "good", _("sent"), str(shown(mail.sent_at))
    written = str(shown(membership.invited_at))
    if not is_waiting(mail):
        return "bad", _("could not be sent"), written
    return ("warn", _("not taken by the mail server yet"), written) if mail.attempts else ("info", _("waits to be sent"), written)


def _mail_error(request: CompanyRequest, membership: Membership) -> str:
    """What the mail server said, for those who can do something about it."""
    mail = membership.invitation_mail
    return mail.last_error if mail is not None and request.visit.may(MANAGE) else ""


def _state_of(membership: Membership) -> tuple[str, str]:
    if not membership.person.is_active:
        return "bad", _("blocked")
    if not is_in_force(membership, today=clock.today()):
        return "warn", _("ended")
    if not has_password(membership.person):
        return "info", _("invited")
    return "good", _("active")
