"""Run every measurement of the ledger and print ratios measured in this run. `--quick` takes small books."""

import argparse
import json
import os
import pathlib
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ledgerlou.settings")
django.setup()

from django.core.management import call_command  # noqa: E402 -- settings come first
from django.db import connections  # noqa: E402 -- as above

from accounting.models.account import Account  # noqa: E402 -- as above
from accounting.models.journal import JournalHead  # noqa: E402 -- as above
from accounting.posting import post  # noqa: E402 -- as above
from accounting.reports.trial_balance import trial_balance, wanted_range  # noqa: E402 -- as above
from accounting.selectors.statements import account_statement  # noqa: E402 -- as above
from ledgerlou.companies.context import company_transaction  # noqa: E402 -- as above
from tests.bench import baseline, http_load, pages  # noqa: E402 -- as above
from tests.bench.books import ACTOR, NOW, fill, fill_items, fresh_company, two_lines  # noqa: E402 -- as above
from tests.bench.clients import rate_of  # noqa: E402 -- as above
from tests.bench.copying import copy_seconds  # noqa: E402 -- as above
from tests.bench.figures import Figure, median_ms, percentile, table, write_json  # noqa: E402 -- as above

figures: list[Figure] = []


def say(figure: Figure) -> None:
    figures.append(figure)
    sys.stdout.write(table([figure]) + "\n")
    sys.stdout.flush()


