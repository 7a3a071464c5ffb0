"""The embedded Valkey: only for those with the password, only on this machine."""

import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from ledgerlou.embedded import ports
from ledgerlou.embedded.processes import is_alive
from ledgerlou.embedded.servers import Wanted, embedded_servers
from ledgerlou.embedded.valkey import ValkeyServer

# Python 3.12 and newer warn when a process with threads (such as a worker of pytest-xdist) forks, which starting a server does.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")


def ask(server: ValkeyServer, *lines: str) -> list[str]:
    """What the server answers to plain lines, one answer each."""
    port = urlsplit(server.url()).port or 0
    with socket.create_connection((ports.LOOPBACK, port), timeout=5) as connection, connection.makefile("rw", newline="\r\n") as talk:
        answers = []
        for line in lines:
            talk.write(f"{line}\n")
            talk.flush()
            answers.append(talk.readline().split(" ")[0].strip())
        return answers


def test_password_opens_and_nothing_else_does(valkey: ValkeyServer) -> None:
    password = urlsplit(valkey.url()).password

    assert ask(valkey, f"AUTH {password}", "PING") == ["+OK", "+PONG"]
    assert ask(valkey, "PING") == ["-NOAUTH"]
    assert ask(valkey, "AUTH guessed", "PING") == ["-WRONGPASS", "-NOAUTH"]


def test_password_is_closed_to_others_and_not_in_the_process_list(valkey: ValkeyServer) -> None:
    password = urlsplit(valkey.url()).password or ""
    command_line = Path(f"/proc/{valkey.running_pid()}/cmdline").read_text()

    assert password not in command_line
    assert {path.name: path.stat().st_mode & 0o777 for path in valkey.home.folder.glob("valkey.*") if path.suffix != ".port"} == {
        "valkey.conf": 0o600,
        "valkey.log": 0o600,
        "valkey.password": 0o600,
    }


def test_only_the_loopback_address_listens(valkey: ValkeyServer) -> None:
    port = urlsplit(valkey.url()).port or 0

    # /proc/net/tcp writes 127.0.0.1 as 0100007F; state 0A is LISTEN.
    rows = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    assert [row[1] for row in rows if row[3] == "0A" and row[1].endswith(f":{port:04X}")] == [f"0100007F:{port:04X}"]


def test_server_left_by_a_dead_launcher_is_replaced(valkey: ValkeyServer, data: Path) -> None:
    left = valkey.running_pid()
    [again] = embedded_servers(data, wanted=Wanted(postgres=False, valkey=True)).all()

    again.start()

    assert left is not None
    assert not is_alive(left)
    assert again.answers()
