"""The other end of bulk: COPY of the very same rows into bare copies of the tables, without keys, triggers or policies."""

import os
import time
from typing import Any

import psycopg


def copy_seconds(company: Any) -> float:
    """Seconds to COPY the company's intents and events into bare tables, both read beforehand."""
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner:
        taken = 0.0
        for table in ("accounting_intent", "accounting_event"):
            columns = [
                row[0]
                for row in owner.execute(
                    "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND is_generated = 'NEVER' ORDER BY ordinal_position",
                    [table],
                )
            ]
            names = ", ".join(columns)
            with owner.cursor().copy(f"COPY (SELECT {names} FROM {table} WHERE company_id = '{company.id}') TO STDOUT") as out:
                data = b"".join(bytes(part) for part in out)
            owner.execute(f"CREATE TABLE bare_{table} AS SELECT {names} FROM {table} LIMIT 0")
            owner.commit()
            started = time.perf_counter()
            with owner.cursor().copy(f"COPY bare_{table} ({names}) FROM STDIN") as into:
                into.write(data)
            owner.commit()
            taken += time.perf_counter() - started
            owner.execute(f"DROP TABLE bare_{table}")
            owner.commit()
    return taken
