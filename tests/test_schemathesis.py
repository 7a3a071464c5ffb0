"""Schemathesis over the whole OpenAPI document, against the real application: no 5xx, nothing the document does not say. Bounded."""

from pathlib import Path

import pytest
import schemathesis
from django.conf import settings as django_settings
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from ledgerlou.wsgi import application
from tests.api.client import make_key
from tests.conftest import new_company

pytestmark = pytest.mark.slow

EXAMPLES = 12


@pytest.fixture
def api_schema(real_commits, settings):
    """The document as served, and a key that may do everything in a company of its own."""
    settings.API_REQUESTS_PER_MINUTE = settings.LOGINS_PER_MINUTE = 10**7
    Path(django_settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    schema = schemathesis.openapi.from_wsgi("/v1/openapi.json", application)
    schema.bench_key = make_key(new_company())
    return schema


schema = schemathesis.pytest.from_fixture("api_schema")


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
def test_api_keeps_its_document(case, api_schema):
    case.call_and_validate(
        headers={"Authorization": f"Bearer {api_schema.bench_key}"},
        checks=[not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance],
    )
