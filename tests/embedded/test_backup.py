"""Backup and restore: what comes back is what was there, or nothing comes back and it says why."""

import hashlib
import io
import os
import sys
import tarfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from ledgerlou.embedded import backup, restore
from ledgerlou.embedded.archive import MANIFEST
from ledgerlou.embedded.backup_log import noted_backups
from ledgerlou.embedded.instance import RUNNING, sole_use
from ledgerlou.embedded.postgres import PostgresServer
from ledgerlou.embedded.restore import Checks
from ledgerlou.embedded.servers import EmbeddedServers, Wanted, embedded_servers
from ledgerlou.embedded.terminal import LauncherRefusal
from ledgerlou.embedded.valkey import ValkeyServer

pytestmark = [
    pytest.mark.slow,
    # Python 3.12 and newer warn when a process with threads (such as a worker of pytest-xdist) forks, which starting a server does.
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning"),
]

BOOKS = Path(__file__).with_name("books.sql").read_text()
COMPANY_1, COMPANY_2 = "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002"
ROWS = [(1, COMPANY_1, "119.00", 11900), (2, COMPANY_2, "0.07", 7)]
GOOD = (sys.executable, "-c", "")
COUNTS_BOOKINGS = """
import os, psycopg
for name in ("DATABASE_OWNER_URL", "DATABASE_URL"):
    with psycopg.connect(os.environ[name]) as connection:
        connection.execute("SET ledgerlou.company = '00000000-0000-0000-0000-000000000001'")
        print(connection.execute("SELECT current_user || current_database() || count(*) FROM booking").fetchone()[0])
"""
CHECKS = Checks(migrate=GOOD, verify=(sys.executable, "-c", COUNTS_BOOKINGS))
FAULTY = Checks(migrate=GOOD, verify=(sys.executable, "-c", "raise SystemExit('booking 2: hash differs')"))
UNMIGRATED = Checks(migrate=(sys.executable, "-c", "raise SystemExit('column missing')"), verify=GOOD)


def environment(data: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "LEDGERLOU_DATA": str(data)}


def servers_of(data: Path) -> EmbeddedServers:
    return embedded_servers(data, wanted=Wanted(postgres=True, valkey=True))


def postgres_of(data: Path) -> PostgresServer:
    server = servers_of(data).postgres
    assert server is not None
    return server


def execute(data: Path, *statements: str) -> None:
    with psycopg.connect(postgres_of(data).urls().owner, autocommit=True) as owner:
        for statement in statements:
            owner.execute(statement.encode())


def rows(data: Path) -> list[tuple[int, str, str, int]]:
    with psycopg.connect(postgres_of(data).urls().owner) as owner:
        return owner.execute("SELECT id, company_id::text, amount::text, amount_cents FROM booking ORDER BY id").fetchall()


def databases(data: Path) -> list[str]:
    with psycopg.connect(postgres_of(data).urls().superuser) as superuser:
        return [name for (name,) in superuser.execute("SELECT datname FROM pg_database WHERE datname LIKE 'ledgerlou%' ORDER BY 1")]


def store(data: Path, content: bytes) -> Path:
    name = hashlib.sha256(content).hexdigest()
    path = data / "files" / name[:2] / name
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return path


def back_up(data: Path) -> Path:
    target = data / "backup.tar"
    assert backup.main([str(target)], environment=environment(data)) == 0
    return target


def bring_back(data: Path, archive: Path, *options: str, checks: Checks = CHECKS) -> int:
    return restore.main([str(archive), *options], environment=environment(data), checks=checks)


@pytest.fixture
def books(data: Path) -> Iterator[Path]:
    """A data folder with two bookings and a document in it, in use by a running LedgerLou."""
    servers = servers_of(data)
    servers.start()
    execute(data, BOOKS)
    store(data, b"%PDF-1.7 invoice 4711")
    with sole_use(data, purpose=RUNNING):
        yield data
    servers.stop()


@pytest.fixture
def empty_books(books: Path) -> Callable[[], None]:
    """Makes the database as empty as a new one."""

    def make_empty() -> None:
        with psycopg.connect(postgres_of(books).urls(database="postgres").superuser, autocommit=True) as superuser:
            superuser.execute("DROP DATABASE ledgerlou WITH (FORCE)")
        postgres_of(books).await_ready()

    return make_empty


