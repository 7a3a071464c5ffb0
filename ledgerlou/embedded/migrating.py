"""Brings the database up to date before anything else uses it, and knows when there is nothing to do."""

import hashlib
from pathlib import Path

import psycopg

from ledgerlou.embedded.homes import CHECKOUT
from ledgerlou.embedded.secret_files import write_durably
from ledgerlou.embedded.terminal import LauncherRefusal

STAMP_NAME = "migrations.applied"


def is_up_to_date(*, data: Path, owner_url: str) -> bool:
    """Whether `migrate` would find nothing to do: files, locked packages and applied migrations are those after its last run."""
    try:
        kept = (data / STAMP_NAME).read_text(encoding="utf-8")
    except FileNotFoundError:
        return False
    return kept == fingerprint(owner_url=owner_url)


def remember_up_to_date(*, data: Path, owner_url: str) -> None:
    """Note after a successful `migrate` what it was run with."""
    write_durably(data / STAMP_NAME, fingerprint(owner_url=owner_url))


def fingerprint(*, owner_url: str, checkout: Path = CHECKOUT) -> str:
    """Digest of what decides whether there is something to migrate.

    The applied migrations are read from the database each time, so a database that was restored, replaced or migrated by hand is never
    taken for an up-to-date one.
    """
    digest = hashlib.sha256()
    files = [path for pattern in ("*/migrations/*.py", "*/*/migrations/*.py") for path in checkout.glob(pattern)]
    for path in [*sorted(files), checkout / "requirements.lock"]:
        if path.exists():
            digest.update(f"{path.relative_to(checkout)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    for app, name in _applied(owner_url):
        digest.update(f"{app}\0{name}\0".encode())
    return digest.hexdigest()


def _applied(owner_url: str) -> list[tuple[str, str]]:
    try:
        with psycopg.connect(owner_url, connect_timeout=10) as owner:
            if owner.execute("SELECT to_regclass('django_migrations')").fetchone() == (None,):
                return []
            return owner.execute("SELECT app, name FROM django_migrations ORDER BY app, name").fetchall()
    except psycopg.OperationalError as error:
        raise LauncherRefusal(f"The database of DATABASE_OWNER_URL does not answer: {error}") from error
