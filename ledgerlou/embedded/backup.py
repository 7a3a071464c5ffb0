"""`make backup`: the database and the document files in one file, while LedgerLou runs or while it does not."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from ledgerlou.embedded.archive import Manifest, Origin, check, write_archive
from ledgerlou.embedded.backup_log import BackupNote, note_backup
from ledgerlou.embedded.homes import make_folders
from ledgerlou.embedded.maintenance import Access, access, client_program, major_of, project_version, run_client, server_major
from ledgerlou.embedded.secret_files import open_private, sync_folder
from ledgerlou.embedded.stopping import stopping_in_order
from ledgerlou.embedded.terminal import PRIVATE, LauncherRefusal, exit_code, say

# Under forced row-level security pg_dump would leave out rows without a word. So before a dump every table must show the dumping role
# all its rows: one permissive policy that is simply true, and no restrictive one.
TABLES_WITH_HIDDEN_ROWS = """
SELECT format('%I.%I', n.nspname, c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND c.relrowsecurity AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
  AND (c.relforcerowsecurity OR c.relowner <> (SELECT oid FROM pg_roles WHERE rolname = current_user))
  AND NOT (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user)
  AND NOT COALESCE((
    SELECT bool_or(p.polpermissive AND pg_get_expr(p.polqual, p.polrelid) = 'true') AND bool_and(p.polpermissive)
    FROM pg_policy p
    WHERE p.polrelid = c.oid AND p.polcmd IN ('*', 'r')
      AND EXISTS (SELECT FROM unnest(p.polroles) AS r (oid) WHERE r.oid = 0 OR pg_has_role(current_user, r.oid, 'USAGE'))
  ), false)
ORDER BY 1
"""


def main(arguments: Sequence[str], *, environment: Mapping[str, str]) -> int:
    """Read the command line and write one backup."""
    parser = argparse.ArgumentParser(prog="python -m ledgerlou.embedded.backup", description="Back up database and document files.")
    parser.add_argument("file", nargs="?", help="the file to write; by default a new one in backups/ of the data folder")
    options = parser.parse_args(arguments)
    with stopping_in_order(), access(environment, purpose="make backup") as reached:
        now = datetime.now(UTC)
        target = Path(options.file).resolve() if options.file else default_target(reached.data, now=now)
        manifest = back_up(reached, target=target, now=now)
        documents = len(manifest.parts) - 1
        note = BackupNote(
            made_at=manifest.origin.created_at,
            file=str(target),
            size_bytes=target.stat().st_size,
            document_files=documents,
            version=manifest.origin.version,
            read_back_at=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        note_backup(reached.data, note)
    say(f"Backed up the database and {documents} document files to {target} ({target.stat().st_size / 1_000_000:.1f} MB).")
    return 0


def default_target(data: Path, *, now: datetime) -> Path:
    """`backups/ledgerlou-YYYYMMDD-HHMMSS.tar` in the data folder, by the clock on the wall."""
    folder = data / "backups"
    make_folders(folder, mode=0o700)
    return folder / f"ledgerlou-{now.astimezone():%Y%m%d-%H%M%S}.tar"


def back_up(reached: Access, *, target: Path, now: datetime) -> Manifest:
    """Write a backup that is complete on disk, or none: it is read back and gets its name as the last step.

    An existing file is never overwritten.
    """
    if target.exists():
        raise LauncherRefusal(f"{target} exists already. Name another file.")
    unfinished = target.with_name(f".{target.name}.unfinished")
    dump = target.with_name(f".{target.name}.dump")
    try:
        dumped_by = dump_database(reached, dump=dump)
        origin = Origin(version=project_version(), created_at=now.isoformat(timespec="seconds"), dumped_by=dumped_by)
        with open_private(unfinished) as file:
            manifest = write_archive(file, origin=origin, dump=dump, files=reached.files)
            file.flush()
            os.fsync(file.fileno())
        check(unfinished)
        unfinished.rename(target)
        sync_folder(target.parent)
    finally:
        unfinished.unlink(missing_ok=True)
        dump.unlink(missing_ok=True)
    return manifest


def dump_database(reached: Access, *, dump: Path) -> int:
    """Dump the database as its owner sees it and return pg_dump's major version. Refuses when the owner cannot see every row."""
    server = server_major(reached.owner_url)
    with psycopg.connect(reached.owner_url, autocommit=True) as owner:
        hidden = [name for (name,) in owner.execute(TABLES_WITH_HIDDEN_ROWS)]
    if hidden:
        raise LauncherRefusal(f"No backup: the owner has no USING (true) policy on {', '.join(hidden)}, so rows would be missing from it.")
    open_private(dump).close()  # pg_dump keeps the mode of a file that is there
    program = client_program("pg_dump", server=server, embedded=reached.administrator_url is not None)
    run_client(program, "--format=custom", "--enable-row-security", "--file", str(dump), url=reached.owner_url)
    return major_of(program)


if __name__ == "__main__":
    sys.exit(exit_code(lambda: main(sys.argv[1:], environment=os.environ), umask=PRIVATE))