def single(each: int) -> None:
    """One client, four clients with companies of their own, four clients in one company; service and baseline by turns."""
    one, other = fresh_company(), fresh_company()
    best: dict[str, float] = {}
    for turn in range(3):
        for kind, company in (("raw", one), ("service", other)):
            best[kind] = max(best.get(kind, 0), rate_of(kind, [company], each=each, first=turn * each))
    say(Figure(name="baseline: raw psycopg, one client", value=best["raw"], unit="/s"))
    say(Figure(name="post one booking (3 lines), 1 client", value=best["service"], unit="/s"))
    say(Figure(name="  ratio to the baseline", value=best["service"] / best["raw"], unit="x", target=0.6))
    four, same, rates = [fresh_company() for _ in range(8)], [fresh_company(), fresh_company()], {}
    rates["raw4"] = rate_of("raw", four[:4], each=each // 2, first=0)
    rates["four"] = rate_of("service", four[4:], each=each // 2, first=0)
    rates["raw1"] = rate_of("raw", [same[0]] * 4, each=each // 2, first=0)
    rates["one"] = rate_of("service", [same[1]] * 4, each=each // 2, first=0)
    say(Figure(name="4 clients, four companies", value=rates["four"], unit="/s"))
    say(Figure(name="  ratio to the baseline with 4 clients", value=rates["four"] / rates["raw4"], unit="x", target=0.5))
    say(Figure(name="4 clients, one company", value=rates["one"], unit="/s"))
    say(Figure(name="  ratio to the baseline with 4 clients", value=rates["one"] / rates["raw1"], unit="x", target=0.6))


def bulk() -> None:
    """Ten thousand bookings in one call, and COPY of the same rows."""
    best = 0.0
    for _ in range(3):
        company = fresh_company()
        drafts = [two_lines(index) for index in range(10_000)]
        started = time.perf_counter()
        with company_transaction(company.id, actor=ACTOR):
            post(company=company, actor=ACTOR, drafts=drafts, now=NOW)
        taken = time.perf_counter() - started
        best = max(best, 10_000 / taken)
    copied = min(copy_seconds(company) for _ in range(3))
    say(Figure(name="bulk, 10,000 bookings in one call", value=best, unit="/s", target=5000))
    say(Figure(name="  ratio to COPY into bare tables", value=best / (10_000 / copied), unit="x", target=0.2))


def over_http(each: int) -> None:
    """POST /v1/bookings from eight connections, and where the time of a request goes."""
    company, other = fresh_company(), fresh_company()
    key = http_load.key_of(company)
    with http_load.server() as (port, process):
        http_load.post_bookings(port, key, connections=8, each=20, first=0)
        before = http_load.cpu_ms(process)
        times, failed, taken = http_load.post_bookings(port, key, connections=8, each=each, first=1000)
        after = http_load.cpu_ms(process)
        alone, _, _ = http_load.post_bookings(port, key, connections=1, each=each, first=100_000)
    say(Figure(name="POST /v1/bookings, 8 connections", value=len(times) / taken, unit="/s", target=150, note="goal 250"))
    say(Figure(name="  p95", value=percentile(times, 0.95), unit="ms", target=100, at_least=False, note="goal 60"))
    say(Figure(name="  errors", value=failed, unit="", target=0, at_least=False))
    for name in after:
        say(Figure(name=f"  processor time of a request, {name}", value=(after[name] - before[name]) / len(times), unit="ms"))
    one = percentile(alone, 0.5)
    baseline_ms = 1000 / rate_of("raw", [other], each=each, first=0)
    service_ms = 1000 / rate_of("service", [other], each=each, first=each)
    say(Figure(name="one connection, median of a request", value=one, unit="ms"))
    say(Figure(name="  of it the statements (baseline)", value=baseline_ms, unit="ms"))
    say(Figure(name="  of it the posting engine", value=service_ms - baseline_ms, unit="ms"))
    say(Figure(name="  of it key, limits, JSON, HTTP and client", value=one - service_ms, unit="ms"))


def reads(bookings: int) -> None:
    """Trial balance and account sheet at 10 k and at a million events, in process and over HTTP; verify of it all."""
    small, large = fresh_company("Klein GmbH"), fresh_company("Gross GmbH")
    fill(small, 5000)
    fill(large, bookings)
    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE")
    events = bookings * 2
    taken: dict[tuple[str, str], float] = {}
    for name, company in (("10 k", small), ("large", large)):
        with company_transaction(company.id, read_only=True):
            account = Account.objects.of(company).get(number="1800")
            for period in ("2026-06", "2026"):
                wanted = wanted_range(company=company, period=period, start=None, end=None, today=NOW.date())
                taken[name, period] = median_ms(lambda company=company, wanted=wanted: trial_balance(company=company, wanted=wanted))
            taken[name, "sheet"] = median_ms(
                lambda company=company, account=account: account_statement(company=company, account=account, start=None, end=None, limit=50)
            )
    for label, kind in (
        ("trial balance of a month", "2026-06"),
        ("trial balance of a year", "2026"),
        ("account sheet, newest 50", "sheet"),
    ):
        say(Figure(name=f"{label}, {events:,} events, in process", value=taken["large", kind], unit="ms", target=5, at_least=False))
        say(
            Figure(name="  growth from 10 k events", value=taken["large", kind] / taken["10 k", kind], unit="x", target=1.5, at_least=False)
        )
    key = http_load.key_of(large)
    with http_load.server() as (port, _):
        for label, path in (
            ("trial balance of a month", "/v1/reports?type=susa&period=2026-06"),
            ("trial balance of a year", "/v1/reports?type=susa&period=2026"),
            ("account sheet, newest 50", "/v1/accounts/1800/entries?limit=50"),
        ):
            say(Figure(name=f"{label}, over HTTP", value=http_load.get_ms(port, key, path), unit="ms", target=20, at_least=False))
        fill_items(large, 10_000)
        for name, taken_ms in pages.page_ms(large, port).items():
            say(Figure(name=f"page: {name}", value=taken_ms, unit="ms", target=300, at_least=False))
    with company_transaction(large.id, read_only=True):
        events = JournalHead.objects.get(company_id=large.id).next_number - 1
    started = time.perf_counter()
    call_command("verify", company=large.id, skip_files=True, stdout=open(os.devnull, "w"))  # noqa: SIM115 -- for the life of the command
    say(Figure(name=f"verify {events:,} events", value=time.perf_counter() - started, unit="s", target=60, at_least=False))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small books: 100,000 events instead of a million")
    parser.add_argument("--record", action="store_true", help="write the statements of one posting anew and stop")
    parser.add_argument("--only", choices=("single", "bulk", "http", "reads"))
    arguments = parser.parse_args()
    texts = baseline.record_statements()
    if arguments.record:
        baseline.STATEMENTS.write_text(json.dumps(texts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        return
    if json.loads(baseline.STATEMENTS.read_text(encoding="utf-8")) != texts:
        raise SystemExit("The statements of a posting have changed: record them with --record and look at the difference.")
    call_command("migrate", database="owner", verbosity=0)
    each = 400 if arguments.quick else 1000
    if arguments.only in (None, "single"):
        single(each)
    if arguments.only in (None, "bulk"):
        bulk()
    if arguments.only in (None, "http"):
        over_http(100 if arguments.quick else 300)
    if arguments.only in (None, "reads"):
        reads(50_000 if arguments.quick else 500_000)
    path = pathlib.Path(__file__).resolve().parents[2] / "var" / "bench.json"
    write_json(path, figures)
    sys.stdout.write("\n" + table(figures) + f"\n\nJSON: {path}\n")


if __name__ == "__main__":
    main()
