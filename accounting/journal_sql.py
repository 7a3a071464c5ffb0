"""The few statements of posting, sent in as few round trips as possible over Django's own psycopg connection."""

import re
from collections.abc import Mapping
from typing import Any, Final

import psycopg
from django.db import connection


class Query:
    """A statement with `%(name)s` places, turned once into PostgreSQL's own `$1` form so that nothing is parsed on the hot path."""

    def __init__(self, sql: str) -> None:
        names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", sql)))
        self.names = names
        self.sql = re.sub(r"%\((\w+)\)s", lambda match: f"${names.index(match[1]) + 1}", sql)

    def parameters(self, values: Mapping[str, Any]) -> list[Any]:
        """The values in the order of the places."""
        return [values[name] for name in self.names]


# Round trip 1: what expansion needs. Tax codes bring their accounts along.
ACCOUNTS_SQL: Final = Query("""
    WITH codes AS (
        SELECT code, rate, vat_account, self_assess_account, is_active, valid_from, valid_until
          FROM accounting_taxcode WHERE company_id = %(company)s AND code = ANY (%(codes)s)
    )
    SELECT a.number, a.type, a.category, a.is_active, a.is_item_account
      FROM accounting_account a
     WHERE a.company_id = %(company)s
       AND a.number = ANY (%(numbers)s || ARRAY(SELECT vat_account FROM codes) || ARRAY(SELECT self_assess_account FROM codes))
""")
TAX_CODES_SQL: Final = Query("""
    SELECT code, rate, vat_account, self_assess_account, is_active, valid_from, valid_until
      FROM accounting_taxcode WHERE company_id = %(company)s AND code = ANY (%(codes)s)
""")
DOCUMENTS_SQL: Final = Query("SELECT id, sha256 FROM accounting_document WHERE company_id = %(company)s AND id = ANY (%(documents)s)")

# Open items first, by id; the head last (architecture 3.4).
ITEMS_SQL: Final = Query("""
    SELECT o.id, o.intent_id, o.account, o.position, o.amount + coalesce(s.moved, 0), o.fx_currency, o.fx_amount + coalesce(s.fx_moved, 0), o.amount
      FROM accounting_openitem o
      LEFT JOIN LATERAL (SELECT sum(movement) AS moved, sum(fx_movement) AS fx_moved FROM accounting_settlement
                          WHERE company_id = o.company_id AND open_item_id = o.id) s ON true
     WHERE o.company_id = %(company)s AND o.intent_id = ANY (%(intents)s)
     ORDER BY o.id
""")

# Round trip 2: the posting lock, and what may only be read under it.
HEAD_SQL: Final = Query("SELECT next_number, last_hash FROM accounting_journalhead WHERE company_id = %(company)s FOR UPDATE")
DUPLICATES_SQL: Final = Query("""
    SELECT d.ordinal, i.id
      FROM unnest(%(ordinals)s::int[], %(days)s::date[], %(cents)s::bigint[], %(accounts)s::text[], %(references)s::text[],
                  %(descriptions)s::text[]) AS d (ordinal, day, cents, accounts, reference, description)
      JOIN accounting_intent i ON i.company_id = %(company)s AND i.booking_date = d.day AND i.total_cents = d.cents
     WHERE i.line_accounts = d.accounts AND (i.external_reference = d.reference OR i.description = d.description)
       AND i.reverses_id IS NULL
       AND NOT EXISTS (SELECT FROM accounting_intent r WHERE r.company_id = i.company_id AND r.reverses_id = i.id)
     ORDER BY d.ordinal, i.id
""")

