"""PostgreSQL is killed in the middle of bulk posting: after its recovery the journal is whole and goes on."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from ledgerlou.embedded.processes import wait_until
from ledgerlou.embedded.servers import Wanted, embedded_servers

ROOT = Path(__file__).resolve().parents[2]

POSTING = """
import sys, django
django.setup()
from accounting.posting import post
from ledgerlou.companies.context import company_transaction
from tests.bench.books import ACTOR, NOW, fresh_company, two_lines
company = fresh_company("Abbruch GmbH")
for turn in range(1000):
    with company_transaction(company.id, actor=ACTOR):
        post(company=company, actor=ACTOR, drafts=[two_lines(turn * 500 + index) for index in range(500)], now=NOW)
    print(turn + 1, flush=True)
"""
FURTHER = """
import django
django.setup()
from accounting.posting import post
from ledgerlou.companies.context import all_company_ids, company_transaction, current_company
from tests.bench.books import ACTOR, NOW, three_lines
[company_id] = all_company_ids()
with company_transaction(company_id, actor=ACTOR):
    [posted] = post(company=current_company(company_id), actor=ACTOR, drafts=[three_lines(7)], now=NOW)
print(posted.first_number)
"""


def _family(pid: int) -> list[int]:
    """A process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [pid, *(int(child) for child in children)]


@pytest.mark.slow
def test_killed_server_leaves_no_half_written_bulk(data: Path) -> None:
    servers = embedded_servers(data, wanted=Wanted(postgres=True, valkey=False))
    servers.start()
    assert servers.postgres is not None
    environment = {
        **os.environ, **servers.environment(), "LEDGERLOU_DATA": str(data), "PYTHONPATH": str(ROOT),
        "DJANGO_SETTINGS_MODULE": "ledgerlou.settings",
    }  # fmt: skip

    def python(*arguments: str) -> str:
        done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, env=environment, cwd=ROOT, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    python("manage.py", "migrate", "--database", "owner", "--verbosity", "0")
    client = subprocess.Popen(
        [sys.executable, "-c", POSTING], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd=ROOT
    )
    assert client.stdout is not None
    for _ in range(3):
        client.stdout.readline()
    time.sleep(0.06)  # into the middle of the next call, which takes longer than this

    pid = servers.postgres.running_pid()
    assert pid is not None
    for each in _family(pid):
        os.kill(each, signal.SIGKILL)
    rest, words = client.communicate(timeout=60)
    assert wait_until(servers.postgres.has_ended, seconds=10)
    servers.start()

    acknowledged = 3 + len(rest.split())
    assert client.returncode == 1
    assert "OperationalError" in words
    with psycopg.connect(servers.postgres.urls().superuser) as connection:
        [(events, bookings, next_number)] = connection.execute(
            "SELECT (SELECT count(*) FROM accounting_event), (SELECT count(*) FROM accounting_intent), next_number FROM accounting_journalhead"
        ).fetchall()
    assert bookings in (acknowledged * 500, (acknowledged + 1) * 500)  # a commit may have been reached without word of it
    assert (events, next_number) == (2 * bookings, 2 * bookings + 1)
    assert "1 companies verified, no fault found." in python("manage.py", "verify")
    assert python("-c", FURTHER).strip() == str(next_number)
