"""`make run`: everything LedgerLou needs on one machine, started, watched and stopped together."""

import http
import http.client
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ledgerlou.embedded import ports
from ledgerlou.embedded.homes import CHECKOUT, data_folder, make_folders
from ledgerlou.embedded.instance import RUNNING, sole_use
from ledgerlou.embedded.migrating import is_up_to_date, remember_up_to_date
from ledgerlou.embedded.processes import last_lines
from ledgerlou.embedded.secret_files import kept_secret
from ledgerlou.embedded.servers import embedded_servers, wanted_servers
from ledgerlou.embedded.stopping import StopRequested, stopping_in_order
from ledgerlou.embedded.supervisor import MARK_VARIABLE, Program, Supervisor, end_leftovers
from ledgerlou.embedded.terminal import PRIVATE, LauncherRefusal, exit_code, say

DEFAULT_PORT = 8000
PORTS_TO_TRY = 100
MIGRATE_SECONDS = 3600.0
DEMO_SECONDS = 600.0
READY_SECONDS = 120.0
HEALTH_PATH = "/healthz"
EVERY_ADDRESS = {"0.0.0.0", "::"}  # noqa: S104 -- compared with, not bound to
ALONE = ("--without-gossip", "--without-mingle", "--without-heartbeat")
HIGHEST_PORT = 65535
LOCAL_NAMES = {"127.0.0.1", "::1", "localhost"}


@dataclass(frozen=True, kw_only=True)
class Site:
    """Where the pages are served and where the data is."""

    host: str
    port: int
    data: Path

    @property
    def local_host(self) -> str:
        """The address under which this machine itself reaches the pages."""
        return ports.LOOPBACK if self.host in EVERY_ADDRESS else self.host

    @property
    def base_url(self) -> str:
        """The start page, without a slash at the end."""
        host = f"[{self.local_host}]" if ":" in self.local_host else self.local_host
        return f"http://{host}:{self.port}"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The command lines behind `make run`. `migrate` and `demo` end by themselves, the others run until stopped."""

    migrate: tuple[str, ...]
    demo: tuple[str, ...] | None
    web: tuple[str, ...]
    background: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    health_path: str = HEALTH_PATH


def planned(site: Site, *, environment: Mapping[str, str]) -> Plan:
    """What `make run` starts here. No demo in production or with `LEDGERLOU_DEMO=0`."""
    python = (sys.executable,)
    manage = (*python, str(CHECKOUT / "manage.py"))
    celery = (*python, "-m", "celery", "-A", "ledgerlou.celery")
    no_demo = environment.get("LEDGERLOU_DEMO") == "0" or environment.get("LEDGERLOU_ENVIRONMENT") == "production"
    return Plan(
        migrate=(*manage, "migrate", "--database", "owner", "--no-input"),
        demo=None if no_demo else (*manage, "demo"),
        web=(*python, "-m", "granian", *web_options(site), "ledgerlou.wsgi:application"),
        background={
            # Gossip, mingling and heartbeats are talk between many workers; this one is alone and starts faster without.
            "worker": (*celery, "worker", "--concurrency", "2", "--loglevel", "WARNING", *ALONE),
            # No process file: one that a killed beat left behind would stop the next one, and the data folder has its lock.
            "beat": (*celery, "beat", "--loglevel", "WARNING", "--pidfile=", "--schedule", str(site.data / "beat.schedule")),
        },
    )


def web_options(site: Site) -> tuple[str, ...]:
    """Granian's options: two processes with a few long-lived threads each, because every thread keeps its own database connection."""
    return (
        *("--interface", "wsgi", "--host", site.host, "--port", str(site.port), "--http", "1", "--no-ws"),
        *("--workers", "2", "--blocking-threads", "4", "--blocking-threads-idle-timeout", "600"),
        *("--respawn-failed-workers", "--respawn-interval", "1", "--workers-kill-timeout", "10", "--log-level", "warning"),
    )


def main(environment: Mapping[str, str], *, plan: Callable[..., Plan] = planned) -> int:
    """Start everything, say where to look, and stay until Ctrl-C."""
    wanted = wanted_servers(environment)
    data = data_folder(environment.get("LEDGERLOU_DATA"))
    supervisor = Supervisor()
    with stopping_in_order(), sole_use(data, purpose=RUNNING) as announce:
        mark = kept_secret(data / "launch.mark")
        end_leftovers(mark)
        site = chosen_site(environment, data=data)
        announce(site.base_url)
        servers = embedded_servers(data, wanted=wanted)
        try:
            servers.start()
            supervisor.adopt(*servers.all())
            # Python keeps what it compiled, as it does by default: without that every start takes two seconds longer for each program.
            full = {name: value for name, value in environment.items() if name != "PYTHONDONTWRITEBYTECODE"}
            full |= {**site_environment(site, environment=environment), **servers.environment(), MARK_VARIABLE: mark}
            Run(site=site, plan=plan(site, environment=environment), environment=full, supervisor=supervisor).until_stopped()
        except StopRequested:
            say("Stopping ...")
        finally:
            supervisor.stop()
            servers.stop()
            end_leftovers(mark)
    say("LedgerLou has stopped.")
    return 0


