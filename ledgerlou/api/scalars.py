"""Fields of texts, choices, days and ids: strict types, each with its JSON schema."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NoReturn
from uuid import UUID

from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.validators import validate_email
from django.db import models
from rest_framework import serializers

from ledgerlou.api import values
from ledgerlou.api.rendering import moment_text

Schema = dict[str, Any]


def refuse(detail: str | Mapping[str, Any]) -> NoReturn:
    """Refuse an input from `validate`: a text for the object as a whole, or texts by key."""
    raise serializers.ValidationError(detail)


class ApiField(serializers.Field[Any, Any, Any, Any]):
    """A field that describes itself. Values go out as they are; the renderer writes dates, decimals and ids."""

    def to_internal_value(self, data: Any) -> Any:
        """The value of a JSON value. Raises ValidationError."""
        raise NotImplementedError

    def to_representation(self, value: Any) -> Any:
        """What the renderer writes."""
        return value

    def schema(self) -> Schema:
        """The JSON schema of the value, without null and description."""
        raise NotImplementedError

    def refuse_value(self, message: str) -> NoReturn:
        """Say what is wrong with the value."""
        raise serializers.ValidationError(message)


class StringField(ApiField):
    """Text. Surrounding blanks are taken off; `pattern` must match the whole text."""

    def __init__(
        self, *, max_length: int = 500, min_length: int = 0, pattern: str | None = None, allow_blank: bool = False, **rest: Any
    ) -> None:
        super().__init__(**rest)
        self.max_length, self.min_length, self.allow_blank = max_length, min_length, allow_blank
        self.pattern = re.compile(pattern, re.ASCII) if pattern else None

    def to_internal_value(self, data: Any) -> Any:
        """Only JSON strings are texts."""
        if type(data) is not str:
            self.refuse_value("Must be a text.")
        text = data.strip()
        if not text:
            if not self.allow_blank:
                self.refuse_value("Must not be empty.")
            return text
        if len(data) > self.max_length:
            self.refuse_value(f"Must have at most {self.max_length} characters.")
        if len(text) < self.min_length:
            self.refuse_value(f"Must have at least {self.min_length} characters.")
        if self.pattern and not self.pattern.fullmatch(text):
            self.refuse_value("Is malformed.")
        return text

    def schema(self) -> Schema:
        """Length and pattern as enforced."""
        schema: Schema = {"type": "string", "maxLength": self.max_length}
        if self.min_length or not self.allow_blank:
            schema["minLength"] = max(self.min_length, 1)
        if self.pattern:
            schema["pattern"] = f"^(?:{self.pattern.pattern})$"
        elif not self.allow_blank:
            schema["pattern"] = r"\S"
        return schema


class EmailField(StringField):
    """An e-mail address, kept in lower case."""

    def to_internal_value(self, data: Any) -> Any:
        """Checked as Django checks addresses."""
        text = super().to_internal_value(data)
        try:
            validate_email(text)
        except DjangoValidationError:
            self.refuse_value("Is not an e-mail address.")
        return text.lower()

    def schema(self) -> Schema:
        """An address."""
        return {"type": "string", "format": "email", "maxLength": self.max_length}


class SecretField(StringField):
    """A password or token: taken as it is, blanks included, and never echoed."""

    def to_internal_value(self, data: Any) -> Any:
        """Any text within the length."""
        if type(data) is not str or not self.min_length <= len(data) <= self.max_length:
            self.refuse_value(f"Must be a text of {self.min_length} to {self.max_length} characters.")
        return data

    def schema(self) -> Schema:
        """Hidden in forms."""
        return {"type": "string", "format": "password", "minLength": self.min_length, "maxLength": self.max_length}


class BoolField(ApiField):
    """`true` or `false`."""

    def to_internal_value(self, data: Any) -> Any:
        """Nothing else counts."""
        if type(data) is not bool:
            self.refuse_value("Must be true or false.")
        return data

    def schema(self) -> Schema:
        """A boolean."""
        return {"type": "boolean"}


class ChoiceField(ApiField):
    """One of a few texts or numbers; with `ignore_case` upper and lower case are the same, and the declared spelling is kept."""

    def __init__(self, choices: Sequence[str | int] | type[models.TextChoices], *, ignore_case: bool = False, **rest: Any) -> None:
        super().__init__(**rest)
        found = choices.values if isinstance(choices, type) else choices
        self.choices: list[str | int] = list(found)
        self.ignore_case = ignore_case
        self._known = {self._key(choice): choice for choice in self.choices}

    def _key(self, choice: object) -> object:
        return choice.lower() if self.ignore_case and isinstance(choice, str) else choice

    def to_internal_value(self, data: Any) -> Any:
        """The declared spelling."""
        if type(data) not in (str, int) or self._key(data) not in self._known:
            self.refuse_value(f"Must be one of {', '.join(str(choice) for choice in self.choices)}.")
        return self._known[self._key(data)]

    def schema(self) -> Schema:
        """An enumeration."""
        return {"type": "integer" if isinstance(self.choices[0], int) else "string", "enum": self.choices}


class _AddressLikeField(ApiField):
    """Values that are written the same way in bodies and in addresses."""

    kind = "string"

    def to_internal_value(self, data: Any) -> Any:
        """The same strict form as in the query string."""
        if type(data) is not str:
            self.refuse_value("Must be a text.")
        try:
            return values.CONVERTERS[self.kind](data)
        except ValueError as fault:
            self.refuse_value(f"{str(fault)[0].upper()}{str(fault)[1:]}.")

    def schema(self) -> Schema:
        """As in the query string."""
        return dict(values.SCHEMAS[self.kind])


class DateField(_AddressLikeField):
    """A day, `YYYY-MM-DD`."""

    kind = "date"

    def to_representation(self, value: date | str) -> str:
        """A moment here is a fault of ours."""
        if isinstance(value, datetime):
            raise TypeError("A moment was given where a day belongs.")
        return value if isinstance(value, str) else value.isoformat()


class MonthField(_AddressLikeField):
    """A month, `YYYY-MM`."""

    kind = "month"


class PeriodField(_AddressLikeField):
    """A period, `YYYY-MM`, `YYYY-P13` or `YYYY-P14`."""

    kind = "period"


class IdField(_AddressLikeField):
    """A UUID."""

    kind = "uuid"

    def to_representation(self, value: UUID | str) -> str:
        """Lower case with hyphens."""
        return str(value)


class MomentField(ApiField):
    """A moment, UTC, ISO 8601 with `Z`. For answers."""

    def to_representation(self, value: datetime) -> str:
        """Always UTC."""
        return moment_text(value)

    def schema(self) -> Schema:
        """A moment."""
        return {"type": "string", "format": "date-time"}


class CurrencyField(StringField):
    """An ISO 4217 code in capitals."""

    def __init__(self, **rest: Any) -> None:
        super().__init__(pattern="[A-Z]{3}", max_length=3, **rest)
