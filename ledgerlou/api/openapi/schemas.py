"""JSON schemas of serializers and fields, collected as components."""

from typing import Any

from rest_framework import serializers
from rest_framework.fields import empty

from ledgerlou.api.containers import ListField
from ledgerlou.api.scalars import ApiField, Schema
from ledgerlou.api.serializers import MAX_LIST, Input, InputList
from ledgerlou.api.text import Text

AnyField = serializers.Field[Any, Any, Any, Any]


class Components:
    """The named schemas of one document, in one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.schemas: dict[str, Schema] = {}
        self.responses: dict[str, Schema] = {}
        self._classes: dict[str, type] = {}

    def text(self, text: object) -> str:
        """A declared text in the document's language."""
        return text.in_language(self.language) if isinstance(text, Text) else str(text)

    def response(self, name: str, response: Schema) -> Schema:
        """A reference to an answer that many operations share."""
        self.responses[name] = response
        return {"$ref": f"#/components/responses/{name}"}

    def of(self, serializer: serializers.BaseSerializer[Any]) -> Schema:
        """A reference to a serializer's schema, or an array of it."""
        if isinstance(serializer, serializers.ListSerializer):
            return self._list(serializer)
        if not isinstance(serializer, serializers.Serializer):
            raise TypeError(f"{type(serializer).__name__} cannot be described.")
        return self._reference(serializer)

    def _list(self, serializer: serializers.ListSerializer[Any]) -> Schema:
        child = serializer.child
        if not isinstance(child, serializers.BaseSerializer):
            raise TypeError(f"{type(serializer).__name__} has no entries that can be described.")
        schema: Schema = {"type": "array", "items": self.of(child)}
        if isinstance(serializer, InputList):
            schema["maxItems"] = serializer.max_length or MAX_LIST
            if serializer.min_length:
                schema["minItems"] = serializer.min_length
        return schema

    def _reference(self, serializer: serializers.Serializer[Any]) -> Schema:
        kind = type(serializer)
        name = kind.__name__
        if self._classes.setdefault(name, kind) is not kind:
            raise ValueError(f"Two serializers are called {name}: {kind.__module__} and {self._classes[name].__module__}.")
        if name not in self.schemas:
            self.schemas[name] = {}  # holds the place while the fields are walked
            self.schemas[name] = self._object(serializer)
        return {"$ref": f"#/components/schemas/{name}"}

    def _object(self, serializer: serializers.Serializer[Any]) -> Schema:
        fields = serializer.fields
        schema: Schema = {"type": "object", "properties": {name: self._property(field) for name, field in fields.items()}}
        required = [name for name, field in fields.items() if field.required]
        if required:
            schema["required"] = required
        if isinstance(serializer, Input):
            schema["additionalProperties"] = False
        return schema

    def _property(self, field: AnyField) -> Schema:
        schema = self._value(field)
        if field.allow_null:
            schema = _nullable(schema)
        if field.help_text:
            schema["description"] = self.text(field.help_text)
        if field.default is not empty and not callable(field.default):
            schema["default"] = field.default
        return schema

    def _value(self, field: AnyField) -> Schema:
        if isinstance(field, serializers.BaseSerializer):
            return self.of(field)
        if isinstance(field, ListField) and field.child.allow_null:
            return {**field.schema(), "items": _nullable(field.child.schema())}
        if isinstance(field, ApiField):
            return field.schema()
        raise TypeError(f"{type(field).__name__} cannot be described; take a field of ledgerlou.api.fields.")


def _nullable(schema: Schema) -> Schema:
    if "type" not in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    widened = {**schema, "type": [schema["type"], "null"]}
    if "enum" in schema:
        widened["enum"] = [*schema["enum"], None]
    return widened
