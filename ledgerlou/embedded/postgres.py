"""The embedded PostgreSQL: made, started, recognised after a crash and stopped by us."""

import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from ledgerlou.embedded import ports, roles
from ledgerlou.embedded.homes import SERVER_ENVIRONMENT, ServerHome
from ledgerlou.embedded.processes import (
    POLL_SECONDS,
    Command,
    call,
    end,
    end_child,
    is_alive,
    last_lines,
    start,
    wait_until,
    working_in,
    works_in,
)
from ledgerlou.embedded.secret_files import kept_passwords, sync_folder, write_durably
from ledgerlou.embedded.stopping import stop_if_asked, undisturbed
from ledgerlou.embedded.terminal import LauncherRefusal

START_SECONDS = 60
RECOVERY_SECONDS = 900
START_ATTEMPTS = 5
LEFT_SECONDS = 20
SOCKET_PATH_LIMIT = 90  # sockaddr_un holds 107 bytes; PostgreSQL adds its own file name
CANNOT_CONNECT_NOW = "57P03"  # PostgreSQL errcodes: starting up, recovering or shutting down
# Fast shutdown first; an immediate one leaves the log to recover from; the last resort loses nothing either.
STOP_SIGNALS = ((signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 5.0))
TUNING = ("shared_buffers=128MB", "max_connections=100", "password_encryption=scram-sha-256", "log_timezone=UTC", "timezone=UTC")
THROW_AWAY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


@dataclass(frozen=True, kw_only=True)
class DatabaseUrls:
    """Addresses with passwords for the three logins of the embedded PostgreSQL."""

    app: str
    owner: str
    superuser: str


