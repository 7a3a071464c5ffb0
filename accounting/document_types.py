"""What kind of voucher a file is, judged by its bytes: PDF, JPEG or PNG. What the sender says is only compared."""

import re
from collections.abc import Mapping
from typing import Final

import puremagic

from ledgerlou.errors import LedgerLouError

PDF: Final = "application/pdf"
JPEG: Final = "image/jpeg"
PNG: Final = "image/png"
EXTENSIONS: Final[Mapping[str, tuple[str, ...]]] = {PDF: (".pdf",), JPEG: (".jpg", ".jpeg", ".jpe", ".jfif"), PNG: (".png",)}
MAX_BYTES: Final = 10 * 1024 * 1024

_DECLARED: Final[Mapping[str, str]] = {
    PDF: PDF,
    "application/x-pdf": PDF,
    JPEG: JPEG,
    "image/jpg": JPEG,
    "image/pjpeg": JPEG,
    PNG: PNG,
    "image/x-png": PNG,
}
_SAYS_NOTHING: Final = frozenset({"", "application/octet-stream", "binary/octet-stream"})
# ISO 32000-1, 7.5.2. A byte order mark or blank lines before the header are harmless and occur; anything else before it makes a file
# that is two things at once.
_PDF_HEADER: Final = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]{0,16}%PDF-[0-9]\.[0-9]")
_JPEG_START, _JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"  # ITU-T T.81, B.1.1.3: SOI with the next marker, EOI
_PNG_START: Final = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR"  # ISO/IEC 15948, 5.2 and 11.2.2: signature, then a header of 13 bytes
_PNG_SIZE: Final = slice(16, 24)
_PNG_SMALLEST: Final = 33


class EmptyFile(LedgerLouError):
    """No file was sent, or one without a byte."""

    code, title = "EMPTY_FILE", "The file is empty"


class FileTooLarge(LedgerLouError):
    """The file has more than 10 MB (10,485,760 bytes)."""

    code, title = "FILE_TOO_LARGE", "The file is too large"


class InvalidFileType(LedgerLouError):
    """The file is neither PDF nor JPG nor PNG."""

    code, title = "INVALID_FILE_TYPE", "Only PDF, JPG and PNG"


class MimeMismatch(LedgerLouError):
    """The content of the file is not of the type that was declared for it."""

    code, title = "MIME_MISMATCH", "Content and declared type differ"


def voucher_type(*, content: bytes, declared: str) -> str:
    """The media type of a voucher. `declared` is the sender's Content-Type, empty when there was none.

    Raises EmptyFile, FileTooLarge, InvalidFileType, MimeMismatch.
    """
    require_size(len(content))
    said = declared.partition(";")[0].strip().lower()
    if said not in _DECLARED and said not in _SAYS_NOTHING:
        raise InvalidFileType(f"{said[:100]} is not taken. Send the voucher as PDF, JPG or PNG.", pointer="/file", declared_type=said[:100])
    found = type_of(content)
    if said in _DECLARED and found != _DECLARED[said]:
        looks_like = found or guess(content)
        raise MimeMismatch(
            f"The file is declared as {said} but its content is {looks_like}.",
            pointer="/file",
            declared_type=said,
            detected_type=looks_like,
        )
    if found is None:
        looks_like = guess(content)
        raise InvalidFileType(
            f"The content is {looks_like}. Send the voucher as PDF, JPG or PNG.", pointer="/file", detected_type=looks_like
        )
    return found


def require_size(size_bytes: int) -> None:
    """Refuse what has no byte, or more than 10 MB. Raises EmptyFile, FileTooLarge."""
    if size_bytes == 0:
        raise EmptyFile("The file is empty, or none was sent. Send it as the part `file` of a multipart/form-data body.", pointer="/file")
    if size_bytes > MAX_BYTES:
        raise too_large(size_bytes)


def too_large(size_bytes: int) -> FileTooLarge:
    """The refusal of a file, or of a whole request, of this size."""
    return FileTooLarge(
        f"{size_bytes:,} bytes were sent; a file may have at most {MAX_BYTES:,}.",
        pointer="/file",
        size_bytes=size_bytes,
        max_bytes=MAX_BYTES,
    )


def type_of(content: bytes) -> str | None:
    """PDF, JPEG or PNG by the marks that their standards put at the beginning (and, for JPEG, at the end); None for all else."""
    if _PDF_HEADER.match(content):
        return PDF
    if content.startswith(_JPEG_START) and content.rfind(_JPEG_END) > len(_JPEG_START):
        return JPEG
    if content.startswith(_PNG_START) and len(content) >= _PNG_SMALLEST and b"\x00\x00\x00\x00" not in _halves(content[_PNG_SIZE]):
        return PNG
    return None


def guess(content: bytes) -> str:
    """What a file that is refused looks like, so that the sender knows what to convert."""
    try:
        hits = puremagic.magic_string(content)
    except puremagic.PureError:
        hits = []
    return next((str(hit.mime_type) for hit in hits if hit.mime_type), "of an unknown type")


def _halves(size: bytes) -> tuple[bytes, bytes]:
    """Width and height of a PNG."""
    return size[:4], size[4:]
