"""Vouchers: what is taken in, under which name, how it lies on disk, and what is tidied up."""

import contextlib
import hashlib
import os
import stat
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import transaction

from accounting import documents_storage
from accounting.document_names import clean_file_name, download_name
from accounting.document_types import MAX_BYTES, EmptyFile, FileTooLarge, InvalidFileType, MimeMismatch, type_of
from accounting.models.document import Document
from accounting.selectors.documents import DocumentFileMissing, document_of, open_document
from accounting.services.documents import ReceivedFile, keep_document, remove_unreferenced_files, retention_end, store_document
from accounting.tasks import sweep_unreferenced_files
from ledgerlou import clock
from ledgerlou.companies.rollback import undoing_after_rollback
from ledgerlou.errors import NotFound
from ledgerlou.ids import new_id
from tests.accounting.vouchers import JPEG, PDF, PNG
from tests.conftest import NOW, show_company

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("files")]


def store(company, actor, content=PDF, name="Rechnung.pdf", declared_type="application/pdf"):
    received = ReceivedFile(content=content, name=name, declared_type=declared_type)
    return store_document(company=company, actor=actor, received=received, now=NOW)


def all_files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def place_of(company, content=PDF) -> str:
    digest = hashlib.sha256(content).hexdigest()
    return f"{company.id}/{digest[:2]}/{digest}"


@pytest.mark.parametrize(
    ("content", "declared", "name", "mime_type"),
    [
        (PDF, "application/pdf", "Rechnung.pdf", "application/pdf"),
        (PNG, "image/png", "Scan.PNG", "image/png"),
        (JPEG, "image/jpeg", "foto.jpg", "image/jpeg"),
        (JPEG, "image/jpg", "foto.jpeg", "image/jpeg"),
        (PDF, "Application/PDF; charset=binary", "x", "application/pdf"),
        (PDF, "", "x.pdf", "application/pdf"),
        (PNG, "application/octet-stream", "x", "image/png"),
        (b"\xef\xbb\xbf\r\n" + PDF, "application/pdf", "x.pdf", "application/pdf"),
        (b"%PDF-1.7 /Encrypt /JavaScript (app.alert)", "application/pdf", "aktiv.pdf", "application/pdf"),
        (b"%PDF-1.4\n<html><script>alert(1)</script></html>", "application/pdf", "zwitter.pdf", "application/pdf"),
        (JPEG + b"trailer of a motion photo", "image/jpeg", "foto.jpg", "image/jpeg"),
        (PDF + b"\x00" * (MAX_BYTES - len(PDF)), "application/pdf", "gross.pdf", "application/pdf"),
    ],
)
def test_voucher_is_stored_as_received(company, actor, files, content, declared, name, mime_type):
    document = store(company, actor, content, name, declared)

    row = Document.objects.of(company).get()
    assert (row.id, row.sha256, row.mime_type, row.original_name, row.size_bytes, row.retention_until, row.uploaded_by, row.created_at) == (
        document.id, hashlib.sha256(content).hexdigest(), mime_type, name, len(content), date(2034, 12, 31), "Erika Beispiel", NOW,
    )  # fmt: skip
    assert all_files(files) == [place_of(company, content)]
    path = files / place_of(company, content)
    assert path.read_bytes() == content
    assert (stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(path.parent.stat().st_mode)) == (0o600, 0o700)
    with open_document(row) as stored:
        assert stored.read() == content


HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(100)


@pytest.mark.parametrize(
    ("content", "declared", "error"),
    [
        (b"", "application/pdf", EmptyFile),
        (PDF + b"\x00" * (MAX_BYTES + 1 - len(PDF)), "application/pdf", FileTooLarge),
        (HTML, "application/pdf", MimeMismatch),
        (HTML, "text/html", InvalidFileType),
        (HTML, "", InvalidFileType),
        (PDF, "text/html", InvalidFileType),
        (SVG, "image/svg+xml", InvalidFileType),
        (SVG, "image/png", MimeMismatch),
        (HEIC, "image/heic", InvalidFileType),
        (HEIC, "image/jpeg", MimeMismatch),
        (b"PK\x03\x04" + bytes(100), "application/octet-stream", InvalidFileType),
        (b"MZ" + bytes(100), "application/pdf", MimeMismatch),
        (PDF, "image/png", MimeMismatch),
        (PNG, "image/jpeg", MimeMismatch),
        (JPEG, "application/pdf", MimeMismatch),
        (HTML + PDF, "application/pdf", MimeMismatch),
        (b"GIF89a" + bytes(20) + PDF, "application/pdf", MimeMismatch),
        (b"%PDF-", "application/pdf", MimeMismatch),
        (b"%PDF-x.y", "application/pdf", MimeMismatch),
        (JPEG[:-2], "image/jpeg", MimeMismatch),
        (b"\xff\xd8\xff\xd9", "image/jpeg", MimeMismatch),
        (PNG[:20], "image/png", MimeMismatch),
        (PNG[:8] + b"\x00\x00\x00\x0dIDAT" + PNG[16:], "image/png", MimeMismatch),
        (PNG[:16] + b"\x00\x00\x00\x00" + PNG[20:], "image/png", MimeMismatch),
        (b"\x00", "", InvalidFileType),
    ],
)
def test_anything_else_is_refused_and_leaves_nothing(company, actor, files, content, declared, error):
    with pytest.raises(error) as caught, transaction.atomic():
        store(company, actor, content, "Rechnung.pdf", declared)

    assert [fault.pointer for fault in caught.value.faults] == ["/file"]
    assert (Document.objects.of(company).count(), all_files(files)) == (0, [])