@dataclass(kw_only=True)
class PostgresServer:
    """One PostgreSQL cluster on the loopback address.

    `durable=False` is for throw-away data: faster, but a crash of the machine loses it.
    `stays=True` leaves the server running when this process ends.
    """

    home: ServerHome
    durable: bool = True
    stays: bool = False
    name: str = field(default="postgres", init=False)
    _child: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def cluster(self) -> Path:
        """PostgreSQL's data directory."""
        return self.home.folder / "postgres"

    @property
    def log(self) -> Path:
        """What the server prints."""
        return self.home.log(self.name)

    def urls(self, *, database: str = roles.DATABASE) -> DatabaseUrls:
        """Addresses of the running server; they change when the port does."""
        port = ports.kept_port(self.home.folder / "postgres.port")
        passwords = self._passwords()
        address = f"{ports.LOOPBACK}:{port}/{database}"
        app, owner, superuser = (f"postgresql://{role}:{passwords[role]}@{address}" for role in (roles.APP, roles.OWNER, roles.SUPERUSER))
        return DatabaseUrls(app=app, owner=owner, superuser=superuser)

    def start(self) -> None:
        """Make the cluster if needed, start it and wait until it answers with roles and database in place."""
        self.launch()
        self.await_ready()

    def launch(self) -> None:
        """Start the server process. What an earlier launcher left running is stopped first, without loss."""
        self.stop_leftover()
        self._make_cluster()
        self._spawn()

    def await_ready(self) -> None:
        """Wait until the server answers, then see to roles and database."""
        for attempt in range(START_ATTEMPTS):
            if attempt:
                self._spawn()
            if self._answers_in_time():
                break
            if self._child is None or not self._port_was_taken():
                raise LauncherRefusal(f"PostgreSQL does not start. The end of {self.log}:\n{last_lines(self.log)}")
        self._ensure_contents()

    def running_pid(self) -> int | None:
        """Number of the server process of this cluster, whoever started it; None when it does not run."""
        pid = self._noted_pid()
        if pid is None:
            return None
        if Path("/proc/self").exists():
            return pid if works_in(pid, self.cluster) else None
        status = self._run("pg_ctl", "status", "-D", str(self.cluster))
        return pid if status.returncode == 0 else None

    def answers(self) -> bool:
        """Whether the server runs and lets us in."""
        if self.running_pid() is None:
            return False
        try:
            self._connect("postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def has_ended(self) -> bool:
        """Whether the server that this object started is gone."""
        return self._child is not None and self._child.poll() is not None

    def stop(self) -> None:
        """Shut the server down in order: open transactions are rolled back, everything committed is on disk."""
        if self._child is not None:
            end_child(self._child, signals=STOP_SIGNALS)
            self._child = None
        self.stop_leftover()

    def stop_leftover(self) -> None:
        """Stop a server of this cluster that somebody else started, and wait for what a killed server left behind."""

        def none_is_left() -> bool:
            pid = self.running_pid()  # asked each time: one that is just starting writes its number late
            if pid is not None:
                end(pid, signals=STOP_SIGNALS)
            return not any(working_in(self.cluster))

        if not wait_until(none_is_left, seconds=LEFT_SECONDS):
            left = ", ".join(map(str, working_in(self.cluster)))
            raise LauncherRefusal(f"PostgreSQL processes of {self.cluster} do not stop: {left}. End them and start again.")
        self._drop_misleading_pid_file()

    def _drop_misleading_pid_file(self) -> None:
        """Take away a process file that is empty or whose number now belongs to a stranger: PostgreSQL would refuse to start.

        Any other stale one stays: PostgreSQL reads from it which shared memory to check before it starts.
        """
        pid = self._noted_pid()
        if pid is None or (self.running_pid() is None and is_alive(pid)):
            (self.cluster / "postmaster.pid").unlink(missing_ok=True)

    def _noted_pid(self) -> int | None:
        try:
            return int((self.cluster / "postmaster.pid").read_text(encoding="utf-8").split()[0])
        except (FileNotFoundError, IndexError, ValueError):
            return None

    def _passwords(self) -> dict[str, str]:
        return kept_passwords(self.home.folder / "postgres.passwords.json", names=(roles.SUPERUSER, roles.OWNER, roles.APP))

    def _make_cluster(self) -> None:
        """Run initdb beside the final place and rename: a cluster whose making was cut short is never used."""
        if (self.cluster / "PG_VERSION").exists():
            return
        superuser_password = self._passwords()[roles.SUPERUSER]
        unfinished = self.home.folder / "postgres.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished = self.home.folder_for_server(unfinished.name)
        password_file = self.home.folder / "postgres.initial"
        write_durably(password_file, superuser_password)
        self.home.give_to_server(password_file)
        sync = () if self.durable else ("--no-sync",)
        made = self._run(
            *("initdb", "--pgdata", str(unfinished), "--username", roles.SUPERUSER, "--pwfile", str(password_file), "--encoding=UTF8"),
            *(
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--data-checksums",
                "--auth-local=peer",
                "--auth-host=scram-sha-256",
                *sync,
            ),
        )
        password_file.unlink()
        if made.returncode != 0:
            raise LauncherRefusal(f"PostgreSQL cannot make its data folder:\n{made.stdout}")
        unfinished.rename(self.cluster)
        sync_folder(self.home.folder)

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        argv = (str(self.home.programs.postgres_bin / program), *arguments)
        return call(Command(argv=argv, environment=SERVER_ENVIRONMENT, folder=self.home.folder, user=self.home.user))

    def _spawn(self) -> None:
        port = ports.kept_free_port(self.home.folder / "postgres.port")
        sockets = self.home.folder_for_server("run")
        # A path that is too long for a socket is no reason to fail: everybody connects by TCP.
        socket_folder = str(sockets) if len(str(sockets)) <= SOCKET_PATH_LIMIT else ""
        options = [
            f"listen_addresses={ports.LOOPBACK}",
            f"port={port}",
            f"unix_socket_directories={socket_folder}",
            "unix_socket_permissions=0700",
        ]
        options += [*TUNING, *(() if self.durable else THROW_AWAY)]
        command = Command(
            argv=(str(self.home.programs.postgres_bin / "postgres"), "-D", str(self.cluster), *(f"--{option}" for option in options)),
            environment=SERVER_ENVIRONMENT,
            folder=self.home.folder,
            user=self.home.user,
            log=self.log,
            death_signal=None if self.stays else signal.SIGINT,
        )
        with undisturbed():
            self._child = start(command)

    def _connect(self, database: str) -> psycopg.Connection:
        return psycopg.connect(self.urls(database=database).superuser, connect_timeout=5, autocommit=True)

    def _answers_in_time(self) -> bool:
        """Wait for the first connection. A server that recovers after a crash is given the time it needs."""
        began = time.monotonic()
        patience = START_SECONDS
        while time.monotonic() - began < patience:
            stop_if_asked()
            try:
                self._connect("postgres").close()
            except psycopg.OperationalError as error:
                if error.sqlstate == CANNOT_CONNECT_NOW or "starting up" in str(error):
                    patience = RECOVERY_SECONDS
            else:
                return not self.has_ended()
            if self.has_ended():
                return False
            time.sleep(POLL_SECONDS)
        return False

    def _port_was_taken(self) -> bool:
        port = ports.kept_port(self.home.folder / "postgres.port")
        return self.has_ended() and port is not None and not ports.is_free(port)

    def _ensure_contents(self) -> None:
        passwords = self._passwords()
        logins = {role: passwords[role] for role in (roles.OWNER, roles.APP)}
        with self._connect("postgres") as superuser:
            roles.ensure_roles(superuser, passwords=logins)
            roles.ensure_database(superuser)
        with self._connect(roles.DATABASE) as superuser:
            roles.open_public_schema(superuser)
