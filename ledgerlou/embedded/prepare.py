"""Makes the roles and the database on a PostgreSQL of your own: `python -m ledgerlou.embedded.prepare`, once, before the first `make run`.

Reads `DATABASE_URL` and `DATABASE_OWNER_URL` for names and passwords, and `LEDGERLOU_SUPERUSER_URL` for a login that may make roles.
"""

import os
import sys
from collections.abc import Mapping

import psycopg

from ledgerlou.embedded import roles
from ledgerlou.embedded.terminal import LauncherRefusal, exit_code, say


def main(environment: Mapping[str, str]) -> int:
    """Make what is missing and set the rest right; running it again changes nothing."""
    app = _login(environment, "DATABASE_URL", role=roles.APP)
    owner = _login(environment, "DATABASE_OWNER_URL", role=roles.OWNER)
    superuser_url = environment.get("LEDGERLOU_SUPERUSER_URL", "")
    if not superuser_url:
        raise LauncherRefusal("LEDGERLOU_SUPERUSER_URL is not set: the address of a login that may make roles and databases.")
    if app["dbname"] != owner["dbname"]:
        raise LauncherRefusal("DATABASE_URL and DATABASE_OWNER_URL lead to different databases.")
    try:
        with psycopg.connect(superuser_url, dbname="postgres", autocommit=True) as superuser:
            roles.ensure_roles(superuser, passwords={roles.APP: app["password"], roles.OWNER: owner["password"]})
            roles.ensure_database(superuser, name=owner["dbname"])
        with psycopg.connect(superuser_url, dbname=owner["dbname"], autocommit=True) as superuser:
            roles.open_public_schema(superuser)
    except psycopg.Error as error:
        raise LauncherRefusal(f"The server refuses: {error}") from error
    say(f"Roles {roles.OWNER}, {roles.APP}, {roles.LOOKUP} and database {owner['dbname']} are ready.")
    return 0


def _login(environment: Mapping[str, str], variable: str, *, role: str) -> dict[str, str]:
    given = {key: str(value) for key, value in psycopg.conninfo.conninfo_to_dict(environment.get(variable, "")).items()}
    if given.get("user") != role or not given.get("password") or not given.get("dbname"):
        raise LauncherRefusal(f"{variable} must be postgresql://{role}:PASSWORD@HOST:PORT/DATABASE.")
    return given


if __name__ == "__main__":
    sys.exit(exit_code(lambda: main(os.environ)))
