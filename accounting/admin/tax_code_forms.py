"""Forms for the tax codes of a company's own, and for the labels of those of the chart."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.translation import get_language, gettext_lazy
from unfold.widgets import BASE_INPUT_CLASSES, UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from accounting.models.account import Account, AccountType
from accounting.models.tax_code import TaxCode
from accounting.services.accounts import VAT_CATEGORIES
from ledgerlou.admin.grouped_form import Group, GroupedForm
from ledgerlou.companies.models.company import Company


class PercentField(forms.DecimalField):
    """A rate as it is typed in the language of the page: 19 or 5,5."""

    def to_python(self, value: Any) -> Any:
        """The rate; a comma is a point on German pages."""
        text = str(value or "").strip().removesuffix("%").strip()
        return super().to_python(text.replace(",", ".") if get_language() == "de" else text)


def _day(label: Any, help_text: Any = "") -> forms.DateField:
    widget = forms.DateInput({"type": "date", "class": " ".join(BASE_INPUT_CLASSES)}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=False, help_text=help_text, widget=widget)


class LabelForm(GroupedForm):
    """What may change on a code of the chart: how it is called here."""

    layout: ClassVar[Sequence[Group]] = (Group(title="", fields={"label": "full", "description": "full"}),)
    label = forms.CharField(label=gettext_lazy("Label"), max_length=120, widget=UnfoldAdminTextInputWidget())
    description = forms.CharField(
        label=gettext_lazy("Description"),
        max_length=500,
        required=False,
        help_text=gettext_lazy("When to use the code."),
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
    )


class OwnCodeForm(LabelForm):
    """A code of the company's own, to change: everything but its name."""

    layout = (
        Group(title="", fields={"label": "two-thirds", "rate": "third", "description": "full"}),
        Group(title=gettext_lazy("Accounts"), fields={"vat_account": "half", "self_assess_account": "half"}),
        Group(title=gettext_lazy("Validity"), fields={"valid_from": "half", "valid_until": "half"}),
    )
    rate = PercentField(
        label=gettext_lazy("Rate in percent"), max_digits=6, decimal_places=3, widget=UnfoldAdminTextInputWidget({"inputmode": "decimal"})
    )
    vat_account = forms.ChoiceField(
        label=gettext_lazy("VAT account"),
        required=False,
        help_text=gettext_lazy("Takes the tax. None: the tax is not deductible."),
        widget=UnfoldAdminSelectWidget(),
    )
    self_assess_account = forms.ChoiceField(
        label=gettext_lazy("Self-assessment account"),
        required=False,
        help_text=gettext_lazy("Only for reverse charge and acquisitions."),
        widget=UnfoldAdminSelectWidget(),
    )
    valid_from = _day(gettext_lazy("Valid from"), gettext_lazy("Bookings dated before are refused with this code."))
    valid_until = _day(gettext_lazy("Valid until"), gettext_lazy("Bookings dated after are refused; what is booked stays."))

    def __init__(self, *args: Any, company: Company, code: TaxCode | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        present = {code.vat_account, code.self_assess_account} if code else set()
        choices = vat_account_choices(company, present)
        for name in ("vat_account", "self_assess_account"):
            field = self.fields[name]
            if isinstance(field, forms.ChoiceField):
                field.choices = choices


class NewCodeForm(OwnCodeForm):
    """A new code."""

    layout = (
        Group(title="", fields={"code": "third", "label": "two-thirds", "rate": "third", "description": "two-thirds"}),
        *OwnCodeForm.layout[1:],
    )
    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=20,
        help_text=gettext_lazy("Letters, digits and hyphens; kept in capitals."),
        widget=UnfoldAdminTextInputWidget({"autocomplete": "off", "autofocus": True}),
    )


def vat_account_choices(company: Company, present: set[str | None]) -> list[tuple[str, str]]:
    """Accounts marked as holding VAT, and those the code names already."""
    fitting = Account.objects.of(company).filter(is_active=True, is_item_account=False, type__in=(AccountType.ASSET, AccountType.LIABILITY))
    chosen = fitting.filter(category__in=VAT_CATEGORIES) | Account.objects.of(company).filter(
        number__in=[number for number in present if number]
    )
    return [("", "–"), *((account.number, str(account)) for account in chosen.order_by("number"))]