def test_refusal_says_what_the_file_looks_like(company, actor):
    with pytest.raises(MimeMismatch) as caught, transaction.atomic():
        store(company, actor, PNG, "x.pdf", "application/pdf")
    assert caught.value.details == {"declared_type": "application/pdf", "detected_type": "image/png"}

    with pytest.raises(InvalidFileType) as caught, transaction.atomic():
        store(company, actor, HEIC, "IMG_1.HEIC", "")
    assert "image/heif" in caught.value.message


def test_same_content_is_the_same_document(company, actor, files):
    first = store(company, actor)

    again = store(company, actor, name="Kopie.pdf", declared_type="")

    assert (again.id, again.original_name) == (first.id, "Rechnung.pdf")
    assert (Document.objects.of(company).count(), all_files(files)) == (1, [place_of(company)])


def test_companies_share_no_documents(other_company, company, actor, files):
    show_company(other_company)
    foreign = store(other_company, actor)
    show_company(company)

    own = store(company, actor)

    assert own.id != foreign.id
    assert all_files(files) == sorted([place_of(company), place_of(other_company)])
    with pytest.raises(NotFound):
        document_of(company=company, document_id=foreign.id)
    with pytest.raises(NotFound):
        document_of(company=company, document_id=new_id())


@pytest.mark.parametrize("damage", [b"", b"%PDF-1.4 cut short", None])
def test_uploading_again_heals_a_damaged_file(company, actor, files, damage):
    document = store(company, actor)
    path = files / place_of(company)
    path.unlink()
    if damage is not None:
        path.write_bytes(damage)
    with pytest.raises(DocumentFileMissing) as caught:
        open_document(document)
    assert caught.value.details == {"document_id": document.id}

    store(company, actor)

    assert path.read_bytes() == PDF
    assert documents_storage.stored_sha256(document.storage_name) == document.sha256


def test_digest_of_the_stored_file_is_told(company, actor, files):
    document = store(company, actor)

    assert documents_storage.stored_sha256(document.storage_name) == document.sha256
    (files / place_of(company)).write_bytes(b"x")
    assert documents_storage.stored_sha256(document.storage_name) == hashlib.sha256(b"x").hexdigest()
    (files / place_of(company)).unlink()
    assert documents_storage.stored_sha256(document.storage_name) is None


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("Rechnung Nr. 12.pdf", "Rechnung Nr. 12.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\Erika\\Beleg.pdf", "Beleg.pdf"),
        ("..\\..\\Beleg.pdf", "Beleg.pdf"),
        ("a\r\nContent-Type: text/html\r\n\r\n.pdf", "html .pdf"),
        ("a\r\nSet-Cookie: x=1.pdf", "a Set-Cookie: x=1.pdf"),
        ("Rechnung\u202efdp.exe", "Rechnungfdp.exe"),
        ("Be\u200bleg\x00.pdf", "Beleg.pdf"),
        ("Bu\u0308ro.pdf", "Büro.pdf"),
        ("  .htaccess", "htaccess"),
        ("...", "document.pdf"),
        ("", "document.pdf"),
        (".pdf", "pdf"),
        ("\u202e", "document.pdf"),
        ("日本 & „Süd“.pdf", "日本 & „Süd“.pdf"),
        ("x" * 300 + ".pdf", "x" * 251 + ".pdf"),
        ("x" * 300, "x" * 255),
        ("x" * 200 + "." + "y" * 200, "x" * 200 + "." + "y" * 54),
    ],
)
def test_file_names_are_cleaned(sent, kept):
    assert clean_file_name(sent, mime_type="application/pdf") == kept


@pytest.mark.parametrize(
    ("name", "mime_type", "saved_as"),
    [
        ("Rechnung.PDF", "application/pdf", "Rechnung.PDF"),
        ("rechnung.pdf.exe", "application/pdf", "rechnung.pdf.exe.pdf"),
        ("seite.html", "application/pdf", "seite.html.pdf"),
        ("foto.jpeg", "image/jpeg", "foto.jpeg"),
        ("foto", "image/jpeg", "foto.jpg"),
        ("x" * 255, "image/png", "x" * 251 + ".png"),
        ("rechnung.xml", "application/xml", "rechnung.xml"),
    ],
)
def test_saved_files_end_like_their_type(name, mime_type, saved_as):
    assert download_name(name, mime_type=mime_type) == saved_as


def test_vouchers_are_kept_eight_years_from_the_end_of_the_year():
    assert retention_end(date(2026, 1, 1)) == date(2034, 12, 31)
    assert retention_end(date(2026, 12, 31)) == date(2034, 12, 31)


