"""Find lines of the journal by everything that people filter and search, newest first, page by page of journal numbers.

The statement is put together from the conditions that are asked for, so that the planner sees their values and takes the right index;
LIKE is not leakproof and would read every row of the company outside a function of the owner's (architecture 3.6).
"""

from django.db import migrations, models

from ledgerlou.companies.guards import APP, CURRENT_COMPANY

SIGNATURE = "accounting_find_journal(jsonb, bigint, bigint, integer)"
# How many lines are looked through before the trigram index is asked, and at most at a time; how many bookings make a text common.
FIRST_WINDOW, LARGEST_WINDOW, RARE = 4096, 131072, 20000
DAYS_READ_ONE_BY_ONE = 400
SHORTEST_TEXT = 3  # a trigram index finds nothing shorter
FIND = f"""
CREATE FUNCTION accounting_find_journal(wanted jsonb, older bigint, newer bigint, row_limit integer)
RETURNS SETOF bigint LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 100 SET search_path = public, pg_temp SET jit = off AS $$
DECLARE
    company uuid := {CURRENT_COMPANY};
    term text := wanted->>'term';
    pattern text := '%' || replace(replace(replace(lower(term), '\\', '\\\\'), '%', '\\%'), '_', '\\_') || '%';
    from_date date := wanted->>'from';
    until date := wanted->>'until';
    periods text[] := CASE WHEN wanted ? 'periods' THEN ARRAY(SELECT jsonb_array_elements_text(wanted->'periods')) END;
    downwards boolean := newer IS NULL;
    direction text := CASE WHEN newer IS NULL THEN 'DESC' ELSE 'ASC' END;
    low bigint := coalesce(newer, 0);
    high bigint := older;
    low_of_days bigint;
    high_of_days bigint;
    condition text := 'e.company_id = $1 AND e.journal_number > $4 AND e.journal_number < $5';
    lines text := 'SELECT e.journal_number FROM accounting_event e JOIN accounting_intent i ON i.company_id = e.company_id AND i.id = e.intent_id ';
    arms text[];
    statement text;
    hits bigint[] := ARRAY[]::bigint[];
    part bigint[];
    left_low bigint;
    left_high bigint;
    window_size bigint := {FIRST_WINDOW};
    is_probed boolean := false;
    found bigint;
BEGIN
    high := least(high, (SELECT h.next_number FROM accounting_journalhead h WHERE h.company_id = company));
    IF from_date IS NOT NULL THEN condition := condition || ' AND e.booking_date >= $2'; END IF;
    IF until IS NOT NULL THEN condition := condition || ' AND e.booking_date <= $3'; END IF;
    -- The lines of some days may lie anywhere among the numbers. Where the days are few, the first and last number of each is read from the
    -- index, so that a page of an old month does not walk back over all the lines after it.
    IF from_date IS NOT NULL AND until - from_date BETWEEN 0 AND {DAYS_READ_ONE_BY_ONE} THEN
        SELECT min(l.journal_number), max(h.journal_number) INTO low_of_days, high_of_days
          FROM generate_series(0, until - from_date) AS day
         CROSS JOIN LATERAL (SELECT e.journal_number FROM accounting_event e WHERE e.company_id = company AND e.booking_date = from_date + day
                              ORDER BY e.booking_date, e.journal_number LIMIT 1) l
         CROSS JOIN LATERAL (SELECT e.journal_number FROM accounting_event e WHERE e.company_id = company AND e.booking_date = from_date + day
                              ORDER BY e.booking_date DESC, e.journal_number DESC LIMIT 1) h;
        IF low_of_days IS NULL THEN RETURN; END IF;
        low := greatest(low, low_of_days - 1);
        high := least(high, high_of_days + 1);
    END IF;
    IF periods IS NOT NULL THEN condition := condition || ' AND e.period = ANY ($6)'; END IF;
    IF wanted ? 'account' THEN condition := condition || ' AND (e.account_debit = $7 OR e.account_credit = $7)'; END IF;
    IF wanted ? 'source' THEN condition := condition || ' AND i.source = $8'; END IF;
    IF wanted ? 'cents_from' THEN condition := condition || ' AND e.amount_cents >= $9'; END IF;
    IF wanted ? 'cents_to' THEN condition := condition || ' AND e.amount_cents <= $10'; END IF;
    condition := condition || CASE wanted->>'has_document'
        WHEN 'true' THEN ' AND i.document_id IS NOT NULL'
        WHEN 'false' THEN ' AND i.document_id IS NULL'
        ELSE '' END;
    condition := condition || CASE wanted->>'reversal'
        WHEN 'reversals' THEN ' AND i.reverses_id IS NOT NULL'
        WHEN 'reversed' THEN ' AND EXISTS (SELECT FROM accounting_intent r WHERE r.company_id = $1 AND r.reverses_id = i.id)'
        WHEN 'neither' THEN ' AND i.reverses_id IS NULL AND NOT EXISTS (SELECT FROM accounting_intent r WHERE r.company_id = $1 AND r.reverses_id = i.id)'
        ELSE '' END;

    IF term IS NULL THEN
        arms := ARRAY['true'];
    ELSE
        arms := ARRAY[]::text[];
        IF term ~ '^[0-9]{{1,9}}$' THEN arms := arms || 'e.account_debit = $12'::text || 'e.account_credit = $12'::text; END IF;
        IF term ~ '^[0-9]{{1,18}}$' THEN arms := arms || 'e.journal_number = $12::bigint'::text; END IF;
        IF wanted ? 'term_cents' THEN arms := arms || 'e.amount_cents = $13'::text || 'i.total_cents = $13'::text; END IF;
    END IF;

    -- Text. Under row-level security the planner may not look at statistics for LIKE and takes every text for rare. So it is told the way:
    -- through the nearest lines first. When they do not fill the page: are the lines few without the text, or the bookings few with it?
    -- Then all of those; else further through the lines. Each subquery behind WITH or OFFSET 0 is read as it stands.
    left_low := low;
    left_high := high;
    statement := 'SELECT e.journal_number FROM accounting_event e CROSS JOIN LATERAL (SELECT * FROM accounting_intent i '
        'WHERE i.company_id = e.company_id AND i.id = e.intent_id OFFSET 0) i WHERE ' || condition
        || ' AND i.search_text LIKE $11 ORDER BY e.journal_number ' || direction || ' LIMIT $14';
    WHILE length(term) >= {SHORTEST_TEXT} AND left_high - left_low > 1 AND cardinality(hits) < row_limit LOOP
        IF window_size > {FIRST_WINDOW} AND NOT is_probed THEN
            is_probed := true;
            EXECUTE 'SELECT count(*) FROM (' || lines || 'WHERE ' || condition || ' LIMIT {RARE}) AS found' INTO found
                USING company, from_date, until, left_low, left_high, periods, wanted->>'account', wanted->>'source',
                      (wanted->>'cents_from')::bigint, (wanted->>'cents_to')::bigint;
            IF found < {RARE} THEN
                window_size := left_high - left_low;
                statement := 'WITH found AS MATERIALIZED (SELECT e.journal_number, i.search_text FROM accounting_event e JOIN accounting_intent i '
                    'ON i.company_id = e.company_id AND i.id = e.intent_id WHERE ' || condition
                    || ') SELECT journal_number FROM found WHERE search_text LIKE $11 ORDER BY journal_number ' || direction || ' LIMIT $14';
            ELSE
                SELECT count(*) INTO found FROM (
                    SELECT FROM accounting_intent i WHERE i.company_id = company AND i.search_text LIKE pattern LIMIT {RARE}) AS texts;
                IF found < {RARE} THEN
                    window_size := left_high - left_low;
                    statement := 'WITH found AS MATERIALIZED (SELECT i.id FROM accounting_intent i WHERE i.company_id = $1 '
                        'AND i.search_text LIKE $11) ' || lines || 'JOIN found ON found.id = i.id WHERE ' || condition
                        || ' ORDER BY e.journal_number ' || direction || ' LIMIT $14';
                END IF;
            END IF;
        END IF;
        EXECUTE 'SELECT ARRAY(' || statement || ')' INTO part
            USING company, from_date, until,
                  CASE WHEN downwards THEN greatest(left_low, left_high - window_size - 1) ELSE left_low END,
                  CASE WHEN downwards THEN left_high ELSE least(left_high, left_low + window_size + 1) END,
                  periods, wanted->>'account', wanted->>'source', (wanted->>'cents_from')::bigint, (wanted->>'cents_to')::bigint,
                  pattern, term, (wanted->>'term_cents')::bigint, row_limit - cardinality(hits);
        hits := hits || part;
        IF downwards THEN left_high := left_high - window_size; ELSE left_low := left_low + window_size; END IF;
        window_size := least(window_size * 4, {LARGEST_WINDOW});
    END LOOP;

    SELECT string_agg(format('(%s WHERE %s AND %s ORDER BY e.journal_number %s LIMIT $14)', lines, condition, one.arm, direction), ' UNION ')
      INTO statement FROM unnest(arms) AS one (arm);
    statement := concat_ws(' UNION ', '(SELECT unnest($15) AS journal_number)', statement);
    RETURN QUERY EXECUTE format('SELECT hit.journal_number FROM (%s) AS hit ORDER BY hit.journal_number %s LIMIT $14', statement, direction)
        USING company, from_date, until, low, high, periods, wanted->>'account', wanted->>'source', (wanted->>'cents_from')::bigint,
              (wanted->>'cents_to')::bigint, pattern, term, (wanted->>'term_cents')::bigint, row_limit, hits;
END $$
"""


class Migration(migrations.Migration):
    """Indexes behind the filters and the balances of broken months, and the function."""

    dependencies = [("accounting", "0010_booking_template")]

    operations = [
        migrations.AddIndex(
            model_name="event", index=models.Index(fields=["company", "amount_cents", "journal_number"], name="event_amount")
        ),
        migrations.AddIndex(model_name="intent", index=models.Index(fields=["company", "source"], name="intent_source")),
        migrations.AddIndex(
            model_name="intent",
            index=models.Index(fields=["company", "id"], name="intent_general_reversal", condition=models.Q(general_reversal=True)),
        ),
        migrations.RunSQL(
            [
                FIND,
                f"REVOKE ALL ON FUNCTION {SIGNATURE} FROM PUBLIC",
                f"GRANT EXECUTE ON FUNCTION {SIGNATURE} TO {APP}",
            ],
            f"DROP FUNCTION {SIGNATURE}",
        ),
    ]
