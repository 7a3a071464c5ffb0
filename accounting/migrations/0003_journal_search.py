"""Search in the journal: an index over texts and references, and a function that may use it under row-level security.

LIKE is not leakproof, so a plain query would read every row of the company (architecture 3.6).
"""

from django.db import migrations

from ledgerlou.companies.guards import APP, CURRENT_COMPANY

SEARCH = f"""
CREATE FUNCTION accounting_search_journal(term text, account text, from_date date, until date, reference text, row_limit integer)
RETURNS SETOF bigint LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    company uuid := {CURRENT_COMPANY};
    pattern text := '%' || replace(replace(replace(lower(term), '\\', '\\\\'), '%', '\\%'), '_', '\\_') || '%';
BEGIN
    RETURN QUERY
    SELECT hit.journal_number FROM (
        (SELECT e.journal_number FROM accounting_intent i JOIN accounting_event e ON e.company_id = i.company_id AND e.intent_id = i.id
          WHERE i.company_id = company AND i.search_text LIKE pattern
            AND (account IS NULL OR e.account_debit = account OR e.account_credit = account)
            AND (from_date IS NULL OR e.booking_date >= from_date) AND (until IS NULL OR e.booking_date <= until)
            AND (reference IS NULL OR i.external_reference = reference)
          ORDER BY e.journal_number DESC LIMIT row_limit)
        UNION
        (SELECT e.journal_number FROM accounting_event e JOIN accounting_intent i ON i.company_id = e.company_id AND i.id = e.intent_id
          WHERE e.company_id = company AND term ~ '^[0-9]{{1,9}}$' AND (e.account_debit = term OR e.account_credit = term)
            AND (account IS NULL OR e.account_debit = account OR e.account_credit = account)
            AND (from_date IS NULL OR e.booking_date >= from_date) AND (until IS NULL OR e.booking_date <= until)
            AND (reference IS NULL OR i.external_reference = reference)
          ORDER BY e.journal_number DESC LIMIT row_limit)
    ) AS hit ORDER BY hit.journal_number DESC LIMIT row_limit;
END $$
"""


class Migration(migrations.Migration):
    """`search_text` is the lower-case text and reference; the trigram index leads with the company."""

    dependencies = [("accounting", "0002_guards")]

    operations = [
        migrations.RunSQL(["CREATE EXTENSION IF NOT EXISTS pg_trgm", "CREATE EXTENSION IF NOT EXISTS btree_gin"], migrations.RunSQL.noop),
        migrations.RunSQL(
            [
                "ALTER TABLE accounting_intent ADD COLUMN search_text text GENERATED ALWAYS AS "
                "(lower(description || ' ' || coalesce(external_reference, ''))) STORED",
                "CREATE INDEX intent_search ON accounting_intent USING gin (company_id, search_text gin_trgm_ops)",
            ],
            "ALTER TABLE accounting_intent DROP COLUMN search_text",
        ),
        migrations.RunSQL(
            [
                SEARCH,
                "REVOKE ALL ON FUNCTION accounting_search_journal(text, text, date, date, text, integer) FROM PUBLIC",
                f"GRANT EXECUTE ON FUNCTION accounting_search_journal(text, text, date, date, text, integer) TO {APP}",
            ],
            "DROP FUNCTION accounting_search_journal(text, text, date, date, text, integer)",
        ),
    ]
