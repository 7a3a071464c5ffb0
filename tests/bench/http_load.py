"""The API over HTTP: a real server on loopback, real keys, keep-alive connections, the client on the same two cores."""

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from ledgerlou.companies.actor import person_actor
from ledgerlou.companies.context import company_transaction
from ledgerlou.companies.models.people import Membership
from ledgerlou.companies.services.keys import create_api_key
from tests.bench.books import NOW, three_lines


def key_of(company: Any) -> str:
    """A key with all scopes of the owner."""
    with company_transaction(company.id):
        member = Membership.objects.of(company).select_related("person").get()
        actor = person_actor(person_id=member.person_id, label="Bench", role=member.role, channel="admin")
        _, text = create_api_key(company=company, actor=actor, name="Bench", scopes=sorted(actor.scopes), expires_at=None, now=NOW)
    return text


@contextmanager
def server() -> Iterator[tuple[int, int]]:
    """The web server with the options that `make run` gives it, on a free port: the port, and the process number."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "LEDGERLOU_API_REQUESTS_PER_MINUTE": "10000000"}
    command = [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--http", "1", "--no-ws"),
        *("--workers", "2", "--blocking-threads", "4", "--blocking-threads-idle-timeout", "600", "--workers-kill-timeout", "10"),
        *("--log-level", "warning", "ledgerlou.wsgi:application"),
    ]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        for _ in range(200):
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
            except OSError:
                time.sleep(0.1)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(timeout=20)


def body_of(index: int) -> bytes:
    """A booking of three lines as JSON."""
    draft = three_lines(index)
    lines = [
        {
            "account_number": line.account,
            "debit": float(line.debit),
            "credit": float(line.credit),
            **({"tax_code": line.tax_code} if line.tax_code else {}),
        }
        for line in draft.lines
    ]
    return json.dumps(
        {
            "booking_date": draft.booking_date.isoformat(),
            "description": draft.description,
            "lines": lines,
            "external_reference": draft.external_reference,
        }
    ).encode()


def post_bookings(port: int, key: str, *, connections: int, each: int, first: int) -> tuple[list[float], int, float]:
    """Post from several connections at once: milliseconds of each request, how many failed, seconds in all."""
    times: list[float] = []
    failed = [0]
    barrier = threading.Barrier(connections + 1)
    bodies = [[body_of(first + number * each + index) for index in range(each)] for number in range(connections)]

    def one(part: list[bytes]) -> None:
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        own = []
        barrier.wait()
        for body in part:
            started = time.perf_counter()
            link.request("POST", "/v1/bookings", body=body, headers=headers)
            answer = link.getresponse()
            answer.read()
            own.append((time.perf_counter() - started) * 1000)
            if answer.status != 200:
                failed[0] += 1
        times.extend(own)

    threads = [threading.Thread(target=one, args=(part,)) for part in bodies]
    for thread in threads:
        thread.start()
    barrier.wait()
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    return times, failed[0], time.perf_counter() - started


def cpu_ms(web: int) -> dict[str, float]:
    """Processor time so far in milliseconds: the web server with its workers, PostgreSQL's server processes, this client."""
    with psycopg.connect(os.environ["LEDGERLOU_SUPERUSER_URL"]) as connection:
        backends = [row[0] for row in connection.execute("SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()")]
    workers = Path(f"/proc/{web}/task/{web}/children").read_text(encoding="ascii").split()
    groups = {"web server": [web, *map(int, workers)], "PostgreSQL": backends, "client": [os.getpid()]}
    return {name: sum(map(_process_ms, pids)) for name, pids in groups.items()}


def _process_ms(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")  # proc(5): utime and stime follow the state


def get_ms(port: int, key: str, path: str, *, times: int = 15) -> float:
    """Median milliseconds of a GET over one connection."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    taken = []
    for _ in range(times + 3):
        started = time.perf_counter()
        link.request("GET", path, headers={"Authorization": f"Bearer {key}"})
        answer = link.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status}")
        taken.append((time.perf_counter() - started) * 1000)
    return sorted(taken[3:])[times // 2]
