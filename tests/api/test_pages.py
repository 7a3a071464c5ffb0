"""Docs for people, health for machines, figures for the monitoring."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.staticfiles import finders

from ledgerlou.api import health
from ledgerlou.api.openapi.error_list import error_entries
from tests.api.client import ApiClient


@pytest.fixture
def visitor(db: None, fresh_address: str) -> ApiClient:
    return ApiClient(None, check=False, address=fresh_address)


@pytest.mark.parametrize("path", ["/docs", "/docs/swagger", "/docs/redoc", "/docs/errors"])
@pytest.mark.parametrize("language", ["en", "de"])
def test_docs_run_nothing_inline_and_load_nothing_foreign(visitor: ApiClient, path: str, language: str) -> None:
    reply = visitor.get(f"{path}?lang={language}")
    page = reply.content.decode()
    policy = reply.headers["Content-Security-Policy"]

    assert reply.status == 200
    assert f'<html lang="{language}">' in page
    assert "script-src 'self';" in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert page.count("<script") == page.count('<script src="/static/')
    assert " onclick" not in page
    assert not any(word in page for word in ("http://", "https://", "style="))


def test_scripts_of_the_docs_are_our_own_files(visitor: ApiClient) -> None:
    import re  # noqa: PLC0415 -- used here alone

    pages = visitor.get("/docs/swagger").content.decode() + visitor.get("/docs/redoc").content.decode()
    files = re.findall(r'(?:src|href)="/static/([^"]+)"', pages)

    assert len(set(files)) == 6
    assert [file for file in files if finders.find(file) is None] == []


def test_every_error_has_its_line_in_the_list(visitor: ApiClient) -> None:
    page = visitor.get("/docs/errors").content.decode()

    assert all(f'<tr id="{entry.code}">' in page for entry in error_entries())


def test_the_process_lives(visitor: ApiClient) -> None:
    assert (visitor.get("/healthz").status, visitor.get("/healthz").json) == (200, {"status": "ok"})


def test_a_ready_server_says_so(visitor: ApiClient, monkeypatch: Any) -> None:
    monkeypatch.setitem(health.MIGRATIONS_APPLIED, "known", False)

    reply = visitor.get("/readyz")

    assert (reply.status, reply.json) == (
        200,
        {"status": "ok", "checks": {"database": "ok", "migrations": "ok", "broker": "ok", "disk": "ok"}},
    )


@pytest.mark.parametrize(
    ("break_it", "check", "result"),
    [
        (lambda settings, monkeypatch: setattr(settings, "REDIS_URL", "redis://127.0.0.1:1/0"), "broker", "not reachable"),
        (lambda settings, monkeypatch: monkeypatch.setattr(health, "MINIMUM_FREE_BYTES", 2**62), "disk", "less than 200 MB free"),
    ],
)
def test_a_server_that_cannot_serve_names_the_reason(
    visitor: ApiClient, settings: Any, monkeypatch: Any, break_it: Callable[[Any, Any], None], check: str, result: str
) -> None:
    break_it(settings, monkeypatch)

    reply = visitor.get("/readyz")

    assert (reply.status, reply.json["status"], reply.json["checks"][check]) == (503, "not ready", result)


def test_a_missing_migration_is_noticed(visitor: ApiClient, monkeypatch: Any, connect: Callable[[str], Any]) -> None:
    monkeypatch.setitem(health.MIGRATIONS_APPLIED, "known", False)
    monkeypatch.setattr(health.MigrationExecutor, "migration_plan", lambda self, targets: [("api", "9999")])

    reply = visitor.get("/readyz")

    assert (reply.status, reply.json["checks"]["migrations"]) == (503, "1 not applied")


def test_figures_are_for_this_machine(api: ApiClient) -> None:
    api.get("/v1/notes/pages")
    api.get("/v1/made-up-by-a-caller")

    here = ApiClient(None, check=False, address="127.0.0.1").get("/metrics")

    assert here.status == 200
    assert b'ledgerlou_requests_total{method="GET",route="v1/notes/pages",status="200"}' in here.content
    assert b"made-up-by-a-caller" not in here.content


@pytest.mark.parametrize(
    ("token", "address", "headers", "status"),
    [
        ("", "10.0.0.9", {}, 401),
        ("", "127.0.0.1", {"X-Forwarded-For": "10.0.0.9"}, 401),
        ("", "::1", {}, 200),
        ("secret", "10.0.0.9", {"Authorization": "Bearer secret"}, 200),
        ("secret", "10.0.0.9", {"Authorization": "Bearer other"}, 401),
        ("secret", "127.0.0.1", {}, 401),
    ],
)
def test_figures_are_refused_to_others(db: None, monkeypatch: Any, token: str, address: str, headers: dict[str, str], status: int) -> None:
    monkeypatch.setenv("LEDGERLOU_METRICS_TOKEN", token)

    assert ApiClient(None, check=False, address=address).get("/metrics", **headers).status == status
