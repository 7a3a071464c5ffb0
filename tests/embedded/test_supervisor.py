"""Restarting and ending programs, with small ones that live for a moment."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledgerlou.embedded.processes import is_alive, wait_until
from ledgerlou.embedded.supervisor import MARK_VARIABLE, Program, RestartRule, Supervisor, end_leftovers
from ledgerlou.embedded.terminal import LauncherRefusal

# Python 3.12 and newer warn when a process with threads (such as a worker of pytest-xdist) forks, which starting a server does.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")

SLEEP = "import time; time.sleep(600)"
COUNTS_AND_DIES = (
    "import os, pathlib; p = pathlib.Path('starts'); p.write_text((p.read_text() if p.exists() else '') + 'x'); print('last words')"
)
HAS_STUBBORN_CHILD = """
import pathlib, signal, subprocess, sys, time

code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
child.stdout.readline()
pathlib.Path("child").write_text(str(child.pid))
time.sleep(600)
"""


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    """One that does not wait long; everything it watches is stopped at the end."""
    supervisor = Supervisor(rule=RestartRule(tries=2, calm_seconds=60, first_pause_seconds=0.01))
    yield supervisor
    supervisor.stop()


def program(folder: Path, code: str, *, mark: str = "") -> Program:
    return Program(
        name="fake",
        argv=(sys.executable, "-c", code),
        environment={MARK_VARIABLE: mark},
        folder=folder,
        log=folder / "fake.log",
        stop_seconds=0.5,
    )


def test_dying_program_is_restarted_a_few_times_then_refused(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start(program(tmp_path, COUNTS_AND_DIES))

    with pytest.raises(LauncherRefusal, match=r"fake died 3 times in a row(?s:.*)last words"):
        supervisor.watch()

    assert (tmp_path / "starts").read_text() == "xxx"


def test_program_that_ran_calmly_is_forgiven(tmp_path: Path) -> None:
    supervisor = Supervisor(rule=RestartRule(tries=1, calm_seconds=0, first_pause_seconds=0))
    supervisor.start(program(tmp_path, COUNTS_AND_DIES))

    def started_four_times() -> bool:
        supervisor.look_after()
        return (tmp_path / "starts").exists() and len((tmp_path / "starts").read_text()) == 4

    assert wait_until(started_four_times, seconds=30)
    supervisor.stop()


def test_stop_ends_a_child_that_takes_no_hint(tmp_path: Path) -> None:
    parent = program(tmp_path, HAS_STUBBORN_CHILD)
    parent.start()
    assert wait_until(lambda: (tmp_path / "child").exists() and bool((tmp_path / "child").read_text()), seconds=10)
    child = int((tmp_path / "child").read_text())

    parent.stop()

    assert wait_until(lambda: not is_alive(child), seconds=5)


def test_leftovers_are_found_by_their_mark_and_strangers_are_spared(tmp_path: Path) -> None:
    ours, strangers = program(tmp_path, SLEEP, mark="ours"), program(tmp_path, SLEEP, mark="theirs")
    ours.start()
    strangers.start()

    ended = end_leftovers("ours")

    assert len(ended) == 1
    assert ours.has_ended()
    assert not strangers.has_ended()
    ours.stop()
    strangers.stop()


def test_program_that_does_not_finish_is_ended(tmp_path: Path) -> None:
    endless = program(tmp_path, SLEEP)
    endless.start()
    began = time.monotonic()

    with pytest.raises(LauncherRefusal, match="fake did not finish within 0 seconds"):
        endless.finish(seconds=0.2)

    assert endless.stop() is None
    assert time.monotonic() - began < 10
