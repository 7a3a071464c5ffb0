"""`make restore FILE=...`: a backup put in place of the database, in one step and only after it was checked."""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from psycopg import sql

from ledgerlou.embedded import archive, roles
from ledgerlou.embedded.backup_log import BackupNote, note_restore
from ledgerlou.embedded.homes import CHECKOUT
from ledgerlou.embedded.maintenance import Access, access, client_program, project_version, run_client, server_major
from ledgerlou.embedded.processes import Command, call
from ledgerlou.embedded.stopping import stopping_in_order
from ledgerlou.embedded.terminal import PRIVATE, LauncherRefusal, complain, exit_code, say

SWAP_TRIES = 5
RESTORING_SUFFIX = "_restoring"
REPLACED_SUFFIX = "_replaced"

OWN_RELATIONS = """
SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.classid = 'pg_class'::regclass AND d.deptype = 'e')
"""


@dataclass(frozen=True, kw_only=True)
class Checks:
    """Commands run on the restored database before it is put in place: bring it up to date, then recompute everything."""

    migrate: tuple[str, ...]
    verify: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What the operator asked for."""

    file: Path
    replace: bool
    despite_faults: bool


DJANGO_CHECKS = Checks(
    migrate=(sys.executable, str(CHECKOUT / "manage.py"), "migrate", "--database", "owner", "--no-input"),
    verify=(sys.executable, str(CHECKOUT / "manage.py"), "verify"),
)


def main(arguments: Sequence[str], *, environment: Mapping[str, str], checks: Checks = DJANGO_CHECKS) -> int:
    """Read the command line and restore one backup."""
    parser = argparse.ArgumentParser(prog="python -m ledgerlou.embedded.restore", description="Restore database and document files.")
    parser.add_argument("file", type=Path, help="the backup")
    parser.add_argument("--replace", action="store_true", help="put the backup in place of a database that is not empty")
    parser.add_argument("--despite-faults", action="store_true", help="put it in place although verify finds faults in it")
    options = parser.parse_args(arguments)
    wish = Wish(file=options.file.resolve(), replace=options.replace, despite_faults=options.despite_faults)
    if not wish.file.is_file():
        raise LauncherRefusal(f"There is no file {wish.file}.")
    with stopping_in_order(), access(environment, purpose="make restore") as reached:
        return restore(reached, wish=wish, checks=checks)


def restore(reached: Access, *, wish: Wish, checks: Checks) -> int:
    """Restore beside the present database, check, then swap the two. Until the swap, nothing that runs sees any of it."""
    refuse_full_database(reached.owner_url, replace=wish.replace)
    with _scratch_folder(reached.data) as unpacked:
        manifest = archive.unpack(wish.file, folder=unpacked)
        _refuse_newer(manifest)
        with restoring_database(reached) as restoring_url:
            load(reached, url=restoring_url, dump=unpacked / archive.DATABASE, manifest=manifest)
            added = archive.put_files(unpacked, files=reached.files)
            faults = check(reached, url=restoring_url, checks=checks)
            if faults and not wish.despite_faults:
                raise LauncherRefusal(f"The backup was not put in place, because verify found faults in it:\n{faults}")
            put_in_place(reached, restoring_url=restoring_url)
    _remember(reached, manifest=manifest, file=wish.file, clean=not faults)
    say(f"Restored the database of {manifest.origin.created_at} and {added} missing document files from {wish.file}.")
    if faults:
        complain(f"verify found faults:\n{faults}")
        return 1
    say("verify found no fault.")
    return 0


def _remember(reached: Access, *, manifest: archive.Manifest, file: Path, clean: bool) -> None:
    note = BackupNote(
        made_at=manifest.origin.created_at,
        file=str(file),
        size_bytes=file.stat().st_size,
        document_files=len(manifest.parts) - 1,
        version=manifest.origin.version,
    )
    note_restore(reached.data, note, at=datetime.now(UTC), clean=clean)


def refuse_full_database(url: str, *, replace: bool) -> None:
    """Refuse a database with tables in it, unless it is to be replaced."""
    server_major(url)
    with psycopg.connect(url) as owner:
        relations = owner.execute(OWN_RELATIONS).fetchone()
    if relations != (0,) and not replace:
        raise LauncherRefusal("The database is not empty. To put the backup in its place: make restore FILE=... REPLACE=1")


def _refuse_newer(manifest: archive.Manifest) -> None:
    ours = project_version()
    if _numbers(manifest.origin.version) > _numbers(ours):
        raise LauncherRefusal(
            f"The backup was made by version {manifest.origin.version}, this is {ours}. Restore it with that version or a newer one."
        )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdecimal())


@contextmanager
def _scratch_folder(data: Path) -> Iterator[Path]:
    for left in data.glob("restoring-*"):  # of a restore that was killed; we have the maintenance lock
        shutil.rmtree(left)
    folder = Path(tempfile.mkdtemp(prefix="restoring-", dir=data))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def restoring_database(reached: Access) -> Iterator[str]:
    """An empty database beside the present one; gives its address. It is dropped again unless it was put in place."""
    name = database_name(reached.owner_url)
    with _maintenance_connection(reached) as connection:
        for left in (name + RESTORING_SUFFIX, name + REPLACED_SUFFIX):
            _drop(connection, name=left)
        roles.create_database(connection, name=name + RESTORING_SUFFIX)
    try:
        yield with_database(reached.owner_url, name=name + RESTORING_SUFFIX)
    finally:
        with _maintenance_connection(reached) as connection:
            _drop(connection, name=name + RESTORING_SUFFIX)


def _drop(connection: psycopg.Connection, *, name: str) -> None:
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def _maintenance_connection(reached: Access) -> Iterator[psycopg.Connection]:
    url = reached.administrator_url or with_database(reached.owner_url, name="postgres")
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


def database_name(url: str) -> str:
    """The database an address leads to."""
    return str(psycopg.conninfo.conninfo_to_dict(url)["dbname"])


def with_database(url: str, *, name: str) -> str:
    """The same address for another database of the server."""
    address, question, parameters = url.partition("?")
    return f"{address.rpartition('/')[0]}/{name}{question}{parameters}"


def load(reached: Access, *, url: str, dump: Path, manifest: archive.Manifest) -> None:
    """Load the dump as the owner, in one transaction. Guards come after the data: pg_dump puts triggers and policies last."""
    lookup = sql.Identifier(roles.LOOKUP)
    with psycopg.connect(url, autocommit=True) as owner:
        roles.close_to_strangers(owner, name=database_name(url))
        roles.open_public_schema(owner)
        # Whoever is given a function must be allowed to create in its schema; for the moment of giving only.
        owner.execute(sql.SQL("GRANT CREATE ON SCHEMA public TO {}").format(lookup))
    embedded = reached.administrator_url is not None
    program = client_program("pg_restore", server=server_major(url), embedded=embedded, at_least=manifest.origin.dumped_by)
    run_client(program, "--single-transaction", "--exit-on-error", "--dbname", database_name(url), str(dump), url=url)
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute(sql.SQL("REVOKE CREATE ON SCHEMA public FROM {}").format(lookup))
        owner.execute("ANALYZE")


def check(reached: Access, *, url: str, checks: Checks) -> str:
    """Bring the restored database up to date and verify it. Returns what verify complains of, empty when all is well."""
    name = database_name(url)
    environment = {
        **reached.environment,
        "DATABASE_OWNER_URL": url,
        "DATABASE_URL": with_database(reached.environment["DATABASE_URL"], name=name),
    }
    migrated = call(Command(argv=checks.migrate, environment=environment, folder=CHECKOUT))
    if migrated.returncode != 0:
        raise LauncherRefusal(f"The backup was not put in place, because it cannot be brought up to date:\n{migrated.stdout}")
    verified = call(Command(argv=checks.verify, environment=environment, folder=CHECKOUT))
    return "" if verified.returncode == 0 else verified.stdout.strip() or f"exit code {verified.returncode}"


def put_in_place(reached: Access, *, restoring_url: str) -> None:
    """Swap the two databases in one transaction and drop the old one. Programs that are connected lose their connection and come back."""
    restoring, name = database_name(restoring_url), database_name(reached.owner_url)
    with _maintenance_connection(reached) as connection:
        for left in reversed(range(SWAP_TRIES)):
            if reached.administrator_url is not None:
                ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ANY(%s) AND pid <> pg_backend_pid()"
                connection.execute(ended, [[name, restoring]])
            try:
                with connection.transaction():
                    _rename(connection, old=name, new=name + REPLACED_SUFFIX)
                    _rename(connection, old=restoring, new=name)
                break
            except psycopg.errors.ObjectInUse:
                if not left:
                    raise LauncherRefusal("Programs are connected to the database. Stop web server and workers, then restore.") from None
        _drop(connection, name=name + REPLACED_SUFFIX)
    if reached.servers.valkey is not None:
        reached.servers.valkey.forget_everything()


def _rename(connection: psycopg.Connection, *, old: str, new: str) -> None:
    connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(old), sql.Identifier(new)))


if __name__ == "__main__":
    sys.exit(exit_code(lambda: main(sys.argv[1:], environment=os.environ), umask=PRIVATE))
