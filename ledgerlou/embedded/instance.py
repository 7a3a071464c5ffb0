"""One launcher for each data folder: a lock that the kernel lets go of when its holder dies, however it dies."""

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO

from ledgerlou.embedded.terminal import LauncherRefusal

LOCK_NAME = "launcher.lock"
RUNNING = "make run"


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Who has a data folder in use, for what, and where its pages are (empty for a command without any)."""

    pid: int
    purpose: str
    address: str


@contextmanager
def sole_use(data: Path, *, purpose: str, lock_name: str = LOCK_NAME) -> Iterator[Callable[[str], None]]:
    """Keep the data folder to ourselves. Refuses, naming the other process and its address, when it is in use.

    Gives a function that announces our address to those who come later.
    """
    handle = os.open(data / lock_name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "r+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LauncherRefusal(_in_use(data, _read(file))) from None

        def announce(address: str) -> None:
            _write(file, Holder(pid=os.getpid(), purpose=purpose, address=address))

        announce("")
        try:
            yield announce
        finally:
            file.seek(0)
            file.truncate()


@contextmanager
def turn(data: Path) -> Iterator[None]:
    """Wait for others that use the data folder for a moment, then keep it to ourselves."""
    handle = os.open(data / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "r+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def holder(data: Path) -> Holder | None:
    """Who has the data folder in use now; None when nobody has."""
    try:
        file = (data / LOCK_NAME).open("r+", encoding="utf-8")
    except FileNotFoundError:
        return None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return _read(file) or Holder(pid=0, purpose="unknown", address="")
        return None


def _read(file: TextIO) -> Holder | None:
    try:
        return Holder(**json.loads(file.read()))
    except (json.JSONDecodeError, TypeError):
        return None  # its holder is just writing it


def _write(file: TextIO, who: Holder) -> None:
    file.seek(0)
    file.truncate()
    file.write(json.dumps(asdict(who)))
    file.flush()


def _in_use(data: Path, other: Holder | None) -> str:
    if other is None:
        return f"{data} is in use by another LedgerLou that is just starting."
    where = f" at {other.address}" if other.address else ""
    return (
        f"{data} is in use: LedgerLou ({other.purpose}) runs there as process {other.pid}{where}. "
        "Stop it first, or set LEDGERLOU_DATA to another folder."
    )
