"""The embedded PostgreSQL: who may do what in it, and what survives."""

import os
import signal
import socket
from pathlib import Path

import psycopg
import pytest

from ledgerlou.embedded import ports, prepare
from ledgerlou.embedded.postgres import PostgresServer
from ledgerlou.embedded.processes import Command, is_alive, start, wait_until
from ledgerlou.embedded.servers import Wanted, embedded_servers
from ledgerlou.embedded.terminal import LauncherRefusal

# Python 3.12 and newer warn when a process with threads (such as a worker of pytest-xdist) forks, which starting a server does.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")


def another_launcher(data: Path) -> PostgresServer:
    """The same cluster as a launcher sees it that did not start it."""
    [server] = embedded_servers(data, wanted=Wanted(postgres=True, valkey=False), durable=False).all()
    assert isinstance(server, PostgresServer)
    return server


def note(server: PostgresServer, text: str) -> None:
    with psycopg.connect(server.urls().owner) as owner:
        owner.execute("CREATE TABLE IF NOT EXISTS note (text text)")
        owner.execute("INSERT INTO note VALUES (%s)", [text])


def notes(server: PostgresServer) -> list[tuple[str]]:
    with psycopg.connect(server.urls().owner) as owner:
        return owner.execute("SELECT text FROM note ORDER BY text").fetchall()


def test_roles_have_just_the_rights_they_need(shared_postgres: PostgresServer) -> None:
    with psycopg.connect(shared_postgres.urls().superuser) as superuser:
        found = superuser.execute(
            "SELECT rolname, rolcanlogin, rolcreatedb, rolsuper, rolcreaterole, rolreplication, rolbypassrls, rolpassword LIKE 'SCRAM%'"
            " FROM pg_authid WHERE rolname LIKE 'ledgerlou%' AND NOT rolsuper ORDER BY rolname",
        ).fetchall()
        members = superuser.execute("SELECT roleid::regrole::text, member::regrole::text, admin_option FROM pg_auth_members").fetchall()
        [database] = superuser.execute(
            "SELECT datdba::regrole::text, pg_encoding_to_char(encoding), current_setting('data_checksums'),"
            " current_setting('listen_addresses') FROM pg_database WHERE datname = 'ledgerlou'",
        ).fetchall()

    assert found == [
        ("ledgerlou_app", True, False, False, False, False, False, True),
        ("ledgerlou_lookup", False, False, False, False, False, False, None),
        ("ledgerlou_owner", True, True, False, False, False, False, True),
    ]
    assert ("ledgerlou_lookup", "ledgerlou_owner", True) in members
    assert "ledgerlou_app" not in {member for _, member, _ in members}
    assert database == ("ledgerlou_owner", "UTF8", "on", "127.0.0.1")


@pytest.mark.parametrize("statement", ["CREATE TABLE t (i int)", "CREATE TEMPORARY TABLE t (i int)", "CREATE DATABASE d", "CREATE ROLE r"])
def test_application_cannot_make_anything(shared_postgres: PostgresServer, statement: str) -> None:
    with psycopg.connect(shared_postgres.urls().app, autocommit=True) as app, pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute(statement.encode())


def test_owner_gives_functions_to_the_lookup_role(shared_postgres: PostgresServer) -> None:
    with psycopg.connect(shared_postgres.urls().owner, autocommit=True) as owner:
        owner.execute("CREATE FUNCTION answer() RETURNS int LANGUAGE sql SECURITY DEFINER RETURN 42")
        owner.execute("GRANT CREATE ON SCHEMA public TO ledgerlou_lookup")

        owner.execute("ALTER FUNCTION answer() OWNER TO ledgerlou_lookup")

        assert owner.execute("SELECT proowner::regrole::text FROM pg_proc WHERE proname = 'answer'").fetchone() == ("ledgerlou_lookup",)


def test_wrong_password_is_refused(shared_postgres: PostgresServer) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(shared_postgres.urls().app, password="guessed")


@pytest.mark.parametrize("role", ["ledgerlou_app", "ledgerlou_owner", "ledgerlou_superuser"])
def test_socket_lets_nobody_in_without_being_that_system_account(shared_postgres: PostgresServer, role: str) -> None:
    port = ports.kept_port(shared_postgres.home.folder / "postgres.port")
    socket_folder = shared_postgres.home.folder / "run"
    assert (socket_folder / f".s.PGSQL.{port}").exists()

    with pytest.raises(psycopg.OperationalError, match="Peer authentication failed"):
        psycopg.connect(host=str(socket_folder), port=port, user=role, dbname="ledgerlou")


