"""Fences, composite keys and the guards of the journal: what makes a wrong ledger impossible to write down."""

from django.db import migrations

from ledgerlou.companies.guards import APP, append_only, company_table, composite_fk, composite_key, history

# The canonical form that `audit_hash` covers (RULINGS 12): a JSON array of strings and nulls in fixed order. `accounting/sealing.py`
# and `docs/verify_journal.py` write the same form; {e} and {i} are the event and its intent.
CANONICAL = """json_build_array(
    'ledgerlou-event-1', {e}.company_id::text, {e}.journal_number::text, {e}.id::text, {e}.intent_id::text, {e}.booking_date::text,
    {e}.period, {e}.position::text, {e}.source_line::text, {e}.account_debit, {e}.account_credit, {e}.amount::text, {e}.tax_code,
    {e}.tax_role, {e}.fx_currency, {e}.fx_amount::text,
    {i}.description, {i}.category, {i}.source, {i}.channel, {i}.actor_type, {i}.actor_label, {i}.actor_person_id::text,
    {i}.actor_key_prefix, {i}.external_reference, {i}.custom_metadata, {i}.document_id::text, {i}.document_sha256,
    {i}.reverses_id::text, {i}.general_reversal::text, {i}.fx_currency, {i}.fx_amount::text, {i}.fx_rate::text,
    {i}.fx_rate_date::text, {i}.fx_rate_source, {i}.total::text, {i}.line_accounts, {i}.event_count::text, {i}.item_count::text,
    {i}.settlement_count::text, to_char({i}.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), {e}.prev_hash)::text"""


def sealed(event: str, intent: str) -> str:
    """The SQL expression of an event's hash."""
    return f"encode(sha256(convert_to({CANONICAL.format(e=event, i=intent)}, 'UTF8')), 'hex')"


EVENT_HASH = f"""
CREATE FUNCTION accounting_event_hash(e accounting_event, i accounting_intent) RETURNS text
LANGUAGE sql STABLE SET search_path = public, pg_temp SET datestyle = 'ISO, YMD' AS $$ SELECT {sealed("e", "i")} $$
"""

