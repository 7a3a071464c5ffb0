"""Documents (vouchers): upload, download, preview."""

import unicodedata
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID
from wsgiref.util import FileWrapper

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from rest_framework.fields import empty

from accounting.document_names import download_name
from accounting.document_types import (
    EXTENSIONS,
    MAX_BYTES,
    EmptyFile,
    FileTooLarge,
    InvalidFileType,
    MimeMismatch,
    require_size,
    too_large,
)
from accounting.models.document import Document
from accounting.selectors.documents import DocumentFileMissing, document_of, open_document
from accounting.services.documents import ReceivedFile, store_document
from ledgerlou.api import fields
from ledgerlou.api.answers import Answer, FileAnswer
from ledgerlou.api.errors import RequestTooLarge
from ledgerlou.api.headers import add_headers
from ledgerlou.api.operation import MEGABYTE, FileShape, Operation
from ledgerlou.api.parameters import PathParameter
from ledgerlou.api.problems import problem_response
from ledgerlou.api.request import ApiRequest
from ledgerlou.api.serializers import Input, Output
from ledgerlou.api.text import Text
from ledgerlou.api.views import CompanyView
from ledgerlou.errors import NotFound

_BLOCK: Final = 64 * 1024
_ID: Final = PathParameter("id", "uuid", text=Text("The document", "Das Dokument"))
_FILE: Final = FileShape(tuple(EXTENSIONS))
_DOWNLOAD_POLICY: Final = "default-src 'none'; sandbox; frame-ancestors 'none'"
# Browsers show PDFs and images in pages of their own making, which need styles and the file itself. Nothing may run or be fetched.
_PREVIEW_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; object-src 'self'; frame-ancestors {ancestors}"


class VoucherField(fields.FileField):
    """The file. A missing one is for the service to refuse, as an empty one."""

    def run_validation(self, data: Any = empty) -> Any:
        """The uploaded file, or None. A form in which nobody chose a file sends an empty text."""
        return None if data is empty or data == "" else super().run_validation(data)


class DocumentUpload(Input):
    """A voucher."""

    file = VoucherField(
        max_bytes=MAX_BYTES,
        help_text=Text("PDF, JPG or PNG of at most 10 MB (10,485,760 bytes)", "PDF, JPG oder PNG mit höchstens 10 MB (10.485.760 Bytes)"),
    )


class DocumentRow(Output):
    """A stored document."""

    id = fields.IdField(help_text=Text("For `document_id` of bookings", "Für `document_id` von Buchungen"))
    mime_type = fields.StringField(help_text=Text("Type of the content", "Art des Inhalts"))
    original_name = fields.StringField(help_text=Text("File name as sent, without folders", "Dateiname wie gesendet, ohne Ordner"))
    size_bytes = fields.IntField()
    sha256 = fields.StringField(help_text=Text("Checksum of the content", "Prüfsumme des Inhalts"))
    retention_until = fields.DateField(
        help_text=Text("Must be kept until this day (§ 147 AO)", "Bis zu diesem Tag aufzubewahren (§ 147 AO)")
    )


