"""The journal as a list: one row for each event, newest number first, with the names of both accounts."""

from collections.abc import Iterable
from typing import Any, Final

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import RangeDateFilter

from accounting.models.account import Account
from accounting.models.journal import Event
from accounting.selectors.journal import JournalFilter, journal_lines
from ledgerlou.admin.base import ReadOnlyAdmin
from ledgerlou.admin.key_paging import KeyChangeList
from ledgerlou.admin.request import CompanyRequest
from ledgerlou.admin.site import site
from ledgerlou.admin.templatetags.back_office import euro
from ledgerlou.companies.models.company import Company

MAX_HITS: Final = 500


def account_names(company: Company, numbers: Iterable[str]) -> dict[str, str]:
    """Names of accounts by number, in one query."""
    return dict(Account.objects.of(company).filter(number__in=set(numbers)).values_list("number", "name"))


def account_cell(number: str, name: str) -> SafeString:
    """Number and name of an account, side by side."""
    return format_html('<span class="ll-account"><span class="nr">{}</span><span>{}</span></span>', number, name)


def _names(event: Event) -> dict[str, str]:
    """The account names that `JournalChangeList` has put on an event."""
    names: dict[str, str] = event.names  # type: ignore[attr-defined]  # no field of the model
    return names


class JournalChangeList(KeyChangeList):
    """A page of the journal, with account names; a row leads to its booking."""

    def get_results(self, request: CompanyRequest) -> None:
        """Read the rows, then the names of all their accounts at once."""
        super().get_results(request)
        names = account_names(
            request.company, [number for event in self.result_list for number in (event.account_debit, event.account_credit)]
        )
        for event in self.result_list:
            event.names = names

    def url_for_result(self, result: Event) -> str:
        """The booking that the event belongs to."""
        return reverse("admin:accounting_intent_change", args=[result.intent_id])


@admin.register(Event, site=site)
class JournalAdmin(ReadOnlyAdmin):
    """The journal. Nothing in it is ever changed, here or elsewhere."""

    page_key = "journal_number"
    list_title = gettext_lazy("Journal")
    list_display = ("journal_number", "booking_date", "text", "debit", "credit", "money", "tax", "has_document")
    list_display_links = ("journal_number", "text")
    list_select_related = ("intent",)
    list_filter = (("booking_date", RangeDateFilter),)
    list_filter_submit = True
    list_fullwidth = True
    sortable_by = ()
    search_fields = ("journal_number",)
    search_help_text = gettext_lazy("Text, reference, account or journal number")

    def get_urls(self) -> list[URLPattern]:
        """The list alone: an event is shown with its booking."""
        return [self.page("", self.changelist_view, "changelist")]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type:
        """With account names."""
        return JournalChangeList

    def get_search_results(self, request: CompanyRequest, queryset: QuerySet[Model], search_term: str) -> tuple[QuerySet[Model], bool]:
        """The newest hits in text, reference and accounts, and the line with this number."""
        term = search_term.strip()
        if not term:
            return queryset, False
        hits = journal_lines(company=request.company, wanted=JournalFilter(search=term), limit=MAX_HITS)
        numbers = {line.journal_number for line in hits}
        if term.isascii() and term.isdigit() and len(term) < 19:  # the largest bigint has 19
            numbers.add(int(term))
        return queryset.filter(journal_number__in=numbers), False

    @admin.display(description=gettext_lazy("text"))
    def text(self, event: Event) -> str:
        """What was booked, with the reference where there is one."""
        reference = event.intent.external_reference
        if reference and reference not in event.intent.description:
            return format_html('{} <span class="ll-quiet ll-nowrap">{}</span>', event.intent.description, reference)
        return event.intent.description

    @admin.display(description=gettext_lazy("debit"))
    def debit(self, event: Event) -> SafeString:
        """The debit account."""
        return account_cell(event.account_debit, _names(event)[event.account_debit])

    @admin.display(description=gettext_lazy("credit"))
    def credit(self, event: Event) -> SafeString:
        """The credit account."""
        return account_cell(event.account_credit, _names(event)[event.account_credit])

    @admin.display(description=gettext_lazy("amount in euros"))
    def money(self, event: Event) -> str:
        """The amount."""
        return euro(event.amount)

    @admin.display(description=gettext_lazy("tax"), empty_value="")
    def tax(self, event: Event) -> str | None:
        """The tax code."""
        return event.tax_code

    @admin.display(description=gettext_lazy("document"), empty_value="")
    def has_document(self, event: Event) -> SafeString | None:
        """A sign where a document lies behind the booking."""
        if event.intent.document_id is None:
            return None
        return format_html('<span class="material-symbols-outlined" title="{}">attach_file</span>', _("With a document"))