SEAL_EVENTS = f"""
CREATE FUNCTION accounting_seal_events() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET enable_seqscan = off SET datestyle = 'ISO, YMD' AS $$
DECLARE
    head accounting_journalhead;
    company uuid;
    companies integer;
    n bigint;
    lowest bigint;
    highest bigint;
    bad text;
    reverses boolean;
    has_items boolean;
BEGIN
    SELECT count(*), min(journal_number), max(journal_number), count(DISTINCT company_id), (array_agg(company_id))[1]
      INTO n, lowest, highest, companies, company FROM added;
    IF n = 0 THEN
        RETURN NULL;
    END IF;
    IF companies > 1 THEN
        RAISE EXCEPTION 'one statement posts for one company' USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'event_one_company';
    END IF;

    SELECT * INTO head FROM accounting_journalhead WHERE company_id = company FOR UPDATE;
    IF NOT FOUND OR lowest <> head.next_number OR highest <> head.next_number + n - 1 THEN
        RAISE EXCEPTION 'journal numbers % to % do not follow on %', lowest, highest, head.next_number - 1
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'event_numbers_have_no_gap';
    END IF;

    SELECT journal_number::text INTO bad
      FROM (SELECT a.journal_number, a.audit_hash, a.prev_hash, lag(a.audit_hash) OVER (ORDER BY a.journal_number) AS before,
                   {sealed("a", "i")} AS sealed
              FROM added a JOIN accounting_intent i ON i.company_id = a.company_id AND i.id = a.intent_id) chain
     WHERE prev_hash <> coalesce(before, head.last_hash) OR audit_hash <> sealed
     ORDER BY journal_number LIMIT 1;
    IF bad IS NOT NULL THEN
        RAISE EXCEPTION 'the hash of journal number % is not the seal of its row and predecessor', bad
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'event_hash_is_the_seal';
    END IF;

    SELECT min(i.id::text) FILTER (WHERE a.events <> i.event_count OR a.lowest <> 1 OR a.highest <> i.event_count
                                      OR i.item_count <> (SELECT count(*) FROM accounting_openitem o
                                                           WHERE o.company_id = company AND o.intent_id = i.id)
                                      OR i.settlement_count <> (SELECT count(*) FROM accounting_settlement s
                                                                 WHERE s.company_id = company AND s.intent_id = i.id)),
           bool_or(i.reverses_id IS NOT NULL), bool_or(i.item_count + i.settlement_count > 0)
      INTO bad, reverses, has_items
      FROM (SELECT intent_id, count(*) AS events, min(position) AS lowest, max(position) AS highest FROM added GROUP BY intent_id) a
      JOIN accounting_intent i ON i.company_id = company AND i.id = a.intent_id;
    IF bad IS NOT NULL THEN
        RAISE EXCEPTION 'booking % is not written whole, with its lines, items and settlements, in one statement', bad
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'intent_is_written_whole';
    END IF;

    SELECT d.period || ' ' || d.booking_date INTO bad
      FROM (SELECT DISTINCT period, booking_date FROM added) d
      LEFT JOIN periods_period p ON p.company_id = company AND p.period = d.period
      LEFT JOIN periods_period g ON g.company_id = company AND g.period = p.governed_by
     WHERE g.id IS NULL OR d.booking_date NOT BETWEEN p.starts_on AND p.ends_on OR g.status <> 'open'
        OR EXISTS (SELECT FROM periods_lockrequest r
                    WHERE r.company_id = company AND r.period_id = g.id AND r.status = 'pending' AND r.expires_at > clock_timestamp())
     LIMIT 1;
    IF bad IS NOT NULL THEN
        RAISE EXCEPTION 'period and date % take no bookings', bad
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'event_period_is_open';
    END IF;

    IF reverses THEN
        PERFORM accounting_check_reversals(company, ARRAY(SELECT DISTINCT intent_id FROM added));
    END IF;

    -- What a booking moves on an item account is borne as items or settles items, to the cent.
    has_items := has_items OR EXISTS (
        SELECT FROM accounting_account a WHERE a.company_id = company AND a.is_item_account
           AND a.number IN (SELECT account_debit FROM added UNION ALL SELECT account_credit FROM added));
    IF has_items THEN
        SELECT intent_id || ' ' || account INTO bad
          FROM (SELECT a.intent_id, a.account_debit AS account, a.amount FROM added a
                  JOIN accounting_account c ON c.company_id = company AND c.number = a.account_debit AND c.is_item_account
                UNION ALL
                SELECT a.intent_id, a.account_credit, -a.amount FROM added a
                  JOIN accounting_account c ON c.company_id = company AND c.number = a.account_credit AND c.is_item_account
                UNION ALL
                SELECT o.intent_id, o.account, -o.amount FROM accounting_openitem o
                 WHERE o.company_id = company AND o.intent_id IN (SELECT intent_id FROM added)
                UNION ALL
                SELECT s.intent_id, s.account, -s.movement FROM accounting_settlement s
                 WHERE s.company_id = company AND s.intent_id IN (SELECT intent_id FROM added)) sides
         GROUP BY intent_id, account HAVING sum(amount) <> 0 LIMIT 1;
        IF bad IS NOT NULL THEN
            RAISE EXCEPTION 'open items of booking and account % do not equal what it moved', bad
                USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'open_items_equal_the_movement';
        END IF;
        SELECT o.id::text INTO bad
          FROM accounting_openitem o
         CROSS JOIN LATERAL (SELECT o.amount + sum(s.movement) AS remaining, bool_or(s.account <> o.account) AS elsewhere
                               FROM accounting_settlement s WHERE s.company_id = company AND s.open_item_id = o.id) r
         WHERE o.company_id = company
           AND o.id IN (SELECT s.open_item_id FROM accounting_settlement s
                         WHERE s.company_id = company AND s.intent_id IN (SELECT intent_id FROM added))
           AND (r.elsewhere OR r.remaining * sign(o.amount) < 0 OR abs(r.remaining) > abs(o.amount)) LIMIT 1;
        IF bad IS NOT NULL THEN
            RAISE EXCEPTION 'open item % is settled beyond its amount or from another account', bad
                USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'open_item_is_not_overpaid';
        END IF;
    END IF;

    -- Generalumkehr subtracts from the sides of the original instead of adding to the swapped ones (RULINGS 17).
    INSERT INTO accounting_accountmonth AS m (company_id, account, period, debit, credit)
    SELECT company, account, period, sum(debit), sum(credit)
      FROM (SELECT a.account_debit AS account, a.period,
                   CASE WHEN i.general_reversal THEN 0 ELSE a.amount END AS debit, CASE WHEN i.general_reversal THEN -a.amount ELSE 0 END AS credit
              FROM added a JOIN accounting_intent i ON i.id = a.intent_id
            UNION ALL
            SELECT a.account_credit, a.period,
                   CASE WHEN i.general_reversal THEN -a.amount ELSE 0 END, CASE WHEN i.general_reversal THEN 0 ELSE a.amount END
              FROM added a JOIN accounting_intent i ON i.id = a.intent_id) sides
     GROUP BY account, period ORDER BY account, period
    ON CONFLICT (company_id, account, period) DO UPDATE SET debit = m.debit + excluded.debit, credit = m.credit + excluded.credit;

    UPDATE accounting_journalhead
       SET next_number = highest + 1, last_hash = (SELECT audit_hash FROM added WHERE journal_number = highest)
     WHERE company_id = company;
    RETURN NULL;
END $$
"""

