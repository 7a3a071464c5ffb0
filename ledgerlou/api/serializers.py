"""Base classes of request and answer bodies. One instance serves all requests, so they keep no state."""

from functools import cached_property
from typing import Any

from rest_framework import serializers
from rest_framework.fields import SkipField, empty

from ledgerlou.api.containers import check_length
from ledgerlou.api.parameters import suggestion

NON_FIELD = "non_field_errors"
MAX_LIST = 1000


class InputList(serializers.ListSerializer[Any]):
    """A list of objects in a request body, checked entry by entry."""

    child: serializers.BaseSerializer[Any]
    min_length: int | None
    max_length: int | None

    def to_internal_value(self, data: Any) -> Any:
        """All faults of all entries."""
        check_length(self, data, low=self.min_length or 0, high=self.max_length or MAX_LIST)
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


class Input(serializers.Serializer[Any]):
    """A request body or a part of one. Unknown keys are refused with a suggestion, at every depth."""

    class Meta:
        list_serializer_class = InputList

    @cached_property
    def _plan(self) -> list[tuple[str, str, Any]]:
        return [(name, field.source or name, field) for name, field in self.fields.items()]

    def to_internal_value(self, data: Any) -> Any:
        """Values by key. Raises ValidationError with the faults of all keys."""
        if type(data) is not dict:
            raise serializers.ValidationError({NON_FIELD: ["Must be an object."]})
        errors: dict[str, Any] = {}
        found: dict[str, Any] = {}
        for name, source, field in self._plan:
            try:
                found[source] = field.run_validation(data.get(name, empty))
            except SkipField:
                continue
            except serializers.ValidationError as fault:
                errors[name] = fault.detail
        for name in data.keys() - self.fields.keys():
            errors[name] = [f"Unknown key.{suggestion(name, list(self.fields))}"]
        if errors:
            raise serializers.ValidationError(errors)
        return found

    def run_validators(self, value: Any) -> None:
        """Rules over several keys stand in `validate`."""


class Output(serializers.Serializer[Any]):
    """An answer body or a part of one, from a dictionary, a dataclass or a model row."""

    @cached_property
    def _plan(self) -> list[tuple[str, str, Any, bool]]:
        return [(name, field.source or name, field.to_representation, field.required) for name, field in self.fields.items()]

    def to_representation(self, instance: Any) -> Any:
        """Every declared key; optional keys that the object lacks are left out."""
        rendered: dict[str, Any] = {}
        is_dict = isinstance(instance, dict)
        for name, source, render, required in self._plan:
            try:
                value = instance[source] if is_dict else getattr(instance, source)
            except (KeyError, AttributeError):
                if required:
                    raise
                continue
            rendered[name] = None if value is None else render(value)
        return rendered
