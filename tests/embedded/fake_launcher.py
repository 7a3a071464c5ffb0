"""`make run` with stand-ins for Django's programs: `python -m tests.embedded.fake_launcher`.

The embedded servers are real. `FAKE_WORKER=dies` makes the worker end as soon as it starts; `FAKE_MIGRATE=fails` does what it says.
"""

import http.server
import os
import subprocess
import sys
import time
from collections.abc import Mapping

import psycopg

from ledgerlou.embedded.run import Plan, Site, main
from ledgerlou.embedded.terminal import PRIVATE, exit_code

SELF = (sys.executable, "-m", "tests.embedded.fake_launcher")


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/healthz" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def plan(site: Site, *, environment: Mapping[str, str]) -> Plan:
    return Plan(
        migrate=(*SELF, "migrate"),
        demo=None if environment.get("LEDGERLOU_DEMO") == "0" else (*SELF, "demo"),
        web=(*SELF, "web", site.host, str(site.port)),
        background={"worker": (*SELF, "worker")},
    )


def migrate() -> int:
    if os.environ.get("FAKE_MIGRATE") == "fails":
        sys.stdout.write("no such column\n")
        return 1
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner:
        owner.execute("CREATE TABLE IF NOT EXISTS django_migrations (id serial, app text, name text)")
        owner.execute("CREATE TABLE IF NOT EXISTS note (text text)")
        owner.execute("CREATE TABLE IF NOT EXISTS migrate_run (at timestamptz DEFAULT now())")
        owner.execute("INSERT INTO migrate_run DEFAULT VALUES")
    return 0


def worker() -> int:
    if os.environ.get("FAKE_WORKER") == "dies":
        sys.stdout.write("the worker's last words\n")
        return 3
    # A child's child that takes no hint, as a worker process in the middle of a task may be.
    stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
    subprocess.Popen([sys.executable, "-c", stubborn])
    time.sleep(600)
    return 0


def web(host: str, port: str) -> int:
    http.server.ThreadingHTTPServer((host, int(port)), Page).serve_forever()
    return 0


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["migrate"]:
            sys.exit(migrate())
        case ["demo"]:
            sys.exit(0)
        case ["worker"]:
            sys.exit(worker())
        case ["web", host, port]:
            sys.exit(web(host, port))
        case _:
            sys.exit(exit_code(lambda: main(os.environ, plan=plan), umask=PRIVATE))