def test_passwords_are_closed_to_others_and_not_in_the_process_list(shared_postgres: PostgresServer) -> None:
    kept = shared_postgres.home.folder / "postgres.passwords.json"
    command_line = Path(f"/proc/{shared_postgres.running_pid()}/cmdline").read_bytes()

    assert kept.stat().st_mode & 0o777 == 0o600
    assert shared_postgres.log.stat().st_mode & 0o777 == 0o600
    assert (shared_postgres.cluster.stat().st_mode & 0o777) == 0o700
    assert not [word for word in kept.read_text().split('"') if len(word) > 30 and word.encode() in command_line]
    assert list(shared_postgres.home.folder.glob("postgres.initial*")) == []


def test_restart_keeps_rows_passwords_and_port(postgres: PostgresServer, data: Path) -> None:
    note(postgres, "kept")
    before = postgres.urls()

    postgres.stop()
    again = another_launcher(data)
    again.start()

    assert notes(again) == [("kept",)]
    assert again.urls() == before


def test_taken_port_is_exchanged(postgres: PostgresServer, data: Path) -> None:
    note(postgres, "kept")
    postgres.stop()
    taken = ports.kept_port(postgres.home.folder / "postgres.port")
    with socket.create_server((ports.LOOPBACK, taken or 0)):
        again = another_launcher(data)
        again.start()

    assert ports.kept_port(postgres.home.folder / "postgres.port") != taken
    assert notes(again) == [("kept",)]


def test_server_left_by_a_dead_launcher_is_replaced_without_loss(postgres: PostgresServer, data: Path) -> None:
    note(postgres, "kept")
    left = postgres.running_pid()
    again = another_launcher(data)

    again.start()

    assert left is not None
    assert not is_alive(left)
    assert again.running_pid() != left
    assert notes(again) == [("kept",)]


def test_killed_server_recovers_every_committed_row(data: Path) -> None:
    [server] = embedded_servers(data, wanted=Wanted(postgres=True, valkey=False)).all()
    assert isinstance(server, PostgresServer)
    server.start()
    note(server, "kept")
    pid = server.running_pid()
    assert pid is not None

    os.kill(pid, signal.SIGKILL)
    assert wait_until(server.has_ended, seconds=10)
    server.start()

    assert notes(server) == [("kept",)]


@pytest.mark.parametrize("content", ["", "{stranger}\n/somewhere/else\n"])
def test_misleading_process_file_does_not_stop_the_start(postgres: PostgresServer, data: Path, content: str) -> None:
    note(postgres, "kept")
    postgres.stop()
    # Another process of the servers' account was given the number of a server long gone.
    stranger = start(Command(argv=("/bin/sleep", "60"), environment={}, folder=Path("/"), user=postgres.home.user))
    process_file = postgres.cluster / "postmaster.pid"
    process_file.write_text(content.format(stranger=stranger.pid))
    postgres.home.give_to_server(process_file)

    again = another_launcher(data)
    again.start()

    assert notes(again) == [("kept",)]
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_half_made_cluster_is_made_anew(data: Path) -> None:
    server = another_launcher(data)
    unfinished = server.home.folder_for_server("postgres.unfinished")
    (unfinished / "PG_VERSION").write_text("18")

    server.start()

    assert server.answers()
    assert not unfinished.exists()


def test_own_server_is_prepared_with_the_passwords_of_the_addresses(postgres: PostgresServer) -> None:
    address = postgres.urls(database="books").app.rpartition("@")[2]
    environment = {
        "DATABASE_URL": f"postgresql://ledgerlou_app:chosen-1@{address}",
        "DATABASE_OWNER_URL": f"postgresql://ledgerlou_owner:chosen-2@{address}",
        "LEDGERLOU_SUPERUSER_URL": postgres.urls(database="postgres").superuser,
    }

    codes = [prepare.main(environment), prepare.main(environment)]

    assert codes == [0, 0]
    for name, made in (("DATABASE_URL", False), ("DATABASE_OWNER_URL", True)):
        with psycopg.connect(environment[name]) as connection:
            assert connection.execute("SELECT has_schema_privilege('public', 'CREATE'), current_database()").fetchone() == (made, "books")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DATABASE_URL", "postgresql://somebody:secret@127.0.0.1/books"),
        ("DATABASE_URL", "postgresql://ledgerlou_app@127.0.0.1/books"),
        ("DATABASE_OWNER_URL", "postgresql://ledgerlou_owner:secret@127.0.0.1/other"),
        ("LEDGERLOU_SUPERUSER_URL", ""),
    ],
)
def test_preparing_refuses_addresses_that_do_not_fit(variable: str, value: str) -> None:
    environment = {
        "DATABASE_URL": "postgresql://ledgerlou_app:secret@127.0.0.1/books",
        "DATABASE_OWNER_URL": "postgresql://ledgerlou_owner:secret@127.0.0.1/books",
        "LEDGERLOU_SUPERUSER_URL": "postgresql://postgres:secret@127.0.0.1/postgres",
    }

    with pytest.raises(LauncherRefusal, match=r"DATABASE_URL|DATABASE_OWNER_URL|LEDGERLOU_SUPERUSER_URL"):
        prepare.main({**environment, variable: value})
