"""The embedded servers of one data folder together, and the environment that leads programs to them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ledgerlou.embedded.homes import server_home
from ledgerlou.embedded.postgres import PostgresServer
from ledgerlou.embedded.terminal import LauncherRefusal
from ledgerlou.embedded.valkey import ValkeyServer


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which servers are ours to start: those whose address the environment does not give."""

    postgres: bool
    valkey: bool


def wanted_servers(environment: Mapping[str, str]) -> Wanted:
    """Read from the environment which servers are the operator's own. The two database addresses come together or not at all."""
    app, owner = environment.get("DATABASE_URL", ""), environment.get("DATABASE_OWNER_URL", "")
    if bool(app) != bool(owner):
        present, absent = ("DATABASE_URL", "DATABASE_OWNER_URL") if app else ("DATABASE_OWNER_URL", "DATABASE_URL")
        raise LauncherRefusal(
            f"{present} is set but {absent} is not. "
            "Set both (the application's role and the owner's), or neither for the embedded PostgreSQL."
        )
    return Wanted(postgres=not app, valkey=not environment.get("REDIS_URL"))


@dataclass(kw_only=True)
class EmbeddedServers:
    """PostgreSQL and Valkey as far as they are wanted."""

    postgres: PostgresServer | None
    valkey: ValkeyServer | None

    def start(self) -> None:
        """Start both at once and wait until both answer."""
        for server in self.all():
            server.launch()
        for server in self.all():
            server.await_ready()

    def stop(self) -> None:
        """Stop both, PostgreSQL last."""
        for server in reversed(self.all()):
            server.stop()

    def all(self) -> list[PostgresServer | ValkeyServer]:
        """Those that are wanted, in the order they start."""
        return [server for server in (self.postgres, self.valkey) if server is not None]

    def answer(self) -> bool:
        """Whether all of them run and let us in."""
        return all(server.answers() for server in self.all())

    def folders(self) -> set[Path]:
        """Where their data lies."""
        return {server.home.folder for server in self.all()}

    def environment(self) -> dict[str, str]:
        """The addresses, as settings read them."""
        found: dict[str, str] = {}
        if self.postgres is not None:
            urls = self.postgres.urls()
            found |= {"DATABASE_URL": urls.app, "DATABASE_OWNER_URL": urls.owner}
        if self.valkey is not None:
            found["REDIS_URL"] = self.valkey.url()
        return found


def embedded_servers(data: Path, *, wanted: Wanted, durable: bool = True, stays: bool = False) -> EmbeddedServers:
    """The servers of a data folder, not started yet."""
    if not (wanted.postgres or wanted.valkey):
        return EmbeddedServers(postgres=None, valkey=None)
    home = server_home(data)
    return EmbeddedServers(
        postgres=PostgresServer(home=home, durable=durable, stays=stays) if wanted.postgres else None,
        valkey=ValkeyServer(home=home, stays=stays) if wanted.valkey else None,
    )
