"""Templates of recurring bookings: saved, renamed, replaced, switched off. A template books nothing by itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction

from accounting.expansion import AccountNotFound, InvalidTaxCode
from accounting.models.account import Account
from accounting.models.booking_template import BookingTemplate, BookingTemplateLine
from accounting.models.tax_code import TaxCode
from accounting.services.changes import one_line
from accounting.sort_key import sort_key
from ledgerlou.companies.actor import Actor
from ledgerlou.companies.models.company import Company
from ledgerlou.companies.services.row_checks import require_fit
from ledgerlou.errors import InvalidInput, LedgerLouError, NotFound, WrongState, raise_together
from ledgerlou.money import ZERO

MAX_LINES: Final = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class TemplateLine:
    """A line to be repeated, in euros, gross with a tax code; without an amount it is typed each time."""

    account: str
    debit: Decimal = ZERO
    credit: Decimal = ZERO
    tax_code: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class NewTemplate:
    """What a person wants to book again. `replaces` puts it in the place of the template that has this name."""

    name: str
    lines: tuple[TemplateLine, ...]
    description: str = ""
    external_reference: str = ""
    replaces: bool = False


@transaction.atomic(savepoint=False)
def save_template(*, company: Company, actor: Actor, facts: NewTemplate, now: datetime) -> BookingTemplate:
    """Keep lines and texts of a booking under a name. What it replaces is switched off and stays in the history.

    Raises InvalidInput, AccountNotFound, InvalidTaxCode, and WrongState for a name that is taken.
    """
    name = _name(facts.name)
    raise_together(_line_errors(company, facts.lines))
    taken = BookingTemplate.objects.of(company).select_for_update(no_key=True).filter(name=name, is_active=True).first()
    if taken is not None and facts.replaces:
        _switch_off(taken)
    elif taken is not None:
        raise _taken(name)
    template = BookingTemplate(
        company=company,
        name=name,
        sort_key=sort_key(name),
        description=one_line(facts.description, pointer="/description"),
        external_reference=one_line(facts.external_reference, pointer="/external_reference"),
        line_count=len(facts.lines),
        created_by=actor.label,
        created_at=now,
    )
    require_fit(template)
    _save(template, force_insert=True)
    BookingTemplateLine.objects.bulk_create(
        BookingTemplateLine(
            company=company,
            template=template,
            position=position,
            account=line.account,
            debit=line.debit,
            credit=line.credit,
            tax_code=line.tax_code.upper() if line.tax_code else None,
        )
        for position, line in enumerate(facts.lines, start=1)
    )
    return template


@transaction.atomic(savepoint=False)
def rename_template(*, company: Company, actor: Actor, template_id: UUID, name: str) -> BookingTemplate:
    """Give a template another name. Raises NotFound, InvalidInput, and WrongState for a name that is taken."""
    template = _template_for_update(company, template_id)
    template.name = _name(name)
    template.sort_key = sort_key(template.name)
    if BookingTemplate.objects.of(company).filter(name=template.name, is_active=True).exclude(id=template_id).exists():
        raise _taken(template.name)
    require_fit(template)
    _save(template, update_fields=["name", "sort_key"])
    return template


@transaction.atomic(savepoint=False)
def switch_off_template(*, company: Company, actor: Actor, template_id: UUID) -> BookingTemplate:
    """Take a template out of the list; its row and history stay. Raises NotFound, WrongState."""
    template = _template_for_update(company, template_id)
    if not template.is_active:
        raise WrongState("This recurring booking is switched off already.")
    _switch_off(template)
    return template


def _template_for_update(company: Company, template_id: UUID) -> BookingTemplate:
    template = BookingTemplate.objects.of(company).select_for_update(no_key=True).filter(id=template_id).first()
    if template is None:
        raise NotFound("There is no such recurring booking.", template_id=template_id)
    return template


def _switch_off(template: BookingTemplate) -> None:
    template.is_active = False
    template.save(update_fields=["is_active"])


def _save(template: BookingTemplate, **how: object) -> None:
    try:
        template.save(**how)  # type: ignore[arg-type]  # the two ways of Django's save
    except IntegrityError as error:  # somebody else took the name since we looked
        if "booking_template_name_once_while_active" not in str(error):
            raise
        raise _taken(template.name) from error


def _name(text: str) -> str:
    name = one_line(text, pointer="/name")
    if not name:
        raise InvalidInput("Give the recurring booking a name.", pointer="/name")
    return name


def _taken(name: str) -> WrongState:
    return WrongState(f"A recurring booking is named {name} already. Choose another name, or replace it.", pointer="/name")


def _line_errors(company: Company, lines: tuple[TemplateLine, ...]) -> Iterator[LedgerLouError]:
    if not lines:
        yield InvalidInput("A recurring booking has at least one line.", pointer="/lines")
    if len(lines) > MAX_LINES:
        yield InvalidInput(f"A recurring booking has at most {MAX_LINES} lines.", pointer="/lines")
    numbers = {line.account for line in lines}
    known = set(Account.objects.of(company).filter(number__in=numbers).values_list("number", flat=True))
    wanted = {line.tax_code.upper() for line in lines if line.tax_code}
    codes = set(TaxCode.objects.of(company).filter(code__in=wanted).values_list("code", flat=True)) if wanted else set()
    for index, line in enumerate(lines):
        pointer = f"/lines/{index}"
        if line.account not in known:
            message = f"The chart has no account {line.account}. Choose another or add it."
            yield AccountNotFound(message, pointer=f"{pointer}/account_number")
        if line.tax_code and line.tax_code.upper() not in codes:
            message = f"There is no tax code {line.tax_code!r}. Choose one from the list."
            yield InvalidTaxCode(message, pointer=f"{pointer}/tax_code")
        if line.debit < 0 or line.credit < 0 or (line.debit and line.credit):
            yield InvalidInput("A line has one of debit and credit, and it is not negative.", pointer=pointer)
