"""The description of the API, open to everyone."""

from functools import lru_cache

from ledgerlou.api.answers import FileAnswer
from ledgerlou.api.bodies import JSON
from ledgerlou.api.openapi.document import LANGUAGES, document_text, openapi_document
from ledgerlou.api.operation import FileShape, Operation
from ledgerlou.api.parameters import Query
from ledgerlou.api.request import ApiRequest
from ledgerlou.api.text import Text
from ledgerlou.api.views import PublicView


@lru_cache(maxsize=len(LANGUAGES))
def _content(language: str) -> bytes:
    return document_text(openapi_document(language)).encode()


class OpenApiView(PublicView):
    """`/v1/openapi.json`."""

    tag = "Description"

    @Operation(
        id="getOpenApiDocument",
        summary=Text("This description of the API", "Diese Beschreibung der API"),
        query=(Query("lang", enum=LANGUAGES, default="en", text=Text("Language of the texts", "Sprache der Texte")),),
        answer=FileShape((JSON,)),
    )
    def get(self, request: ApiRequest) -> object:
        """The document in the language asked for."""
        return FileAnswer(_content(request.query["lang"]), content_type=JSON)
