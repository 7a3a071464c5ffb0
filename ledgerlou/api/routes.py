"""All operations of the API with their addresses, read from the URL configuration."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

from ledgerlou.api.operation import Endpoint
from ledgerlou.api.parameters import PathParameter


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """One operation: `path` as in OpenAPI (`/v1/accounts/{number}/entries`), the scopes, the view's class."""

    method: str
    path: str
    endpoint: Endpoint
    view: Any

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes as declared; empty for public operations."""
        needed = self.endpoint.operation.needed
        return needed.names if needed else ()


def all_operations(urlconf: str | None = None) -> list[Route]:
    """Every operation, in the order of the URL configuration."""
    return [
        Route(method=method, path=path, endpoint=endpoint, view=view)
        for path, view in _views(get_resolver(urlconf).url_patterns, "/")
        for method, endpoint in view.endpoints.items()
    ]


def _views(patterns: list[Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        if not isinstance(pattern.pattern, RoutePattern):
            continue
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _views(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            view = getattr(pattern.callback, "view_class", None)
            if view is not None and hasattr(view, "endpoints"):
                yield _template(route, view.path), view


def _template(route: str, declared: tuple[PathParameter, ...]) -> str:
    names = []
    for part in route.split("/"):
        if part.startswith("<"):
            names.append(part.strip("<>"))
    if names != [parameter.name for parameter in declared]:
        raise ValueError(f"{route}: the view declares the path parameters {[parameter.name for parameter in declared]}.")
    return route.replace("<", "{").replace(">", "}")
