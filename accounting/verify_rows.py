"""Checks that read the catalog, so that a table added tomorrow is checked too: links that lead nowhere, and rows without a history."""

from typing import Final
from uuid import UUID

from accounting.verify_findings import Findings
from accounting.verify_source import BooksCursor

# One query for each foreign key that carries the company, made by the database from its catalog. With triggers off a row can point to
# nothing, or to another company, which is the same: company and id together are not there.
_LINK_QUERIES: Final = """
    SELECT format(
             'SELECT %%L, NULL::bigint, %%L || coalesce(to_jsonb(t) ->> ''id'', %%s), %%s, NULL FROM %%s t '
             'WHERE t.company_id = %%%%(company)s AND %%s AND NOT EXISTS (SELECT FROM %%s x WHERE %%s)',
             'link', k.conname || ' of ' || source.relname || ' ',
             shown.columns, shown.columns, k.conrelid::regclass, shown.filled, k.confrelid::regclass, shown.same)
      FROM pg_constraint k JOIN pg_class source ON source.oid = k.conrelid
     CROSS JOIN LATERAL (
           SELECT string_agg(format('t.%%I::text', a.attname), ' || '' '' || ' ORDER BY c.place) AS columns,
                  string_agg(format('t.%%I IS NOT NULL', a.attname), ' AND ' ORDER BY c.place) AS filled,
                  string_agg(format('x.%%I = t.%%I', b.attname, a.attname), ' AND ' ORDER BY c.place) AS same,
                  bool_or(a.attname = 'company_id') AS carries_company
             FROM unnest(k.conkey, k.confkey) WITH ORDINALITY c (here, there, place)
             JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = c.here
             JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = c.there) shown
     WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace AND shown.carries_company
       AND has_table_privilege(k.conrelid, 'SELECT') AND has_table_privilege(k.confrelid, 'SELECT')
     ORDER BY k.conname
"""

# Every table whose changes the database records: the trigger's arguments are the company's column, hidden columns, unrecorded columns.
_RECORDED_TABLES: Final = """
    SELECT quote_ident(c.relname), g.arguments[1], string_to_array(g.arguments[2] || ',' || g.arguments[3], ',')
      FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
     CROSS JOIN LATERAL (SELECT string_to_array(encode(t.tgargs, 'escape'), E'\\\\000') AS arguments) g
     WHERE t.tgname = 'audit_history' AND c.relnamespace = 'public'::regnamespace AND g.arguments[1] <> ''
       AND has_table_privilege(c.oid, 'SELECT')
     ORDER BY c.relname
"""
# Most rows were written once and are told by one entry, which is compared whole; only the others are put together column by column.
_HISTORY: Final = """
    WITH entries AS MATERIALIZED (
        SELECT h.id, h.row_id, h.action, h.new FROM companies_auditentry h WHERE h.company_id = %(company)s AND h.table_name = %(table)s
    ), present AS MATERIALIZED (
        SELECT t.id::text AS row_id, to_jsonb(t) AS facts FROM {table} t WHERE t.{company_column} = %(company)s
    ), plain AS MATERIALIZED (
        SELECT e.row_id FROM entries e JOIN present p ON p.row_id = e.row_id
         GROUP BY e.row_id HAVING count(*) = 1 AND bool_and(e.new = p.facts)
    ), stored AS (
        SELECT p.row_id, p.facts FROM present p WHERE NOT EXISTS (SELECT FROM plain WHERE plain.row_id = p.row_id)
    ), told AS (
        SELECT e.row_id, jsonb_object_agg(f.key, f.value ORDER BY e.id) AS facts
          FROM entries e CROSS JOIN LATERAL jsonb_each(e.new) f
         WHERE NOT EXISTS (SELECT FROM plain WHERE plain.row_id = e.row_id)
           AND NOT EXISTS (SELECT FROM entries d WHERE d.row_id = e.row_id AND d.action = 'delete')
         GROUP BY e.row_id
    )
    SELECT 'history', NULL::bigint, %(table)s || ' ' || coalesce(s.row_id, w.row_id) || coalesce(', ' || c.key, ''), c.stored, c.told
      FROM stored s FULL JOIN told w ON w.row_id = s.row_id
     CROSS JOIN LATERAL (SELECT to_jsonb(jsonb_populate_record(NULL::{table}, w.facts)) AS facts) p
     CROSS JOIN LATERAL (
           SELECT NULL AS key, CASE WHEN s.row_id IS NOT NULL THEN 'a row' END AS stored,
                  CASE WHEN w.row_id IS NOT NULL THEN 'a row' END AS told
            WHERE s.row_id IS NULL OR w.row_id IS NULL
           UNION ALL
           SELECT f.key, s.facts ->> f.key, p.facts ->> f.key FROM jsonb_object_keys(w.facts) f (key)
            WHERE s.facts ? f.key AND NOT f.key = ANY (%(unrecorded)s) AND s.facts -> f.key IS DISTINCT FROM p.facts -> f.key) c
"""


def verify_links(cursor: BooksCursor, *, company_id: UUID, findings: Findings) -> None:
    """Every foreign key that carries the company leads to a row of the same company."""
    cursor.execute(_LINK_QUERIES, {})
    for (query,) in cursor.fetchall():
        findings.query(cursor, query, {"company": company_id})


def verify_history(cursor: BooksCursor, *, company_id: UUID, findings: Findings) -> None:
    """Master data, periods and rights are what their audit history tells: a change that the database did not record shows here."""
    cursor.execute(_RECORDED_TABLES, {})
    for table, company_column, unrecorded in cursor.fetchall():
        query = _HISTORY.format(table=table, company_column=company_column)
        findings.query(cursor, query, {"company": company_id, "table": table, "unrecorded": unrecorded})
