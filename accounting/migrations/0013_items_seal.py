"""Seal what a booking does to open items: form 2 of the hash covers a SHA-256 over its items and settlements.

Bookings without any keep form 1, and so do those that were posted before: their hashes stay what they are.
"""

from importlib import import_module

from django.db import migrations, models

from ledgerlou.companies.guards import APP

guards = import_module("accounting.migrations.0002_guards")

ITEMS_SEAL = """
CREATE FUNCTION accounting_items_seal(company uuid, intent uuid) RETURNS text LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT encode(sha256(convert_to('[' || string_agg(text, ', ' ORDER BY id) || ']', 'UTF8')), 'hex')
      FROM (SELECT o.id, json_build_array('item', o.id::text, o.account, o.position::text, to_char(o.due_date, 'YYYY-MM-DD'), o.reference,
                   o.amount::text, o.fx_currency, o.fx_amount::text)::text AS text
              FROM accounting_openitem o WHERE o.company_id = company AND o.intent_id = intent
            UNION ALL
            SELECT s.id, json_build_array('settlement', s.id::text, s.open_item_id::text, s.account, s.movement::text, s.fx_movement::text)::text
              FROM accounting_settlement s WHERE s.company_id = company AND s.intent_id = intent) rows
$$
"""
CANONICAL_2 = guards.CANONICAL.replace("'ledgerlou-event-1'", "'ledgerlou-event-2'").replace(
    "{i}.settlement_count::text, to_char(", "{i}.settlement_count::text, {i}.items_sha256, to_char("
)


def sealed(event: str, intent: str) -> str:
    """The SQL expression of an event's hash in the form that its booking has."""
    one, two = (form.format(e=event, i=intent) for form in (guards.CANONICAL, CANONICAL_2))
    return f"encode(sha256(convert_to(CASE WHEN {intent}.items_sha256 IS NULL THEN {one} ELSE {two} END, 'UTF8')), 'hex')"


EVENT_HASH = f"""
CREATE OR REPLACE FUNCTION accounting_event_hash(e accounting_event, i accounting_intent) RETURNS text
LANGUAGE sql STABLE SET search_path = public, pg_temp SET datestyle = 'ISO, YMD' AS $$ SELECT {sealed("e", "i")} $$
"""

SEALED_ITEMS = """
    IF has_items THEN
        -- OFFSET 0 keeps the planner from computing the seals of other bookings before it asks which are new.
        SELECT a.intent_id::text INTO bad
          FROM (SELECT DISTINCT intent_id FROM added) a
         CROSS JOIN LATERAL (SELECT i.items_sha256, i.item_count + i.settlement_count AS rows FROM accounting_intent i
                              WHERE i.company_id = company AND i.id = a.intent_id OFFSET 0) i
         WHERE i.rows > 0 AND i.items_sha256 IS DISTINCT FROM accounting_items_seal(company, a.intent_id) LIMIT 1;
        IF bad IS NOT NULL THEN
            RAISE EXCEPTION 'the seal of the open items and settlements of booking % is not that of their rows', bad
                USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'items_hash_is_the_seal';
        END IF;
    END IF;

"""
_PLACE = "    -- What a booking moves on an item account is borne"
SEAL_EVENTS = (
    guards.SEAL_EVENTS.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
    .replace(guards.sealed("a", "i"), sealed("a", "i"))
    .replace(_PLACE, SEALED_ITEMS + _PLACE)
)


class Migration(migrations.Migration):
    """The column, its seal and the sealing trigger that demands it."""

    dependencies = [("accounting", "0012_tax_code_validity")]

    operations = [
        migrations.AddField("intent", "items_sha256", models.CharField(max_length=64, null=True)),
        migrations.RunSQL(
            # What was posted before has no seal of its items; NOT VALID leaves it alone.
            "ALTER TABLE accounting_intent ADD CONSTRAINT intent_items_have_their_seal "
            "CHECK ((items_sha256 IS NULL) = (item_count + settlement_count = 0)) NOT VALID",
            "ALTER TABLE accounting_intent DROP CONSTRAINT intent_items_have_their_seal",
        ),
        migrations.RunSQL(
            [ITEMS_SEAL, f"GRANT EXECUTE ON FUNCTION accounting_items_seal(uuid, uuid) TO {APP}"],
            "DROP FUNCTION accounting_items_seal(uuid, uuid)",
        ),
        migrations.RunSQL(EVENT_HASH, guards.EVENT_HASH.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")),
        migrations.RunSQL(SEAL_EVENTS, guards.SEAL_EVENTS.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")),
    ]
