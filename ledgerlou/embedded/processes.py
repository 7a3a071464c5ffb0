"""Starting, recognising and ending processes of our own, and never anybody else's."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

POLL_SECONDS = 0.02
KEEP_LOG_BYTES = 10_000_000
PR_SET_PDEATHSIG = 1  # linux/prctl.h


@dataclass(frozen=True, kw_only=True)
class SystemUser:
    """The account that servers run under when the launcher itself is root."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, kw_only=True)
class Command:
    """A program to start. Without a log it shares our terminal; with a death signal it gets that signal when we die."""

    argv: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    user: SystemUser | None = None
    log: Path | None = None
    death_signal: signal.Signals | None = None


def start(command: Command) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, so that Ctrl-C reaches the launcher alone, which then ends things in order.

    Call it from the main thread: Linux ties the death signal to the thread that started the program.
    """
    output = None if command.log is None else open_log(command.log)
    try:
        return subprocess.Popen(  # noqa: S603 -- the argument list is built by this package, no shell
            command.argv,
            env=dict(command.environment),
            cwd=command.folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=None if command.death_signal is None else _die_with_parent(command.death_signal),
            user=None if command.user is None else command.user.uid,
            group=None if command.user is None else command.user.gid,
            extra_groups=None if command.user is None else [],
        )
    finally:
        if output is not None:
            os.close(output)


def call(command: Command) -> subprocess.CompletedProcess[str]:
    """Run a short program to its end and keep what it printed."""
    return subprocess.run(  # noqa: S603 -- the argument list is built by this package, no shell
        command.argv,
        env=dict(command.environment),
        cwd=command.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
        user=None if command.user is None else command.user.uid,
        group=None if command.user is None else command.user.gid,
        extra_groups=None if command.user is None else [],
    )


def _die_with_parent(death_signal: signal.Signals) -> Callable[[], None] | None:
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None, use_errno=True)  # loaded before the fork
    parent = os.getpid()

    def ask_the_kernel() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent:  # it died before the kernel knew our wish
            os._exit(1)

    return ask_the_kernel


def open_log(path: Path) -> int:
    """A log file to append to, readable by its owner only; the last one is kept beside it once it is large."""
    if path.exists() and path.stat().st_size > KEEP_LOG_BYTES:
        path.replace(path.with_suffix(".old.log"))
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def last_lines(path: Path, *, count: int = 20) -> str:
    """The end of a log, to show beside an error."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return ""
    return "\n".join(lines[-count:])


def wait_until(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Poll a condition; whether it came true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def is_alive(pid: int) -> bool:
    """Whether a process with this number runs. A zombie that waits for its parent does not count."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
    except OSError:
        return not Path("/proc/self").exists()
    return state not in {"Z", "X"}


def works_in(pid: int, folder: Path) -> bool:
    """Whether a process runs and its working folder is this one: how a server of ours is told from a recycled number."""
    try:
        return is_alive(pid) and Path(f"/proc/{pid}/cwd").samefile(folder)
    except OSError:
        return False


def working_in(folder: Path) -> Iterator[int]:
    """Numbers of all processes whose working folder is this one."""
    for entry in Path("/proc").glob("[0-9]*"):
        if works_in(int(entry.name), folder):
            yield int(entry.name)


def marked_with(mark: str) -> Iterator[int]:
    """Numbers of all processes, children's children too, that were started with this text in their environment."""
    wanted = mark.encode()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            environment = (entry / "environ").read_bytes()
        except OSError:
            continue
        if wanted in environment.split(b"\0") and int(entry.name) != os.getpid():
            yield int(entry.name)


def end(pid: int, *, signals: tuple[tuple[signal.Signals, float], ...]) -> None:
    """Send the signals one after the other, each with its patience in seconds, until the process is gone."""
    for number, seconds in signals:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        if wait_until(lambda: not is_alive(pid), seconds=seconds):
            return


def end_child(child: subprocess.Popen[bytes], *, signals: tuple[tuple[signal.Signals, float], ...]) -> None:
    """Like `end`, for a process of our own, whose exit code is collected."""
    for number, seconds in signals:
        if child.poll() is not None:
            return
        child.send_signal(number)
        if wait_until(lambda: child.poll() is not None, seconds=seconds):
            return
