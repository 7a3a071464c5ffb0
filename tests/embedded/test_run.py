"""`make run` from outside: started, started twice, killed, interrupted. Servers are real, Django's programs are stand-ins."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from ledgerlou.embedded import ports
from ledgerlou.embedded.homes import CHECKOUT
from ledgerlou.embedded.instance import holder
from ledgerlou.embedded.processes import is_alive, marked_with, wait_until, working_in
from ledgerlou.embedded.servers import EmbeddedServers, Wanted, embedded_servers
from ledgerlou.embedded.supervisor import MARK_VARIABLE, end_leftovers

COMMAND = (sys.executable, "-m", "tests.embedded.fake_launcher")
READY = "LedgerLou is ready."
Launch = Callable[..., subprocess.Popen[bytes]]


def environment_for(data: Path, **more: str) -> dict[str, str]:
    left_out = {
        "DATABASE_URL",
        "DATABASE_OWNER_URL",
        "REDIS_URL",
        "LEDGERLOU_PORT",
        "LEDGERLOU_HOST",
        "LEDGERLOU_BASE_URL",
        "LEDGERLOU_DEMO",
    }
    inherited = {name: value for name, value in os.environ.items() if name not in left_out}
    return {**inherited, "LEDGERLOU_DATA": str(data), "LEDGERLOU_PORT": str(ports.any_free_port()), **more}


def servers_of(data: Path) -> EmbeddedServers:
    return embedded_servers(data, wanted=Wanted(postgres=True, valkey=True))


def database(data: Path) -> psycopg.Connection:
    return psycopg.connect(servers_of(data).environment()["DATABASE_OWNER_URL"])


def processes_of(data: Path) -> set[int]:
    """Every process that works for this data folder, children's children too."""
    mark = f"{MARK_VARIABLE}={(data / 'launch.mark').read_text()}"
    servers = servers_of(data)
    folders = [home / name for home in servers.folders() for name in ("postgres", "valkey")]
    return set(marked_with(mark)) | {pid for folder in folders for pid in working_in(folder)}


def said(data: Path) -> str:
    return (data / "said.txt").read_text()


