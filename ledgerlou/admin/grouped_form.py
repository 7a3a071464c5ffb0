"""Forms with more than a handful of fields: groups with a title, fields beside each other."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """Fields that belong together: name and width of each, `full`, `half`, `third` or `two-thirds` of the line."""

    title: Any
    fields: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class PlacedField:
    """A field of a form with its width."""

    bound: forms.BoundField
    width: str


class GroupedForm(forms.Form):
    """A form whose `layout` says where its fields stand; fields without a place are left out of the page, not of the form."""

    layout: ClassVar[Sequence[Group]] = ()

    def groups(self) -> Iterator[tuple[str, list[PlacedField]]]:
        """Title and fields of each group that has any."""
        for group in self.layout:
            placed = [PlacedField(bound=self[name], width=width) for name, width in group.fields.items() if name in self.fields]
            if placed:
                yield str(group.title), placed
