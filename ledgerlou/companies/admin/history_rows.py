"""Entries of the audit history as rows of a page: what was changed by its name, old and new values side by side."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.apps import apps
from django.db import connection
from django.db.models import Field, ForeignKey, Model
from django.urls import NoReverseMatch, reverse

from ledgerlou.admin.audit_trail import FieldChange, changes_of, table_label
from ledgerlou.companies.models.history import AuditEntry
from ledgerlou.companies.models.owned import CompanyOwned
from ledgerlou.companies.models.people import Person


@dataclass(frozen=True, kw_only=True, slots=True)
class HistoryRow:
    """One change as people read it. `address` is the page of the row where it has one."""

    id: int
    at: datetime
    actor: str
    kind: str
    name: str
    address: str
    row_id: str
    action: str
    action_name: str
    reason: str
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Named:
    name: str
    address: str


def history_rows(entries: Sequence[AuditEntry], *, people: Sequence[Person]) -> list[HistoryRow]:
    """A page of the history. One query reads what was changed, of whatever kinds; `people` of the company need none."""
    named = _names(entries, people)
    names = {str(person.id): str(person) for person in people}
    nothing = _Named(name="", address="")
    return [
        HistoryRow(
            id=entry.id,
            at=change.at,
            actor=change.actor,
            kind=table_label(entry.table_name),
            name=named.get((entry.table_name, entry.row_id), nothing).name,
            address=named.get((entry.table_name, entry.row_id), nothing).address,
            row_id=entry.row_id,
            action=entry.action,
            action_name=change.action,
            reason=entry.reason,
            fields=change.fields,
        )
        for entry, change in zip(entries, changes_of(entries, known=names), strict=True)
    ]


def _names(entries: Sequence[AuditEntry], people: Sequence[Person]) -> dict[tuple[str, str], _Named]:
    """What the rows are called now; a row that is gone has no name. What names are made of is read together, too."""
    models = {model._meta.db_table: model for model in apps.get_models()}
    rows = _read({(entry.table_name, entry.row_id) for entry in entries if entry.table_name in models}, models)
    links = [(row, field) for row in rows.values() for field in _links(type(row))]
    targets: dict[tuple[str, str], Model] = {(Person._meta.db_table, str(person.id)): person for person in people}
    missing = {_target(row, field) for row, field in links} - targets.keys()
    if missing:
        targets |= _read(missing, models)
    for row, field in links:
        if (target := targets.get(_target(row, field))) is not None:
            setattr(row, field.name, target)
    return {place: _Named(name=_name(row), address=_address(type(row), row)) for place, row in rows.items()}


def _read(places: Collection[tuple[str, str]], models: Mapping[str, type[Model]]) -> dict[tuple[str, str], Model]:
    """Rows of many tables at once, by table and id, as far as row-level security shows them."""
    if not places:
        return {}
    ids: dict[str, list[UUID]] = {}
    for table, row_id in places:
        ids.setdefault(table, []).append(UUID(row_id))
    quote = connection.ops.quote_name
    parts = [f"SELECT %s, to_jsonb(t) FROM {quote(table)} t WHERE t.id = ANY (%s)" for table in ids]  # noqa: S608 -- names of our models
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), [value for pair in ids.items() for value in pair])
        found = [(table, models[table], json.loads(facts) if isinstance(facts, str) else facts) for table, facts in cursor.fetchall()]
    return {(table, facts["id"]): _made(model, facts) for table, model, facts in found}


def _made(model: type[Model], facts: Mapping[str, object]) -> Model:
    """The row as an object that can say its name; it is never saved."""
    fields: tuple[Field[object, object], ...] = model._meta.fields
    stored = [(field, facts.get(str(field.column))) for field in fields]
    return model(**{field.attname: field.to_python(value) for field, value in stored if value is not None})


def _links(model: type[Model]) -> "list[Field[object, object]]":
    """What the name of a row may be made of: rows it always points to, but the company, which is the same for all."""
    if model.__str__ is Model.__str__:
        return []
    fields: tuple[Field[object, object], ...] = model._meta.fields
    owner = "company" if issubclass(model, CompanyOwned) else ""
    return [field for field in fields if isinstance(field, ForeignKey) and not field.null and field.name != owner]


def _target(row: Model, field: "Field[object, object]") -> tuple[str, str]:
    target = field.related_model
    if not isinstance(target, type):
        raise TypeError(field)
    return target._meta.db_table, str(getattr(row, field.attname))


def _name(row: Model) -> str:
    return "" if type(row).__str__ is Model.__str__ else str(row)  # Django's own says the class and the id


def _address(model: type[Model], row: Model) -> str:
    try:
        return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[row.pk])
    except NoReverseMatch:
        return ""