class DocumentsView(CompanyView):
    """Taking in vouchers."""

    tag = "Journal"

    @classmethod
    def as_view(cls) -> Callable[..., HttpResponseBase]:
        """The callable for the URL configuration. A body too large to be read holds a file that is too large, and is answered as one."""
        endpoint = super().as_view()

        def upload(http: HttpRequest, **parts: str) -> HttpResponseBase:
            response = endpoint(http, **parts)
            if response.status_code != RequestTooLarge.http_status:
                return response
            return add_headers(http, problem_response(http, too_large(int(http.META["CONTENT_LENGTH"]))))

        upload.csrf_exempt = True  # type: ignore[attr-defined]  # cookies play no part in the API
        upload.view_class = cls  # type: ignore[attr-defined]  # how Django's own class views name their class
        return upload

    @Operation(
        id="uploadDocument",
        summary=Text("Upload a document", "Dokument hochladen"),
        description=Text(
            "Stores a voucher and answers its id for bookings. The type is judged by the content and compared with the declared one. "
            "The same content is stored once per company: uploading it again answers the document that is there.",
            "Speichert einen Beleg und antwortet mit seiner ID für Buchungen. Die Art wird am Inhalt erkannt und mit der Angabe "
            "verglichen. Derselbe Inhalt wird je Firma einmal gespeichert: Wer ihn wieder hochlädt, erhält das vorhandene Dokument.",
        ),
        scopes="journal:write",
        form=DocumentUpload,
        answer=DocumentRow,
        creates=True,
        max_bytes=MAX_BYTES + MEGABYTE,
        errors=(InvalidFileType, EmptyFile, FileTooLarge, MimeMismatch),
    )
    def post(self, request: ApiRequest) -> object:
        """Store a voucher."""
        upload = request.data.get("file")
        require_size(upload.size if upload is not None else 0)
        received = ReceivedFile(content=upload.read(), name=upload.name, declared_type=upload.content_type or "")
        document = store_document(company=request.company, actor=request.actor, received=received, now=request.now)
        return Answer(document, location=f"/v1/documents/{document.id}/file")


class DocumentFileView(CompanyView):
    """Saving a voucher."""

    tag = "Journal"
    path = (_ID,)

    @Operation(
        id="downloadDocument",
        summary=Text("Download a document", "Dokument herunterladen"),
        description=Text("The bytes as received, to be saved.", "Die Bytes wie empfangen, zum Speichern."),
        scopes="journal:read",
        answer=_FILE,
        errors=(NotFound, DocumentFileMissing),
    )
    def get(self, request: ApiRequest, *, id: UUID) -> object:
        """The file as an attachment."""
        document = document_of(company=request.company, document_id=id)
        return _answer(document, disposition="attachment", policy=_DOWNLOAD_POLICY)


class DocumentPreviewView(CompanyView):
    """Looking at a voucher."""

    tag = "Journal"
    path = (_ID,)

    @Operation(
        id="previewDocument",
        summary=Text("Show a document", "Dokument anzeigen"),
        description=Text(
            "The bytes as received, to be shown in a frame of the pages that the operator allows.",
            "Die Bytes wie empfangen, zur Anzeige in einem Rahmen der Seiten, die der Betreiber erlaubt.",
        ),
        scopes="journal:read",
        answer=_FILE,
        errors=(NotFound, DocumentFileMissing),
    )
    def get(self, request: ApiRequest, *, id: UUID) -> object:
        """The file to be shown; what is neither PDF nor image is saved instead."""
        document = document_of(company=request.company, document_id=id)
        if document.mime_type not in EXTENSIONS:
            return _answer(document, disposition="attachment", policy=_DOWNLOAD_POLICY)
        return _answer(document, disposition="inline", policy=_PREVIEW_POLICY.format(ancestors=settings.DOCUMENT_FRAME_ANCESTORS))


def _answer(document: Document, *, disposition: str, policy: str) -> FileAnswer:
    headers: Mapping[str, str] = {
        "Content-Disposition": f"{disposition}; {_file_name(download_name(document.original_name, mime_type=document.mime_type))}",
        "Content-Length": str(document.size_bytes),
        "Content-Security-Policy": policy,
        "ETag": f'"{document.sha256}"',
        "X-Content-Type-Options": "nosniff",
    }
    stream = FileWrapper(open_document(document), _BLOCK)
    return FileAnswer(stream, content_type=document.mime_type, headers=headers)


def _file_name(name: str) -> str:
    """The parameters of RFC 6266: plain ASCII in quotes for everybody, and the whole name in the form of RFC 8187 where it has more."""
    letters = unicodedata.normalize("NFKD", name)
    plain = "".join(
        "_" if character in '"\\%' or not " " <= character <= "~" else character
        for character in letters
        if not unicodedata.combining(character)
    )
    return f'filename="{plain}"' if plain == name else f"filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
