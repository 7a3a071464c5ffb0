"""The runner that gives a command servers of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from ledgerlou.embedded.homes import CHECKOUT
from ledgerlou.embedded.processes import working_in

RUNNER = (sys.executable, "-m", "ledgerlou.embedded.testing")
NAMES = ("DATABASE_URL", "DATABASE_OWNER_URL", "LEDGERLOU_SUPERUSER_URL", "REDIS_URL", "LEDGERLOU_DATA", "LEDGERLOU_SECRET_KEY")
PRINTS_ENVIRONMENT = f"import json, os; print(json.dumps({{name: os.environ[name] for name in {NAMES!r}}}))"
WHO_AM_I = """
import json, os, psycopg
names = ("DATABASE_URL", "DATABASE_OWNER_URL", "LEDGERLOU_SUPERUSER_URL")
print(json.dumps([psycopg.connect(os.environ[name]).execute("SELECT current_user, current_database()").fetchone() for name in names]))
"""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*RUNNER, *arguments], cwd=CHECKOUT, capture_output=True, text=True, timeout=120, check=False)


def test_command_reaches_its_servers_and_nothing_is_left() -> None:
    done = run("--", sys.executable, "-c", WHO_AM_I + PRINTS_ENVIRONMENT)

    people, environment = map(json.loads, done.stdout.splitlines())
    assert people == [["ledgerlou_app", "ledgerlou"], ["ledgerlou_owner", "ledgerlou"], ["ledgerlou_superuser", "ledgerlou"]]
    assert (done.returncode, done.stderr) == (0, "")
    assert not Path(environment["LEDGERLOU_DATA"]).exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(environment["DATABASE_URL"], connect_timeout=5)


@pytest.mark.parametrize(("code", "expected"), [("raise SystemExit(7)", 7), ("import os; os.kill(os.getpid(), 15)", 143)])
def test_exit_code_of_the_command_is_ours(code: str, expected: int) -> None:
    assert run("--", sys.executable, "-c", code).returncode == expected


def test_two_runs_at_once_do_not_meet() -> None:
    script = PRINTS_ENVIRONMENT + "; import sys; sys.stdout.flush(); sys.stdin.read()"
    both = [subprocess.Popen([*RUNNER, "--", sys.executable, "-c", script], cwd=CHECKOUT, stdin=-1, stdout=-1, text=True) for _ in range(2)]
    found = [json.loads(each.stdout.readline()) for each in both if each.stdout is not None]
    for each in both:
        each.communicate()

    first, second = found
    assert [name for name in NAMES if first[name] == second[name]] == []
    assert [each.returncode for each in both] == [0, 0]


@pytest.mark.slow
def test_kept_servers_serve_the_next_run(data: Path) -> None:
    first = run("--keep", str(data), "--", sys.executable, "-c", PRINTS_ENVIRONMENT)
    second = run("--keep", str(data), "--", sys.executable, "-c", PRINTS_ENVIRONMENT)
    still_there = list(working_in(data / "servers" / "valkey"))
    stopped = run("--keep", str(data), "--stop")

    assert json.loads(first.stdout) == json.loads(second.stdout)
    assert len(still_there) == 1
    assert stopped.returncode == 0
    assert list(working_in(data / "servers" / "valkey")) == list(working_in(data / "servers" / "postgres")) == []


def test_missing_command_is_named() -> None:
    done = run("--", "no-such-program")

    assert (done.returncode, done.stderr) == (1, "ledgerlou: Cannot run no-such-program: No such file or directory\n")


def test_stop_request_reaches_the_command_and_the_servers() -> None:
    script = PRINTS_ENVIRONMENT + "; import sys, time; sys.stdout.flush(); time.sleep(600)"
    child = subprocess.Popen([*RUNNER, "--", sys.executable, "-c", script], cwd=CHECKOUT, stdout=-1, text=True)
    assert child.stdout is not None
    with child.stdout:
        environment = json.loads(child.stdout.readline())
        child.terminate()
        code = child.wait(timeout=60)

    assert code == 143
    assert not Path(environment["LEDGERLOU_DATA"]).exists()
    assert os.environ.get("LEDGERLOU_SUPERUSER_URL") != environment["LEDGERLOU_SUPERUSER_URL"]