def test_year_of_the_upload_is_the_one_in_berlin(company, actor):
    received = ReceivedFile(content=PDF, name="Silvester.pdf")
    new_year = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)

    document = store_document(company=company, actor=actor, received=received, now=new_year)

    assert document.retention_until == date(2035, 12, 31)


def test_other_types_are_kept_for_callers_that_checked_them(company, actor, files):
    received = ReceivedFile(content=b"<Invoice/>", name="rechnung.xml")

    document = keep_document(company=company, actor=actor, received=received, mime_type="application/xml", now=NOW)

    assert (document.mime_type, document.original_name) == ("application/xml", "rechnung.xml")
    assert type_of(b"<Invoice/>") is None


class Stop(Exception):
    """Ends a transaction."""


def upload_and_roll_back(company, actor, files) -> None:
    """As the platform does after a dry run or refusal."""
    with contextlib.suppress(Stop), undoing_after_rollback(), transaction.atomic():
        store(company, actor)
        assert all_files(files) == [place_of(company)]
        raise Stop


def test_file_of_a_rolled_back_upload_is_removed(company, actor, files):
    upload_and_roll_back(company, actor, files)

    assert (Document.objects.of(company).count(), all_files(files)) == (0, [])


def test_file_of_an_earlier_upload_outlives_a_rolled_back_one(company, actor, files):
    store(company, actor)

    upload_and_roll_back(company, actor, files)
    (files / place_of(company)).unlink()
    upload_and_roll_back(company, actor, files)  # writes the lost file again: it has a row, so it stays

    assert all_files(files) == [place_of(company)]


def test_full_disk_leaves_no_row_and_no_half_file(company, actor, files, monkeypatch):
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    files.mkdir()
    (files / str(company.id) / place_of(company).split("/")[1]).mkdir(parents=True)

    with pytest.raises(OSError, match="No space left"), transaction.atomic():
        store(company, actor)

    assert (Document.objects.of(company).count(), all_files(files)) == (0, [])


def test_file_lies_whole_before_its_row(company, actor, monkeypatch):
    """Written, flushed to the disk, renamed, folder flushed: in this order, and all before the row."""
    steps: list[str] = []
    fsync, replace, save = os.fsync, os.replace, Document.save

    def record(name, function):
        def recorded(*arguments, **options):
            steps.append(name)
            return function(*arguments, **options)

        return recorded

    storage = storages["default"]
    Path(storage.path(place_of(company))).parent.mkdir(parents=True)
    monkeypatch.setattr(os, "fsync", record("fsync", fsync))
    monkeypatch.setattr(os, "replace", record("rename", replace))
    monkeypatch.setattr(Document, "save", record("row", save))
    store(company, actor)

    assert steps == ["fsync", "rename", "fsync", "row"]


def age(path: Path, by: timedelta) -> None:
    old = (datetime.now(UTC) - by).timestamp()
    os.utime(path, (old, old))


def test_sweeper_removes_old_files_without_a_row(company, actor, files):
    store(company, actor)
    folder = files / str(company.id) / "aa"
    folder.mkdir()
    old, young, unfinished, foreign = (folder / name for name in ("a" * 64, "a" * 63 + "b", f".{'a' * 64}.{'0' * 32}.part", "notes.txt"))
    for path in (old, young, unfinished, foreign):
        path.write_bytes(b"x")
    for path in (old, unfinished, foreign, files / place_of(company)):
        age(path, timedelta(days=1, minutes=1))
    age(young, timedelta(hours=23))

    assert sweep_unreferenced_files() == 2
    assert sweep_unreferenced_files() == 0

    show_company(company)
    assert all_files(files) == sorted([place_of(company), f"{company.id}/aa/{young.name}", f"{company.id}/aa/notes.txt"])


def test_sweeper_looks_into_every_company(other_company, company, files):
    for owner in (company, other_company):
        folder = files / str(owner.id) / "aa"
        folder.mkdir(parents=True)
        (folder / ("a" * 64)).write_bytes(b"x")
        age(folder / ("a" * 64), timedelta(days=2))

    assert sweep_unreferenced_files() == 2
    assert all_files(files) == []


def test_any_storage_of_django_will_do(company, actor, settings):
    """An object store has neither folders to flush nor a rename: whole objects are replaced."""
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}
    document = store(company, actor)
    place, foreign = place_of(company), f"{company.id}/aa/{'a' * 64}"
    store(company, actor, PNG, "x.png", "image/png")
    storages["default"].save(foreign, ContentFile(b"x"))

    with open_document(document) as stored:
        assert stored.read() == PDF
    assert documents_storage.keep_bytes(place, PDF) is False
    storages["default"].delete(place)
    storages["default"].save(place, ContentFile(b"damaged"))
    with pytest.raises(DocumentFileMissing):
        open_document(document)
    assert documents_storage.keep_bytes(place, PDF) is True
    assert documents_storage.stored_sha256(place) == document.sha256
    assert remove_unreferenced_files(company_id=company.id, before=clock.now() + timedelta(minutes=1)) == 1
    assert storages["default"].exists(foreign) is False
    assert documents_storage.stored_sha256(place) == document.sha256
