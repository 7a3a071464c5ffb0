"""What the commands of this package say to the person at the terminal."""

import os
import sys
from collections.abc import Callable

from ledgerlou.embedded.stopping import StopRequested

INTERRUPTED = 130  # what shells report after Ctrl-C
PRIVATE = 0o077  # invoices and bank statements are nobody else's business on this machine


class LauncherRefusal(Exception):
    """Something the person at the terminal can put right; the message says what and how."""


def say(text: str) -> None:
    """Print one line of good news, at once even when the output is a file."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def complain(text: str) -> None:
    """Print one line of bad news to standard error."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


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
