"""The embedded Valkey: message broker and cache on the loopback address, with a password."""

import signal
import socket
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from ledgerlou.embedded import ports
from ledgerlou.embedded.homes import SERVER_ENVIRONMENT, ServerHome
from ledgerlou.embedded.processes import Command, end, end_child, last_lines, start, wait_until, works_in
from ledgerlou.embedded.secret_files import kept_secret, write_durably
from ledgerlou.embedded.stopping import undisturbed
from ledgerlou.embedded.terminal import LauncherRefusal

START_SECONDS = 20
START_ATTEMPTS = 5
ANSWER_SECONDS = 2.0
STOP_SIGNALS = ((signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0))

# Nothing is written to disk: what must not be lost is a row in PostgreSQL, a message only wakes a worker. Under memory pressure
# entries with an expiry (cache, throttles) go first; queues have none and stay.
CONFIGURATION = """\
bind {host}
port {port}
protected-mode yes
requirepass {password}
dir {folder}
pidfile {folder}/valkey.pid
daemonize no
set-proc-title no
save ""
appendonly no
maxmemory 128mb
maxmemory-policy volatile-lru
"""


@dataclass(kw_only=True)
class ValkeyServer:
    """One Valkey server. `stays=True` leaves it running when this process ends."""

    home: ServerHome
    stays: bool = False
    name: str = field(default="valkey", init=False)
    _child: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def folder(self) -> Path:
        """Where the server works and keeps its process file."""
        return self.home.folder / "valkey"

    @property
    def log(self) -> Path:
        """What the server prints."""
        return self.home.log(self.name)

    def url(self) -> str:
        """Address of the running server with its password."""
        return f"redis://:{self._password()}@{ports.LOOPBACK}:{self._port()}/0"

    def start(self) -> None:
        """Start the server and wait until it answers."""
        self.launch()
        self.await_ready()

    def launch(self) -> None:
        """Start the server process. What an earlier launcher left running is stopped first."""
        self.stop_leftover()
        self._spawn()

    def await_ready(self) -> None:
        """Wait until the server answers our password."""
        for attempt in range(START_ATTEMPTS):
            if attempt:
                self._spawn()
            if wait_until(lambda: self.answers() or self.has_ended(), seconds=START_SECONDS) and not self.has_ended():
                return
            if not self.has_ended() or ports.is_free(self._port() or 0):
                break
        raise LauncherRefusal(f"Valkey does not start. The end of {self.log}:\n{last_lines(self.log)}")

    def running_pid(self) -> int | None:
        """Number of the server process, whoever started it; None when it does not run."""
        try:
            pid = int((self.folder / "valkey.pid").read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None
        return pid if works_in(pid, self.folder) else None

    def answers(self) -> bool:
        """Whether the server runs and accepts our password."""
        try:
            return self.ask("PING") == b"+PONG\r\n"
        except OSError:
            return False

    def forget_everything(self) -> None:
        """Empty cache and queues, for when the database behind them was replaced."""
        self.ask("FLUSHALL")

    def has_ended(self) -> bool:
        """Whether the server that this object started is gone."""
        return self._child is not None and self._child.poll() is not None

    def stop(self) -> None:
        """Stop the server."""
        if self._child is not None:
            end_child(self._child, signals=STOP_SIGNALS)
            self._child = None
        self.stop_leftover()

    def stop_leftover(self) -> None:
        """Stop a server of this folder that somebody else started."""
        pid = self.running_pid()
        if pid is not None:
            end(pid, signals=STOP_SIGNALS)

    def _password(self) -> str:
        return kept_secret(self.home.folder / "valkey.password")

    def _port(self) -> int | None:
        return ports.kept_port(self.home.folder / "valkey.port")

    def ask(self, command: str) -> bytes:
        """Log in, send one command without arguments, and return its answer as the protocol writes it."""
        with socket.create_connection((ports.LOOPBACK, self._port() or 0), timeout=ANSWER_SECONDS) as connection:
            connection.sendall(f"AUTH {self._password()}\r\n{command}\r\n".encode())
            with connection.makefile("rb") as answers:
                answers.readline()
                return answers.readline()

    def _spawn(self) -> None:
        port = ports.kept_free_port(self.home.folder / "valkey.port")
        folder = self.home.folder_for_server("valkey")
        configuration = self.home.folder / "valkey.conf"
        # The configuration holds the password, so that it is not seen in the process list.
        write_durably(configuration, CONFIGURATION.format(host=ports.LOOPBACK, port=port, password=self._password(), folder=folder))
        self.home.give_to_server(configuration)
        command = Command(
            argv=(str(self.home.programs.valkey_server), str(configuration)),
            environment=SERVER_ENVIRONMENT,
            folder=folder,
            user=self.home.user,
            log=self.log,
            death_signal=None if self.stays else signal.SIGTERM,
        )
        with undisturbed():
            self._child = start(command)
