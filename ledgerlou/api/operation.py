"""The declaration of one API operation, from which it is checked, run and described."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, TypeVar

from rest_framework import serializers

from ledgerlou.api.errors import InsufficientScope
from ledgerlou.api.parameters import DRY_RUN, PathParameter, Query, QueryReader
from ledgerlou.api.serializers import Input
from ledgerlou.api.text import Text
from ledgerlou.companies.actor import Actor
from ledgerlou.companies.roles import ALL_SCOPES
from ledgerlou.errors import LedgerLouError

Handler = TypeVar("Handler", bound=Callable[..., object])
AnswerShape = type[serializers.BaseSerializer[Any]] | serializers.BaseSerializer[Any] | None
METHODS: Final = ("get", "post", "put", "patch", "delete")
MEGABYTE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Scopes:
    """What a caller needs: one of these scopes, or all of them."""

    names: tuple[str, ...]
    all_needed: bool = True

    def __post_init__(self) -> None:
        unknown = [name for name in self.names if name not in ALL_SCOPES]
        if unknown or not self.names:
            raise ValueError(f"unknown scopes {unknown}")

    def require(self, actor: Actor) -> None:
        """Let the actor pass. Raises InsufficientScope naming what is missing."""
        missing = [name for name in self.names if name not in actor.scopes]
        if not missing or (not self.all_needed and len(missing) < len(self.names)):
            return
        joined = (" and " if self.all_needed else " or ").join(missing)
        raise InsufficientScope(f"The scope {joined} is missing.", missing_scopes=missing)


def any_scope(*names: str) -> Scopes:
    """One of the scopes is enough."""
    return Scopes(names, all_needed=False)


def all_scopes(*names: str) -> Scopes:
    """Every one of the scopes is needed."""
    return Scopes(names)


@dataclass(frozen=True, slots=True)
class FileShape:
    """An answer of bytes, by media type."""

    content_types: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One operation: decorate a method of a view (`get`, `post`, `put`, `patch`, `delete`) with it.

    `answer` is an Output class, `Row(many=True)` for a bare array, a FileShape, or None for 204. `paged` marks a bare array with limit
    and offset. `creates` promises a Location header. `other_statuses` are further good statuses with the same answer.
    """

    id: str
    summary: Text
    answer: AnswerShape | FileShape
    scopes: str | Scopes | None = None
    description: Text | None = None
    query: tuple[Query, ...] = ()
    body: type[Input] | None = None
    form: type[Input] | None = None
    body_required: bool = True
    status: int = 200
    other_statuses: Mapping[int, Text] = field(default_factory=dict)
    paged: bool = False
    creates: bool = False
    errors: tuple[type[LedgerLouError], ...] = ()
    max_bytes: int = MEGABYTE
    secret_keys: tuple[str, ...] = ()
    dry_run: bool = True
    limit_setting: str = "API_REQUESTS_PER_MINUTE"
    example: Mapping[str, object] | None = None

    def __call__(self, handler: Handler) -> Handler:
        """Attach the declaration to its handler."""
        handler.operation = self  # type: ignore[attr-defined]  # read by ApiView.__init_subclass__
        return handler

    @cached_property
    def needed(self) -> Scopes | None:
        """The scopes as an object."""
        return Scopes((self.scopes,)) if isinstance(self.scopes, str) else self.scopes

    @cached_property
    def body_reader(self) -> Input | None:
        """The one instance that checks JSON bodies of all requests."""
        return self.body() if self.body else None

    @cached_property
    def form_reader(self) -> Input | None:
        """The one instance that checks multipart bodies of all requests."""
        return self.form() if self.form else None

    @cached_property
    def writer(self) -> serializers.BaseSerializer[Any] | None:
        """The one instance that writes answers."""
        if isinstance(self.answer, FileShape) or self.answer is None:
            return None
        return self.answer() if isinstance(self.answer, type) else self.answer


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """An operation at its place: the HTTP method and the path parameters of its view."""

    method: str
    operation: Operation
    handler: Callable[..., object]
    tag: str
    path: tuple[PathParameter, ...]
    public: bool

    @cached_property
    def writes(self) -> bool:
        """Everything but GET may change something."""
        return self.method != "GET"

    @cached_property
    def can_dry_run(self) -> bool:
        """Writes of a company can be tried; public operations cannot."""
        return self.writes and self.operation.dry_run and not self.public

    @cached_property
    def declared_query(self) -> tuple[Query, ...]:
        """The query parameters, `dry_run` among them where it is offered."""
        return (*self.operation.query, DRY_RUN) if self.can_dry_run else self.operation.query

    @cached_property
    def query_reader(self) -> QueryReader:
        """Reads the query strings of all requests."""
        return QueryReader(self.declared_query)
