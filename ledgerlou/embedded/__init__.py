"""Starts what LedgerLou needs on one machine: PostgreSQL, Valkey, the web server and the workers.

The lowest layer: standard library and psycopg only, because it runs before Django does.
"""
