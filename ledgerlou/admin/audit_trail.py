"""The audit history as people read it: what changed, in the names of the fields."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from django.apps import apps
from django.db.models import DateField, Field, Model
from django.utils.translation import gettext as _

from ledgerlou.companies.models.company import Company
from ledgerlou.companies.models.history import AuditEntry

MAX_ENTRIES: Final = 500
HIDDEN: Final = "***"
_UNSPOKEN: Final = frozenset({"id", "company_id", "sort_key"})


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


def changes_of_row(*, company: Company, table: str, row_id: str) -> list[Change]:
    """What happened to a row, newest first, at most 500 changes."""
    entries = AuditEntry.objects.filter(company_id=company.id, table_name=table, row_id=row_id).order_by("-id")[:MAX_ENTRIES]
    return [change_of(entry) for entry in entries]


def change_of(entry: AuditEntry) -> Change:
    """An entry of the history with the names that people know."""
    return Change(at=entry.at, actor=entry.actor, action=action_name(entry.action), fields=tuple(_field_changes(entry)))


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


def _field_changes(entry: AuditEntry) -> Iterator[FieldChange]:
    """The changed fields in the order of the model; those nobody asks for (ids, sort keys) are left out."""
    model = _models().get(entry.table_name)
    before, after = entry.old or {}, entry.new or {}
    fields: Iterable["Field[object, object]"] = model._meta.fields if model else ()
    for field in fields:
        if field.column in _UNSPOKEN or field.column not in {*before, *after}:
            continue
        old, new = _shown(field, before.get(field.column)), _shown(field, after.get(field.column))
        if old != new or old == HIDDEN:
            yield FieldChange(name=str(field.verbose_name), before=old, after=new)


def _shown(field: "Field[object, object]", value: object) -> object:
    """A stored value as its field shows it: choices by name, moments and days as such, empty texts as nothing."""
    if value is None or value in ("", []):
        return None
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(str(part) for part in value)
    if isinstance(field, DateField) and isinstance(value, str) and value != HIDDEN:
        return field.to_python(value)
    return value