# A reversal mirrors its original event by event and is never itself reversed.
CHECK_REVERSALS = """
CREATE FUNCTION accounting_check_reversals(company uuid, intents uuid[]) RETURNS void LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    bad text;
BEGIN
    SELECT r.id::text INTO bad
      FROM accounting_intent r JOIN accounting_intent o ON o.id = r.reverses_id
     WHERE r.id = ANY (intents) AND (o.reverses_id IS NOT NULL OR o.event_count <> r.event_count OR EXISTS (
           SELECT FROM accounting_event x
             LEFT JOIN accounting_event y ON y.company_id = company AND y.intent_id = r.id AND y.position = x.position
            WHERE x.company_id = company AND x.intent_id = o.id
              AND (y.account_debit, y.account_credit, y.amount, y.tax_code, y.tax_role, y.fx_currency, y.fx_amount)
                  IS DISTINCT FROM (x.account_credit, x.account_debit, x.amount, x.tax_code, x.tax_role, x.fx_currency, x.fx_amount)))
     LIMIT 1;
    IF bad IS NOT NULL THEN
        RAISE EXCEPTION 'reversal % does not mirror its original', bad
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'reversal_mirrors_its_original';
    END IF;
END $$
"""

# Items and settlements belong to the statement that writes their booking; none can be added afterwards.
COUNT_ITEMS = """
CREATE FUNCTION accounting_count_items() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    bad text;
BEGIN
    IF NOT EXISTS (SELECT FROM added) THEN
        RETURN NULL;
    END IF;
    IF TG_TABLE_NAME = 'accounting_openitem' THEN
        SELECT i.id::text INTO bad FROM (SELECT DISTINCT intent_id FROM added) a JOIN accounting_intent i ON i.id = a.intent_id
         WHERE i.item_count <> (SELECT count(*) FROM accounting_openitem o WHERE o.company_id = i.company_id AND o.intent_id = i.id) LIMIT 1;
    ELSE
        SELECT i.id::text INTO bad FROM (SELECT DISTINCT intent_id FROM added) a JOIN accounting_intent i ON i.id = a.intent_id
         WHERE i.settlement_count <> (SELECT count(*) FROM accounting_settlement s WHERE s.company_id = i.company_id AND s.intent_id = i.id)
         LIMIT 1;
    END IF;
    IF bad IS NOT NULL THEN
        RAISE EXCEPTION 'booking % takes no further items or settlements', bad
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'open_items_are_written_whole';
    END IF;
    RETURN NULL;
END $$
"""

