"""Documents over the API: upload, download, preview."""

import hashlib
from uuid import UUID

import pytest
from django.test.client import BOUNDARY, MULTIPART_CONTENT

from accounting.document_types import MAX_BYTES
from accounting.models.document import Document
from accounting.services.documents import ReceivedFile, keep_document, store_document
from ledgerlou.ids import new_id
from tests.accounting.test_documents import all_files, place_of
from tests.accounting.vouchers import JPEG, PDF, PNG
from tests.api.client import ApiClient, make_key
from tests.conftest import NOW, show_company

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("files")]

SHA256 = hashlib.sha256(PDF).hexdigest()


@pytest.fixture
def api(company):
    return ApiClient(make_key(company))


def form(content: bytes = PDF, name: str = "Rechnung.pdf", declared: str | None = "application/pdf", part: str = "file") -> bytes:
    """A multipart body as a program writes it; the name is put in as it is."""
    lines = [f"--{BOUNDARY}".encode(), f'Content-Disposition: form-data; name="{part}"; filename="{name}"'.encode()]
    lines += [f"Content-Type: {declared}".encode()] if declared else []
    return b"\r\n".join([*lines, b"", content, f"--{BOUNDARY}--".encode(), b""])


def upload(api, *args, body: bytes | None = None, **options):
    return api.send("POST", "/v1/documents", form(*args) if body is None else body, content_type=MULTIPART_CONTENT, **options)


def test_voucher_is_uploaded(api, company, files):
    reply = upload(api)

    row = Document.objects.of(company).get()
    assert (reply.status, reply.json) == (
        200,
        {
            "id": str(row.id),
            "mime_type": "application/pdf",
            "original_name": "Rechnung.pdf",
            "size_bytes": len(PDF),
            "sha256": SHA256,
            "retention_until": row.retention_until.isoformat(),
        },
    )
    assert reply.headers["Location"] == f"/v1/documents/{row.id}/file"
    assert row.retention_until.isoformat()[4:] == "-12-31"
    assert row.retention_until.year == row.created_at.year + 8
    assert all_files(files) == [place_of(company)]
    assert row.uploaded_by != ""


def test_same_content_answers_the_same_document(api, company):
    first = upload(api)

    again = upload(api, PDF, "anders.pdf", None)

    assert (again.status, again.json, again.headers["Location"]) == (200, first.json, first.headers["Location"])
    assert Document.objects.of(company).count() == 1


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (form(b""), "EMPTY_FILE"),
        (f"--{BOUNDARY}--\r\n".encode(), "EMPTY_FILE"),
        (form(b"", name=""), "EMPTY_FILE"),
        (form(PDF + bytes(MAX_BYTES + 1 - len(PDF))), "FILE_TOO_LARGE"),
        (form(PDF + bytes(3 * MAX_BYTES)), "FILE_TOO_LARGE"),
        (form(b"<html><script>alert(1)</script>"), "MIME_MISMATCH"),
        (form(PNG), "MIME_MISMATCH"),
        (form(b"<html>" + PDF), "MIME_MISMATCH"),
        (form(b"<svg/>", "bild.svg", "image/svg+xml"), "INVALID_FILE_TYPE"),
        (form(PDF, "seite.html", "text/html"), "INVALID_FILE_TYPE"),
        (form(b"MZ\x90", "rechnung.pdf.exe", None), "INVALID_FILE_TYPE"),
        (form(b"a;b", "liste.csv", "text/csv"), "INVALID_FILE_TYPE"),
    ],
    ids=range(12),
)
def test_wrong_file_is_refused_and_leaves_nothing(api, company, files, body, error):
    reply = upload(api, body=body)

    assert (reply.status, reply.error, reply.pointers) == (400, error, ["/file"])
    assert (Document.objects.of(company).count(), all_files(files)) == (0, [])


@pytest.mark.parametrize(
    "body",
    [
        form(part="datei"),
        form()[: -len(f"--{BOUNDARY}--\r\n")] + form(),
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"\r\n\r\ntext\r\n--{BOUNDARY}--\r\n'.encode(),
    ],
    ids=["other part", "twice", "text"],
)
def test_wrong_form_is_refused(api, company, files, body):
    reply = upload(api, body=body)

    assert (reply.status, reply.error) == (400, "INVALID_INPUT")
    assert (Document.objects.of(company).count(), all_files(files)) == (0, [])


def test_other_bodies_are_refused(api):
    assert api.post("/v1/documents", {"file": "x"}).error == "UNSUPPORTED_MEDIA_TYPE"


def test_file_of_ten_megabytes_is_taken(api, company):
    reply = upload(api, PDF + bytes(MAX_BYTES - len(PDF)))

    assert (reply.status, reply.json["size_bytes"]) == (200, MAX_BYTES)
    assert len(api.get(reply.headers["Location"]).content) == MAX_BYTES


