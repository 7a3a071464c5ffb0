"""The audit history as people read it: what changed, in the names of the fields."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from django.apps import apps
from django.db.models import DateField, Field, Model
from django.utils.translation import gettext as _

from ledgerlou.companies.models.company import Company
from ledgerlou.companies.models.history import AuditEntry
from ledgerlou.companies.models.people import Person

MAX_ENTRIES: Final = 500
HIDDEN: Final = "***"


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldChange:
    """One field of a change; None where there was or is nothing."""

    name: str
    before: object
    after: object


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One change of a row."""

    at: datetime
    actor: str
    action: str
    fields: tuple[FieldChange, ...]
    reason: str = ""


def changes_of_row(*, company: Company, table: str, row_id: str) -> list[Change]:
    """What happened to a row, newest first, at most 500 changes."""
    entries = AuditEntry.objects.filter(company_id=company.id, table_name=table, row_id=row_id).order_by("-id")[:MAX_ENTRIES]
    return changes_of(list(entries))


def changes_of(entries: Sequence[AuditEntry], *, known: Mapping[str, str] | None = None) -> list[Change]:
    """Entries of the history with the names that people know. People who are not `known` by their id are looked up together."""
    people = {**(known or {}), **_people_in(entries, known or {})}
    return [
        Change(
            at=entry.at,
            actor=entry.actor,
            action=action_name(entry.action),
            fields=tuple(_field_changes(entry, people)),
            reason=entry.reason,
        )
        for entry in entries
    ]


def action_name(action: str) -> str:
    """What was done."""
    return {"insert": _("added"), "update": _("changed"), "delete": _("removed")}.get(action, action)


def table_label(table: str) -> str:
    """What a table's rows are called."""
    model = _models().get(table)
    return str(model._meta.verbose_name) if model else table


@lru_cache(maxsize=1)
def _models() -> dict[str, type[Model]]:
    return {model._meta.db_table: model for model in apps.get_models()}


@lru_cache(maxsize=64)
def _spoken_fields(table: str) -> tuple["Field[object, object]", ...]:
    """The fields that have a name for people, in the order of the model; what has none is for machines (ids, sort keys)."""
    model = _models().get(table)
    return tuple(field for field in model._meta.fields if "verbose_name" in field.deconstruct()[3]) if model else ()


def _people_in(entries: Sequence[AuditEntry], known: Mapping[str, str]) -> dict[str, str]:
    """Names of the people that changed rows point to, by id, without those that are known."""
    ids = {
        values[field.column]
        for entry in entries
        for field in _spoken_fields(entry.table_name)
        if field.related_model is Person
        for values in (entry.old or {}, entry.new or {})
        if values.get(field.column) and values[field.column] not in known
    }
    return {str(person.id): str(person) for person in Person.objects.filter(id__in=ids)} if ids else {}


def _field_changes(entry: AuditEntry, people: Mapping[str, str]) -> Iterator[FieldChange]:
    before, after = entry.old or {}, entry.new or {}
    for field in _spoken_fields(entry.table_name):
        if field.column not in {*before, *after}:
            continue
        old, new = (_shown(field, values.get(field.column), people) for values in (before, after))
        if old != new or old == HIDDEN:
            yield FieldChange(name=str(field.verbose_name), before=old, after=new)


def _shown(field: "Field[object, object]", value: object, people: Mapping[str, str]) -> object:
    """A stored value as its field shows it: choices and people by name, moments and days as such, empty texts as nothing."""
    if value is None or value in ("", []):
        return None
    if field.related_model is Person:
        return people.get(str(value), value)
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(str(part) for part in value)
    if isinstance(field, DateField) and isinstance(value, str) and value != HIDDEN:
        return field.to_python(value)
    return value
