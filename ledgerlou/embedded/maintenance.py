"""The database and the data folder for a command such as backup or restore, whether LedgerLou runs or not."""

import os
import shutil
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from ledgerlou.embedded.homes import CHECKOUT, data_folder, wheel_programs
from ledgerlou.embedded.instance import RUNNING, holder, sole_use
from ledgerlou.embedded.processes import Command, call
from ledgerlou.embedded.secret_files import kept_secret
from ledgerlou.embedded.servers import EmbeddedServers, embedded_servers, wanted_servers
from ledgerlou.embedded.supervisor import end_leftovers
from ledgerlou.embedded.terminal import LauncherRefusal

MAINTENANCE_LOCK = "maintenance.lock"
FIRST_WITH_TIMEOUT = 17  # from here on pg_restore sets transaction_timeout, which older servers do not know


@dataclass(frozen=True, kw_only=True)
class Access:
    """What a maintenance command works with. `administrator_url` may end other people's connections; only the embedded server gives one."""

    data: Path
    owner_url: str
    administrator_url: str | None
    servers: EmbeddedServers
    environment: Mapping[str, str]

    @property
    def files(self) -> Path:
        """The folder of document files."""
        return self.data / "files"


@contextmanager
def access(environment: Mapping[str, str], *, purpose: str) -> Iterator[Access]:
    """Reach the database: the operator's own, the embedded one of a running LedgerLou, or the embedded one, started for the duration."""
    wanted = wanted_servers(environment)
    data = data_folder(environment.get("LEDGERLOU_DATA"))
    servers = embedded_servers(data, wanted=wanted)
    with sole_use(data, purpose=purpose, lock_name=MAINTENANCE_LOCK):
        running = holder(data)
        if running is not None and running.purpose == RUNNING:
            if not servers.answer():
                raise LauncherRefusal(f"LedgerLou (process {running.pid}) is just starting or stopping. Try again in a moment.")
            yield _access(environment, data=data, servers=servers)
            return
        with sole_use(data, purpose=purpose):
            end_leftovers(kept_secret(data / "launch.mark"))
            try:
                servers.start()
                yield _access(environment, data=data, servers=servers)
            finally:
                servers.stop()


def _access(environment: Mapping[str, str], *, data: Path, servers: EmbeddedServers) -> Access:
    full = {
        **environment,
        **servers.environment(),
        "LEDGERLOU_DATA": str(data),
        "LEDGERLOU_SECRET_KEY": environment.get("LEDGERLOU_SECRET_KEY") or kept_secret(data / "secret_key"),
    }
    return Access(
        data=data,
        owner_url=full["DATABASE_OWNER_URL"],
        administrator_url=None if servers.postgres is None else servers.postgres.urls(database="postgres").superuser,
        servers=servers,
        environment=full,
    )


def project_version() -> str:
    """The version of this checkout."""
    version: str = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    return version


def server_major(url: str) -> int:
    """Major version of the PostgreSQL server behind an address."""
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            return connection.info.server_version // 10_000
    except psycopg.OperationalError as error:
        raise LauncherRefusal(f"The database does not answer: {error}") from error


def client_program(name: str, *, server: int, embedded: bool, at_least: int = 0) -> Path:
    """`pg_dump` or `pg_restore` that gets on with a server: the wheel's for the embedded one, else the system's own first."""
    system = shutil.which(name)
    candidates = [] if embedded or system is None else [Path(system)]
    for candidate in [*candidates, wheel_programs().postgres_bin / name]:
        if major_of(candidate) >= max(server, at_least) and (major_of(candidate) < FIRST_WITH_TIMEOUT or server >= FIRST_WITH_TIMEOUT):
            return candidate
    raise LauncherRefusal(f"{name} for PostgreSQL {max(server, at_least)} is needed: install the client programs of your server's version.")


def major_of(program: Path) -> int:
    """Major version that a PostgreSQL program names, as in `pg_dump (PostgreSQL) 18.6`."""
    printed = call(Command(argv=(str(program), "--version"), environment={"PATH": os.environ.get("PATH", "")}, folder=Path("/"))).stdout
    return int(printed.partition(") ")[2].split(".")[0].split()[0])


def run_client(program: Path, *arguments: str, url: str) -> None:
    """Run a PostgreSQL program; the address travels in its environment, where other accounts cannot read the password."""
    environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", **libpq_environment(url)}
    done = call(Command(argv=(str(program), "--no-password", *arguments), environment=environment, folder=CHECKOUT))
    if done.returncode != 0:
        raise LauncherRefusal(f"{program.name} failed:\n{done.stdout.strip()}")


def libpq_environment(url: str) -> dict[str, str]:
    """An address as the environment variables that PostgreSQL's own programs read."""
    given = psycopg.conninfo.conninfo_to_dict(url)
    names = {option.keyword.decode(): option.envvar for option in psycopg.pq.Conninfo.get_defaults()}
    found: dict[str, str] = {}
    for keyword, value in given.items():
        variable = names.get(keyword)
        if variable is None:
            raise LauncherRefusal(f"The address of the database uses {keyword}, which PostgreSQL's programs cannot be told this way.")
        found[variable.decode()] = str(value)
    return found
