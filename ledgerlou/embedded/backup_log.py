"""What is known about past backups: one small file in the data folder, beside the document files that every backup holds.

It is a file and no table on purpose: a table would be replaced by that of the backup when one is restored, and would then know nothing
of the backups made since. Whoever serves the document files can read it, too.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from ledgerlou.embedded.secret_files import write_durably

LOG: Final = "backups.json"
KEPT: Final = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class BackupNote:
    """One backup. Moments are UTC in ISO 8601.

    `read_back_at`: when every part was read again and compared with its hash. `restored_at`: when it was last restored, which is the
    proof; `restored_clean` says whether `verify` found no fault in it then.
    """

    made_at: str
    file: str
    size_bytes: int
    document_files: int
    version: str
    read_back_at: str | None = None
    restored_at: str | None = None
    restored_clean: bool | None = None

    @property
    def path(self) -> Path:
        """Where the backup was written to."""
        return Path(self.file)


def noted_backups(data: Path) -> list[BackupNote]:
    """Backups of this installation, newest first; none where none was made. A file that cannot be read is an OSError or ValueError."""
    try:
        content = (data / LOG).read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    try:
        return [BackupNote(**note) for note in json.loads(content)]
    except TypeError as error:
        raise ValueError(f"{data / LOG} holds something else than notes on backups.") from error


def note_backup(data: Path, note: BackupNote) -> None:
    """Remember a backup that is complete on disk."""
    _keep(data, [note, *_readable(data)])


def note_restore(data: Path, note: BackupNote, *, at: datetime, clean: bool) -> None:
    """Remember that a backup was restored. One that this installation did not make is remembered from now on."""
    notes = _readable(data)
    known = next((past for past in notes if past.made_at == note.made_at), None)
    proven = replace(known or note, restored_at=at.isoformat(timespec="seconds"), restored_clean=clean)
    _keep(data, [proven if past is known else past for past in notes] if known else [proven, *notes])


def _readable(data: Path) -> list[BackupNote]:
    """The notes so far. A spoilt file is put aside: a backup that was made must not be told as one that failed."""
    try:
        return noted_backups(data)
    except ValueError:
        (data / LOG).replace(data / f"{LOG}.unreadable")
        return []


def _keep(data: Path, notes: Sequence[BackupNote]) -> None:
    newest_first = sorted(notes, key=lambda note: datetime.fromisoformat(note.made_at), reverse=True)
    write_durably(data / LOG, json.dumps([asdict(note) for note in newest_first[:KEPT]], indent=2))
