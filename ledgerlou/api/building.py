"""From what a handler returned to the HTTP answer."""

from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.encoding import escape_uri_path
from django.utils.http import content_disposition_header

from ledgerlou.api.answers import Answer, FileAnswer, Page
from ledgerlou.api.bodies import JSON
from ledgerlou.api.operation import Endpoint
from ledgerlou.api.rendering import to_json
from ledgerlou.api.request import ApiRequest


def build_response(endpoint: Endpoint, request: ApiRequest, result: object) -> HttpResponseBase:
    """The answer, written inside the transaction so that every value is read from one state of the books."""
    if isinstance(result, FileAnswer):
        response = _file(result)
    elif isinstance(result, Page):
        response = _json(endpoint, result.rows, plain=result.plain)
        _add_paging(response, request, result)
    else:
        answer = result if isinstance(result, Answer) else Answer(result)
        response = _json(endpoint, answer.body, plain=answer.plain)
        response.status_code = answer.status or endpoint.operation.status
        for name, value in answer.headers.items():
            response.headers[name] = value
        if endpoint.operation.creates and not request.dry_run:
            if not answer.location:
                raise RuntimeError(f"{endpoint.operation.id} promises a Location and gave none.")
            response.headers["Location"] = escape_uri_path(answer.location)
    if request.dry_run:
        response.headers["X-Dry-Run"] = "true"
    return response


def _json(endpoint: Endpoint, body: object, *, plain: bool) -> HttpResponse:
    writer = endpoint.operation.writer
    if writer is None:
        return HttpResponse(status=endpoint.operation.status)
    content: Any = body if plain else writer.to_representation(body)
    return HttpResponse(to_json(content), status=endpoint.operation.status, content_type=JSON)


def _add_paging(response: HttpResponse, request: ApiRequest, page: Page) -> None:
    """RFC 8288 link to the next page while there is one, and the number of all rows."""
    response.headers["X-Total-Count"] = str(page.total)
    following = request.query["offset"] + len(page.rows)
    if page.rows and following < page.total:
        asked = [pair for pair in parse_qsl(request.http.META.get("QUERY_STRING", ""), keep_blank_values=True) if pair[0] != "offset"]
        query = urlencode([*asked, ("offset", following)])
        response.headers["Link"] = f'<{escape_uri_path(request.http.path)}?{query}>; rel="next"'


def _file(answer: FileAnswer) -> HttpResponseBase:
    response: HttpResponseBase
    if isinstance(answer.content, bytes):
        response = HttpResponse(answer.content, status=answer.status, content_type=answer.content_type)
    else:
        response = StreamingHttpResponse(answer.content, status=answer.status, content_type=answer.content_type)
    disposition = content_disposition_header(not answer.inline, answer.filename)
    if disposition:
        response.headers["Content-Disposition"] = disposition
    for name, value in answer.headers.items():
        response.headers[name] = value
    return response
