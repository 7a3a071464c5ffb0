"""What a company says about itself: name, address, tax numbers, how it files its VAT."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Final

from django.core.exceptions import ValidationError
from django.db import transaction

from ledgerlou.companies.actor import Actor
from ledgerlou.companies.models.company import Company
from ledgerlou.companies.services.row_checks import invalid
from ledgerlou.errors import InvalidInput, WrongState, raise_together

_COUNTRY: Final = re.compile(r"[A-Z]{2}", re.ASCII)
_GERMAN_POSTAL_CODE: Final = re.compile(r"[0-9]{5}", re.ASCII)
# Regional form with slashes and blanks, 10 or 11 digits, or the uniform one of the federation with 13 (§ 1 StIdV, ELSTER).
_TAX_NUMBER: Final = re.compile(r"[0-9][0-9 /]*[0-9]", re.ASCII)
_TAX_NUMBER_DIGITS: Final = (10, 11, 13)
_GERMAN_VAT_ID: Final = re.compile(r"DE[0-9]{9}", re.ASCII)
# Council Directive 2006/112/EC, Art. 215: a prefix by ISO 3166 (EL for Greece), then what the state chose.
_VAT_ID: Final = re.compile(r"[A-Z]{2}[0-9A-Z+*]{2,12}", re.ASCII)


@dataclass(frozen=True, kw_only=True, slots=True)
class CompanyChanges:
    """What to change; None leaves a field as it is, an empty text clears it. See `Company` for the meaning of each.

    The chart of accounts and the first month of the fiscal year are not here: accounts, tax codes and periods were made from them when
    the company was opened, and everything booked since stands on those.
    """

    name: str | None = None
    legal_form: str | None = None
    street: str | None = None
    postal_code: str | None = None
    city: str | None = None
    country: str | None = None
    tax_number: str | None = None
    vat_id: str | None = None
    locale: str | None = None
    is_small_business: bool | None = None
    vat_period: str | None = None


@transaction.atomic(savepoint=False)
def change_company(*, company: Company, actor: Actor, changes: CompanyChanges) -> Company:
    """Change what a company says about itself; documents and returns made from now on use it. The database records who changed what.

    Only what really changes is checked, so that a number taken over from elsewhere does not stand in the way of a new address. Raises
    InvalidInput with every fault at its field, and WrongState when nothing would change.
    """
    row = Company.objects.select_for_update(no_key=True).get(id=company.id)
    wanted = {field: _tidy(field, value) for field, value in asdict(changes).items() if value is not None}
    changed = {field: value for field, value in wanted.items() if value != getattr(row, field)}
    if not changed:
        raise WrongState("Nothing was changed: everything is stored already as it was sent.")
    for field, value in changed.items():
        setattr(row, field, value)
    raise_together(chain(_model_errors(row, changed), _format_errors(row, changed)))
    row.save(update_fields=sorted(changed))
    return row


def _tidy(field: str, value: str | bool) -> str | bool:
    """One line without double blanks; codes in capitals, the VAT id without the blanks people group it by."""
    if isinstance(value, bool):
        return value
    text = " ".join(value.split())
    if field == "vat_id":
        return re.sub(r"[ .-]", "", text).upper()
    return text.upper() if field == "country" else text


def _model_errors(row: Company, changed: Mapping[str, object]) -> Iterator[InvalidInput]:
    """Missing, too long, or no known choice."""
    untouched = {field.name for field in Company._meta.fields} - set(changed)
    try:
        row.clean_fields(exclude=untouched)
    except ValidationError as error:
        yield invalid(error)
    for field, value in changed.items():
        if isinstance(value, str) and any(unicodedata.category(character) in ("Cc", "Cf", "Cs") for character in value):
            yield InvalidInput("Characters that cannot be seen are not allowed.", pointer=f"/{field}")


def _format_errors(row: Company, changed: Mapping[str, object]) -> Iterator[InvalidInput]:
    """What an address or a number must look like, where it is given."""
    if "country" in changed and row.country and not _COUNTRY.fullmatch(row.country):
        yield InvalidInput("A country is written with two letters (ISO 3166), such as DE.", pointer="/country")
    has_german_code = row.country == "DE" and row.postal_code and changed.keys() & {"postal_code", "country"}
    if has_german_code and not _GERMAN_POSTAL_CODE.fullmatch(row.postal_code):
        yield InvalidInput("A German postal code has five digits.", pointer="/postal_code")
    if "tax_number" in changed and row.tax_number and row.country == "DE" and not _is_tax_number(row.tax_number):
        yield InvalidInput(
            "A German tax number has 10, 11 or 13 digits, with slashes where the tax office sets them.", pointer="/tax_number"
        )
    if "vat_id" in changed and row.vat_id:
        yield from _vat_id_errors(row.vat_id)


def _is_tax_number(text: str) -> bool:
    return _TAX_NUMBER.fullmatch(text) is not None and sum(character.isdigit() for character in text) in _TAX_NUMBER_DIGITS


def _vat_id_errors(vat_id: str) -> Iterator[InvalidInput]:
    if vat_id.startswith("DE"):
        if not _GERMAN_VAT_ID.fullmatch(vat_id):
            yield InvalidInput("A German VAT id is DE and nine digits.", pointer="/vat_id")
        elif not has_right_check_digit(vat_id[2:]):
            yield InvalidInput(
                "This VAT id cannot be right: its last digit does not fit the others. Check for a typing error.", pointer="/vat_id"
            )
    elif not _VAT_ID.fullmatch(vat_id):
        yield InvalidInput("A VAT id begins with two letters for the country, then 2 to 12 digits or letters.", pointer="/vat_id")


def has_right_check_digit(digits: str) -> bool:
    """Whether the last digit of a German VAT id fits the ones before it (ISO/IEC 7064, MOD 11,10)."""
    product = 10
    for digit in digits[:-1]:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    return (11 - product) % 10 == int(digits[-1])
