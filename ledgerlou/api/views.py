"""Base classes of all API views. A view declares its operations; `pipeline` runs them."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponseBase

from ledgerlou.api.operation import METHODS, Endpoint, Operation
from ledgerlou.api.parameters import PathParameter
from ledgerlou.api.pipeline import respond


class ApiView:
    """One path of the API. The single instance serves all requests, so handlers keep nothing in `self`."""

    tag: ClassVar[str] = ""
    path: ClassVar[tuple[PathParameter, ...]] = ()
    public: ClassVar[bool] = False
    endpoints: ClassVar[Mapping[str, Endpoint]] = {}

    def __init_subclass__(cls) -> None:
        """Collect the declared operations by HTTP method."""
        super().__init_subclass__()
        found = {}
        for name in METHODS:
            handler = getattr(cls, name, None)
            operation = getattr(handler, "operation", None)
            if handler is None or operation is None:
                continue
            cls._check(operation)
            found[name.upper()] = Endpoint(
                method=name.upper(), operation=operation, handler=handler, tag=cls.tag, path=cls.path, public=cls.public
            )
        cls.endpoints = found

    @classmethod
    def _check(cls, operation: Operation) -> None:
        if cls.public == (operation.needed is not None):
            raise TypeError(f"{operation.id}: a company's operation names its scopes, a public one has none.")

    @classmethod
    def as_view(cls) -> Callable[..., HttpResponseBase]:
        """The callable for the URL configuration."""
        view = cls()

        def endpoint(http: HttpRequest, **parts: Any) -> HttpResponseBase:
            return respond(view, cls.endpoints, http, parts)

        endpoint.csrf_exempt = True  # type: ignore[attr-defined]  # cookies play no part in the API
        endpoint.view_class = cls  # type: ignore[attr-defined]  # how Django's own class views name their class
        return endpoint


class CompanyView(ApiView):
    """Operations on the books of the company that the key or session belongs to."""


class PublicView(ApiView):
    """Operations open to everyone, counted per address."""

    public = True