def chosen_site(environment: Mapping[str, str], *, data: Path) -> Site:
    """Host and port of the pages. A port that was asked for and is taken is refused; the usual one gives way to the next free one."""
    host = environment.get("LEDGERLOU_HOST") or ports.LOOPBACK
    asked = environment.get("LEDGERLOU_PORT", "")
    if asked:
        if not asked.isdecimal() or not 0 < int(asked) <= HIGHEST_PORT:
            raise LauncherRefusal(f"LEDGERLOU_PORT is {asked!r}, but a port is a number from 1 to {HIGHEST_PORT}.")
        if not ports.is_free(int(asked), host=host):
            raise LauncherRefusal(f"Port {asked} on {host} is taken or not allowed. Set LEDGERLOU_PORT to a free one.")
        return Site(host=host, port=int(asked), data=data)
    for port in range(DEFAULT_PORT, DEFAULT_PORT + PORTS_TO_TRY):
        if ports.is_free(port, host=host):
            if port != DEFAULT_PORT:
                say(f"Port {DEFAULT_PORT} is taken: using {port}.")
            return Site(host=host, port=port, data=data)
    raise LauncherRefusal(f"No free port from {DEFAULT_PORT} on {host}. Is LEDGERLOU_HOST an address of this machine?")


def site_environment(site: Site, *, environment: Mapping[str, str]) -> dict[str, str]:
    """What the settings read, beside the addresses of the servers. What the operator has set stays."""
    return {
        "LEDGERLOU_DATA": str(site.data),
        "LEDGERLOU_HOST": site.host,
        "LEDGERLOU_PORT": str(site.port),
        "LEDGERLOU_BASE_URL": environment.get("LEDGERLOU_BASE_URL") or site.base_url,
        "LEDGERLOU_SECRET_KEY": environment.get("LEDGERLOU_SECRET_KEY") or kept_secret(site.data / "secret_key"),
        "PYTHONUNBUFFERED": "1",
    }


@dataclass(kw_only=True)
class Run:
    """One run of LedgerLou on servers that are up."""

    site: Site
    plan: Plan
    environment: Mapping[str, str]
    supervisor: Supervisor

    def until_stopped(self) -> None:
        """Migrate, start the programs, say when the pages answer, watch."""
        self._migrate()
        web = self._program("web", self.plan.web)
        demo = None if self.plan.demo is None else self._program("demo", self.plan.demo)
        self.supervisor.start(web)
        if demo is not None:
            self._to_the_end(demo, seconds=DEMO_SECONDS)
        self.supervisor.start(*(self._program(name, argv) for name, argv in self.plan.background.items()))
        self._await_pages()
        self._say_where_to_look()
        self.supervisor.watch()

    def _program(self, name: str, argv: tuple[str, ...]) -> Program:
        logs = self.site.data / "logs"
        make_folders(logs, mode=0o700)
        return Program(name=name, argv=argv, environment=self.environment, folder=CHECKOUT, log=logs / f"{name}.log")

    def _migrate(self) -> None:
        owner_url = self.environment["DATABASE_OWNER_URL"]
        if is_up_to_date(data=self.site.data, owner_url=owner_url):
            return
        say("Bringing the database up to date ...")
        self._to_the_end(self._program("migrate", self.plan.migrate), seconds=MIGRATE_SECONDS)
        remember_up_to_date(data=self.site.data, owner_url=owner_url)

    def _to_the_end(self, program: Program, *, seconds: float) -> None:
        try:
            program.start()
            code = program.finish(seconds=seconds, meanwhile=self.supervisor.look_after)
        finally:
            program.stop()
        if code != 0:
            raise LauncherRefusal(f"{program.name} failed. The end of {program.log}:\n{last_lines(program.log)}")

    def _await_pages(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not answers_well(self.site, path=self.plan.health_path):
            self.supervisor.look_after()
            if time.monotonic() > deadline:
                log = self.site.data / "logs" / "web.log"
                raise LauncherRefusal(
                    f"The web server gives no good answer after {READY_SECONDS:.0f} s. The end of {log}:\n{last_lines(log)}"
                )
            time.sleep(0.05)

    def _say_where_to_look(self) -> None:
        lines = ["", "LedgerLou is ready.", f"  Start page   {self.environment['LEDGERLOU_BASE_URL']}/"]
        demo_file = self.site.data / "demo.json"
        if self.plan.demo is not None and demo_file.exists():
            lines += [
                f"  Back office  {json.loads(demo_file.read_text(encoding='utf-8')).get('admin_url', '')}",
                f"  Demo logins and API keys are in {demo_file}",
            ]
        lines += [f"  Logs are in {self.site.data / 'logs'}", "Ctrl-C stops everything.", ""]
        if self.site.host not in LOCAL_NAMES:
            lines.insert(-2, f"  Mind: {self.site.host} can be reached from other machines.")
        say("\n".join(lines))


def answers_well(site: Site, *, path: str) -> bool:
    """Whether the web server answers a page with 200."""
    connection = http.client.HTTPConnection(site.local_host, site.port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(exit_code(lambda: main(os.environ), umask=PRIVATE))
