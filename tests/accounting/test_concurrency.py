"""Many clients at once, rolled-back transactions among them, and a posting process that is killed: the journal stays whole."""

import os
import random
import signal
import subprocess
import sys
import threading
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction

from accounting.posting import post
from accounting.verify import verify_books
from accounting.verify_source import books_snapshot
from ledgerlou.companies.actor import system_actor
from ledgerlou.companies.context import company_transaction
from tests.conftest import NOW, ROOT, draft, new_company

ACTOR = system_actor("Tests")
CLIENTS, EACH = 20, 100


def verified(company):
    with books_snapshot(company.id), connection.cursor() as cursor:
        return verify_books(cursor, company_id=company.id, files=False)


def sale(number: int):
    day = date(2026, 1, 1) + timedelta(days=number % 300)
    lines = (("1200", "119.00", "0.00"), ("4400", "0.00", "119.00", "UST19"))
    return draft(*lines, day=day.isoformat(), text=f"Verkauf {number}", skip_duplicate_check=True)


@pytest.mark.slow
def test_twenty_clients_leave_no_gap(real_commits):
    company = new_company()
    failures: list[BaseException] = []
    kept = [0] * CLIENTS

    def client(place: int) -> None:
        chance = random.Random(place)  # noqa: S311 -- a test's own dice
        try:
            for index in range(EACH):
                with company_transaction(company.id, actor=ACTOR):
                    post(company=company, actor=ACTOR, drafts=[sale(place * EACH + index)], now=NOW)
                    if chance.random() < 0.1:
                        transaction.set_rollback(True)
                    else:
                        kept[place] += 1
        except BaseException as error:  # noqa: BLE001 -- handed to the test
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=client, args=(place,)) for place in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert sum(kept) < CLIENTS * EACH
    report = verified(company)
    assert (report.faults, report.events) == ((), 2 * sum(kept))


KILLED = """
import sys, django
django.setup()
from django.conf import settings
from django.db import connections
for alias in ("default", "owner"):
    connections[alias].settings_dict["NAME"] = sys.argv[1]
from accounting.posting import post
from ledgerlou.companies.context import company_transaction, current_company
from tests.accounting.test_concurrency import ACTOR, sale
from tests.conftest import NOW
for turn in range(1000):
    with company_transaction(sys.argv[2], actor=ACTOR):
        company = current_company(sys.argv[2])
        post(company=company, actor=ACTOR, drafts=[sale(turn * 500 + index) for index in range(500)], now=NOW)
    print(turn + 1, flush=True)
"""


@pytest.mark.slow
def test_killed_bulk_posting_leaves_nothing_half_written(real_commits):
    company = new_company()
    name = connection.settings_dict["NAME"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": "ledgerlou.settings"}
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, name, str(company.id)], stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT
    )
    committed = [process.stdout.readline() for _ in range(3)]

    process.send_signal(signal.SIGKILL)
    process.wait()

    report = verified(company)
    assert committed[-1].strip() == "3"
    assert report.faults == ()
    assert report.events % 1000 == 0
    assert report.events >= 3000
    with company_transaction(company.id, actor=ACTOR):
        [posted] = post(company=company, actor=ACTOR, drafts=[sale(10**6)], now=NOW)
    assert posted.first_number == report.events + 1


def test_reversal_races_end_in_one_reversal(real_commits):
    from accounting.services.reversals import AlreadyReversed, ReversalRequest, reverse_booking  # noqa: PLC0415 -- used here alone

    company = new_company()
    with company_transaction(company.id, actor=ACTOR):
        [posted] = post(company=company, actor=ACTOR, drafts=[sale(1)], now=NOW)
    outcomes: list[str] = []

    def client() -> None:
        try:
            with company_transaction(company.id, actor=ACTOR):
                request = ReversalRequest(intent_id=posted.intent_id)
                reverse_booking(company=company, actor=ACTOR, request=request, today=date(2026, 11, 25), now=NOW)
            outcomes.append("reversed")
        except AlreadyReversed:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=client) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["refused"] * 5 + ["reversed"]
    assert verified(company).faults == ()


def test_settlement_races_never_overpay(real_commits):
    from accounting.drafts import Settle  # noqa: PLC0415 -- used here alone
    from accounting.item_effects import SettlementTooLarge  # noqa: PLC0415 -- used here alone

    company = new_company()
    with company_transaction(company.id, actor=ACTOR):
        [posted] = post(company=company, actor=ACTOR, drafts=[sale(1)], now=NOW)
    outcomes: list[str] = []

    def client(place: int) -> None:
        settle = Settle(intent_id=posted.intent_id, account="1200", amount=Decimal("50.00"))
        payment = draft(("1800", "50.00", "0.00"), ("1200", "0.00", "50.00"), text=f"Zahlung {place}", settles=(settle,))
        try:
            with company_transaction(company.id, actor=ACTOR):
                post(company=company, actor=ACTOR, drafts=[payment], now=NOW)
            outcomes.append("paid")
        except SettlementTooLarge:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=client, args=(place,)) for place in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["paid"] * 2 + ["refused"] * 3
    assert verified(company).faults == ()
