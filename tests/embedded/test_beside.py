"""Commands of manage.py find the servers that `make run` has started, and those of the environment first."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ledgerlou.embedded.beside import addresses_beside
from ledgerlou.embedded.homes import CHECKOUT
from ledgerlou.embedded.servers import Wanted, embedded_servers
from ledgerlou.embedded.terminal import LauncherRefusal

NAMED = {"DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "LEDGERLOU_SECRET_KEY", "LEDGERLOU_SUPERUSER_URL"}


def manage(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in NAMED} | {"LEDGERLOU_DATA": str(data)}
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, env=environment, cwd=CHECKOUT, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_command_works_on_the_running_servers(data: Path) -> None:
    embedded_servers(data, wanted=Wanted(postgres=True, valkey=True), durable=False).start()

    migrated = manage(data, "migrate", "--database", "owner", "--verbosity", "0")
    verified = manage(data, "verify")

    assert (migrated.returncode, migrated.stderr) == (0, "")
    assert (verified.returncode, verified.stdout) == (0, "0 companies verified, no fault found.\n")


def test_command_says_that_nothing_runs(data: Path) -> None:
    refused = manage(data, "verify")

    assert refused.returncode == 1
    assert refused.stderr.startswith(f"ledgerlou: No LedgerLou runs on {data}. Start it with `make run`")


def test_addresses_of_the_environment_come_first(data: Path) -> None:
    own = {"DATABASE_URL": "postgres://app@db/books", "DATABASE_OWNER_URL": "postgres://owner@db/books", "LEDGERLOU_DATA": str(data)}

    assert addresses_beside(own) == {}
    with pytest.raises(LauncherRefusal):
        addresses_beside({"LEDGERLOU_DATA": str(data)})
