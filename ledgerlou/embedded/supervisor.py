"""Keeps programs running: starts them, restarts those that die, stops all of them in order."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ledgerlou.embedded.processes import Command, end, is_alive, last_lines, marked_with, start, wait_until
from ledgerlou.embedded.stopping import stop_if_asked, undisturbed
from ledgerlou.embedded.terminal import LauncherRefusal, complain

MARK_VARIABLE = "LEDGERLOU_LAUNCH_MARK"
WATCH_SECONDS = 0.2
GROUP_END_SECONDS = 5.0


class Supervised(Protocol):
    """Something that runs until it is stopped."""

    name: str

    @property
    def log(self) -> Path:
        """The file that shows what went wrong."""

    def start(self) -> None:
        """Start it; raises LauncherRefusal when that is known to have failed."""

    def has_ended(self) -> bool:
        """Whether it ended although nobody stopped it."""

    def stop(self) -> object:
        """Stop it and everything it started."""


@dataclass(frozen=True, kw_only=True)
class RestartRule:
    """How often a program may die: `tries` times, each within `calm_seconds` of its start, with pauses that double."""

    tries: int = 4
    calm_seconds: float = 60.0
    first_pause_seconds: float = 0.5


@dataclass(kw_only=True)
class Program:
    """A program of ours, with whatever processes it starts itself. Ends on SIGTERM within `stop_seconds`, or is killed."""

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    log: Path
    stop_seconds: float = 20.0
    _child: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        """Start it; what it prints goes to its log."""
        command = Command(argv=self.argv, environment=self.environment, folder=self.folder, log=self.log, death_signal=signal.SIGTERM)
        with undisturbed():
            self._child = start(command)

    def has_ended(self) -> bool:
        """Whether its first process has ended; the exit code is not collected yet."""
        if self._child is None:
            return False
        return os.waitid(os.P_PID, self._child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def stop(self) -> int | None:
        """End it with all its processes and return its exit code; None when it was not running."""
        child = self._child
        if child is None:
            return None
        if not self.has_ended():
            child.terminate()
            wait_until(self.has_ended, seconds=self.stop_seconds)
        # While the first process is not collected its number cannot pass to a stranger, so the group is certainly ours.
        with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS refuses when only the ended one is left
            os.killpg(child.pid, signal.SIGKILL)
        self._child = None
        return child.wait()

    def finish(self, *, seconds: float, meanwhile: Callable[[], None] = lambda: None) -> int:
        """Wait for a program that ends by itself and return its exit code."""

        def ended() -> bool:
            meanwhile()
            return self.has_ended()

        if not wait_until(ended, seconds=seconds):
            self.stop()
            raise LauncherRefusal(f"{self.name} did not finish within {seconds:.0f} seconds. Its output is in {self.log}.")
        return self.stop() or 0


@dataclass(kw_only=True)
class _Watched:
    """A program under supervision: since when it runs, how often it died in a row, when it is due to start again."""

    program: Supervised
    started_at: float
    deaths: int = 0
    due_at: float | None = None


@dataclass(kw_only=True)
class Supervisor:
    """The running programs, in the order they were started."""

    rule: RestartRule = field(default_factory=RestartRule)
    _watched: list[_Watched] = field(default_factory=list, init=False)

    def start(self, *programs: Supervised) -> None:
        """Start programs and keep them running from now on."""
        for program in programs:
            self._watched.append(_Watched(program=program, started_at=time.monotonic()))
            program.start()

    def adopt(self, *programs: Supervised) -> None:
        """Keep programs running that were started already."""
        self._watched += [_Watched(program=program, started_at=time.monotonic()) for program in programs]

    def look_after(self) -> None:
        """Start again what died, after a pause. Raises LauncherRefusal when a program dies too often."""
        stop_if_asked()
        now = time.monotonic()
        for each in self._watched:
            if each.due_at is not None:
                if now >= each.due_at:
                    each.due_at, each.started_at = None, now
                    each.program.start()
            elif each.program.has_ended():
                self._plan_restart(each, now=now)

    def watch(self) -> None:
        """Look after the programs until a stop signal or a refusal ends it."""
        while True:
            self.look_after()
            time.sleep(WATCH_SECONDS)

    def stop(self) -> None:
        """Stop all programs, the last started first."""
        while self._watched:
            self._watched.pop().program.stop()

    def _plan_restart(self, each: _Watched, *, now: float) -> None:
        name = each.program.name
        each.program.stop()  # what it started itself must not live on beside its successor
        each.deaths = 1 if now - each.started_at > self.rule.calm_seconds else each.deaths + 1
        if each.deaths > self.rule.tries:
            log = each.program.log
            raise LauncherRefusal(f"{name} died {each.deaths} times in a row. The end of {log}:\n{last_lines(log)}")
        pause = self.rule.first_pause_seconds * 2 ** (each.deaths - 1)
        complain(f"{name} ended unexpectedly; it starts again in {pause:g} s ({each.deaths} of {self.rule.tries}).")
        each.due_at = now + pause


def end_leftovers(mark: str) -> Sequence[int]:
    """End programs that an earlier launcher with this mark left behind when it was killed. Returns their process numbers.

    They were told to stop when it died (where the system can do that), so they first get a moment to finish.
    """
    wanted = f"{MARK_VARIABLE}={mark}"
    left = list(marked_with(wanted))
    for pid in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    wait_until(lambda: not any(is_alive(pid) for pid in left), seconds=GROUP_END_SECONDS)
    for pid in marked_with(wanted):
        end(pid, signals=((signal.SIGKILL, GROUP_END_SECONDS),))
    return left