# Round trip 3: bookings, items, settlements and events in one statement; its trigger seals, checks and moves the head.
WRITE_SQL: Final = Query("""
    WITH intents AS (
        INSERT INTO accounting_intent (id, company_id, booking_date, period, description, category, external_reference, custom_metadata,
            document_id, document_sha256, reverses_id, general_reversal, fx_currency, fx_amount, fx_rate, fx_rate_date, fx_rate_source,
            total, line_accounts, event_count, item_count, settlement_count, items_sha256, source, channel, actor_type, actor_label, actor_person_id,
            actor_key_prefix, created_at)
        SELECT i.id::uuid, %(company)s, i.booking_date::date, i.period, i.description, i.category, i.external_reference, i.custom_metadata,
            i.document_id::uuid, i.document_sha256, i.reverses_id::uuid, i.general_reversal::boolean, i.fx_currency, i.fx_amount::numeric,
            i.fx_rate::numeric, i.fx_rate_date::date, i.fx_rate_source, i.total::numeric, i.line_accounts, i.event_count::int,
            i.item_count::int, i.settlement_count::int, i.items_sha256, %(source)s, %(channel)s, %(actor_type)s, %(actor_label)s, %(actor_person_id)s,
            %(actor_key_prefix)s, %(created_at)s
          FROM unnest(%(i_id)s::text[], %(i_booking_date)s::text[], %(i_period)s::text[], %(i_description)s::text[], %(i_category)s::text[],
            %(i_external_reference)s::text[], %(i_custom_metadata)s::text[], %(i_document_id)s::text[], %(i_document_sha256)s::text[],
            %(i_reverses_id)s::text[], %(i_general_reversal)s::text[], %(i_fx_currency)s::text[], %(i_fx_amount)s::text[],
            %(i_fx_rate)s::text[], %(i_fx_rate_date)s::text[], %(i_fx_rate_source)s::text[], %(i_total)s::text[],
            %(i_line_accounts)s::text[], %(i_event_count)s::text[], %(i_item_count)s::text[], %(i_settlement_count)s::text[], %(i_items_sha256)s::text[])
            AS i (id, booking_date, period, description, category, external_reference, custom_metadata, document_id, document_sha256,
            reverses_id, general_reversal, fx_currency, fx_amount, fx_rate, fx_rate_date, fx_rate_source, total, line_accounts, event_count,
            item_count, settlement_count, items_sha256)
    ), items AS (
        INSERT INTO accounting_openitem (id, company_id, intent_id, account, position, booking_date, due_date, reference, amount, fx_currency,
            fx_amount)
        SELECT o.id::uuid, %(company)s, o.intent_id::uuid, o.account, o.position::int, o.booking_date::date, o.due_date::date, o.reference,
            o.amount::numeric, o.fx_currency, o.fx_amount::numeric
          FROM unnest(%(o_id)s::text[], %(o_intent_id)s::text[], %(o_account)s::text[], %(o_position)s::text[], %(o_booking_date)s::text[],
            %(o_due_date)s::text[], %(o_reference)s::text[], %(o_amount)s::text[], %(o_fx_currency)s::text[], %(o_fx_amount)s::text[])
            AS o (id, intent_id, account, position, booking_date, due_date, reference, amount, fx_currency, fx_amount)
    ), settlements AS (
        INSERT INTO accounting_settlement (id, company_id, open_item_id, intent_id, account, booking_date, movement, fx_movement)
        SELECT s.id::uuid, %(company)s, s.open_item_id::uuid, s.intent_id::uuid, s.account, s.booking_date::date, s.movement::numeric,
            s.fx_movement::numeric
          FROM unnest(%(s_id)s::text[], %(s_open_item_id)s::text[], %(s_intent_id)s::text[], %(s_account)s::text[],
            %(s_booking_date)s::text[], %(s_movement)s::text[], %(s_fx_movement)s::text[])
            AS s (id, open_item_id, intent_id, account, booking_date, movement, fx_movement)
    )
    INSERT INTO accounting_event (id, company_id, journal_number, intent_id, booking_date, period, position, source_line, account_debit,
        account_credit, amount, tax_code, tax_role, fx_currency, fx_amount, prev_hash, audit_hash)
    SELECT e.id::uuid, %(company)s, e.journal_number::bigint, e.intent_id::uuid, e.booking_date::date, e.period, e.position::int,
        e.source_line::int, e.account_debit, e.account_credit, e.amount::numeric, e.tax_code, e.tax_role, e.fx_currency,
        e.fx_amount::numeric, e.prev_hash, e.audit_hash
      FROM unnest(%(e_id)s::text[], %(e_journal_number)s::text[], %(e_intent_id)s::text[], %(e_booking_date)s::text[], %(e_period)s::text[],
        %(e_position)s::text[], %(e_source_line)s::text[], %(e_account_debit)s::text[], %(e_account_credit)s::text[], %(e_amount)s::text[],
        %(e_tax_code)s::text[], %(e_tax_role)s::text[], %(e_fx_currency)s::text[], %(e_fx_amount)s::text[], %(e_prev_hash)s::text[],
        %(e_audit_hash)s::text[])
        AS e (id, journal_number, intent_id, booking_date, period, position, source_line, account_debit, account_credit, amount, tax_code,
        tax_role, fx_currency, fx_amount, prev_hash, audit_hash)
""")

Statement = tuple[Query, Mapping[str, Any]]


def fetch_together(*statements: Statement) -> list[list[tuple[Any, ...]]]:
    """Send the statements in one round trip (psycopg's pipeline, prepared) and return their rows in order.

    Each runs as a statement of its own, so under READ COMMITTED a later one sees what was committed while an earlier one waited.
    """
    connection.ensure_connection()
    raw = connection.connection
    with connection.wrap_database_errors:
        cursors = [psycopg.RawCursor(raw) for _ in statements]
        with raw.pipeline():
            for cursor, (query, values) in zip(cursors, statements, strict=True):
                cursor.execute(query.sql, query.parameters(values), prepare=True)
        return [cursor.fetchall() if cursor.description else [] for cursor in cursors]


def refresh_journal_statistics() -> None:
    """Let the planner know the size of the journal before it is read as a whole: after a large import, before it is verified."""
    fetch_together((Query("SELECT accounting_analyze_journal()"), {}))
