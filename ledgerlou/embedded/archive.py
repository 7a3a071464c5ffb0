"""The backup file: a tar with the database, the document files and, last, a manifest with the hash of every part.

A file that was cut short has no manifest, so it can never pass for a whole one.
"""

import contextlib
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from ledgerlou.embedded.homes import make_folders
from ledgerlou.embedded.secret_files import sync_folder
from ledgerlou.embedded.terminal import LauncherRefusal

FORMAT = 1
MANIFEST = "manifest.json"
DATABASE = "database.dump"
FILES = "files"
CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Part:
    """One member of the backup."""

    name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What made a backup and when: our version, the moment in UTC (ISO 8601), the major version of pg_dump."""

    version: str
    created_at: str
    dumped_by: int


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a backup holds and where it comes from."""

    origin: Origin
    parts: tuple[Part, ...]
    format: int = FORMAT

    def to_json(self) -> str:
        """The manifest as it is stored."""
        return json.dumps(asdict(self), indent=2)


class _HashingReader:
    """Hands bytes through and remembers their hash."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self._digest = hashlib.sha256()
        self.size_bytes = 0

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(size)
        self._digest.update(data)
        self.size_bytes += len(data)
        return data

    def part(self, name: str) -> Part:
        return Part(name=name, size_bytes=self.size_bytes, sha256=self._digest.hexdigest())


def write_archive(target: IO[bytes], *, origin: Origin, dump: Path, files: Path) -> Manifest:
    """Write the backup to an open file: database first, files after it (they are only ever added), manifest last."""
    parts: list[Part] = []
    with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as tar:
        parts.append(_add(tar, path=dump, name=DATABASE))
        for path in stored_files(files):
            # One that nothing refers to may be swept away meanwhile; one that is referred to never is, and `verify` would miss it.
            with contextlib.suppress(FileNotFoundError):
                parts.append(_add(tar, path=path, name=f"{FILES}/{path.relative_to(files).as_posix()}"))
        manifest = Manifest(origin=origin, parts=tuple(parts))
        content = manifest.to_json().encode()
        entry = tarfile.TarInfo(MANIFEST)
        entry.size, entry.mode = len(content), 0o600
        tar.addfile(entry, io.BytesIO(content))
    return manifest


def stored_files(folder: Path) -> Iterator[Path]:
    """All document files in a fixed order, without those that are just being written (their names begin with a dot)."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and not path.name.startswith("."):
            yield path


def _add(tar: tarfile.TarFile, *, path: Path, name: str) -> Part:
    entry = tarfile.TarInfo(name)
    with path.open("rb") as source:
        facts = os.fstat(source.fileno())
        entry.size, entry.mtime, entry.mode = facts.st_size, int(facts.st_mtime), 0o600
        reader = _HashingReader(source)
        tar.addfile(entry, reader)
    return reader.part(name)


def check(archive: Path) -> Manifest:
    """Read a backup from end to end and compare every part with its hash; nothing is unpacked. Refuses one that is damaged."""
    return _read(archive, keep=_read_part)


def unpack(archive: Path, *, folder: Path) -> Manifest:
    """Unpack a backup into an empty folder of ours and check every part. Nothing in it is trusted before its hash was compared."""

    def keep(source: IO[bytes], name: str) -> Part:
        return _unpack_part(source, name=name, folder=folder)

    return _read(archive, keep=keep)


def _read(archive: Path, *, keep: Callable[[IO[bytes], str], Part]) -> Manifest:
    parts: list[Part] = []
    manifest: Manifest | None = None
    try:
        with tarfile.open(archive, mode="r:") as tar:
            for entry in tar:
                source = tar.extractfile(entry) if entry.isreg() else None
                if source is None:
                    raise LauncherRefusal(f"{archive} holds {entry.name}, which is not a plain file: not a backup of ours.")
                if entry.name == MANIFEST:
                    manifest = _read_manifest(source.read(), archive=archive)
                else:
                    parts.append(keep(source, _safe_name(entry.name, archive=archive)))
    except (tarfile.TarError, EOFError, FileExistsError) as error:
        raise LauncherRefusal(f"{archive} is damaged or not a backup of ours: {error}.") from error
    if manifest is None:
        raise LauncherRefusal(f"{archive} has no manifest at its end: it was cut short. Nothing was restored.")
    if damaged := {part.name for part in set(parts) ^ set(manifest.parts)}:
        raise LauncherRefusal(f"{archive} is damaged: {', '.join(sorted(damaged)[:5])} differ from the manifest. Nothing was restored.")
    return manifest


def _read_manifest(content: bytes, *, archive: Path) -> Manifest:
    try:
        raw = json.loads(content)
        found_format, parts = raw.pop("format"), tuple(Part(**part) for part in raw.pop("parts"))
        manifest = Manifest(origin=Origin(**raw["origin"]), parts=parts)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise LauncherRefusal(f"The manifest of {archive} cannot be read: {error}.") from error
    if found_format != FORMAT:
        raise LauncherRefusal(
            f"{archive} has format {found_format}, this version reads {FORMAT}. Restore it with the version that made it."
        )
    return manifest


def _safe_name(name: str, *, archive: Path) -> str:
    path = PurePosixPath(name)
    if name != DATABASE and (path.is_absolute() or ".." in path.parts or len(path.parts) < 2 or path.parts[0] != FILES):
        raise LauncherRefusal(f"{archive} holds the name {name!r}, which no backup of ours has.")
    return name


def _read_part(source: IO[bytes], name: str) -> Part:
    reader = _HashingReader(source)
    while reader.read(CHUNK_BYTES):
        pass
    return reader.part(name)


def _unpack_part(source: IO[bytes], *, name: str, folder: Path) -> Part:
    target = folder / name
    make_folders(target.parent, mode=0o700)
    reader = _HashingReader(source)
    with target.open("xb") as file:
        while chunk := reader.read(CHUNK_BYTES):
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return reader.part(name)


def put_files(unpacked: Path, *, files: Path) -> int:
    """Move unpacked document files to their place and return how many were missing there.

    They are named after their content, so one that is there already with the same bytes stays, and none that belongs to others is lost.
    """
    added = 0
    source = unpacked / FILES
    for path in stored_files(source):
        target = files / path.relative_to(source)
        if not target.exists() or _digest(target) != _digest(path):
            make_folders(target.parent, mode=0o700)
            path.replace(target)
            sync_folder(target.parent)
            added += 1
    return added


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
