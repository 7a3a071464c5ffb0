"""Names of files as people sent them, made safe to store, show and send in a header."""

import unicodedata
from typing import Final

from accounting.document_types import EXTENSIONS

MAX_LENGTH: Final = 255
_LONGEST_EXTENSION: Final = 20
_UNNAMED: Final = "document"


def clean_file_name(name: str, *, mime_type: str) -> str:
    """The name without folders, without invisible characters (line breaks, marks that turn the direction of writing), at most 255 long.

    A name of which nothing is left becomes "document" with the extension of the type.
    """
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    visible = (" " if character.isspace() else character for character in unicodedata.normalize("NFC", last))
    # category C: control, format (bidirectional overrides, zero width), surrogate, private, unassigned
    kept = "".join(character for character in visible if not unicodedata.category(character).startswith("C"))
    cleaned = " ".join(kept.split()).lstrip(". ")
    if not cleaned or cleaned.lower() in _extensions(mime_type):
        return _UNNAMED + _extensions(mime_type)[0]
    return _shortened(cleaned)


def download_name(name: str, *, mime_type: str) -> str:
    """The name for saving: it ends like files of its type, so that `bill.pdf.exe` is saved as `bill.pdf.exe.pdf`."""
    endings = _extensions(mime_type)
    if not endings[0] or name.lower().endswith(endings):
        return name
    return _shortened(name + endings[0])


def _extensions(mime_type: str) -> tuple[str, ...]:
    return EXTENSIONS.get(mime_type, ("",))


def _shortened(name: str) -> str:
    """At most 255 characters, cut before the extension."""
    if len(name) <= MAX_LENGTH:
        return name
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension) > _LONGEST_EXTENSION:
        return name[:MAX_LENGTH].rstrip()
    return stem[: MAX_LENGTH - len(extension) - 1].rstrip() + dot + extension
