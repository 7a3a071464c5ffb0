"""Lists and searches of a chart with 20,000 accounts among those of other companies, as the application's role sees them."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from accounting.selectors.accounts import account_page, search_accounts
from ledgerlou.companies.context import company_transaction
from tests.conftest import new_company

COMPANIES = 7
CUSTOMERS = """INSERT INTO accounting_account (id, company_id, number, name, sort_key, type, bwa_line, is_item_account, is_reconcilable,
               is_system, is_active, created_at)
               SELECT gen_random_uuid(), %s, 10000 + n, 'Kunde Müller ' || n,
                      'kunde muller ' || n, 'asset', '', true, true, false, true, now()
                 FROM generate_series(0, 19999) AS n"""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def big_company(django_db_setup: None, django_db_blocker: Any) -> Any:
    """A company with 20,000 customers among others of its size."""
    with django_db_blocker.unblock():
        companies = [new_company() for _ in range(COMPANIES)]
        with connection.cursor() as cursor:
            for company in companies:
                with company_transaction(company.id):
                    cursor.execute(CUSTOMERS, [company.id])
        with company_transaction(companies[0].id), connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM accounting_account")
            assert cursor.fetchone() == (20_845,)
        with connections["owner"].cursor() as cursor:
            cursor.execute("ANALYZE accounting_account")
        return companies[0]


def nodes_of(plan: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Kind and index of every node of a plan."""
    yield plan["Node Type"], plan.get("Index Name", "")
    for inner in plan.get("Plans", []):
        yield from nodes_of(inner)


def scans(company: Any, read: Callable[[], object]) -> list[tuple[str, str]]:
    """How every statement that `read` sends gets at its rows."""
    found: list[tuple[str, str]] = []
    with company_transaction(company.id):
        with CaptureQueriesContext(connection) as captured:
            read()
        for query in captured:
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (FORMAT JSON) {query['sql']}")
                [[plans]] = cursor.fetchall()
            [plan] = json.loads(plans) if isinstance(plans, str) else plans
            found += [node for node in nodes_of(plan["Plan"]) if "Scan" in node[0]]
    return found


@pytest.mark.usefixtures("real_commits")
@pytest.mark.parametrize(
    ("read", "statements"),
    [
        (lambda company: account_page(company=company, limit=500, offset=0), 2),
        (lambda company: account_page(company=company, limit=500, offset=20_000), 2),
        (lambda company: search_accounts(company=company), 1),
        (lambda company: search_accounts(company=company, text="12"), 1),
        (lambda company: search_accounts(company=company, text="Müller 19"), 1),
        (lambda company: search_accounts(company=company, text="nirgends", account_type="asset"), 1),
    ],
    ids=["page", "far page", "first", "number", "name", "nothing"],
)
def test_lists_and_searches_read_the_company_alone(big_company, read, statements):
    found = scans(big_company, lambda: read(big_company))

    assert "Seq Scan" not in [kind for kind, _ in found]
    assert len([index for _, index in found if index]) == statements
