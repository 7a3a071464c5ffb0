"""Says everything that is wrong with a row before it is saved."""

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import Model

from ledgerlou.errors import Fault, InvalidInput


def require_fit(row: Model) -> None:
    """Check a row against its model. Raises InvalidInput with every fault, each pointing at the field of that name."""
    try:
        row.full_clean()
    except ValidationError as error:
        raise invalid(error) from error


def invalid(error: ValidationError, *, pointer: str | None = None) -> InvalidInput:
    """Django's list of faults in our words; `pointer` where the faults belong to one input of another name."""
    if pointer is not None or not hasattr(error, "error_dict"):
        faults = [_fault(pointer or "", message) for message in error.messages]
    else:
        faults = [
            _fault("" if field == NON_FIELD_ERRORS else f"/{field}", message)
            for field, messages in error.message_dict.items()
            for message in messages
        ]
    return InvalidInput(faults[0].message, faults=faults)


def _fault(pointer: str, message: str) -> Fault:
    return Fault(pointer=pointer, code=InvalidInput.code, message=message)