INTENT_HAS_EVENTS = """
CREATE FUNCTION accounting_intent_has_events() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM accounting_event WHERE company_id = NEW.company_id AND intent_id = NEW.id) THEN
        RAISE EXCEPTION 'booking % has no journal lines', NEW.id
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'intent_has_events_at_commit';
    END IF;
    RETURN NULL;
END $$
"""

# The head and the month balances move only inside the trigger that seals events.
MOVED_BY_SEALING = """
CREATE FUNCTION accounting_moved_by_sealing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() < 2 AND NOT (TG_TABLE_NAME = 'accounting_journalhead' AND TG_OP = 'INSERT'
                                       AND to_jsonb(NEW) ->> 'next_number' = '1' AND to_jsonb(NEW) ->> 'last_hash' = repeat('0', 64)) THEN
        RAISE EXCEPTION '% of % is refused: only posting moves it', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_TABLE_NAME || '_is_moved_by_posting';
    END IF;
    RETURN coalesce(NEW, OLD);
END $$
"""

# Fresh tables have no statistics, and the planner then checks every foreign key to the chart by reading the company's whole chart.
ANALYZE_CHART = """
CREATE FUNCTION accounting_analyze_chart() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    ANALYZE accounting_account;
    ANALYZE accounting_taxcode;
    ANALYZE periods_period;
END $$
"""


def moved_by_sealing(table: str) -> migrations.RunSQL:
    """Refuse every change of a derived table outside the sealing trigger, for the owner too."""
    return migrations.RunSQL(
        [
            f"CREATE TRIGGER moved_by_sealing BEFORE INSERT OR UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION accounting_moved_by_sealing()",
            f"CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION ledgerlou_refuse_change()",
        ],
        [f"DROP TRIGGER moved_by_sealing ON {table}", f"DROP TRIGGER refuse_truncate ON {table}"],
    )


def counted_items(table: str) -> migrations.RunSQL:
    """Let no item or settlement be added to a booking that is written."""
    return migrations.RunSQL(
        f"CREATE TRIGGER count_items AFTER INSERT ON {table} REFERENCING NEW TABLE AS added "
        "FOR EACH STATEMENT EXECUTE FUNCTION accounting_count_items()",
        f"DROP TRIGGER count_items ON {table}",
    )


def unique(table: str, name: str, columns: str) -> migrations.RunSQL:
    """A unique constraint that composite foreign keys point to."""
    return migrations.RunSQL(f"ALTER TABLE {table} ADD CONSTRAINT {name} UNIQUE ({columns})", f"ALTER TABLE {table} DROP CONSTRAINT {name}")


# The sealing trigger plans before the tables have statistics, and keeps its plans: hence enable_seqscan = off above.
ACCOUNT_COLUMNS = ("name", "sort_key", "category", "report_group", "bwa_line", "tax_code", "is_reconcilable", "is_active")
TAX_CODE_COLUMNS = ("label", "description", "rate", "vat_account", "self_assess_account", "is_active", "datev_bu")
I, E = "accounting_intent", "accounting_event"


