"""Small files that only their owner may read, written so that a crash leaves the old one or the new one."""

import json
import os
import secrets
import tempfile
from pathlib import Path
from typing import BinaryIO

SECRET_BYTES = 32


def write_durably(path: Path, content: str) -> None:
    """Replace a file in one step, readable by its owner only. The content is on disk when this returns."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mkstemp makes it 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def open_private(path: Path) -> BinaryIO:
    """A new file for bytes that only its owner may read. What a crash left there under this name is overwritten."""
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb")


def sync_folder(folder: Path) -> None:
    """Make sure that names made or changed in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def kept_secret(path: Path) -> str:
    """The secret kept in a file; made and stored the first time."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        secret = secrets.token_urlsafe(SECRET_BYTES)
        write_durably(path, secret)
        return secret


def kept_passwords(path: Path, *, names: tuple[str, ...]) -> dict[str, str]:
    """One password for each name, kept in a JSON file; missing ones are made and stored."""
    known: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    missing = {name: secrets.token_urlsafe(SECRET_BYTES) for name in names if name not in known}
    if missing:
        known |= missing
        write_durably(path, json.dumps(known, indent=2))
    return known
