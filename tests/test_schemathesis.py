"""Schemathesis over the whole OpenAPI document, against the real application: no 5xx, nothing the document does not say. Bounded."""

from pathlib import Path

import pytest
import schemathesis
from django.conf import settings as django_settings
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from tests.api.client import make_key
from tests.conftest import new_company

pytestmark = pytest.mark.slow

EXAMPLES = 12
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture
def api_schema(real_commits, settings):
    """The document as served, and a key that may do everything in a company of its own."""
    settings.API_REQUESTS_PER_MINUTE = settings.LOGINS_PER_MINUTE = 10**7
    Path(django_settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)  # WhiteNoise warns about a missing folder, and warnings are errors
    from ledgerlou.wsgi import application

    schema = schemathesis.openapi.from_wsgi("/v1/openapi.json", application)
    schema.bench_key = make_key(new_company())
    return schema


def test_api_keeps_its_document(api_schema):
    """One bounded run per operation; the pytest plugin of Schemathesis does not know this pytest, so the operations are walked here."""
    operations = [found.ok() for found in api_schema.get_all_operations()]

    for operation in operations:
        _hold(operation, api_schema.bench_key)

    assert len(operations) >= 28


def _hold(operation, key):
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def hold(case):
        case.call_and_validate(headers={"Authorization": f"Bearer {key}"}, checks=CHECKS)

    hold()
