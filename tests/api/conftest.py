"""What the tests of the platform share: the sample operations, a company with a key."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.urls import clear_url_caches

from tests.api import sample_views
from tests.api.client import ApiClient, make_key
from tests.conftest import NOW, new_person


def bare_company(name: str = "Muster GmbH") -> Any:
    """A company with an owner and nothing else: the platform needs no chart."""
    from ledgerlou.companies.context import company_transaction  # noqa: PLC0415 -- settings are not ready at import
    from ledgerlou.companies.models.company import Company  # noqa: PLC0415 -- as above
    from ledgerlou.companies.models.people import Membership  # noqa: PLC0415 -- as above
    from ledgerlou.ids import new_id  # noqa: PLC0415 -- as above

    company = Company(id=new_id(), name=name, chart="skr04", created_at=NOW)
    person = new_person()
    with company_transaction(company.id):
        company.save(force_insert=True)
        Membership.objects.create(company=company, person=person, role="owner", created_at=NOW)
    company.owner = person
    return company


@pytest.fixture(autouse=True)
def _sample_operations(settings: Any) -> Iterator[None]:
    settings.ROOT_URLCONF = "tests.api.urls"
    clear_url_caches()
    for record in (sample_views.UNDONE, sample_views.COMMITTED, sample_views.CALLS):
        record.clear()
    sample_views.GATE.set()
    yield
    clear_url_caches()


@pytest.fixture
def company(db: None) -> Any:
    """A bare company instead of one with a chart."""
    return bare_company()


@pytest.fixture
def key(company: Any) -> str:
    return make_key(company)


@pytest.fixture
def api(key: str) -> ApiClient:
    return ApiClient(key)


@pytest.fixture
def fresh_address() -> str:
    """An address nobody has been counted under."""
    number = uuid4().int
    return f"10.{number % 256}.{number // 256 % 256}.{number // 65536 % 254 + 1}"
