"""Backup and checks: when the installation was last backed up, when this company's books were last recomputed, and what that found."""

from collections.abc import Sequence
from typing import Any, Final

from django.conf import settings
from django.contrib import admin
from django.db.models import Model
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounting.admin.fault_words import fault_name
from accounting.selectors.verification import BACKUP_IS_LATE_AFTER, BackupState, backup_states, kinds_in_order, verification_state
from accounting.services.verification import ask_for_verification
from ledgerlou.admin.base import ReadOnlyAdmin, Section
from ledgerlou.admin.request import CompanyRequest
from ledgerlou.admin.service_page import press, require_scope
from ledgerlou.admin.site import site
from ledgerlou.admin.templatetags.back_office import shown
from ledgerlou.companies.models.verification import VerificationRun

READ: Final = "config:read"
VERIFY: Final = "journal:write"  # it reads the whole journal: for those who work with it
MANAGE: Final = "admin"  # where files lie on the machine is for those who run it
SHOWN_BACKUPS: Final = 5


def state_page(request: CompanyRequest) -> HttpResponse:
    """Both at a glance."""
    require_scope(request, READ)
    title = _("Backup and checks")
    state = verification_state(company=request.company)
    backups, unreadable = _backups()
    context = {
        **site.each_context(request),
        "title": title,
        "trail": [(title, None)],
        "is_fullwidth": "1",
        "state": state,
        "verdict": _verdict(state.last),
        "runs": [(run, *_look_of(run)) for run in state.past],
        "may_verify": request.visit.may(VERIFY),
        "backups": backups[:SHOWN_BACKUPS],
        "backups_are_unreadable": unreadable,
        "backup_is_late": bool(backups) and backups[0].made_at < request.visit.now - BACKUP_IS_LATE_AFTER,
        "may_see_places": request.visit.may(MANAGE),
    }
    return TemplateResponse(request, "admin/state.html", context)


@require_POST
def verify_now(request: CompanyRequest) -> HttpResponse:
    """Have a worker recompute the books."""
    require_scope(request, VERIFY)
    return press(
        request,
        act=lambda: ask_for_verification(company=request.company, actor=request.actor, now=request.visit.now),
        back=reverse("admin:ledgerlou_state"),
        done=_("The verification is asked for. Its result appears here."),
    )


site.add_page("state/", state_page, name="ledgerlou_state")
site.add_page("state/verify/", verify_now, name="ledgerlou_state_verify")


@admin.register(VerificationRun, site=site)
class VerificationPage(ReadOnlyAdmin):
    """Every verification of the books there was."""

    details_template = "admin/verification.html"
    read_scope = READ
    has_history = False
    page_key = "id"
    list_title = gettext_lazy("Verifications")
    list_display = ("asked_at", "asked_by", "result", "line_count", "fault_count", "seconds", "with_files")
    sortable_by = ()

    @admin.display(description=gettext_lazy("result"))
    def result(self, run: VerificationRun) -> SafeString:
        """What came of it."""
        return format_html('<span class="ll-chip {}">{}</span>', *_look_of(run))

    def trail(self, row: Model | None = None) -> list[tuple[str, str | None]]:
        """Below the page of the state."""
        above = [(_("Backup and checks"), reverse("admin:ledgerlou_state")), *super().trail()]
        return [*above, (str(shown(row.asked_at)), None)] if isinstance(row, VerificationRun) else above

    def details_context(self, request: CompanyRequest, row: Model) -> dict[str, Any]:
        """The faults that were kept, by kind."""
        context = super().details_context(request, row)
        if not isinstance(row, VerificationRun):
            return context
        context["title"] = _("Verification of %(when)s") % {"when": shown(row.asked_at)}
        kinds = [(fault_name(kind), [fault for fault in row.faults if fault["kind"] == kind]) for kind in kinds_in_order(row)]
        return {**context, "run": row, "kinds": kinds}

    def sections(self, request: CompanyRequest, row: Model) -> Sequence[Section]:
        """Who, when, how much, how long."""
        if not isinstance(row, VerificationRun):
            return []
        facts: list[tuple[str, object]] = [
            (_("Result"), self.result(row)),
            (_("Asked for by"), row.asked_by),
            (_("Asked for"), row.asked_at),
            (_("Begun"), row.started_at),
            (_("Finished"), row.finished_at),
            (_("Journal lines"), row.line_count),
            (_("Faults"), row.fault_count),
            (_("Seconds"), row.seconds),
            (_("Document files read"), row.with_files),
            (_("Hash of the last line"), row.head_hash),
            *([(_("Reason"), row.error)] if row.error else []),
        ]
        return [Section(title=_("Verification"), facts=facts)]


def _backups() -> tuple[list[BackupState], bool]:
    """What is known about backups, and whether that could not be read."""
    try:
        return backup_states(data=settings.DATA_DIR), False
    except (OSError, ValueError):
        return [], True


def _verdict(run: VerificationRun | None) -> tuple[str, str, str]:
    """Look, symbol and sentence above everything else."""
    if run is None:
        return "warn", "pending", _("These books have not been verified yet.")
    if run.is_clean:
        return "good", "verified", _("Everything was recomputed and nothing is wrong.")
    return "bad", "gpp_bad", _("The books are not what they were. Call whoever looks after the database, and book nothing until then.")


def _look_of(run: VerificationRun) -> tuple[str, str]:
    if run.finished_at is None:
        return ("info", _("running")) if run.started_at else ("info", _("waiting"))
    if run.error:
        return "warn", _("no result")
    return ("good", _("no fault")) if run.is_clean else ("bad", _("faults found"))
