"""Reading a request: path, query and body together, so that every fault is told at once."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from rest_framework.exceptions import ValidationError

from ledgerlou.api import bodies
from ledgerlou.api.errors import UnsupportedMediaType
from ledgerlou.api.operation import Endpoint
from ledgerlou.api.problems import from_validation
from ledgerlou.api.serializers import Input
from ledgerlou.errors import InvalidInput


class _NoBody(Input):
    """Operations without a body take none, or an empty object."""


_no_body = _NoBody()


def read_path(endpoint: Endpoint, parts: Mapping[str, str]) -> dict[str, Any]:
    """Values of the path's parameters. Raises what each parameter declares for malformed ones."""
    return {parameter.name: parameter.read(parts[parameter.name]) for parameter in endpoint.path}


def read_query(endpoint: Endpoint, http: HttpRequest) -> dict[str, Any] | InvalidInput:
    """Values of the query, or what is wrong with it, to be told together with the faults of the body."""
    try:
        return endpoint.query_reader.read(http.META.get("QUERY_STRING", ""))
    except InvalidInput as refused:
        return refused


def read_data(endpoint: Endpoint, http: HttpRequest, raw: bytes) -> Any:
    """The checked body. Raises InvalidInput, UnsupportedMediaType."""
    operation = endpoint.operation
    if not raw and (operation.body_required and (operation.body or operation.form)):
        raise InvalidInput("The body is missing.")
    media_type = _require_media_type(endpoint, http) if raw else bodies.JSON
    try:
        if media_type == bodies.FORM and operation.form_reader is not None:
            return operation.form_reader.run_validation(bodies.parse_form(http))
        return (operation.body_reader or _no_body).run_validation(bodies.parse_json(raw) if raw else {})
    except ValidationError as refused:
        raise from_validation(refused) from None


def _require_media_type(endpoint: Endpoint, http: HttpRequest) -> str:
    operation = endpoint.operation
    accepted = [bodies.FORM] if operation.form else []
    if operation.body or not operation.form:
        accepted.append(bodies.JSON)
    found = bodies.media_type(http)
    if found not in accepted:
        raise UnsupportedMediaType(f"Send the body as {' or '.join(accepted)}.", pointer="header:Content-Type", accepted=accepted)
    return found
