"""Clients that post, each a process of its own: through the service, or as the baseline does."""

import multiprocessing
import os
import time
from typing import Any

from django.db import connections

from tests.bench.baseline import RawPoster, prepare
from tests.bench.books import ACTOR, NOW, three_lines


def rate_of(kind: str, companies: list[Any], *, each: int, first: int) -> float:
    """Bookings a second of one client per entry of `companies`, all at once."""
    drafts = [[three_lines(first + number * each + index) for index in range(each)] for number in range(len(companies))]
    work = [prepare(company, part) if kind == "raw" else part for company, part in zip(companies, drafts, strict=True)]
    connections.close_all()
    context = multiprocessing.get_context("fork")
    barrier, results = context.Barrier(len(companies) + 1), context.Queue()
    target = _raw_client if kind == "raw" else _service_client
    processes = [
        context.Process(target=target, args=(company, part, barrier, results)) for company, part in zip(companies, work, strict=True)
    ]
    for process in processes:
        process.start()
    barrier.wait()
    started = time.perf_counter()
    for _ in processes:
        results.get(timeout=300)
    taken = time.perf_counter() - started
    for process in processes:
        process.join()
    return len(companies) * each / taken


def _service_client(company: Any, drafts: list[Any], barrier: Any, results: Any) -> None:
    from accounting.posting import post  # noqa: PLC0415 -- loaded in the client
    from ledgerlou.companies.context import company_transaction  # noqa: PLC0415 -- loaded in the client

    def one(draft: Any) -> None:
        with company_transaction(company.id, actor=ACTOR):
            post(company=company, actor=ACTOR, drafts=[draft], now=NOW)

    for draft in drafts[:20]:
        one(draft)
    barrier.wait()
    for draft in drafts[20:]:
        one(draft)
    results.put(os.getpid())


def _raw_client(company: Any, prepared: list[Any], barrier: Any, results: Any) -> None:
    poster = RawPoster(str(company.id), prepared[:20])
    poster.run()
    poster.prepared = prepared[20:]
    barrier.wait()
    poster.run()
    results.put(os.getpid())