def test_round_trip_brings_back_rows_files_and_guards(
    books: Path, empty_books: Callable[[], None], capsys: pytest.CaptureFixture[str]
) -> None:
    document = next((books / "files").rglob("*/*"))
    archive = back_up(books)
    empty_books()
    document.unlink()

    code = bring_back(books, archive)

    assert code == 0
    assert rows(books) == ROWS
    assert document.read_bytes() == b"%PDF-1.7 invoice 4711"
    assert databases(books) == ["ledgerlou"]
    assert archive.stat().st_mode & 0o777 == 0o600
    assert "1 missing document files" in capsys.readouterr().out
    urls = postgres_of(books).urls()
    with psycopg.connect(urls.app, autocommit=True) as app:
        assert app.execute("SELECT count(*) FROM booking").fetchone() == (0,)
        app.execute(f"SET ledgerlou.company = '{COMPANY_2}'".encode())
        assert app.execute("SELECT id FROM booking").fetchall() == [(2,)]
        assert [str(company) for (company,) in app.execute("SELECT companies()")] == [COMPANY_1, COMPANY_2]
        for statement in ("DELETE FROM booking", "CREATE TABLE t (i int)", "CREATE TEMPORARY TABLE t (i int)"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute(statement.encode())
    with psycopg.connect(urls.owner, autocommit=True) as owner:
        for statement in ("UPDATE booking SET amount = 1", "DELETE FROM booking", "TRUNCATE booking"):
            with pytest.raises(psycopg.errors.RaiseException, match="bookings never change"):
                owner.execute(statement.encode())
        assert owner.execute(
            "SELECT proowner::regrole::text, has_schema_privilege('ledgerlou_lookup', 'public', 'CREATE')"
            " FROM pg_proc WHERE proname = 'companies'",
        ).fetchone() == ("ledgerlou_lookup", False)
        assert owner.execute("SELECT relforcerowsecurity, relowner::regrole::text FROM pg_class WHERE relname = 'booking'").fetchone() == (
            True,
            "ledgerlou_owner",
        )


def test_backup_and_restore_work_while_nothing_runs(data: Path) -> None:
    servers = servers_of(data)
    servers.start()
    execute(data, BOOKS)
    servers.stop()

    archive = back_up(data)
    code = bring_back(data, archive, "--replace")

    assert code == 0
    assert servers.postgres is not None
    assert servers.postgres.running_pid() is None
    servers.start()
    assert rows(data) == ROWS


def test_backup_and_its_restore_are_noted(books: Path) -> None:
    archive = back_up(books)
    [made] = noted_backups(books)
    bring_back(books, archive, "--replace")
    bring_back(books, archive, "--replace", "--despite-faults", checks=FAULTY)

    assert (made.file, made.size_bytes, made.document_files) == (str(archive), archive.stat().st_size, 1)
    assert (made.read_back_at is not None, made.restored_at) == (True, None)
    [proven] = noted_backups(books)
    assert (proven.made_at, proven.restored_clean) == (made.made_at, False)


def test_backup_that_cannot_be_read_back_is_none(books: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut_short(handle: int) -> None:
        if os.readlink(f"/proc/self/fd/{handle}").endswith("backup.tar.unfinished"):
            os.truncate(handle, 1000)

    monkeypatch.setattr(os, "fsync", cut_short)  # a disk that keeps less than it was given

    with pytest.raises(LauncherRefusal):
        back_up(books)

    assert list(books.glob("*backup.tar*")) == []
    assert noted_backups(books) == []


def test_database_with_tables_is_not_overwritten_unasked(books: Path) -> None:
    archive = back_up(books)
    execute(books, f"INSERT INTO booking (id, company_id, amount, posted) VALUES (3, '{COMPANY_1}', 5, '[2026-01-01,2026-02-01)')")

    with pytest.raises(LauncherRefusal, match=r"not empty(.*)REPLACE=1"):
        bring_back(books, archive)

    assert [row[0] for row in rows(books)] == [1, 2, 3]


def test_replacing_is_one_step_for_those_who_are_connected_and_empties_the_broker(books: Path) -> None:
    archive = back_up(books)
    execute(books, f"INSERT INTO booking (id, company_id, amount, posted) VALUES (3, '{COMPANY_1}', 5, '[2026-01-01,2026-02-01)')")
    valkey = servers_of(books).valkey
    assert isinstance(valkey, ValkeyServer)
    valkey.ask("SET stale yes")
    with psycopg.connect(postgres_of(books).urls().app, autocommit=True) as connected:
        code = bring_back(books, archive, "--replace")

        with pytest.raises(psycopg.OperationalError):
            connected.execute("SELECT 1")

    assert code == 0
    assert rows(books) == ROWS
    assert databases(books) == ["ledgerlou"]
    assert valkey.ask("DBSIZE") == b":0\r\n"


def test_backup_with_faults_is_not_put_in_place_unless_asked(
    books: Path, empty_books: Callable[[], None], capsys: pytest.CaptureFixture[str]
) -> None:
    archive = back_up(books)
    empty_books()

    with pytest.raises(LauncherRefusal, match=r"verify found faults(?s:.*)booking 2: hash differs"):
        bring_back(books, archive, checks=FAULTY)
    after_refusal = databases(books)
    restore.refuse_full_database(postgres_of(books).urls().owner, replace=False)  # still empty
    code = bring_back(books, archive, "--despite-faults", checks=FAULTY)

    assert after_refusal == ["ledgerlou"]
    assert code == 1
    assert "booking 2: hash differs" in capsys.readouterr().err
    assert rows(books) == ROWS


def test_backup_that_cannot_be_migrated_leaves_the_database_alone(books: Path) -> None:
    archive = back_up(books)

    with pytest.raises(LauncherRefusal, match="column missing"):
        bring_back(books, archive, "--replace", checks=UNMIGRATED)

    assert rows(books) == ROWS
    assert databases(books) == ["ledgerlou"]


@pytest.mark.parametrize("damage", ["cut short", "without manifest", "changed byte", "foreign name", "not a tar"])
def test_damaged_backup_restores_nothing(books: Path, damage: str) -> None:
    archive = back_up(books)
    execute(books, f"INSERT INTO booking (id, company_id, amount, posted) VALUES (3, '{COMPANY_1}', 5, '[2026-01-01,2026-02-01)')")
    content = bytearray(archive.read_bytes())
    match damage:
        case "cut short":
            archive.write_bytes(content[: len(content) // 2])
        case "without manifest":
            archive.write_bytes(content[: content.rindex(MANIFEST.encode())])
        case "changed byte":
            content[content.index(b"PDF-1.7")] ^= 1
            archive.write_bytes(content)
        case "foreign name":
            with tarfile.open(archive, "a") as tar:
                tar.addfile(tarfile.TarInfo("files/../../escaped"), io.BytesIO())
        case _:
            archive.write_bytes(b"PK\x03\x04")

    with pytest.raises(LauncherRefusal):
        bring_back(books, archive, "--replace")

    assert [row[0] for row in rows(books)] == [1, 2, 3]
    assert databases(books) == ["ledgerlou"]
    assert not (books / "escaped").exists()
    assert list(books.glob("restoring-*")) == []


def test_table_that_hides_rows_from_its_owner_refuses_a_backup(books: Path) -> None:
    # The owner is a member of the look-up role, so that role's policy would show it the rows as well.
    execute(books, "DROP POLICY owner_sees_all ON booking", "DROP POLICY lookup ON booking")

    with pytest.raises(LauncherRefusal, match=r"no USING \(true\) policy on public.booking"):
        back_up(books)

    assert sorted(path.name for path in books.iterdir() if "backup" in path.name) == []


def test_backup_of_a_newer_version_is_refused(books: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup, "project_version", lambda: "99.0.0")
    archive = back_up(books)

    with pytest.raises(LauncherRefusal, match=r"made by version 99\.0\.0"):
        bring_back(books, archive, "--replace")


def test_existing_backup_is_not_overwritten(books: Path) -> None:
    archive = back_up(books)
    before = archive.read_bytes()

    with pytest.raises(LauncherRefusal, match="exists already"):
        back_up(books)

    assert archive.read_bytes() == before


def test_backup_is_named_after_its_moment(data: Path) -> None:
    now = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)

    assert backup.default_target(data, now=now) == data / "backups" / f"ledgerlou-{now.astimezone():%Y%m%d-%H%M%S}.tar"
