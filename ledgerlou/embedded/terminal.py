"""What the commands of this package say to the person at the terminal."""

import contextlib
import os
import sys
from collections.abc import Callable
from typing import TextIO

from ledgerlou.embedded.stopping import StopRequested

INTERRUPTED = 130  # what shells report after Ctrl-C
PRIVATE = 0o077  # invoices and bank statements are nobody else's business on this machine


class LauncherRefusal(Exception):
    """Something the person at the terminal can put right; the message says what and how."""


def say(text: str) -> None:
    """Print one line of good news, at once even when the output is a file."""
    _write(sys.stdout, text)


def complain(text: str) -> None:
    """Print one line of bad news to standard error."""
    _write(sys.stderr, text)


def _write(stream: TextIO, text: str) -> None:
    with contextlib.suppress(OSError):  # the terminal was closed: nobody reads this, and stopping in order matters more
        stream.write(f"{text}\n")
        stream.flush()


def exit_code(command: Callable[[], int], *, umask: int | None = None) -> int:
    """Run a command and turn a refusal into its message and exit code 1, a stop signal into exit code 130."""
    if umask is not None:
        os.umask(umask)
    try:
        return command()
    except StopRequested:
        complain("ledgerlou: stopped before the end")
        return INTERRUPTED
    except LauncherRefusal as refusal:
        complain(f"ledgerlou: {refusal}")
        return 1
