"""Past verifications of a company, and backups of the installation."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from accounting.verify_findings import KINDS
from ledgerlou.companies.models.company import Company
from ledgerlou.companies.models.verification import VerificationRun
from ledgerlou.embedded.backup_log import BackupNote, noted_backups

# A week of vouchers is what people can still enter a second time.
BACKUP_IS_LATE_AFTER: Final = timedelta(days=7)


@dataclass(frozen=True, kw_only=True, slots=True)
class VerificationState:
    """Where a company stands: the verification under way, the newest with a result, and the ones before."""

    under_way: VerificationRun | None
    last: VerificationRun | None
    past: tuple[VerificationRun, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class BackupState:
    """A backup as noted, and whether its file still lies there: `there`, `missing`, `changed` (another size) or `unseen`.

    `unseen`: the web server may not look into that folder, or the disk is not plugged in.
    """

    note: BackupNote
    made_at: datetime
    read_back_at: datetime | None
    restored_at: datetime | None
    file_state: str


def verification_state(*, company: Company, limit: int = 10) -> VerificationState:
    """The newest verifications, newest first."""
    runs = list(VerificationRun.objects.of(company).order_by("-id")[:limit])
    finished = tuple(run for run in runs if run.finished_at is not None)
    return VerificationState(
        under_way=next((run for run in runs if run.finished_at is None), None),
        last=next((run for run in finished if not run.error), None),
        past=finished,
    )


def backup_states(*, data: Path) -> list[BackupState]:
    """Backups that this installation remembers, newest first. Raises OSError or ValueError when its notes cannot be read."""
    return [
        BackupState(
            note=note,
            made_at=datetime.fromisoformat(note.made_at),
            read_back_at=_moment(note.read_back_at),
            restored_at=_moment(note.restored_at),
            file_state=_file_state(note),
        )
        for note in noted_backups(data)
    ]


def kinds_in_order(run: VerificationRun) -> list[str]:
    """The kinds of faults a verification found, in the order in which verify looks."""
    found = {fault["kind"] for fault in run.faults}
    return [kind for kind in KINDS if kind in found]


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _file_state(note: BackupNote) -> str:
    try:
        size = note.path.stat().st_size
    except FileNotFoundError:
        return "missing" if note.path.parent.is_dir() else "unseen"
    except OSError:
        return "unseen"
    return "there" if size == note.size_bytes else "changed"
