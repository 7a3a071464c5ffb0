"""Notes on backups: newest first, kept beside the files, never in the way of a backup."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ledgerlou.embedded.backup_log import KEPT, LOG, BackupNote, note_backup, note_restore, noted_backups

MADE = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
RESTORED = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)


def note(hours: int = 0, **more: object) -> BackupNote:
    made_at = (MADE + timedelta(hours=hours)).isoformat(timespec="seconds")
    facts = {"made_at": made_at, "file": f"/b/{hours}.tar", "size_bytes": 10, "document_files": 1, "version": "0.1.0"}
    return BackupNote(**(facts | more))


def test_where_nothing_was_backed_up_nothing_is_noted(tmp_path: Path) -> None:
    assert noted_backups(tmp_path) == []


def test_backups_are_kept_newest_first_for_their_owner_alone(tmp_path: Path) -> None:
    for hours in (1, 3, 2):
        note_backup(tmp_path, note(hours))

    assert noted_backups(tmp_path) == [note(3), note(2), note(1)]
    assert (tmp_path / LOG).stat().st_mode & 0o777 == 0o600


def test_old_notes_go(tmp_path: Path) -> None:
    for hours in range(KEPT + 2):
        note_backup(tmp_path, note(hours))

    assert [kept.file for kept in noted_backups(tmp_path)] == [f"/b/{hours}.tar" for hours in reversed(range(2, KEPT + 2))]


def test_restore_proves_the_backup_it_came_from(tmp_path: Path) -> None:
    note_backup(tmp_path, note(1, read_back_at="2026-03-01T03:05:00+00:00"))
    note_backup(tmp_path, note(2))

    note_restore(tmp_path, note(1, file="/elsewhere.tar"), at=RESTORED, clean=True)

    assert noted_backups(tmp_path) == [
        note(2),
        note(1, read_back_at="2026-03-01T03:05:00+00:00", restored_at="2026-03-09T08:00:00+00:00", restored_clean=True),
    ]


def test_backup_of_another_machine_is_noted_when_it_is_restored(tmp_path: Path) -> None:
    note_restore(tmp_path, note(1), at=RESTORED, clean=False)

    assert noted_backups(tmp_path) == [note(1, restored_at="2026-03-09T08:00:00+00:00", restored_clean=False)]


@pytest.mark.parametrize("spoilt", ["", "[{]", '[{"file": "x"}]', '{"a": 1}'])
def test_spoilt_notes_are_told_and_put_aside_by_the_next_backup(tmp_path: Path, spoilt: str) -> None:
    (tmp_path / LOG).write_text(spoilt)

    with pytest.raises(ValueError):  # noqa: PT011 -- any of the ways in which a file can be no list of notes
        noted_backups(tmp_path)
    note_backup(tmp_path, note(1))

    assert noted_backups(tmp_path) == [note(1)]
    assert (tmp_path / f"{LOG}.unreadable").read_text() == spoilt
