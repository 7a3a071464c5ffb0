"""Run a command with PostgreSQL and Valkey of its own: `python -m ledgerlou.embedded.testing [options] -- COMMAND ...`.

Each run has its own folder and ports, so several may run at the same time. The command finds `DATABASE_URL`, `DATABASE_OWNER_URL`,
`LEDGERLOU_SUPERUSER_URL`, `REDIS_URL`, `LEDGERLOU_DATA` and `LEDGERLOU_SECRET_KEY` in its environment; its exit code is ours.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from ledgerlou.embedded.homes import data_folder
from ledgerlou.embedded.instance import turn
from ledgerlou.embedded.secret_files import kept_secret
from ledgerlou.embedded.servers import EmbeddedServers, Wanted, embedded_servers
from ledgerlou.embedded.stopping import STOP_SIGNALS, stopping_in_order
from ledgerlou.embedded.terminal import LauncherRefusal, exit_code, say

SIGNAL_EXIT_BASE = 128  # how shells report a program that a signal ended
BOTH = Wanted(postgres=True, valkey=True)


def main(arguments: Sequence[str]) -> int:
    """Read the command line, start what is needed, run the command."""
    options = _options(arguments)
    if options.stop:
        _stop_kept(Path(options.keep))
        return 0
    with stopping_in_order(), _kept(Path(options.keep)) if options.keep else _throw_away(durable=options.durable) as environment:
        return run_command(options.command, environment=environment)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m ledgerlou.embedded.testing", description="Run a command with servers of its own.")
    parser.add_argument("--keep", metavar="DIR", help="keep the servers running under DIR, so that the next run starts at once")
    parser.add_argument("--stop", action="store_true", help="stop the servers kept under DIR and leave their data")
    parser.add_argument("--durable", action="store_true", help="write to disk as in production (for benchmarks)")
    parser.add_argument("command", nargs="*", metavar="COMMAND")
    options = parser.parse_args(arguments)
    if options.stop and not options.keep:
        parser.error("--stop needs --keep DIR")
    if options.keep and options.durable:
        parser.error("--durable needs fresh servers: leave out --keep")
    if not options.command and not options.stop:
        parser.error("a command is needed after --")
    return options


@contextmanager
def _throw_away(*, durable: bool) -> Iterator[dict[str, str]]:
    data = Path(tempfile.mkdtemp(prefix="ledgerlou-test-")).resolve()
    if os.geteuid() == 0:
        data.chmod(0o711)  # our own new folder: the servers' account must pass through it
    servers = embedded_servers(data, wanted=BOTH, durable=durable)
    try:
        servers.start()
        yield _environment(servers, data=data)
    finally:
        servers.stop()
        for folder in {*servers.folders(), data}:  # the servers' data lies elsewhere when TMPDIR is closed to their account
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _kept(folder: Path) -> Iterator[dict[str, str]]:
    data = data_folder(str(folder))
    with turn(data):
        servers = embedded_servers(data, wanted=BOTH, durable=False, stays=True)
        if not servers.answer():
            servers.start()
    yield _environment(servers, data=data)


def _stop_kept(folder: Path) -> None:
    data = data_folder(str(folder))
    with turn(data):
        embedded_servers(data, wanted=BOTH).stop()
    say(f"The servers under {data} are stopped.")


def _environment(servers: EmbeddedServers, *, data: Path) -> dict[str, str]:
    if servers.postgres is None:
        raise LauncherRefusal("Tests need the embedded PostgreSQL.")
    return {
        **servers.environment(),
        "LEDGERLOU_SUPERUSER_URL": servers.postgres.urls().superuser,
        "LEDGERLOU_DATA": str(data),
        "LEDGERLOU_SECRET_KEY": kept_secret(data / "secret_key"),
    }


def run_command(command: Sequence[str], *, environment: dict[str, str]) -> int:
    """Run the command in our terminal to its end. Ctrl-C is the command's to handle; a request to stop is passed on to it."""
    started: list[subprocess.Popen[bytes]] = []
    asked: list[int] = []

    def pass_on(number: int, _frame: FrameType | None) -> None:
        asked.append(number)
        for child in started:
            child.send_signal(number)

    def leave_to_child(_number: int, _frame: FrameType | None) -> None:
        """The terminal sends Ctrl-C to the command as well."""

    # Before the command starts: what it prints at once may make somebody ask it to stop.
    before = {number: signal.signal(number, leave_to_child if number == signal.SIGINT else pass_on) for number in STOP_SIGNALS}
    try:
        child = subprocess.Popen(list(command), env={**os.environ, **environment})  # noqa: S603 -- running it is what we were called for
        started.append(child)
        for number in asked[:1]:
            child.send_signal(number)
        code = child.wait()
    except OSError as error:
        raise LauncherRefusal(f"Cannot run {command[0]}: {error.strerror}") from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return code if code >= 0 else SIGNAL_EXIT_BASE - code


if __name__ == "__main__":
    sys.exit(exit_code(lambda: main(sys.argv[1:])))