@pytest.mark.parametrize(
    ("sent", "kept", "disposition"),
    [
        ("Rechnung.pdf", "Rechnung.pdf", 'filename="Rechnung.pdf"'),
        ("../../etc/Rechnung.pdf", "Rechnung.pdf", 'filename="Rechnung.pdf"'),
        ("C:\\Temp\\Rechnung.pdf", "Rechnung.pdf", 'filename="Rechnung.pdf"'),
        ("Büro & Süd.pdf", "Büro & Süd.pdf", "filename=\"Buro & Sud.pdf\"; filename*=UTF-8''B%C3%BCro%20%26%20S%C3%BCd.pdf"),
        ("日本.pdf", "日本.pdf", "filename=\"__.pdf\"; filename*=UTF-8''%E6%97%A5%E6%9C%AC.pdf"),
        ("100%41.pdf", "100%41.pdf", "filename=\"100_41.pdf\"; filename*=UTF-8''100%2541.pdf"),
        ("Rechnung\u202efdp.exe", "Rechnungfdp.exe", 'filename="Rechnungfdp.exe.pdf"'),
        ("rechnung.pdf.exe", "rechnung.pdf.exe", 'filename="rechnung.pdf.exe.pdf"'),
        ("seite.html", "seite.html", 'filename="seite.html.pdf"'),
        (
            "a%0d%0aX-Evil: 1.pdf",
            "a%0d%0aX-Evil: 1.pdf",
            "filename=\"a_0d_0aX-Evil: 1.pdf\"; filename*=UTF-8''a%250d%250aX-Evil%3A%201.pdf",
        ),
    ],
    ids=range(10),
)
def test_names_are_cleaned_and_written_safely(api, sent, kept, disposition):
    reply = upload(api, PDF, sent)
    assert (reply.status, reply.json["original_name"]) == (200, kept)

    for path, kind in (("file", "attachment"), ("preview", "inline")):
        shown = api.get(f"/v1/documents/{reply.json['id']}/{path}")
        assert shown.headers["Content-Disposition"] == f"{kind}; {disposition}"
        assert "X-Evil" not in shown.headers


@pytest.mark.parametrize("name", ['a"; filename="evil.exe.pdf', "a\\.pdf", "a\r\nX-Evil: 1\r\n\r\n.pdf", "a;b=c.pdf", "'.pdf"])
def test_no_name_breaks_out_of_its_header(api, company, actor, name):
    received = ReceivedFile(content=PDF, name=name)
    document = store_document(company=company, actor=actor, received=received, now=NOW)

    shown = api.get(f"/v1/documents/{document.id}/file").headers["Content-Disposition"]

    quoted = shown.split('"')
    assert len(quoted) == 3
    assert not set(shown) & set("\r\n\\")
    assert quoted[2] == "" or quoted[2].startswith("; filename*=UTF-8''")


