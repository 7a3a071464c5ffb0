"""Where the bytes of documents lie: content-addressed files, `<company>/<two letters>/<SHA-256>`, in Django's default storage.

A file is complete or absent: on a local disk it is written beside its place, fsynced and renamed. The name says what the content is,
so writing twice is harmless and a damaged file is replaced by the next upload of the same content.
"""

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, Storage, storages

_BLOCK: Final = 64 * 1024
_FOLDER_MODE, _FILE_MODE = 0o700, 0o600  # nobody but the server reads vouchers
_SHARD: Final = re.compile(r"[0-9a-f]{2}", re.ASCII)
_STORED: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_UNFINISHED: Final = re.compile(r"\.[0-9a-f]{64}\.[0-9a-f]{32}\.part", re.ASCII)


def keep_bytes(name: str, content: bytes) -> bool:
    """Store the content under its name, unless it lies there whole. True when this call wrote it."""
    storage = _storage()
    if stored_sha256(name) == name.rsplit("/", 1)[-1]:
        return False
    if isinstance(storage, FileSystemStorage):
        _write_durably(Path(storage.path(name)), content)
        return True
    storage.delete(name)  # an object store replaces whole objects; what lay there was not this content
    kept_as = storage.save(name, ContentFile(content))
    if kept_as != name:
        storage.delete(kept_as)
        raise OSError(f"The storage kept {name} under another name, {kept_as}.")
    return True


def open_bytes(name: str) -> "File[bytes] | None":
    """The stored file, to be read and closed by the caller; None when there is none."""
    try:
        return _storage().open(name)
    except FileNotFoundError:
        return None


def stored_sha256(name: str) -> str | None:
    """SHA-256 of what lies there, None for nothing: what `verify` compares with the document's row."""
    stored = open_bytes(name)
    if stored is None:
        return None
    digest = hashlib.sha256()
    with stored:
        for block in stored.chunks(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def remove_bytes(name: str) -> None:
    """Delete the file. Nothing happens when it is gone already."""
    _storage().delete(name)


def written_at(name: str) -> datetime | None:
    """When the file was written, aware; None when it is gone."""
    try:
        return _storage().get_modified_time(name)
    except FileNotFoundError:
        return None


def stored_names(company_id: UUID) -> Iterator[list[str]]:
    """Names of the company's files, folder by folder; leftovers of interrupted writing among them. Foreign files are left out."""
    storage = _storage()
    for shard in sorted(_listed(storage, str(company_id))[0]):
        if _SHARD.fullmatch(shard):
            folder = f"{company_id}/{shard}"
            found = [name for name in _listed(storage, folder)[1] if _STORED.fullmatch(name) or _UNFINISHED.fullmatch(name)]
            yield [f"{folder}/{name}" for name in sorted(found)]


def _storage() -> Storage:
    return storages["default"]


def _listed(storage: Storage, folder: str) -> tuple[list[Any], list[Any]]:
    try:
        return storage.listdir(folder)
    except FileNotFoundError:
        return [], []


def _write_durably(path: Path, content: bytes) -> None:
    """Write beside the place, fsync, rename, fsync the folder: after a power cut the file is whole or absent."""
    _make_folders(path.parent)
    unfinished = path.with_name(f".{path.name}.{uuid4().hex}.part")
    try:
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _FILE_MODE)
        with open(handle, "wb") as target:
            target.write(content)
            target.flush()
            os.fsync(target.fileno())
        os.replace(unfinished, path)
    finally:  # after a full disk no half a file stays behind
        unfinished.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _make_folders(folder: Path) -> None:
    if folder.is_dir():
        return
    _make_folders(folder.parent)
    with suppress(FileExistsError):  # another upload was faster
        folder.mkdir(mode=_FOLDER_MODE)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