@pytest.fixture
def launch(data: Path) -> Iterator[Launch]:
    """Starts a launcher; those that still run at the end are killed with all they started."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*, until: str | None = READY, **more: str) -> subprocess.Popen[bytes]:
        with (data / "said.txt").open("wb") as output:
            child = subprocess.Popen(COMMAND, env=environment_for(data, **more), cwd=CHECKOUT, stdout=output, stderr=output)
        started.append(child)
        if until is not None:
            assert wait_until(lambda: until in said(data) or child.poll() is not None, seconds=60)
            assert until in said(data), said(data)
        return child

    yield start
    for child in started:
        child.kill()
        child.wait()
    if (data / "launch.mark").exists():
        end_leftovers((data / "launch.mark").read_text())


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_stop_signal_leaves_no_process(launch: Launch, data: Path, number: signal.Signals) -> None:
    child = launch()
    running = processes_of(data)

    child.send_signal(number)
    code = child.wait(timeout=60)

    assert code == 0
    assert len(running) >= 4  # web, worker and its child, the two servers
    assert processes_of(data) == set()
    assert [pid for pid in running if is_alive(pid)] == []
    assert holder(data) is None
    assert "LedgerLou has stopped." in said(data)


@pytest.mark.slow
def test_interrupted_start_leaves_no_process(launch: Launch, data: Path) -> None:
    child = launch(until=None)
    assert wait_until(lambda: (data / "servers" / "postgres.log").exists(), seconds=30)

    child.send_signal(signal.SIGINT)
    code = child.wait(timeout=60)

    assert code == 0
    assert processes_of(data) == set()


@pytest.mark.slow
def test_second_start_is_refused_with_process_and_address_of_the_first(launch: Launch, data: Path) -> None:
    first = launch(LEDGERLOU_PORT=str(port := ports.any_free_port()))
    servers = servers_of(data)
    assert servers.postgres is not None
    before = servers.postgres.running_pid()

    second = subprocess.run(COMMAND, env=environment_for(data), cwd=CHECKOUT, capture_output=True, text=True, timeout=60, check=False)

    assert second.returncode == 1
    assert f"process {first.pid} at http://127.0.0.1:{port}" in second.stderr
    assert servers.postgres.running_pid() == before
    assert servers.answer()
    assert urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).status == 200


@pytest.mark.slow
def test_killed_launcher_loses_nothing_and_starts_again(launch: Launch, data: Path) -> None:
    first = launch()
    with database(data) as owner:
        owner.execute("INSERT INTO note VALUES ('kept')")
    left = processes_of(data)

    first.kill()
    first.wait()
    began = time.monotonic()
    second = launch()

    assert time.monotonic() - began < 20
    assert [pid for pid in left if is_alive(pid)] == []
    with database(data) as owner:
        assert owner.execute("SELECT text FROM note").fetchall() == [("kept",)]
    second.send_signal(signal.SIGINT)
    assert second.wait(timeout=60) == 0
    assert processes_of(data) == set()


@pytest.mark.slow
def test_servers_die_with_a_killed_launcher(launch: Launch, data: Path) -> None:
    first = launch()

    first.kill()
    first.wait()

    # The worker's child takes no hint; it waits for the next start, which ends it.
    folders = [home / name for home in servers_of(data).folders() for name in ("postgres", "valkey")]
    assert wait_until(lambda: not [pid for folder in folders for pid in working_in(folder)], seconds=20)


@pytest.mark.slow
def test_migrations_run_when_there_is_something_to_do(launch: Launch, data: Path) -> None:
    def runs() -> int:
        with database(data) as owner:
            [(count,)] = owner.execute("SELECT count(*) FROM migrate_run").fetchall()
        return int(count)

    def restart(child: subprocess.Popen[bytes]) -> subprocess.Popen[bytes]:
        child.send_signal(signal.SIGTERM)
        child.wait(timeout=60)
        return launch()

    first = launch()
    after_first = runs()
    second = restart(first)
    after_second = runs()
    with database(data) as owner:
        owner.execute("INSERT INTO django_migrations (app, name) VALUES ('accounting', 'by_hand')")
    restart(second)

    assert (after_first, after_second, runs()) == (1, 1, 2)


@pytest.mark.slow
def test_failing_migration_stops_everything_with_its_words(launch: Launch, data: Path) -> None:
    child = launch(until=None, FAKE_MIGRATE="fails")

    assert child.wait(timeout=60) == 1
    assert "migrate failed" in said(data)
    assert "no such column" in said(data)
    assert processes_of(data) == set()


@pytest.mark.slow
def test_child_that_keeps_dying_stops_everything_with_its_words(launch: Launch, data: Path) -> None:
    child = launch(until=None, FAKE_WORKER="dies")

    assert child.wait(timeout=120) == 1
    assert "worker died 5 times in a row" in said(data)
    assert "the worker's last words" in said(data)
    assert processes_of(data) == set()


@pytest.mark.slow
def test_killed_server_and_web_come_back(launch: Launch, data: Path) -> None:
    launch(LEDGERLOU_PORT=str(port := ports.any_free_port()))
    servers = servers_of(data)
    assert servers.postgres is not None
    pid = servers.postgres.running_pid()
    assert pid is not None

    os.kill(pid, signal.SIGKILL)

    assert wait_until(lambda: servers.postgres is not None and servers.postgres.running_pid() not in {None, pid}, seconds=30)
    assert wait_until(servers.answer, seconds=30)
    assert urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).status == 200


@pytest.mark.slow
def test_usual_port_gives_way_and_a_chosen_one_does_not(launch: Launch, data: Path) -> None:
    with socket.create_server((ports.LOOPBACK, 0)) as taken:
        chosen = taken.getsockname()[1]
        child = launch(until=None, LEDGERLOU_PORT=str(chosen))
        assert child.wait(timeout=30) == 1
        assert f"Port {chosen} on 127.0.0.1 is taken" in said(data)

    usual_is_free = ports.is_free(8000)
    with socket.create_server((ports.LOOPBACK, 8000)) if usual_is_free else socket.socket():
        launch(LEDGERLOU_PORT="")

    assert "Port 8000 is taken: using 80" in said(data)


@pytest.mark.parametrize("given", ["DATABASE_URL", "DATABASE_OWNER_URL"])
def test_one_database_address_alone_is_refused(launch: Launch, data: Path, given: str) -> None:
    child = launch(until=None, **{given: "postgresql://somebody@127.0.0.1/db"})

    assert child.wait(timeout=30) == 1
    assert f"{given} is set but " in said(data)
    assert list(data.iterdir()) == [data / "said.txt"]


def test_data_folder_keeps_secrets_to_itself(launch: Launch, data: Path) -> None:
    launch()

    open_files = [path for path in data.rglob("*") if path.is_file() and path.name != "said.txt" and path.stat().st_mode & 0o077]
    assert open_files == []
    assert json.loads((data / "launcher.lock").read_text())["purpose"] == "make run"
