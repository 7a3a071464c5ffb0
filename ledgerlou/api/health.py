"""Whether the process lives, and whether it can serve."""

import os
import shutil
from collections.abc import Callable, Mapping
from typing import Final

import redis
from django.conf import settings
from django.db import Error as DatabaseFault
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse

from ledgerlou.api.rendering import to_json

MINIMUM_FREE_BYTES: Final = 200 * 1024 * 1024
MIGRATIONS_APPLIED = {"known": False}


def alive(http: HttpRequest) -> HttpResponse:
    """The process answers."""
    return _json({"status": "ok"}, 200)


def ready(http: HttpRequest) -> HttpResponse:
    """Every check by name; 503 when one fails. Reasons are short, details are in the log."""
    results = {name: check() for name, check in CHECKS.items()}
    is_ready = all(result == "ok" for result in results.values())
    return _json({"status": "ok" if is_ready else "not ready", "checks": results}, 200 if is_ready else 503)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseFault:
        return "not reachable"
    return "ok"


def _migrations() -> str:
    """Applied ones stay applied while this process lives, so they are looked up until they are all there."""
    if MIGRATIONS_APPLIED["known"]:
        return "ok"
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseFault:
        return "not reachable"
    MIGRATIONS_APPLIED["known"] = not missing
    return f"{len(missing)} not applied" if missing else "ok"


def _broker() -> str:
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1) as client:
            client.ping()
    except (redis.RedisError, OSError, ValueError):
        return "not reachable"
    return "ok"


def _disk() -> str:
    """Room and permission in the folder for files; the nearest existing parent counts until the first file is written."""
    folder = settings.FILES_DIR
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if not os.access(folder, os.W_OK):
        return "not writable"
    return "ok" if shutil.disk_usage(folder).free >= MINIMUM_FREE_BYTES else "less than 200 MB free"


CHECKS: Final[Mapping[str, Callable[[], str]]] = {
    "database": _database,
    "migrations": _migrations,
    "broker": _broker,
    "disk": _disk,
}


def _json(body: object, status: int) -> HttpResponse:
    return HttpResponse(to_json(body), status=status, content_type="application/json", headers={"Cache-Control": "no-store"})