class Migration(migrations.Migration):
    """Guards of accounting's tables. Each is attacked by tests under the application's and the owner's role."""

    dependencies = [("accounting", "0001_initial"), ("companies", "0002_guards"), ("periods", "0002_guards")]

    operations = [
        company_table("accounting_account", update=ACCOUNT_COLUMNS),
        company_table("accounting_taxcode", update=TAX_CODE_COLUMNS),
        company_table("accounting_document"),
        company_table(I),
        company_table(E),
        company_table("accounting_openitem"),
        company_table("accounting_settlement"),
        company_table("accounting_journalhead", update=("lock_only",)),
        company_table("accounting_accountmonth", insert=False),
        *(
            composite_key(table)
            for table in (
                "accounting_account",
                "accounting_taxcode",
                "accounting_document",
                I,
                E,
                "accounting_openitem",
                "accounting_settlement",
            )  # fmt: skip
        ),
        unique(I, "intent_with_date_and_period", "company_id, id, booking_date, period"),
        unique("accounting_document", "document_with_hash", "company_id, id, sha256"),
        composite_fk(
            "accounting_taxcode", "company_id, vat_account", "accounting_account", "company_id, number", name="tax_code_vat_account"
        ),
        composite_fk(
            "accounting_taxcode",
            "company_id, self_assess_account",
            "accounting_account",
            "company_id, number",
            name="tax_code_self_assess_account",
        ),  # fmt: skip
        composite_fk(
            "accounting_account", "company_id, tax_code", "accounting_taxcode", "company_id, code", name="account_tax_code", deferred=True
        ),
        composite_fk(I, "company_id, period", "periods_period", "company_id, period", name="intent_period"),
        composite_fk(I, "company_id, reverses_id", I, "company_id, id", name="intent_reverses"),
        composite_fk(
            I, "company_id, document_id, document_sha256", "accounting_document", "company_id, id, sha256", name="intent_document_and_hash"
        ),
        composite_fk(E, "company_id, intent_id, booking_date, period", I, "company_id, id, booking_date, period", name="event_intent"),
        composite_fk(E, "company_id, account_debit", "accounting_account", "company_id, number", name="event_account_debit"),
        composite_fk(E, "company_id, account_credit", "accounting_account", "company_id, number", name="event_account_credit"),
        composite_fk(E, "company_id, tax_code", "accounting_taxcode", "company_id, code", name="event_tax_code"),
        composite_fk("accounting_openitem", "company_id, intent_id", I, "company_id, id", name="open_item_intent"),
        composite_fk("accounting_openitem", "company_id, account", "accounting_account", "company_id, number", name="open_item_on_account"),
        composite_fk("accounting_settlement", "company_id, intent_id", I, "company_id, id", name="settlement_intent"),
        composite_fk("accounting_settlement", "company_id, open_item_id", "accounting_openitem", "company_id, id", name="settlement_item"),
        history("accounting_account"),
        history("accounting_taxcode"),
        append_only("accounting_document"),
        append_only(I),
        append_only(E),
        append_only("accounting_openitem"),
        append_only("accounting_settlement"),
        migrations.RunSQL(EVENT_HASH, "DROP FUNCTION accounting_event_hash(accounting_event, accounting_intent)"),
        migrations.RunSQL(CHECK_REVERSALS, "DROP FUNCTION accounting_check_reversals(uuid, uuid[])"),
        migrations.RunSQL(COUNT_ITEMS, "DROP FUNCTION accounting_count_items()"),
        migrations.RunSQL(INTENT_HAS_EVENTS, "DROP FUNCTION accounting_intent_has_events()"),
        migrations.RunSQL(SEAL_EVENTS, "DROP FUNCTION accounting_seal_events()"),
        migrations.RunSQL(MOVED_BY_SEALING, "DROP FUNCTION accounting_moved_by_sealing()"),
        migrations.RunSQL(
            [
                f"CREATE TRIGGER seal_events AFTER INSERT ON {E} REFERENCING NEW TABLE AS added "
                "FOR EACH STATEMENT EXECUTE FUNCTION accounting_seal_events()",
                f"CREATE CONSTRAINT TRIGGER intent_has_events_at_commit AFTER INSERT ON {I} DEFERRABLE INITIALLY DEFERRED "
                "FOR EACH ROW EXECUTE FUNCTION accounting_intent_has_events()",
            ],
            [f"DROP TRIGGER seal_events ON {E}", f"DROP TRIGGER intent_has_events_at_commit ON {I}"],
        ),
        counted_items("accounting_openitem"),
        counted_items("accounting_settlement"),
        moved_by_sealing("accounting_journalhead"),
        moved_by_sealing("accounting_accountmonth"),
        migrations.RunSQL(
            [
                ANALYZE_CHART,
                "REVOKE ALL ON FUNCTION accounting_analyze_chart() FROM PUBLIC",
                f"GRANT EXECUTE ON FUNCTION accounting_analyze_chart() TO {APP}",
            ],
            "DROP FUNCTION accounting_analyze_chart()",
        ),
        migrations.RunSQL(
            f"GRANT EXECUTE ON FUNCTION accounting_event_hash(accounting_event, accounting_intent) TO {APP}", migrations.RunSQL.noop
        ),
    ]
