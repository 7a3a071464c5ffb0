"""The three database roles and the database itself, as PostgreSQL 15 and newer understand them."""

from collections.abc import Mapping
from typing import LiteralString

import psycopg
from psycopg import sql

DATABASE = "ledgerlou"
SUPERUSER = "ledgerlou_superuser"
OWNER = "ledgerlou_owner"
APP = "ledgerlou_app"
LOOKUP = "ledgerlou_lookup"

# What each role may do, beside owning things. LOOKUP owns the few functions that look before a company is known and never logs in.
ROLE_OPTIONS: dict[str, LiteralString] = {
    OWNER: "LOGIN CREATEDB NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS",
    APP: "LOGIN NOCREATEDB NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS",
    LOOKUP: "NOLOGIN NOCREATEDB NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS",
}


def ensure_roles(superuser: psycopg.Connection, *, passwords: Mapping[str, str]) -> None:
    """Make the roles that are missing and set rights and passwords of all three. Passwords leave this process only as SCRAM verifiers."""
    with superuser.transaction():
        known = {name for (name,) in superuser.execute("SELECT rolname FROM pg_roles")}
        for role, options in ROLE_OPTIONS.items():
            verb = sql.SQL("ALTER ROLE" if role in known else "CREATE ROLE")
            password: sql.Composable = sql.SQL("")
            if role in passwords:
                verifier = superuser.pgconn.encrypt_password(passwords[role].encode(), role.encode(), b"scram-sha-256")
                password = sql.SQL("PASSWORD {}").format(verifier.decode())
            superuser.execute(sql.SQL("{} {} WITH {} {}").format(verb, sql.Identifier(role), sql.SQL(options), password))
        # The owner hands functions over to LOOKUP (ALTER FUNCTION ... OWNER TO), for which it has to be a member.
        superuser.execute(sql.SQL("GRANT {} TO {} WITH ADMIN OPTION").format(sql.Identifier(LOOKUP), sql.Identifier(OWNER)))


def ensure_database(superuser: psycopg.Connection, *, name: str = DATABASE) -> None:
    """Make the database, owned by the owner, when it is missing. The connection is in autocommit mode."""
    if superuser.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
        create_database(superuser, name=name)
    close_to_strangers(superuser, name=name)


def create_database(connection: psycopg.Connection, *, name: str) -> None:
    """Make an empty UTF-8 database that belongs to the owner."""
    connection.execute(
        sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'").format(sql.Identifier(name), sql.Identifier(OWNER)),
    )


def close_to_strangers(connection: psycopg.Connection, *, name: str) -> None:
    """Let only our own roles connect. Temporary objects are the owner's alone: they could stand in for names in a search path."""
    database = sql.Identifier(name)
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
    connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}, {}").format(database, sql.Identifier(APP), sql.Identifier(LOOKUP)))


def open_public_schema(connection: psycopg.Connection) -> None:
    """Let application and look-up functions see the schema of the connected database, but make nothing in it."""
    connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    connection.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}, {}").format(sql.Identifier(APP), sql.Identifier(LOOKUP)))
