"""Fields that hold more than one value: lists, free objects, files."""

from typing import Any

from rest_framework import serializers

from ledgerlou.api.scalars import ApiField, Schema


class ListField(ApiField):
    """A list of equal values, e.g. ids. For lists of objects write `LineInput(many=True)`."""

    def __init__(self, *, child: ApiField, min_length: int = 0, max_length: int = 1000, **rest: Any) -> None:
        super().__init__(**rest)
        self.child, self.min_length, self.max_length = child, min_length, max_length

    def to_internal_value(self, data: Any) -> Any:
        """Every entry is checked; all faults are told."""
        check_length(self, data, low=self.min_length, high=self.max_length)
        found: list[Any] = []
        errors: dict[Any, Any] = {}
        for index, item in enumerate(data):
            try:
                found.append(self.child.run_validation(item))
            except serializers.ValidationError as fault:
                errors[index] = fault.detail
        if errors:
            raise serializers.ValidationError(errors)
        return found

    def to_representation(self, value: Any) -> Any:
        """Each entry as the child writes it."""
        render = self.child.to_representation
        return [None if item is None else render(item) for item in value]

    def schema(self) -> Schema:
        """Items and limits."""
        schema: Schema = {"type": "array", "items": self.child.schema(), "maxItems": self.max_length}
        return {**schema, "minItems": self.min_length} if self.min_length else schema


class ObjectField(ApiField):
    """A free JSON object, such as metadata. What may be inside is the service's rule."""

    def to_internal_value(self, data: Any) -> Any:
        """Any object."""
        if type(data) is not dict:
            self.refuse_value("Must be an object.")
        return data

    def schema(self) -> Schema:
        """Open."""
        return {"type": "object", "additionalProperties": True}


class FileField(ApiField):
    """A file of a multipart body."""

    def __init__(self, *, max_bytes: int, **rest: Any) -> None:
        super().__init__(**rest)
        self.max_bytes = max_bytes

    def to_internal_value(self, data: Any) -> Any:
        """The uploaded file as Django hands it over; content is judged by the service."""
        if not hasattr(data, "chunks"):
            self.refuse_value("Must be a file.")
        return data

    def schema(self) -> Schema:
        """Bytes."""
        return {"type": "string", "format": "binary"}


def check_length(field: ApiField | serializers.BaseSerializer[Any], data: Any, *, low: int, high: int) -> None:
    """A list with `low` to `high` entries. Raises ValidationError."""
    if type(data) is not list:
        raise serializers.ValidationError("Must be a list.")
    if len(data) < low:
        raise serializers.ValidationError(f"Must have at least {low} {'entry' if low == 1 else 'entries'}.")
    if len(data) > high:
        raise serializers.ValidationError(f"Must have at most {high} entries.")