@pytest.mark.parametrize(
    ("content", "name", "mime_type"), [(PDF, "a.pdf", "application/pdf"), (JPEG, "a.jpg", "image/jpeg"), (PNG, "a.png", "image/png")]
)
def test_file_and_preview_send_the_bytes(api, settings, content, name, mime_type):
    settings.DOCUMENT_FRAME_ANCESTORS = "'self' https://desk.example.org"
    document = upload(api, content, name, mime_type).json["id"]

    saved = api.get(f"/v1/documents/{document}/file")
    shown = api.get(f"/v1/documents/{document}/preview")

    assert (saved.status, saved.content, shown.status, shown.content) == (200, content, 200, content)
    for reply in (saved, shown):
        wanted = ("Content-Type", "Content-Length", "ETag", "X-Content-Type-Options", "Cache-Control")
        assert [reply.headers[header] for header in wanted] == [
            mime_type, str(len(content)), f'"{hashlib.sha256(content).hexdigest()}"', "nosniff", "no-store",
        ]  # fmt: skip
        assert reply.headers["X-Request-Id"]
        assert reply.headers["X-Rate-Limit-Limit"]
    assert saved.headers["Content-Security-Policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"
    policy = shown.headers["Content-Security-Policy"]
    assert policy.endswith("; frame-ancestors 'self' https://desk.example.org")
    assert policy.startswith("default-src 'none'; ")
    assert "script" not in policy
    assert "X-Frame-Options" not in shown.headers


def test_head_answers_without_bytes(api):
    document = upload(api).json["id"]

    reply = api.send("HEAD", f"/v1/documents/{document}/file")

    assert (reply.status, reply.content, reply.headers["Content-Length"]) == (200, b"", str(len(PDF)))


def test_other_types_are_saved_even_from_the_preview(api, company, actor):
    received = ReceivedFile(content=b"<Invoice/>", name="rechnung.xml")
    document = keep_document(company=company, actor=actor, received=received, mime_type="application/xml", now=NOW)

    reply = api.get(f"/v1/documents/{document.id}/preview")

    assert (reply.headers["Content-Disposition"], reply.headers["Content-Security-Policy"]) == (
        'attachment; filename="rechnung.xml"', "default-src 'none'; sandbox; frame-ancestors 'none'",
    )  # fmt: skip


@pytest.mark.parametrize("part", ["file", "preview"])
def test_unknown_documents_are_refused(other_company, company, actor, part):
    show_company(other_company)
    foreign = store_document(company=other_company, actor=actor, received=ReceivedFile(content=PDF, name="x.pdf"), now=NOW)
    show_company(company)
    api = ApiClient(make_key(company))

    assert api.get(f"/v1/documents/{foreign.id}/{part}").error == "NOT_FOUND"
    assert api.get(f"/v1/documents/{new_id()}/{part}").status == 404
    for malformed in ("x", str(new_id()).replace("-", "")):
        reply = api.get(f"/v1/documents/{malformed}/{part}")
        assert (reply.status, reply.error, reply.pointers) == (400, "INVALID_INPUT", ["{id}"])


@pytest.mark.parametrize("part", ["file", "preview"])
@pytest.mark.parametrize("damage", [None, PDF[:-1]], ids=["gone", "cut"])
def test_lost_file_is_a_fault_of_ours_that_is_logged(api, company, files, caplog, part, damage):
    document = upload(api).json["id"]
    path = files / place_of(company)
    path.unlink()
    if damage is not None:
        path.write_bytes(damage)

    reply = api.get(f"/v1/documents/{document}/{part}")

    assert (reply.status, reply.error, reply.json["details"]) == (500, "DOCUMENT_FILE_MISSING", {"document_id": document})
    assert [(record.levelname, document in record.getMessage()) for record in caplog.records if "documents" in record.name] == [
        ("ERROR", True)
    ]


def test_dry_run_leaves_no_row_and_no_file(api, company, files):
    reply = upload_dry(api)

    assert (reply.status, reply.headers["X-Dry-Run"], "Location" in reply.headers) == (200, "true", False)
    assert UUID(reply.json["id"]).version == 7
    assert (Document.objects.of(company).count(), all_files(files)) == (0, [])
    upload(api)
    upload_dry(api)
    assert all_files(files) == [place_of(company)]


def upload_dry(api):
    return api.send("POST", "/v1/documents", form(), content_type=MULTIPART_CONTENT, dry_run=True)


def test_repeated_upload_is_replayed(api, company, files):
    first = upload(api, idempotency_key="one")
    again = upload(api, idempotency_key="one")
    other = upload(api, PNG, "x.png", "image/png", idempotency_key="one")

    assert (again.status, again.content, again.headers["X-ResultFromCache"]) == (200, first.content, "true")
    assert (other.status, other.error) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert (Document.objects.of(company).count(), all_files(files)) == (1, [place_of(company)])


def test_document_is_linked_to_a_booking(api):
    document = upload(api).json["id"]
    lines = [
        {"account_number": "6815", "debit": 119, "credit": 0, "tax_code": "VST19"},
        {"account_number": "1800", "debit": 0, "credit": 119},
    ]

    reply = api.post("/v1/bookings", {"booking_date": "2026-06-01", "description": "Büromaterial", "lines": lines, "document_id": document})

    assert reply.status == 200


def test_scopes_are_needed(company, files):
    writer = ApiClient(make_key(company, scopes=["journal:write"]))
    reader = ApiClient(make_key(company, scopes=["journal:read"]))
    document = upload(writer).json["id"]

    assert upload(reader, PNG, "x.png", "image/png").error == "INSUFFICIENT_SCOPE"
    assert [reader.get(f"/v1/documents/{document}/{part}").status for part in ("file", "preview")] == [200, 200]
    assert [writer.get(f"/v1/documents/{document}/{part}").error for part in ("file", "preview")] == ["INSUFFICIENT_SCOPE"] * 2
    assert all_files(files) == [place_of(company)]


def test_body_beyond_the_limit_is_refused_before_it_is_read(company):
    """The declared length is enough; who may not upload hears that first."""
    stranger = ApiClient(None)
    api = ApiClient(make_key(company))
    huge = {"Content-Length": str(10**12)}

    refused = upload(api, headers=huge)

    assert (refused.status, refused.error, refused.json["details"]) == (
        400, "FILE_TOO_LARGE", {"size_bytes": 10**12, "max_bytes": MAX_BYTES},
    )  # fmt: skip
    assert refused.headers["X-Rate-Limit-Limit"]
    assert refused.headers["X-Request-Id"]
    assert upload(stranger, headers=huge).status == 401
