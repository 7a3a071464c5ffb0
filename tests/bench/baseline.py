"""The baseline: the very statements of one posting, sent by plain psycopg without our Python around them.

`posting_statements.json` holds the texts as the server's log showed them. The parameters of each booking are made before the clock
starts; only number, predecessor and seal are filled in while it runs, since no client can know them earlier.
"""

import hashlib
import json
import os
import pathlib
import time
from typing import Any

import psycopg

STATEMENTS = pathlib.Path(__file__).with_name("posting_statements.json")


class RawPoster:
    """One client with a connection of its own, under the application's role."""

    def __init__(self, company_id: str, prepared: list[dict[str, Any]]) -> None:
        self.company_id, self.prepared = company_id, prepared
        self.texts = json.loads(STATEMENTS.read_text(encoding="utf-8"))
        self.connection = psycopg.connect(os.environ["DATABASE_URL"], options="-c TimeZone=UTC")

    def run(self) -> float:
        """Send every prepared booking as a transaction of its own; seconds taken."""
        started = time.perf_counter()
        for booking in self.prepared:
            self._one(booking)
        return time.perf_counter() - started

    def _one(self, booking: dict[str, Any]) -> None:
        connection, texts = self.connection, self.texts
        connection.execute(texts["set_company"], [self.company_id, "Benchmark"])
        with connection.pipeline():
            for name in ("accounts", "tax_codes"):
                psycopg.RawCursor(connection).execute(texts[name], booking[name], prepare=True)
        head = psycopg.RawCursor(connection)
        with connection.pipeline():
            head.execute(texts["head"], [self.company_id], prepare=True)
            for name in ("period_states", "duplicates"):
                psycopg.RawCursor(connection).execute(texts[name], booking[name], prepare=True)
        number, last = head.fetchone()
        numbers, before, seals = [], [], []
        for start, middle in booking["canonical"]:
            canonical = f'{start}{number}{middle}{last}"]'
            before.append(last)
            last = hashlib.sha256(canonical.encode()).hexdigest()
            numbers.append(str(number))
            seals.append(last)
            number += 1
        values = list(booking["write"])
        for place, column in zip(booking["filled"], (numbers, before, seals), strict=True):
            values[place] = "{" + ",".join(column) + "}"
        psycopg.RawCursor(connection).execute(texts["write"], values, prepare=True)
        connection.commit()


def record_statements() -> dict[str, str]:
    """The texts as the service sends them now; a difference to the kept file means it has to be recorded again."""
    from accounting import journal_sql  # noqa: PLC0415 -- the raw side of the measurement does not load it
    from accounting.posting import PERIOD_STATES  # noqa: PLC0415 -- as above

    named = {
        "accounts": journal_sql.ACCOUNTS_SQL, "tax_codes": journal_sql.TAX_CODES_SQL,
        "head": journal_sql.HEAD_SQL, "period_states": PERIOD_STATES, "duplicates": journal_sql.DUPLICATES_SQL,
        "write": journal_sql.WRITE_SQL,
    }  # fmt: skip
    texts = {name: query.sql for name, query in named.items()}
    texts["set_company"] = "SELECT set_config('ledgerlou.company', %s, true), set_config('ledgerlou.actor', %s, true)"
    return texts


def prepare(company: Any, drafts: list[Any]) -> list[dict[str, Any]]:
    """Everything of these bookings that does not depend on the journal's head."""
    from accounting import journal_sql, posting  # noqa: PLC0415 -- the raw side of the measurement does not load it
    from accounting.item_effects import ItemEffects  # noqa: PLC0415 -- as above
    from accounting.journal_rows import Booking, rows_of  # noqa: PLC0415 -- as above
    from ledgerlou.companies.context import company_transaction  # noqa: PLC0415 -- as above
    from tests.bench.books import ACTOR, NOW  # noqa: PLC0415 -- as above

    prepared = []
    with company_transaction(company.id):
        periods = [posting.period_of(company, day=draft.booking_date) for draft in drafts]
        chart, _ = posting._facts_for(company=company, drafts=drafts)
    for draft, period in zip(drafts, periods, strict=True):
        transfers = posting.expand(draft, chart)
        booking = Booking(
            draft=draft, period=period, transfers=transfers, total=posting.draft_total(draft), line_accounts=posting.draft_accounts(draft),
            effects=ItemEffects(),
        )  # fmt: skip
        prepared.append(_parameters(company, booking, journal_sql, posting, ACTOR, NOW, rows_of))
    return prepared


def _parameters(company: Any, booking: Any, journal_sql: Any, posting: Any, actor: Any, now: Any, rows_of: Any) -> dict[str, Any]:
    from accounting.journal_rows import _Maker  # noqa: PLC0415 -- as above
    from accounting.sealing import moment_text  # noqa: PLC0415 -- as above

    values = rows_of(
        company_id=company.id, actor=actor, bookings=[booking], now=now, source="booking", next_number=1, last_hash="0" * 64
    ).parameters
    maker = _Maker(company_id=company.id, actor=actor, source="booking", created_at=moment_text(now))
    intent_id = values["i_id"].strip('{}"')
    event_ids = [part.strip('"') for part in values["e_id"].strip("{}").split(",")]
    tail = maker.sealed_tail(maker.intent_row(booking, intent_id))
    canonical = []
    for position, (transfer, event_id) in enumerate(zip(booking.transfers, event_ids, strict=True), start=1):
        text = maker.canonical(booking, transfer, intent_id, (position, 99999999999999999, event_id), tail, "@")
        start, rest = text.split("99999999999999999", 1)
        canonical.append((start, rest.rsplit('@"]', 1)[0]))
    draft = booking.draft
    numbers = sorted({line.account for line in draft.lines})
    codes = sorted({line.tax_code for line in draft.lines if line.tax_code})
    order = journal_sql.WRITE_SQL.names
    return {
        "accounts": journal_sql.ACCOUNTS_SQL.parameters({"company": company.id, "numbers": numbers, "codes": codes}),
        "tax_codes": [company.id, codes],
        "period_states": [company.id, [booking.period]],
        "duplicates": journal_sql.DUPLICATES_SQL.parameters(posting._duplicate_check(company.id, [booking])[0][1]),
        "write": journal_sql.WRITE_SQL.parameters(values),
        "filled": [order.index("e_journal_number"), order.index("e_prev_hash"), order.index("e_audit_hash")],
        "canonical": canonical,
    }
